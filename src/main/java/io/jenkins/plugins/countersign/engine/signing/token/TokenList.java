package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.token.TokenInfo.PinState;
import io.jenkins.plugins.countersign.engine.signing.token.helper.Line;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is plugged in, without any PIN. */
public final class TokenList {

    private static final long TOKEN_INITIALIZED = 0x400;
    private static final long COUNT_LOW = 0x10000;
    private static final long FINAL_TRY = 0x20000;
    private static final long LOCKED = 0x40000;

    private TokenList() {}

    /**
     * The tokens that one library sees.
     *
     * @param library must be allowed; null for the only one
     */
    public static List<TokenInfo> read(TokenHost host, String library) throws KeyException {
        String allowed = host.requireAllowed(library);
        try (TokenHelper helper = TokenHelper.start(host.environment(), notice -> {})) {
            helper.send(Line.of("list", allowed));
            Map<String, Line> tokens = new LinkedHashMap<>();
            Map<String, List<TokenInfo.Key>> keys = new LinkedHashMap<>();
            for (Line line = helper.answer(host.answerWait());
                    !line.verb().equals("done");
                    line = helper.answer(host.answerWait())) {
                if (line.verb().equals("token")) {
                    tokens.put(line.text(0), line);
                    keys.put(line.text(0), new ArrayList<>());
                } else {
                    keys.get(line.text(0)).add(key(line));
                }
            }
            List<TokenInfo> found = new ArrayList<>();
            tokens.forEach((slot, token) -> found.add(new TokenInfo(
                    allowed,
                    Long.parseLong(slot),
                    token.text(1),
                    token.text(2),
                    token.text(3),
                    token.text(4),
                    pinState(Long.parseLong(token.text(5))),
                    keys.get(slot))));
            return found;
        }
    }

    private static TokenInfo.Key key(Line line) {
        String pem = null;
        if (line.bytes(4) != null) {
            try {
                pem = PublicKeys.pem(PublicKeys.decode(line.bytes(4)));
            } catch (KeyException ofAKindThatIsNotAccepted) {
                pem = null;
            }
        }
        byte[] certificate = line.bytes(5);
        return new TokenInfo.Key(
                line.text(1),
                line.text(2),
                pem,
                certificate == null
                        ? null
                        : "-----BEGIN CERTIFICATE-----\n"
                                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                                + "\n-----END CERTIFICATE-----\n");
    }

    static PinState pinState(long flags) {
        if ((flags & TOKEN_INITIALIZED) == 0) {
            return PinState.NOT_INITIALIZED;
        }
        if ((flags & LOCKED) != 0) {
            return PinState.LOCKED;
        }
        if ((flags & FINAL_TRY) != 0) {
            return PinState.LAST_TRY;
        }
        return (flags & COUNT_LOW) != 0 ? PinState.COUNT_LOW : PinState.READY;
    }
}

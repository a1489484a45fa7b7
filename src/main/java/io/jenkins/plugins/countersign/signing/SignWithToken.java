package io.jenkins.plugins.countersign.signing;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenPin;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import io.jenkins.plugins.countersign.engine.signing.token.TokenSigner;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jenkins.agents.ControllerToAgentCallable;

/**
 * One batch of signatures on the agent that holds the token: opened, signed and closed before the answer leaves.
 *
 * @param host the libraries that administrators allow on this agent
 * @param pin null for none; wiped here when the helper process has it
 * @param pinName as {@link TokenPin} has it
 * @param publicKey PEM of the key that must be behind it
 * @param notices exported by the controller
 */
record SignWithToken(
        TokenHost host,
        TokenRequest request,
        char[] pin,
        String pinName,
        String publicKey,
        List<Signer.Message> messages,
        TokenNotices notices)
        implements ControllerToAgentCallable<ArrayList<byte[]>, KeyException> {

    @Override
    public ArrayList<byte[]> call() throws KeyException {
        PublicKey expected = PublicKeys.read(publicKey);
        TokenPin secret = pin == null ? null : new TokenPin(pin, pinName);
        if (pin != null) {
            Arrays.fill(pin, '\0');
        }
        ArrayList<byte[]> signatures = new ArrayList<>();
        try (TokenSigner signer = TokenSigner.open(host, request, secret, expected, notices::on)) {
            for (Signer.Message message : messages) {
                signatures.add(signer.sign(message.content(), message.scheme()));
            }
        } finally {
            if (secret != null) {
                secret.close();
            }
        }
        return signatures;
    }

    /** Channels name what they run in threads and logs: no component of this is for them. */
    @Override
    public String toString() {
        return "signing with a hardware token";
    }
}

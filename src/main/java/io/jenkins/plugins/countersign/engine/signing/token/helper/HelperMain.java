package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The helper process. Its one argument is the nonce of {@link Line}; everything else, the PIN above all, comes on standard
 * input. It ends when standard input does, so it cannot outlive the process that started it.
 *
 * <pre>
 * in   list library
 * out  token slot label serial manufacturer model flags   (each)
 * out  key slot id label kind publicKey certificate       (each)
 * out  done
 * in   open library label serial slot keyId keyLabel expectedKey pin pinName lockFolder lockWaitMillis
 * out  notice kind                                        (any time)
 * out  opened label serial id keyLabel publicKey certificate
 * in   sign mechanism data                                (any number)
 * out  signature bytes
 * out  failed reason message                              (instead of any answer; the process ends)
 * </pre>
 */
public final class HelperMain {

    public static final String HELLO = "hello";

    private final InputStream in;
    private final OutputStream out;
    private final String nonce;
    private final AtomicBoolean toldToWait = new AtomicBoolean();

    private HelperMain(InputStream in, OutputStream out, String nonce) {
        this.in = in;
        this.out = out;
        this.nonce = nonce;
    }

    public static void main(String[] args) {
        int exitCode = 1;
        try {
            new HelperMain(System.in, System.out, args[0]).run();
            exitCode = 0;
        } catch (IOException parentIsGone) {
            exitCode = 2;
        } finally {
            // Not exit(): a library's own clean-up must not keep the token for a process that is done.
            Runtime.getRuntime().halt(exitCode);
        }
    }

    private void run() throws IOException {
        say(Line.of(HELLO));
        Line request = Line.read(in, nonce);
        if (request == null) {
            return;
        }
        try {
            switch (request.verb()) {
                case "list" -> list(SunCryptoki.load(request.text(0)));
                case "open" -> open(request);
                default -> throw new HelperException("BAD_REQUEST", "unknown request");
            }
        } catch (HelperException e) {
            say(Line.of("failed", e.reason(), e.getMessage()));
        } catch (CryptokiException e) {
            say(Line.of("failed", "FAILED", "the PKCS#11 library failed: " + e.getMessage()));
        } catch (RuntimeException | LinkageError e) {
            say(Line.of(
                    "failed",
                    "FAILED",
                    "the token helper failed: " + e.getClass().getName()));
        }
    }

    private void list(Cryptoki cryptoki) throws CryptokiException, HelperException, IOException {
        for (long slot : cryptoki.slotsWithToken()) {
            Cryptoki.Token token = cryptoki.token(slot);
            say(Line.of(
                    "token", slot, token.label(), token.serial(), token.manufacturer(), token.model(), token.flags()));
            if ((token.flags() & Cryptoki.FLAG_TOKEN_INITIALIZED) != 0) {
                long session = cryptoki.openSession(slot);
                keys(slot, new TokenKeys(cryptoki, session).list(false));
                cryptoki.closeSession(session);
            }
        }
        say(Line.of("done"));
    }

    private void keys(long slot, List<TokenKeys.Key> keys) throws IOException {
        for (TokenKeys.Key key : keys) {
            say(Line.of("key", slot, key.id(), key.label(), key.kind(), key.publicKey(), key.certificate()));
        }
    }

    private void open(Line request) throws HelperException, IOException {
        Path locks = Path.of(request.text(9));
        Cryptoki cryptoki;
        try (LateHint hint = TokenSession.whileLooking(locks, this::notice)) {
            cryptoki = SunCryptoki.load(request.text(0));
        }
        String slot = request.text(3);
        TokenSession.Wanted wanted = new TokenSession.Wanted(
                request.text(1),
                request.text(2),
                slot == null ? null : Long.valueOf(slot),
                request.text(4),
                request.text(5),
                request.bytes(6),
                pin(request.bytes(7)),
                request.text(8),
                locks,
                Long.parseLong(request.text(10)));
        try (TokenSession session = new TokenSession(cryptoki, this::notice, System::nanoTime)) {
            TokenKeys.Key key = session.open(wanted);
            say(Line.of(
                    "opened",
                    session.token().label(),
                    session.token().serial(),
                    key.id(),
                    key.label(),
                    key.publicKey(),
                    key.certificate()));
            for (Line next = Line.read(in, nonce); next != null; next = Line.read(in, nonce)) {
                if (!next.verb().equals("sign")) {
                    throw new HelperException("BAD_REQUEST", "unknown request");
                }
                say(Line.of("signature", session.sign(Long.parseLong(next.text(0)), next.bytes(1))));
            }
        }
    }

    private void notice(String kind) {
        if (kind.equals(TokenSession.WAITING) && toldToWait.getAndSet(true)) {
            return;
        }
        try {
            say(Line.of("notice", kind));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void say(Line line) throws IOException {
        out.write(line.encode(nonce));
        out.flush();
    }

    /** Each byte is widened: the JDK's native side narrows each char to a byte again, so that UTF-8 arrives as it was. */
    private static char[] pin(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        CharBuffer chars = StandardCharsets.ISO_8859_1.decode(ByteBuffer.wrap(bytes));
        char[] pin = new char[chars.remaining()];
        chars.get(pin);
        Arrays.fill(bytes, (byte) 0);
        Arrays.fill(chars.array(), '\0');
        return pin;
    }
}

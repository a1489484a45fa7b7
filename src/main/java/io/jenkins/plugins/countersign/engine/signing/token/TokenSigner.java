package io.jenkins.plugins.countersign.engine.signing.token;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.token.helper.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.DigestInfo;

/**
 * Signs with a key that never leaves its token. The token is this signer's alone from {@link #open} until {@link #close}: make a
 * batch of signatures in between, and close soon.
 *
 * <p>The digest is computed here and the token signs the digest: that works with every token (formats.md B2). Each signature is
 * verified with the expected public key before anybody sees it.
 */
public final class TokenSigner implements Signer {

    private static final long RSA_PKCS = 0x0001;
    private static final long RSA_X_509 = 0x0003;
    private static final long ECDSA = 0x1041;
    private static final Map<SignatureScheme, String> SCHEMES = Map.of(
            SignatureScheme.ECDSA_SHA256, "SHA-256",
            SignatureScheme.ECDSA_SHA384, "SHA-384",
            SignatureScheme.ECDSA_SHA512, "SHA-512",
            SignatureScheme.RSA_PKCS1_SHA256, "SHA-256",
            SignatureScheme.RSA_PSS_SHA256, "SHA-256",
            SignatureScheme.RSA_PSS_SHA384, "SHA-384",
            SignatureScheme.RSA_PSS_SHA512, "SHA-512");

    private final TokenHelper helper;
    private final TokenHost host;
    private final PublicKey publicKey;
    private final List<X509Certificate> certificates;
    private final String tokenName;

    private TokenSigner(
            TokenHelper helper,
            TokenHost host,
            PublicKey publicKey,
            List<X509Certificate> certificates,
            String tokenName) {
        this.helper = helper;
        this.host = host;
        this.publicKey = publicKey;
        this.certificates = certificates;
        this.tokenName = tokenName;
    }

    /**
     * Logs in to the token in a process of its own.
     *
     * @param pin null for a token that needs none or has its own keypad; wiped before this returns
     * @param expected the public key that must be behind it; null to take the one that the token shows
     * @param notices is told what a person should know, from this thread
     */
    public static TokenSigner open(
            TokenHost host, TokenRequest request, TokenPin pin, PublicKey expected, Consumer<TokenNotice> notices)
            throws KeyException {
        String library = host.requireAllowed(request.library());
        byte[] pinBytes = pin == null ? null : utf8(pin.value());
        TokenHelper helper = TokenHelper.start(host.environment(), notices);
        try {
            helper.send(Line.of(
                    "open",
                    library,
                    request.tokenLabel(),
                    request.serial(),
                    request.slot(),
                    request.keyId(),
                    request.keyLabel(),
                    expected == null ? null : expected.getEncoded(),
                    pinBytes,
                    pin == null ? null : pin.name(),
                    host.locks(),
                    host.lockWait().toMillis()));
            Line opened = helper.answer(host.lockWait().plus(host.answerWait()));
            byte[] shown = opened.bytes(4);
            PublicKey key = expected != null ? expected : PublicKeys.decode(shown);
            PublicKeys.requireAccepted(key);
            if (shown != null && !Arrays.equals(shown, key.getEncoded())) {
                throw new KeyException(
                        Reason.NOT_THE_EXPECTED_KEY,
                        "the token's key is not the expected " + PublicKeys.fingerprint(key));
            }
            return new TokenSigner(
                    helper,
                    host,
                    key,
                    certificate(opened.bytes(5)),
                    "\"" + opened.text(0) + "\" (serial " + opened.text(1) + ")");
        } catch (KeyException | RuntimeException e) {
            helper.close();
            throw e;
        } finally {
            if (pinBytes != null) {
                Arrays.fill(pinBytes, (byte) 0);
                pin.close();
            }
        }
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    @Override
    public List<X509Certificate> certificates() {
        return certificates;
    }

    @Override
    public synchronized byte[] sign(byte[] message, SignatureScheme scheme) throws KeyException {
        String hash = SCHEMES.get(scheme);
        if (hash == null || !scheme.fits(publicKey)) {
            throw new KeyException(
                    Reason.NOT_ACCEPTED, PublicKeys.describe(publicKey) + " on a token cannot sign with " + scheme);
        }
        byte[] digest = digest(hash, message);
        byte[] signature =
                switch (scheme) {
                    case RSA_PKCS1_SHA256 -> raw(RSA_PKCS, digestInfo(digest));
                    case RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512 ->
                        raw(RSA_X_509, PssEncoding.encode(digest, hash, (RSAPublicKey) publicKey));
                    default -> der(raw(ECDSA, digest));
                };
        if (!scheme.matches(publicKey, message, signature)) {
            throw new KeyException(
                    Reason.NOT_THE_EXPECTED_KEY,
                    "what the token " + tokenName + " signed does not verify with " + PublicKeys.fingerprint(publicKey)
                            + "; nothing was uploaded");
        }
        return signature;
    }

    private byte[] raw(long mechanism, byte[] data) throws KeyException {
        helper.send(Line.of("sign", mechanism, data));
        return helper.answer(host.answerWait()).bytes(0);
    }

    /** Ends the helper process, and with it the login. */
    @Override
    public void close() {
        helper.close();
    }

    ProcessHandle helperProcess() {
        return helper.handle();
    }

    @Override
    public String toString() {
        return PublicKeys.describe(publicKey) + " on the token " + tokenName;
    }

    private static byte[] utf8(char[] pin) {
        ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(pin));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        Arrays.fill(encoded.array(), (byte) 0);
        return bytes;
    }

    private static List<X509Certificate> certificate(byte[] der) throws KeyException {
        if (der == null) {
            return List.of();
        }
        try {
            return List.of((X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der)));
        } catch (GeneralSecurityException e) {
            throw new KeyException(Reason.UNREADABLE, "the certificate on the token is damaged", e);
        }
    }

    private static byte[] digest(String hash, byte[] message) {
        try {
            return MessageDigest.getInstance(hash).digest(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** RFC 8017, section 9.2: CKM_RSA_PKCS pads, and wants this around the digest. */
    private static byte[] digestInfo(byte[] digest) throws KeyException {
        try {
            return new DigestInfo(new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256, DERNull.INSTANCE), digest)
                    .getEncoded("DER");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** PKCS#11 gives r and s, one after the other; DER is what verifiers of images want. */
    private static byte[] der(byte[] raw) throws KeyException {
        if (raw.length == 0 || raw.length % 2 != 0) {
            throw new KeyException(Reason.FAILED, "the token gave a signature of " + raw.length + " bytes");
        }
        try {
            int half = raw.length / 2;
            return new DERSequence(new ASN1Integer[] {
                        new ASN1Integer(new BigInteger(1, Arrays.copyOf(raw, half))),
                        new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, half, raw.length)))
                    })
                    .getEncoded("DER");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

package io.jenkins.plugins.countersign.engine.signing.keys;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * Reads, writes and names public keys.
 *
 * <p>Accepted are ECDSA on P-256, P-384 and P-521, RSA of 2048 to 8192 bits with a public exponent of at least 65537, and
 * Ed25519.
 */
public final class PublicKeys {

    private static final int MIN_RSA_BITS = 2048;
    private static final int MAX_RSA_BITS = 8192;
    private static final BigInteger MIN_EXPONENT = BigInteger.valueOf(65537);
    private static final int MAX_LENGTH = 64 * 1024;
    private static final Set<ASN1ObjectIdentifier> CURVES =
            Set.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1, SECObjectIdentifiers.secp521r1);

    private PublicKeys() {}

    /** Reads {@code PUBLIC KEY} PEM (SubjectPublicKeyInfo, RFC 7468). */
    public static PublicKey read(String pem) throws KeyException {
        if (pem.length() > MAX_LENGTH) {
            throw new KeyException(Reason.UNREADABLE, "a public key has at most " + MAX_LENGTH + " characters");
        }
        if (pem.contains("PRIVATE KEY-----")) {
            throw new KeyException(Reason.WRONG_KIND, "this is a private key where a public key (PEM) is expected");
        }
        byte[] der;
        try {
            der = Pem.only(pem, "PUBLIC KEY");
        } catch (IllegalArgumentException e) {
            throw new KeyException(Reason.UNREADABLE, "not a public key in PEM: " + e.getMessage(), e);
        }
        return decode(der);
    }

    /** Reads a DER SubjectPublicKeyInfo. */
    public static PublicKey decode(byte[] spki) throws KeyException {
        SubjectPublicKeyInfo info;
        try {
            info = SubjectPublicKeyInfo.getInstance(spki);
            if (!java.util.Arrays.equals(info.getEncoded("DER"), spki)) {
                // Two encodings of one key would have two fingerprints.
                throw new KeyException(Reason.UNREADABLE, "the public key is not encoded in DER");
            }
        } catch (IOException | RuntimeException e) {
            throw new KeyException(Reason.UNREADABLE, "not a public key (SubjectPublicKeyInfo)", e);
        }
        ASN1ObjectIdentifier kind = info.getAlgorithm().getAlgorithm();
        String name;
        if (kind.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            if (!(info.getAlgorithm().getParameters() instanceof ASN1ObjectIdentifier curve)
                    || !CURVES.contains(curve)) {
                throw new KeyException(
                        Reason.NOT_ACCEPTED, "the elliptic curve is not one of P-256, P-384 and P-521, given by name");
            }
            name = "EC";
        } else if (kind.equals(PKCSObjectIdentifiers.rsaEncryption)) {
            name = "RSA";
        } else if (kind.equals(EdECObjectIdentifiers.id_Ed25519)) {
            name = "Ed25519";
        } else {
            throw new KeyException(
                    Reason.NOT_ACCEPTED, "keys of the kind " + kind + " are not accepted: use ECDSA, RSA or Ed25519");
        }
        try {
            PublicKey key = KeyFactory.getInstance(name).generatePublic(new X509EncodedKeySpec(spki));
            requireAccepted(key);
            return key;
        } catch (GeneralSecurityException e) {
            throw new KeyException(Reason.UNREADABLE, "the public key is damaged: " + e.getMessage(), e);
        }
    }

    /** @throws KeyException if a key of this kind and size is not accepted */
    public static void requireAccepted(PublicKey key) throws KeyException {
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
                throw new KeyException(
                        Reason.NOT_ACCEPTED,
                        "the RSA key has " + bits + " bits, accepted are " + MIN_RSA_BITS + " to " + MAX_RSA_BITS);
            }
            BigInteger exponent = rsa.getPublicExponent();
            if (exponent.compareTo(MIN_EXPONENT) < 0 || exponent.bitLength() > 64 || !exponent.testBit(0)) {
                throw new KeyException(Reason.NOT_ACCEPTED, "the RSA key's public exponent is not accepted, use 65537");
            }
        } else if (key instanceof ECPublicKey ec) {
            int bits = ec.getParams().getOrder().bitLength();
            if (bits != 256 && bits != 384 && bits != 521) {
                throw new KeyException(Reason.NOT_ACCEPTED, "the elliptic curve is not one of P-256, P-384 and P-521");
            }
        } else if (!(key instanceof EdECPublicKey ed)
                || !ed.getParams().getName().equals("Ed25519")) {
            throw new KeyException(Reason.NOT_ACCEPTED, "keys of the kind " + key.getAlgorithm() + " are not accepted");
        }
    }

    /** {@code PUBLIC KEY} PEM with lines of 64 characters, as cosign and openssl write it. */
    public static String pem(PublicKey key) {
        return Pem.write("PUBLIC KEY", key.getEncoded());
    }

    /** What a key is called in policies, logs and pages: the SHA-256 digest of its DER SubjectPublicKeyInfo. */
    public static Digest fingerprint(PublicKey key) {
        return Digest.of(key.getEncoded());
    }

    /** The {@code hint} of a Sigstore bundle: base64 of the fingerprint's 32 bytes. */
    public static String hint(PublicKey key) {
        return Base64.getEncoder().encodeToString(Digest.sha256().digest(key.getEncoded()));
    }

    /** The key's kind for people: {@code ECDSA P-256}, {@code RSA 3072}, {@code Ed25519}. */
    public static String describe(PublicKey key) {
        if (key instanceof ECPublicKey ec) {
            return "ECDSA P-" + ec.getParams().getOrder().bitLength();
        }
        if (key instanceof RSAPublicKey rsa) {
            return "RSA " + rsa.getModulus().bitLength();
        }
        return key.getAlgorithm().equals("EdDSA") ? "Ed25519" : key.getAlgorithm();
    }

    /** The UTF-8 bytes of {@link #pem}. */
    public static byte[] pemBytes(PublicKey key) {
        return pem(key).getBytes(StandardCharsets.UTF_8);
    }
}

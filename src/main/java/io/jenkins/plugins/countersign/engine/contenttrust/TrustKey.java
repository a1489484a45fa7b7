package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;

/**
 * A key as Notary writes it. Source: theupdateframework/notary, {@code tuf/data/keys.go} and {@code tuf/signed/verifiers.go}.
 *
 * @param id hexadecimal SHA-256 of its canonical JSON, recomputed here
 * @param key the bare public key
 * @param certificateOrNull of the types {@code ecdsa-x509} and {@code rsa-x509}
 */
record TrustKey(String id, PublicKey key, X509Certificate certificateOrNull) {

    private static final int MAX_MATERIAL = 64 * 1024;

    /** @throws ContentTrustException if the key is damaged, of no accepted kind, or has another name than {@code id} */
    static TrustKey read(String id, JsonNode json) throws ContentTrustException {
        String type = json.path("keytype").asText("");
        String material = json.path("keyval").path("public").asText("");
        if (material.isEmpty() || material.length() > MAX_MATERIAL) {
            throw malformed(id, "it has no public part, or one that is too long", null);
        }
        if (!Digest.of(CanonicalJson.ofKey(type, material)).hex().equals(id)) {
            throw malformed(id, "that is not its own name", null);
        }
        try {
            byte[] decoded = Base64.getDecoder().decode(material);
            return switch (type) {
                case "ecdsa", "rsa" -> new TrustKey(id, ofKind(type, PublicKeys.decode(decoded)), null);
                case "ecdsa-x509", "rsa-x509" -> ofCertificate(id, type, decoded);
                case "ed25519" -> new TrustKey(id, ed25519(decoded), null);
                default -> throw malformed(id, "keys of the type \"" + shown(type) + "\" are not known", null);
            };
        } catch (IllegalArgumentException | KeyException | CertificateException | IOException e) {
            throw malformed(id, e.getMessage(), e);
        }
    }

    private static TrustKey ofCertificate(String id, String type, byte[] pem)
            throws CertificateException, KeyException, ContentTrustException {
        ByteArrayInputStream in = new ByteArrayInputStream(pem);
        X509Certificate certificate =
                (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        PublicKey key = PublicKeys.decode(certificate.getPublicKey().getEncoded());
        return new TrustKey(id, ofKind(type.replace("-x509", ""), key), certificate);
    }

    private static PublicKey ofKind(String type, PublicKey key) throws KeyException {
        if (type.equals("rsa") != key instanceof RSAPublicKey || type.equals("ecdsa") != key instanceof ECPublicKey) {
            throw new KeyException(
                    KeyException.Reason.WRONG_KIND, "it is called " + type + " and is " + PublicKeys.describe(key));
        }
        return key;
    }

    private static PublicKey ed25519(byte[] bare) throws IOException, KeyException {
        return PublicKeys.decode(
                new SubjectPublicKeyInfo(new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519), bare)
                        .getEncoded("DER"));
    }

    /**
     * Whether the signature is this key's. The method that the signature names is not asked: the key says what fits. RSA keys
     * sign with PSS or PKCS #1 v1.5, and Notary takes both; every hash is SHA-256, whatever the curve.
     */
    boolean matches(byte[] message, byte[] signature) {
        if (key instanceof ECPublicKey ec) {
            return SignatureScheme.ECDSA_SHA256.matches(
                    key, message, der(ec.getParams().getOrder(), signature));
        }
        List<SignatureScheme> schemes = key instanceof RSAPublicKey
                ? List.of(SignatureScheme.RSA_PSS_SHA256, SignatureScheme.RSA_PKCS1_SHA256)
                : List.of(SignatureScheme.ED25519);
        return schemes.stream().anyMatch(scheme -> scheme.matches(key, message, signature));
    }

    /** A signature as {@link #matches} wants it, with the method that Notary calls it by. */
    static SignatureOf sign(Signer signer, byte[] message) throws KeyException {
        PublicKey key = signer.publicKey();
        if (key instanceof ECPublicKey ec) {
            BigInteger order = ec.getParams().getOrder();
            byte[] der = signer.sign(message, SignatureScheme.ECDSA_SHA256);
            try {
                BigInteger[] parts = StandardDSAEncoding.INSTANCE.decode(order, der);
                return new SignatureOf("ecdsa", PlainDSAEncoding.INSTANCE.encode(order, parts[0], parts[1]));
            } catch (IOException e) {
                throw new KeyException(KeyException.Reason.FAILED, "the key gave no ECDSA signature", e);
            }
        }
        return key instanceof RSAPublicKey
                ? new SignatureOf("rsapss", signer.sign(message, SignatureScheme.RSA_PSS_SHA256))
                : new SignatureOf("eddsa", signer.sign(message, SignatureScheme.ED25519));
    }

    /** A signature's bytes, and how they were made. */
    record SignatureOf(String method, byte[] bytes) {}

    /** Notary writes r and s one behind the other; empty when they cannot be. */
    private static byte[] der(BigInteger order, byte[] plain) {
        try {
            BigInteger[] parts = PlainDSAEncoding.INSTANCE.decode(order, plain);
            return StandardDSAEncoding.INSTANCE.encode(order, parts[0], parts[1]);
        } catch (IOException | IllegalArgumentException notASignature) {
            return new byte[0];
        }
    }

    /** Whether its certificate bears the repository's name, as Notary's root keys do. */
    boolean isFor(String gun) {
        return commonName().equals(gun);
    }

    /** Of its certificate; empty without one. */
    String commonName() {
        if (certificateOrNull == null) {
            return "";
        }
        try {
            for (Rdn part :
                    new LdapName(certificateOrNull.getSubjectX500Principal().getName()).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    return part.getValue().toString();
                }
            }
        } catch (InvalidNameException nameless) {
            return "";
        }
        return "";
    }

    String describe() {
        return fingerprint() + (commonName().isEmpty() ? "" : " for " + shown(commonName()));
    }

    Digest fingerprint() {
        return PublicKeys.fingerprint(key);
    }

    private static ContentTrustException malformed(String id, String why, Throwable cause) {
        return new ContentTrustException(
                Reason.MALFORMED, "the key " + shown(id) + " of the trust metadata cannot be used: " + why, cause);
    }

    static String shown(String text) {
        String clean = text.replaceAll("[^ -~]", "?");
        return clean.length() <= 100 ? clean : clean.substring(0, 100) + "…";
    }
}

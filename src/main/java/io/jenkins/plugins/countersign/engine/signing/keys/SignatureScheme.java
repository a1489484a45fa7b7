package io.jenkins.plugins.countersign.engine.signing.keys;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECKey;
import java.security.interfaces.EdECKey;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;

/**
 * How a key signs. The scheme is always derived from a key, never read from a message: that is what stops algorithm confusion.
 */
public enum SignatureScheme {
    /** ECDSA, ASN.1 DER. */
    ECDSA_SHA256("SHA256withECDSA", "EC", "SHA-256", null),
    ECDSA_SHA384("SHA384withECDSA", "EC", "SHA-384", null),
    ECDSA_SHA512("SHA512withECDSA", "EC", "SHA-512", null),
    /** RSASSA-PKCS1-v1_5. */
    RSA_PKCS1_SHA256("SHA256withRSA", "RSA", "SHA-256", null),
    /** RSASSA-PSS with MGF1 of the same hash and a salt as long as the hash, as RFC 7518 has it. */
    RSA_PSS_SHA256("RSASSA-PSS", "RSA", "SHA-256", pss("SHA-256", 32)),
    RSA_PSS_SHA384("RSASSA-PSS", "RSA", "SHA-384", pss("SHA-384", 48)),
    RSA_PSS_SHA512("RSASSA-PSS", "RSA", "SHA-512", pss("SHA-512", 64)),
    /** RFC 8032, without pre-hashing. */
    ED25519("Ed25519", "Ed25519", "", null);

    private static final int ED25519_LENGTH = 64;
    private static final ProvenSignatures PROVEN = new ProvenSignatures();

    private final String jcaName;
    private final String keyKind;
    private final String hash;
    private final AlgorithmParameterSpec parameters;

    SignatureScheme(String jcaName, String keyKind, String hash, AlgorithmParameterSpec parameters) {
        this.jcaName = jcaName;
        this.keyKind = keyKind;
        this.hash = hash;
        this.parameters = parameters;
    }

    private static PSSParameterSpec pss(String hash, int salt) {
        return new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), salt, 1);
    }

    /**
     * What we sign with: SHA-256 for every ECDSA and RSA key, because cosign verifies with it by default and containers/image
     * with nothing else (formats.md A2).
     *
     * @throws IllegalArgumentException for a kind of key that {@link PublicKeys} does not accept
     */
    public static SignatureScheme ofSigner(PublicKey key) {
        return accepted(key).get(0);
    }

    /**
     * What a signature may have been made with, the usual first. cosign 2.6 and later sign with SHA-384 for P-384 and SHA-512
     * for P-521, earlier ones with SHA-256.
     */
    public static List<SignatureScheme> accepted(PublicKey key) {
        if (key instanceof ECKey ec) {
            return switch (ec.getParams().getOrder().bitLength()) {
                case 256 -> List.of(ECDSA_SHA256);
                case 384 -> List.of(ECDSA_SHA256, ECDSA_SHA384);
                case 521 -> List.of(ECDSA_SHA256, ECDSA_SHA512);
                default -> throw new IllegalArgumentException("no scheme for this elliptic curve");
            };
        }
        if (key instanceof RSAKey) {
            return List.of(RSA_PKCS1_SHA256);
        }
        if (key instanceof EdECKey) {
            return List.of(ED25519);
        }
        throw new IllegalArgumentException("no scheme for a key of the kind " + key.getAlgorithm());
    }

    /** The name of the hash, {@code SHA-256}; empty for Ed25519. */
    public String hash() {
        return hash;
    }

    /** Whether a key of this kind can be used with the scheme. */
    public boolean fits(PublicKey key) {
        return switch (keyKind) {
            case "EC" -> key instanceof ECKey;
            case "RSA" -> key instanceof RSAKey;
            default -> key instanceof EdECKey;
        };
    }

    /** @throws KeyException if the key does not fit */
    byte[] sign(PrivateKey key, byte[] message) throws KeyException {
        try {
            Signature signature = newSignature();
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new KeyException(KeyException.Reason.FAILED, "cannot sign with " + this + ": " + e.getMessage(), e);
        }
    }

    /**
     * Whether the signature is this key's over this message. The only boolean of its kind: callers that people meet are the
     * verifiers, which throw.
     */
    public boolean matches(PublicKey key, byte[] message, byte[] signature) {
        if (!fits(key) || !isCanonical(key, signature)) {
            return false;
        }
        String name = ProvenSignatures.name(this, key, message, signature);
        if (PROVEN.has(name)) {
            return true;
        }
        try {
            Signature verifier = newSignature();
            verifier.initVerify(key);
            verifier.update(message);
            boolean matches = verifier.verify(signature);
            if (matches) {
                PROVEN.add(name);
            }
            return matches;
        } catch (SignatureException | InvalidKeyException notASignature) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform lacks " + jcaName, e);
        }
    }

    /**
     * The JDK is lenient where a signature's encoding is not unique (Wycheproof: integers without their leading zero, bytes
     * after the end). Two encodings of one signature are two contents with two digests, so only one may be right.
     */
    private boolean isCanonical(PublicKey key, byte[] signature) {
        return switch (keyKind) {
            case "EC" -> isDer(signature, ((ECKey) key).getParams().getOrder());
            case "RSA" -> signature.length == (((RSAKey) key).getModulus().bitLength() + 7) / 8;
            default -> signature.length == ED25519_LENGTH;
        };
    }

    private static boolean isDer(byte[] signature, BigInteger order) {
        try {
            ASN1Sequence sequence = ASN1Sequence.getInstance(signature);
            if (sequence.size() != 2) {
                return false;
            }
            for (ASN1Encodable part : sequence) {
                BigInteger value = ASN1Integer.getInstance(part).getValue();
                if (value.signum() <= 0 || value.compareTo(order) >= 0) {
                    return false;
                }
            }
            return Arrays.equals(sequence.getEncoded("DER"), signature);
        } catch (IOException | RuntimeException notDer) {
            return false;
        }
    }

    private Signature newSignature() throws GeneralSecurityException {
        Signature signature = Signature.getInstance(jcaName);
        if (parameters != null) {
            signature.setParameter(parameters);
        }
        return signature;
    }
}

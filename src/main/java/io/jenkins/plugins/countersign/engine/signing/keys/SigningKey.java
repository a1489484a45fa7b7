package io.jenkins.plugins.countersign.engine.signing.keys;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;

/** A private key in memory, with its public key and, if there are any, its certificates. Not serializable on purpose. */
public final class SigningKey implements Signer {

    private final PrivateKey privateKey;
    private final PublicKey publicKey;
    private final List<X509Certificate> certificates;

    /** @throws KeyException if the key is not accepted, or the two halves are not one pair */
    SigningKey(PrivateKey privateKey, PublicKey publicKey, List<X509Certificate> certificates) throws KeyException {
        PublicKeys.requireAccepted(publicKey);
        this.privateKey = privateKey;
        this.publicKey = publicKey;
        this.certificates = List.copyOf(certificates);
        byte[] probe = "countersign: do these two halves belong together".getBytes(StandardCharsets.US_ASCII);
        SignatureScheme scheme = SignatureScheme.ofSigner(publicKey);
        if (!scheme.matches(publicKey, probe, scheme.sign(privateKey, probe))) {
            throw new KeyException(Reason.UNREADABLE, "the public key in the file is not the private key's");
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
    public byte[] sign(byte[] message, SignatureScheme scheme) throws KeyException {
        if (!scheme.fits(publicKey)) {
            throw new KeyException(Reason.NOT_ACCEPTED, PublicKeys.describe(publicKey) + " cannot sign with " + scheme);
        }
        byte[] signature = scheme.sign(privateKey, message);
        if (!scheme.matches(publicKey, message, signature)) {
            throw new KeyException(Reason.FAILED, "the signature that was just made does not verify");
        }
        return signature;
    }

    /** The key as cosign keeps it, encrypted: {@code ENCRYPTED SIGSTORE PRIVATE KEY}. An empty password is cosign's choice too. */
    public String encrypted(char[] password, SecureRandom random) throws KeyException {
        return CosignKey.encrypt(privateKey.getEncoded(), password, random);
    }

    /** The key in the clear (PKCS#8 PEM), for whoever asked for it twice. */
    public String unencryptedSecret() {
        return Pem.write("PRIVATE KEY", privateKey.getEncoded());
    }

    /** Names the public key alone. */
    @Override
    public String toString() {
        return PublicKeys.describe(publicKey) + " " + PublicKeys.fingerprint(publicKey);
    }
}

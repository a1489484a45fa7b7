package io.jenkins.plugins.countersign.engine.signing.keys;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** A signer whose certificates are kept somewhere else than its key. */
public final class CertifiedSigner implements Signer {

    private static final int MAX_LENGTH = 256 * 1024;

    private final Signer signer;
    private final List<X509Certificate> certificates;

    private CertifiedSigner(Signer signer, List<X509Certificate> certificates) {
        this.signer = signer;
        this.certificates = certificates;
    }

    /**
     * @param pem the key's certificate and those above it, in any order
     * @throws KeyException if none of them is the key's; the signer is closed then
     */
    public static CertifiedSigner of(Signer signer, String pem) throws KeyException {
        try {
            return new CertifiedSigner(signer, read(pem, signer.publicKey()));
        } catch (KeyException e) {
            signer.close();
            throw e;
        }
    }

    /**
     * Certificates in PEM, that of the key first.
     *
     * @throws KeyException if they cannot be read or none is the key's
     */
    public static List<X509Certificate> read(String pem, PublicKey key) throws KeyException {
        if (pem.length() > MAX_LENGTH) {
            throw new KeyException(
                    Reason.UNREADABLE,
                    "certificates have at most " + MAX_LENGTH + " characters, here are " + pem.length());
        }
        if (pem.contains("PRIVATE KEY-----")) {
            throw new KeyException(Reason.WRONG_KIND, "this is a private key where certificates (PEM) are expected");
        }
        List<X509Certificate> all = new ArrayList<>();
        try {
            for (Certificate certificate : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
                all.add((X509Certificate) certificate);
            }
        } catch (CertificateException e) {
            throw new KeyException(Reason.UNREADABLE, "these are no certificates in PEM", e);
        }
        int own = 0;
        while (own < all.size() && !all.get(own).getPublicKey().equals(key)) {
            own++;
        }
        if (own == all.size()) {
            throw new KeyException(
                    Reason.NOT_THE_EXPECTED_KEY,
                    "none of the " + all.size() + " certificates is of the key " + PublicKeys.fingerprint(key));
        }
        all.add(0, all.remove(own));
        return List.copyOf(all);
    }

    @Override
    public PublicKey publicKey() {
        return signer.publicKey();
    }

    @Override
    public List<X509Certificate> certificates() {
        return certificates;
    }

    @Override
    public byte[] sign(byte[] message, SignatureScheme scheme) throws KeyException {
        return signer.sign(message, scheme);
    }

    @Override
    public List<byte[]> signAll(List<Message> messages) throws KeyException {
        return signer.signAll(messages);
    }

    @Override
    public void close() {
        signer.close();
    }

    @Override
    public String toString() {
        return signer.toString();
    }
}

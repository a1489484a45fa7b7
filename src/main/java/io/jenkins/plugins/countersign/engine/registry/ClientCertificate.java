package io.jenkins.plugins.countersign.engine.registry;

/**
 * A certificate by which this client shows itself in TLS. {@link #toString} shows no secret.
 *
 * @param certificates the certificate and its chain, PEM
 * @param privateKey its key, PEM: PKCS#8, PKCS#1 or SEC1, not encrypted
 */
public record ClientCertificate(String certificates, String privateKey) {

    @Override
    public String toString() {
        return "client certificate";
    }
}

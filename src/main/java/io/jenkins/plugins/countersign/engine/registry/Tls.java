package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** TLS as one registry wants it. The platform's defaults are not changed. */
final class Tls {

    private Tls() {}

    /** For the registry itself. */
    static SSLContext context(RegistryAccess access) throws RegistryException {
        return context(access, true);
    }

    /**
     * For the hosts it sends to: the same authorities, but always verified, and without the client certificate. What an
     * administrator allowed for one registry is not allowed for whomever that registry names.
     */
    static SSLContext contextElsewhere(RegistryAccess access) throws RegistryException {
        return context(access, false);
    }

    private static SSLContext context(RegistryAccess access, boolean registryItself) throws RegistryException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            boolean unverified = registryItself && access.unverifiedTls();
            context.init(
                    registryItself ? keys(access) : null,
                    unverified ? new TrustManager[] {new TrustsAnybody()} : trust(access),
                    new SecureRandom());
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new RegistryException("TLS for " + access.host() + " cannot be set up: " + e.getMessage(), e);
        }
    }

    private static KeyManager[] keys(RegistryAccess access) throws GeneralSecurityException, IOException {
        if (access.clientCertificates().isEmpty()) {
            return null;
        }
        KeyStore store = emptyStore();
        char[] password = new char[0];
        int count = 0;
        for (ClientCertificate client : access.clientCertificates()) {
            store.setKeyEntry("client-" + count++, privateKey(client), password, chain(client));
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    /** @throws GeneralSecurityException if one of the two cannot be read, or they do not belong together */
    static void check(ClientCertificate client) throws GeneralSecurityException, IOException {
        PrivateKey key = privateKey(client);
        PublicKey certified = chain(client)[0].getPublicKey();
        String algorithm =
                switch (certified.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> certified.getAlgorithm();
                };
        byte[] anything = new byte[32];
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(anything);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(anything);
            if (signature.verify(signed)) {
                return;
            }
        } catch (InvalidKeyException | SignatureException e) {
            // a key of another kind is another key
        }
        throw new GeneralSecurityException(
                "the private key that was given is not the key of the client certificate " + client.describe());
    }

    private static Certificate[] chain(ClientCertificate client) throws GeneralSecurityException {
        return certificates(client.certificates()).toArray(Certificate[]::new);
    }

    private static PrivateKey privateKey(ClientCertificate client) throws IOException, GeneralSecurityException {
        String pem = client.privateKey();
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
                if (part instanceof PEMKeyPair pair) {
                    return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                }
                if (part instanceof PrivateKeyInfo info) {
                    return new JcaPEMKeyConverter().getPrivateKey(info);
                }
            }
        }
        throw new GeneralSecurityException(
                "the client certificate's key has no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)");
    }

    private static TrustManager[] trust(RegistryAccess access) throws GeneralSecurityException, IOException {
        if (access.authorities().isEmpty()) {
            return null;
        }
        KeyStore store = emptyStore();
        int count = 0;
        for (String pem : access.authorities()) {
            for (X509Certificate certificate : certificates(pem)) {
                store.setCertificateEntry("ours-" + count++, certificate);
            }
        }
        for (X509Certificate certificate : platformAuthorities()) {
            store.setCertificateEntry("platform-" + count++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static List<X509Certificate> platformAuthorities() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> certificates = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                certificates.addAll(List.of(x509.getAcceptedIssuers()));
            }
        }
        return certificates;
    }

    private static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
        Collection<? extends Certificate> found = List.of();
        CertificateException because = null;
        try {
            found = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
        } catch (CertificateException e) {
            because = e;
        }
        if (found.isEmpty()) {
            throw new GeneralSecurityException("there is no certificate in PEM where one is expected", because);
        }
        return found.stream().map(X509Certificate.class::cast).toList();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /** The extended kind, because the JDK wraps any other in a check of the host name. */
    private static final class TrustsAnybody extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate for {@code localhost} or for a client: one that signed itself, or that another one issued. */
public record TestCertificate(KeyPair keys, X509Certificate certificate) {

    /** One that signed itself, and may issue others. */
    public static TestCertificate forName(String name) throws Exception {
        return certify(name, null, Instant.now().plusSeconds(86_400));
    }

    /** As {@link #forName}, for a rule's field. */
    public static TestCertificate authority(String name) {
        try {
            return forName(name);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    public TestCertificate issue(String name) throws Exception {
        return certify(name, this, Instant.now().plusSeconds(86_400));
    }

    public TestCertificate issueEnded(String name) throws Exception {
        return certify(name, this, Instant.now().minusSeconds(60));
    }

    private static TestCertificate certify(String name, TestCertificate issuerOrNull, Instant end) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair keys = generator.generateKeyPair();
        X500Name subject = new X500Name("CN=" + name);
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuerOrNull == null
                        ? subject
                        : X500Name.getInstance(issuerOrNull
                                .certificate()
                                .getSubjectX500Principal()
                                .getEncoded()),
                BigInteger.valueOf(System.nanoTime()),
                Date.from(Instant.now().minusSeconds(3600)),
                Date.from(end),
                subject,
                keys.getPublic());
        builder.addExtension(
                Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(GeneralName.dNSName, name)));
        if (issuerOrNull == null) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        }
        PrivateKey signer = (issuerOrNull == null ? keys : issuerOrNull.keys()).getPrivate();
        return new TestCertificate(
                keys,
                new JcaX509CertificateConverter()
                        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer))));
    }

    /** As Jenkins' credentials keep it. */
    public byte[] pkcs12(String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("client", keys.getPrivate(), password.toCharArray(), new X509Certificate[] {certificate});
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        store.store(file, password.toCharArray());
        return file.toByteArray();
    }

    public String pem() throws Exception {
        return pem(certificate);
    }

    public String keyPem() throws Exception {
        return pem(PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded()));
    }

    private static String pem(Object object) throws Exception {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object instanceof PrivateKeyInfo key ? new PKCS8Generator(key, null) : object);
        }
        return text.toString();
    }

    /** As a server that asks clients for {@code clientOrNull}. */
    SSLContext server(TestCertificate clientOrNull) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry("server", keys.getPrivate(), new char[0], new X509Certificate[] {certificate});
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keyManagers.init(own, new char[0]);
        KeyStore clients = KeyStore.getInstance("PKCS12");
        clients.load(null, null);
        if (clientOrNull != null) {
            clients.setCertificateEntry("client", clientOrNull.certificate());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(clients);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}

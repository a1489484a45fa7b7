package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/** A certificate authority for a test, and what it issues. */
public final class TestCertificates {

    /** The real present: verifiers of others look at their own clock. */
    public static final Instant NOW = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    private static final AtomicLong SERIAL = new AtomicLong(1000);

    private final KeyPair pair;
    private final X509Certificate certificate;

    private TestCertificates(KeyPair pair, X509Certificate certificate) {
        this.pair = pair;
        this.certificate = certificate;
    }

    public static TestCertificates authority(String name) throws Exception {
        KeyPair pair = pair("EC", 256);
        JcaX509v3CertificateBuilder builder = builder(
                name, new X500Name(name), pair, pair, NOW.minus(Duration.ofDays(100)), NOW.plus(Duration.ofDays(1000)));
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        return new TestCertificates(pair, sign(builder, pair));
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** A code signer in the profile of the Notary Project. */
    public Leaf signer(String name) throws Exception {
        return issue(
                name,
                pair("EC", 256),
                KeyPurposeId.id_kp_codeSigning,
                NOW.minus(Duration.ofDays(1)),
                Duration.ofDays(90));
    }

    public Leaf issue(String name, KeyPair key, KeyPurposeId purpose, Instant from, Duration validity)
            throws Exception {
        JcaX509v3CertificateBuilder builder = builder(
                name,
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                key,
                pair,
                from,
                from.plus(validity));
        JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(
                Extension.extendedKeyUsage, purpose == KeyPurposeId.id_kp_timeStamping, new ExtendedKeyUsage(purpose));
        builder.addExtension(
                Extension.authorityKeyIdentifier, false, extensions.createAuthorityKeyIdentifier(certificate));
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(
                        GeneralName.rfc822Name, name.replaceAll(".*CN=([^,]*).*", "$1") + "@example.com")));
        return new Leaf(key, sign(builder, pair), certificate);
    }

    /** An issued certificate with its private key. */
    public record Leaf(KeyPair pair, X509Certificate certificate, X509Certificate authority) {

        public SigningKey key() throws Exception {
            return KeyPairReader.read(pem().getBytes(StandardCharsets.UTF_8), null);
        }

        /** Key and chain in one file. */
        public String pem() throws Exception {
            StringWriter text = new StringWriter();
            try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
                writer.writeObject(
                        new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded()));
                writer.writeObject(certificate);
                writer.writeObject(authority);
            }
            return text.toString();
        }

        public List<X509Certificate> chain() {
            return List.of(certificate, authority);
        }
    }

    public static KeyPair pair(String algorithm, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(size);
        return generator.generateKeyPair();
    }

    public static String pem(X509Certificate certificate) throws Exception {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(certificate);
        }
        return text.toString();
    }

    private static JcaX509v3CertificateBuilder builder(
            String subject, X500Name issuer, KeyPair key, KeyPair issuerKey, Instant from, Instant to) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                BigInteger.valueOf(SERIAL.incrementAndGet()),
                Date.from(from),
                Date.from(to),
                new X500Name(subject),
                key.getPublic());
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair issuer) throws Exception {
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate())));
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Signatures that come with a certificate, and timestamps that openssl's authority makes. */
public class CertificateTest {

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    private static TamperedSamples samples;
    private static TestCertificates.Leaf alice;
    private static TestCertificates timestampAuthority;

    @BeforeClass
    public static void people() throws Exception {
        RealPart.require("openssl");
        samples = new TamperedSamples();
        alice = samples.notary;
        timestampAuthority = TestCertificates.authority("CN=clock authority");
        TestCertificates.Leaf clock = timestampAuthority.issue(
                "CN=clock",
                TestCertificates.pair("EC", 256),
                KeyPurposeId.id_kp_timeStamping,
                TestCertificates.NOW.minus(Duration.ofDays(1)),
                Duration.ofDays(2));
        write("clock.pem", clock.pem());
        write("clock.crt", TestCertificates.pem(clock.certificate()));
        write("serial", "01");
        write(
                "tsa.cnf",
                "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ndefault_policy=1.2.3.4.1\nsigner_digest=sha256\n"
                        + "digests=sha256,sha384,sha512\nordering=no\ntsa_name=no\ness_cert_id_chain=no\n");
    }

    private static CertificateTrust trust(X509Certificate root) {
        return new CertificateTrust(List.of(root), "alice@example.com");
    }

    private static Verifier verifier() {
        return Verifier.withKeys(List.of()).andCertificates(List.of(trust(samples.authority.certificate())));
    }

    private static Verifier later(Verifier verifier) {
        return verifier.at(Clock.fixed(TestCertificates.NOW.plus(Duration.ofDays(400)), ZoneOffset.UTC));
    }

    private static SigstoreBundle bundle(TestCertificates.Leaf signer) throws Exception {
        DsseEnvelope envelope =
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, samples.statement().toBytes(), signer.key());
        return new SigstoreBundle("", List.of(signer.certificate().getEncoded()), List.of(), 0, envelope);
    }

    private static FoundSignature found(SigstoreBundle bundle) {
        return new FoundSignature(
                SignatureFormat.BUNDLE, samples.image.digest(), samples.other, bundle.toBytes(), Map.of());
    }

    private static Reason refusal(Verifier verifier, FoundSignature found) {
        return assertThrows(VerificationException.class, () -> verifier.verify(found))
                .reason();
    }

    @Test
    public void aCertificateOfATrustedAuthorityIsBelievedForThePersonThatIsExpected() throws Exception {
        Evidence evidence = verifier().verify(found(bundle(alice)));
        assertEquals(alice.certificate(), evidence.certificate());
        assertEquals(alice.certificate().getPublicKey(), evidence.key());
        Verifier bySubject = Verifier.withKeys(List.of())
                .andCertificates(List.of(new CertificateTrust(
                        List.of(samples.authority.certificate()), "CN=alice,O=Example,ST=WA,C=US")));
        assertEquals(alice.certificate(), bySubject.verify(found(bundle(alice))).certificate());
    }

    @Test
    public void withoutAnAuthorityACertificateSaysNothing() throws Exception {
        assertEquals(
                Reason.BAD_SIGNATURE,
                refusal(Verifier.withKeys(List.of(samples.key.publicKey())), found(bundle(alice))));
        TestCertificates stranger = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        Verifier other = Verifier.withKeys(List.of()).andCertificates(List.of(trust(stranger.certificate())));
        assertEquals(Reason.UNTRUSTED_CERTIFICATE, refusal(other, found(bundle(alice))));
    }

    @Test
    public void anotherPersonOfTheSameAuthorityIsRefused() throws Exception {
        assertEquals(
                Reason.WRONG_IDENTITY,
                refusal(verifier(), found(bundle(samples.authority.signer("C=US,ST=WA,O=Example,CN=mallory")))));
        Verifier fulcio = Verifier.withKeys(List.of())
                .andCertificates(List.of(new CertificateTrust(
                        List.of(samples.authority.certificate()),
                        List.of(),
                        "alice@example.com",
                        "https://accounts.example.com")));
        assertEquals(Reason.WRONG_IDENTITY, refusal(fulcio, found(bundle(alice))));
        assertThrows(
                IllegalArgumentException.class,
                () -> new CertificateTrust(List.of(samples.authority.certificate()), " "));
        assertThrows(IllegalArgumentException.class, () -> new CertificateTrust(List.of(), "alice@example.com"));
    }

    @Test
    public void aCertificateForServersSignsNothing() throws Exception {
        TestCertificates.Leaf server = samples.authority.issue(
                "C=US,ST=WA,O=Example,CN=alice",
                TestCertificates.pair("EC", 256),
                KeyPurposeId.id_kp_serverAuth,
                TestCertificates.NOW.minus(Duration.ofDays(1)),
                Duration.ofDays(9));
        assertEquals(Reason.CERTIFICATE_USAGE, refusal(verifier(), found(bundle(server))));
        TestCertificates.Leaf weak = samples.authority.issue(
                "C=US,ST=WA,O=Example,CN=alice",
                TestCertificates.pair("RSA", 1024),
                KeyPurposeId.id_kp_codeSigning,
                TestCertificates.NOW.minus(Duration.ofDays(1)),
                Duration.ofDays(9));
        FoundSignature byWeak = found(new SigstoreBundle(
                "",
                List.of(weak.certificate().getEncoded()),
                List.of(),
                0,
                bundle(alice).envelope()));
        assertEquals(Reason.CERTIFICATE_USAGE, refusal(verifier(), byWeak));
    }

    @Test
    public void afterTheCertificateHasEndedOnlyATrustedTimestampHelps() throws Exception {
        SigstoreBundle bundle = bundle(alice);
        assertEquals(Reason.CERTIFICATE_TIME, refusal(later(verifier()), found(bundle)));
        SigstoreBundle stamped =
                bundle.withTimestamp(stamp(bundle.envelope().signatures().get(0)));
        assertEquals("nobody trusts that clock", Reason.CERTIFICATE_TIME, refusal(later(verifier()), found(stamped)));
        Verifier trusting = later(verifier()).andTimestamps(List.of(timestampAuthority.certificate()));
        Evidence evidence = trusting.verify(found(SigstoreBundle.read(stamped.toBytes())));
        assertEquals(1, evidence.provenTimes().size());
        Duration age =
                Duration.between(evidence.provenTimes().get(0), Instant.now()).abs();
        assertTrue(age.toString(), age.compareTo(Duration.ofHours(1)) < 0);
    }

    @Test
    public void aTimestampProvesTheTimeOfASignatureWithAPlainKey() throws Exception {
        SigstoreBundle bundle = SigstoreBundle.sign(samples.statement(), samples.key);
        FoundSignature found =
                found(bundle.withTimestamp(stamp(bundle.envelope().signatures().get(0))));
        Verifier plain = Verifier.withKeys(List.of(samples.key.publicKey()));
        assertEquals(List.of(), plain.verify(found).provenTimes());
        assertEquals(
                1,
                plain.andTimestamps(List.of(timestampAuthority.certificate()))
                        .verify(found)
                        .provenTimes()
                        .size());
    }

    @Test
    public void aBadTimestampIsNotIgnored() throws Exception {
        SigstoreBundle bundle = SigstoreBundle.sign(samples.statement(), samples.key);
        byte[] good = stamp(bundle.envelope().signatures().get(0));
        Verifier trusting = Verifier.withKeys(List.of(samples.key.publicKey()))
                .andTimestamps(List.of(timestampAuthority.certificate()));
        List<byte[]> bad = new ArrayList<>();
        bad.add(stamp(new byte[] {1, 2, 3}));
        bad.add(new byte[] {1, 2, 3});
        bad.add(new byte[0]);
        bad.add(new byte[] {0x30, 0});
        byte[] altered = good.clone();
        altered[altered.length - 5] ^= 1;
        bad.add(altered);
        for (byte[] timestamp : bad) {
            assertEquals(Reason.BAD_TIMESTAMP, refusal(trusting, found(bundle.withTimestamp(timestamp))));
        }
        TestCertificates stranger = TestCertificates.authority("CN=clock authority");
        assertEquals(
                Reason.BAD_TIMESTAMP,
                refusal(
                        Verifier.withKeys(List.of(samples.key.publicKey()))
                                .andTimestamps(List.of(stranger.certificate())),
                        found(bundle.withTimestamp(good))));
    }

    @Test
    public void aSimpleSignatureBringsItsCertificateInAnnotations() throws Exception {
        byte[] payload = samples.payload();
        Map<String, String> annotations = Map.of(
                SignatureStore.SIGNATURE_ANNOTATION,
                TamperedSamples.base64(alice.key().sign(payload)),
                "dev.sigstore.cosign/certificate",
                TestCertificates.pem(alice.certificate()),
                "dev.sigstore.cosign/chain",
                TestCertificates.pem(samples.authority.certificate()));
        FoundSignature found = new FoundSignature(
                SignatureFormat.SIMPLE_SIGNING, samples.image.digest(), samples.other, payload, annotations);
        assertEquals(alice.certificate(), verifier().verify(found).certificate());
        assertEquals(
                alice.certificate().getPublicKey(),
                Verifier.verify(found, List.of(alice.certificate().getPublicKey()))
                        .key());
    }

    /** As cosign accepts it too: a plain key that signed is enough, its hint says nothing. */
    @Test
    public void theHintIsNotBelieved() throws Exception {
        DsseEnvelope envelope =
                SigstoreBundle.sign(samples.statement(), samples.key).envelope();
        SigstoreBundle lying = SigstoreBundle.of(envelope, samples.attacker.publicKey());
        assertEquals(PublicKeys.hint(samples.attacker.publicKey()), lying.hint());
        assertEquals(
                samples.key.publicKey(),
                Verifier.verify(found(lying), List.of(samples.attacker.publicKey(), samples.key.publicKey()))
                        .key());
        assertEquals(
                Reason.BAD_SIGNATURE, refusal(Verifier.withKeys(List.of(samples.attacker.publicKey())), found(lying)));
    }

    private static byte[] stamp(byte[] signature) throws Exception {
        Files.write(root().resolve("signature"), signature);
        openssl("ts", "-query", "-data", "signature", "-sha256", "-cert", "-out", "query");
        openssl(
                "ts",
                "-reply",
                "-config",
                "tsa.cnf",
                "-queryfile",
                "query",
                "-inkey",
                "clock.pem",
                "-signer",
                "clock.crt",
                "-out",
                "reply");
        return Files.readAllBytes(root().resolve("reply"));
    }

    private static void openssl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Run.of(Map.of(), root(), command).succeeded();
    }

    private static Path root() {
        return folder.getRoot().toPath();
    }

    private static void write(String name, String content) throws Exception {
        Files.writeString(root().resolve(name), content);
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The Notary Project's own client accepts what we write, we accept what it writes, and both refuse the same. */
public class NotationTest {

    @ClassRule
    public static final ReferrersRegistry registry = new ReferrersRegistry();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private Path root;
    private NotationClient notation;

    @Before
    public void notation() {
        root = folder.getRoot().toPath();
        notation = new NotationClient(root);
    }

    @Test
    public void itAcceptsOurSignaturesWithEachKindOfKey() throws Exception {
        TestCertificates authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        trust(authority, "alice");
        for (List<Object> kind : List.<List<Object>>of(
                List.of("EC", 256),
                List.of("EC", 384),
                List.of("EC", 521),
                List.of("RSA", 2048),
                List.of("RSA", 3072))) {
            String name = ("ours/" + kind.get(0) + kind.get(1)).toLowerCase(java.util.Locale.ROOT);
            Descriptor image = image(name);
            TestCertificates.Leaf alice = authority.issue(
                    "C=US,ST=WA,O=Example,CN=alice",
                    TestCertificates.pair((String) kind.get(0), (int) kind.get(1)),
                    KeyPurposeId.id_kp_codeSigning,
                    TestCertificates.NOW.minus(Duration.ofDays(1)),
                    Duration.ofDays(20));
            SignatureStore store = new SignatureStore(registry.open(name));
            store.attachNotation(
                    image, alice.key(), TestCertificates.NOW, TestCertificates.NOW.plus(Duration.ofDays(1)));
            accepted(verify(name, image));
            FoundSignature found = store.collect(image.digest()).get(0);
            CertificateTrust trust = new CertificateTrust(List.of(authority.certificate()), "alice@example.com");
            assertEquals(
                    alice.certificate(),
                    Verifier.withKeys(List.of())
                            .andCertificates(List.of(trust))
                            .verify(found)
                            .certificate());
        }
    }

    @Test
    public void weAcceptItsSignatures() throws Exception {
        notation.run("cert", "generate-test", "--default", "tester").succeeded();
        Path certificateFile;
        try (var files = Files.walk(root)) {
            certificateFile = files.filter(file -> file.toString().endsWith("tester.crt"))
                    .findFirst()
                    .orElseThrow();
        }
        X509Certificate certificate =
                Certificates.readPem(Files.readString(certificateFile)).get(0);
        Descriptor image = image("theirs/jws");
        notation.run("sign", "--insecure-registry", "-m", "stage=qa", name("theirs/jws", image))
                .succeeded();
        notation.run(
                        "sign",
                        "--insecure-registry",
                        "--signature-format",
                        "cose",
                        "--force-referrers-tag=false",
                        name("theirs/jws", image))
                .succeeded();
        String subject = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
        Verifier verifier = Verifier.withKeys(List.of())
                .andCertificates(List.of(new CertificateTrust(List.of(certificate), subject)));
        List<String> seen = new ArrayList<>();
        for (FoundSignature found : new SignatureStore(registry.open("theirs/jws")).collect(image.digest())) {
            if (found.format() == SignatureFormat.NOTATION_JWS) {
                Evidence evidence = verifier.verify(found);
                seen.add("JWS " + evidence.annotations());
            } else {
                seen.add(found.format() + " "
                        + assertThrows(VerificationException.class, () -> verifier.verify(found))
                                .reason());
            }
        }
        seen.sort(null);
        assertEquals(List.of("JWS {stage=qa}", "NOTATION_COSE " + Reason.UNKNOWN_FORMAT), seen);
    }

    @Test
    public void itRefusesTheTamperedSamplesThatWeRefuse() throws Exception {
        TamperedSamples samples = new TamperedSamples(image("tampered/seed"));
        trust(samples.authority, "alice");
        SignatureStore good = new SignatureStore(registry.open("tampered/seed"));
        good.attachNotation(samples.image, samples.notary.key(), TestCertificates.NOW, null);
        accepted(verify("tampered/seed", samples.image));
        Map<String, String> accepted = new TreeMap<>();
        int asked = 0;
        for (TamperedSamples.Sample sample : samples.all) {
            if (sample.found().format() != SignatureFormat.NOTATION_JWS || !sample.everybody()) {
                continue;
            }
            String name = "tampered/jws" + asked++;
            Descriptor image = image(name);
            new SignatureStore(registry.open(name))
                    .attach(
                            image,
                            SignatureTypes.NOTATION,
                            SignatureTypes.JOSE,
                            sample.found().content(),
                            Map.of(
                                    NotationSignature.THUMBPRINTS,
                                    NotationSignature.thumbprints(samples.notary.chain())),
                            TestCertificates.NOW);
            Run run = verify(name, image);
            if (run.exitCode() == 0) {
                accepted.put(sample.defect(), run.output());
            }
        }
        assertEquals(Map.of(), accepted);
        assertTrue(asked + " samples", asked >= 20);
    }

    @Test
    public void aKeyWithoutACertificateCannotSignForNotation() throws Exception {
        Descriptor image = image("ours/bare");
        KeyException e = assertThrows(
                KeyException.class,
                () -> new SignatureStore(registry.open("ours/bare"))
                        .attachNotation(image, KeyGenerator.generate(new SecureRandom()), TestCertificates.NOW, null));
        assertEquals(KeyException.Reason.NOT_FOUND, e.reason());
    }

    private static Descriptor image(String repository) throws Exception {
        return Samples.pushImage(registry.open(repository), 11, 100).descriptor();
    }

    private static String name(String repository, Descriptor image) {
        return registry.host() + "/" + repository + "@" + image.digest();
    }

    private Run verify(String repository, Descriptor image) throws Exception {
        return notation.verify(name(repository, image));
    }

    private void trust(TestCertificates authority, String person) throws Exception {
        notation.trust(authority, "C=US, ST=WA, O=Example, CN=" + person);
    }

    private static void accepted(Run run) {
        assertEquals(run.output(), 0, run.exitCode());
        assertNotEquals("", run.output());
    }
}

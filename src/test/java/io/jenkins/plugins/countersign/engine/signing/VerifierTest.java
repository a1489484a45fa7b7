package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.BeforeClass;
import org.junit.Test;

public class VerifierTest {

    private static TamperedSamples samples;

    @BeforeClass
    public static void makeSamples() throws Exception {
        samples = new TamperedSamples();
    }

    @Test
    public void eachTamperedSampleIsRefusedWithItsOwnReason() {
        Verifier verifier = samples.verifier();
        Map<String, String> wrong = new TreeMap<>();
        for (TamperedSamples.Sample sample : samples.all) {
            try {
                wrong.put(sample.defect(), "accepted: " + verifier.verify(sample.found()));
            } catch (VerificationException e) {
                if (e.reason() != sample.reason()) {
                    wrong.put(sample.defect(), e.reason() + " instead of " + sample.reason() + ": " + e.getMessage());
                }
                assertTrue(
                        sample.defect() + ": " + e.getMessage().length(),
                        e.getMessage().length() < 1000);
            }
        }
        assertEquals(Map.of(), wrong);
        assertTrue(samples.all.size() + " samples", samples.all.size() >= 60);
        assertEquals(
                "each defect once",
                samples.all.size(),
                samples.all.stream()
                        .map(TamperedSamples.Sample::defect)
                        .collect(Collectors.toSet())
                        .size());
    }

    @Test
    public void theGoodOnesProveWhatTheySay() throws Exception {
        Verifier verifier = samples.verifier();
        for (FoundSignature good : List.of(samples.goodBundle(), samples.goodAttestation())) {
            Evidence evidence = verifier.verify(good);
            assertEquals(samples.key.publicKey(), evidence.key());
            assertEquals(samples.image.digest(), evidence.subject());
            assertEquals(Map.of("stage", "qa"), evidence.annotations());
            assertEquals(samples.statement(), evidence.inTotoStatement().orElseThrow());
            assertArrayEquals(samples.statement().toBytes(), evidence.payload());
        }
        Evidence simple = verifier.verify(samples.goodSimpleSigning());
        assertEquals("reg.example/app:1", simple.simpleSigning().dockerReference());
        assertEquals(samples.key.publicKey(), simple.key());
        Evidence notation = verifier.verify(samples.goodNotation());
        assertEquals(samples.notary.certificate(), notation.certificate());
        assertEquals(List.of(), notation.provenTimes());
    }

    @Test
    public void aRecordIsNoSignature_notEvenAGoodOneByAKeyThatIsTrusted() throws Exception {
        VerificationException refused = assertThrows(
                VerificationException.class, () -> samples.verifier().verify(samples.goodRecord()));
        assertEquals(Reason.WRONG_TYPE, refused.reason());
        assertTrue(refused.getMessage(), refused.getMessage().contains("it is a record (a rejection, "));
        Evidence approval = samples.verifier().verify(samples.goodBundle());
        assertEquals(samples.key.publicKey(), approval.key());
    }

    @Test
    public void aKeyThatIsGivenIsEnoughWithACertificateAroundIt() throws Exception {
        PublicKey key = samples.notary.certificate().getPublicKey();
        Evidence evidence = Verifier.verify(samples.goodNotation(), List.of(key));
        assertEquals(key, evidence.key());
        assertNull(evidence.certificate());
    }

    @Test
    public void withoutAnythingToVerifyWithNothingIsBelieved() throws Exception {
        FoundSignature good = samples.goodBundle();
        assertEquals(
                Reason.NO_KEY,
                assertThrows(VerificationException.class, () -> Verifier.verify(good, List.of()))
                        .reason());
    }

    @Test
    public void theKeyThatSignedIsFoundAmongMany() throws Exception {
        List<PublicKey> keys = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            keys.add(KeyGenerator.generate(new SecureRandom()).publicKey());
        }
        keys.add(samples.key.publicKey());
        assertEquals(
                samples.key.publicKey(),
                Verifier.verify(samples.goodBundle(), keys).key());
        SigningKey stranger = KeyGenerator.generate(new SecureRandom());
        FoundSignature good = samples.goodBundle();
        assertEquals(
                Reason.BAD_SIGNATURE,
                assertThrows(VerificationException.class, () -> Verifier.verify(good, List.of(stranger.publicKey())))
                        .reason());
    }

    @Test
    public void aStatementOfSeveralImagesIsAboutEachOfThem() throws Exception {
        Statement both = new Statement(
                List.of(
                        new Statement.Subject("", samples.other, Map.of("platform", "arm64")),
                        new Statement.Subject("", samples.image.digest(), Map.of("platform", "amd64"))),
                "https://example.com/x",
                StrictJson.object());
        byte[] bundle = SigstoreBundle.sign(both, samples.key).toBytes();
        for (var digest : List.of(samples.other, samples.image.digest())) {
            Evidence evidence = samples.verifier()
                    .verify(new FoundSignature(SignatureFormat.BUNDLE, digest, digest, bundle, Map.of()));
            assertEquals(digest, evidence.subject());
            assertEquals(
                    digest.equals(samples.other) ? "arm64" : "amd64",
                    evidence.annotations().get("platform"));
        }
    }
}

package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Hold;
import io.jenkins.plugins.countersign.engine.approval.HoldReason;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerFile;
import io.jenkins.plugins.countersign.engine.audit.RecordKind;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceStatement;
import io.jenkins.plugins.countersign.engine.evidence.Provenance;
import io.jenkins.plugins.countersign.engine.evidence.ScanReport;
import io.jenkins.plugins.countersign.engine.evidence.TestReport;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Copy;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class PromotionTest {

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private World world;
    private LayoutRepository source;
    private LayoutRepository destination;
    private Ledger ledger;
    private Digest image;

    @Before
    public void prepare() throws Exception {
        world = World.of(World.STAGES);
        source = LayoutRepository.at(path("source"));
        destination = LayoutRepository.at(path("destination"));
        ledger = Ledger.open(path("ledger.jsonl"), world.clock);
        image = Samples.pushIndex(source, 1).digest();
    }

    @After
    public void close() throws Exception {
        ledger.close();
    }

    private Path path(String name) {
        return folder.getRoot().toPath().resolve(name);
    }

    private Promotion.Order qa() {
        return new Promotion.Order(source, image, "qa", destination, List.of("1.0"));
    }

    private Promotion.Outcome promoteQa() throws Exception {
        return world.promotion(ledger).promote(qa());
    }

    private Verification verify(Repository repository, String stage) throws Exception {
        return Verification.of(repository, image, world.policy, stage, Set.of(), world.clock.instant());
    }

    private static List<HoldReason> reasons(Decision decision) {
        return decision.holds().stream().map(Hold::reason).distinct().toList();
    }

    private List<String> kinds() throws Exception {
        List<String> kinds = new ArrayList<>();
        LedgerFile.read(ledger.file(), record -> kinds.add(record.kind()));
        return kinds;
    }

    private static void delete(LayoutRepository repository, Digest manifest) throws Exception {
        Path index = repository.folder().resolve("index.json");
        var json = (com.fasterxml.jackson.databind.node.ObjectNode)
                new com.fasterxml.jackson.databind.ObjectMapper().readTree(index.toFile());
        var entries = json.withArray("manifests");
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).path("digest").asText().equals(manifest.toString())) {
                entries.remove(i);
            }
        }
        Files.writeString(index, json.toString());
    }

    // Attacks

    @Test
    public void aHeldGateMovesNothing() throws Exception {
        Promotion.Outcome outcome = promoteQa();
        assertFalse(outcome.promoted());
        assertEquals(List.of(HoldReason.APPROVALS_MISSING), reasons(outcome.decision()));
        assertFalse(Files.exists(destination.folder()));
        assertTrue(new SignatureStore(source).collect(image).isEmpty());
        assertEquals(List.of(), source.tags());
    }

    @Test
    public void aRejectionThatVanishedFromTheRegistryHolds() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Digest rejection = world.reject(source, image, "erin", "qa", "qa");
        assertEquals(List.of(HoldReason.REJECTED), reasons(promoteQa().decision()));
        delete(source, rejection);
        Decision decision = promoteQa().decision();
        assertEquals(List.of(HoldReason.RECORD_VANISHED), reasons(decision));
        assertTrue(destination.tags().isEmpty());
    }

    @Test
    public void aRejectionThatOnlyAnotherControllerEverSawHoldsWhenItIsGone() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Digest rejection = world.reject(source, image, "erin", "qa", "qa");
        promoteQa();
        delete(source, rejection);
        try (Ledger other = Ledger.open(path("other.jsonl"), world.clock)) {
            Promotion second = world.promotion(other);
            assertEquals(
                    List.of(HoldReason.RECORD_VANISHED),
                    reasons(second.promote(qa()).decision()));
        }
        assertEquals(
                "for whoever has the registry alone, too",
                List.of(HoldReason.RECORD_VANISHED),
                reasons(verify(source, "qa").now()));
        Digest head = source.resolve(LedgerHeads.TAG_PREFIX + ledger.head().ledger())
                .orElseThrow()
                .digest();
        source.tag(head, LedgerHeads.TAG_PREFIX + "0".repeat(32));
        assertEquals(1, LedgerHeads.read(source, world.trust()).heads().size());
    }

    @Test
    public void aLedgerThatWasCutIsNoticedByItsHeadInTheRegistry() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        promoteQa();
        var head = LedgerHeads.read(destination, world.trust()).heads().get(0).head();
        LedgerFile.verify(ledger.file(), head);
        List<String> lines = Files.readAllLines(ledger.file());
        Path cut = Files.write(path("cut.jsonl"), lines.subList(0, lines.size() - 1));
        LedgerFile.verify(cut);
        assertThat(
                assertThrows(
                                io.jenkins.plugins.countersign.engine.audit.LedgerException.class,
                                () -> LedgerFile.verify(cut, head))
                        .getMessage(),
                containsString("records are gone"));
        LedgerHeads.publish(destination, ledger, world.keys.get("mallory"));
        assertEquals(
                "signed by nobody of the policy",
                List.of(),
                LedgerHeads.read(destination, world.trust()).heads());
    }

    @Test
    public void aRejectionBetweenTheDecisionAndTheTagHolds() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Repository late = new Interposed(destination) {
            @Override
            public void attach(Manifest artifact)
                    throws io.jenkins.plugins.countersign.engine.registry.RegistryException {
                super.attach(artifact);
                try {
                    if (reasons(world.promotion(ledger).decide(qa())).isEmpty()) {
                        world.reject(source, image, "erin", "qa", "qa");
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        };
        Promotion.Outcome outcome =
                world.promotion(ledger).promote(new Promotion.Order(source, image, "qa", late, List.of("1.0")));
        assertFalse(outcome.promoted());
        assertEquals(List.of(HoldReason.REJECTED), reasons(outcome.decision()));
        assertTrue(destination.resolve("1.0").isEmpty());
    }

    @Test
    public void aRegistryThatSwallowsTheSealGetsNoTag() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Repository swallowing = new Interposed(source) {
            @Override
            public void attach(Manifest artifact) {
                // says yes, keeps nothing
            }
        };
        PromotionException e = assertThrows(
                PromotionException.class,
                () -> world.promotion(ledger)
                        .promote(new Promotion.Order(swallowing, image, "qa", destination, List.of("1.0"))));
        assertThat(e.getMessage(), containsString("cannot be read back: missing is the bundle at " + image));
        assertFalse(Files.exists(destination.folder()));
    }

    @Test
    public void aSealByAKeyThatThePolicyDoesNotNameIsNeitherWrittenNorBelieved() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Promotion stranger = new Promotion(
                world.policy,
                world.keys.get("mallory"),
                ledger,
                "https://evil.example.com/",
                world.clock,
                Progress.NONE);
        assertThat(
                assertThrows(PromotionException.class, () -> stranger.promote(qa()))
                        .getMessage(),
                containsString("names it not under \"gate\""));
        new SealWriter(source, image, world.trust()).write(summary(), world.keys.get("mallory"), world.clock.instant());
        Verification verification = verify(source, "qa");
        assertTrue(verification.atSeal().isOpen());
        assertThat(verification.faults().toString(), containsString("the stage qa is not sealed for " + image));
        assertThat(verification.refused().toString(), containsString("by none of the 1 keys"));
    }

    private VerificationSummary summary() {
        return new VerificationSummary(
                "https://evil.example.com/",
                world.clock.instant(),
                "qa",
                source.name(),
                destination.name(),
                List.of("1.0"),
                io.jenkins.plugins.countersign.engine.approval.PolicyReference.to(world.trust()),
                "tests",
                List.of(),
                BuildFacts.UNKNOWN);
    }

    @Test
    public void aSealWithoutApprovalsDoesNotVerify() throws Exception {
        new SealWriter(source, image, world.trust()).write(summary(), world.keys.get("gate"), world.clock.instant());
        Verification verification = verify(source, "qa");
        assertFalse("a stolen gate key opens nothing for whoever verifies", verification.isGood());
        assertEquals(List.of(HoldReason.APPROVALS_MISSING), reasons(verification.atSeal()));
    }

    @Test
    public void aSealOfAnotherRepositoryOpensNoNextStage() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        assertTrue(promoteQa().promoted());
        LayoutRepository elsewhere = LayoutRepository.at(path("elsewhere"));
        Copy.of(destination, image, elsewhere).run();
        world.approve(elsewhere, image, "frank", "production", "release");
        world.approve(elsewhere, image, "grace", "production", "release");
        Decision decision = world.promotion(ledger)
                .decide(new Promotion.Order(elsewhere, image, "production", elsewhere, List.of("1.0")));
        assertEquals(List.of(HoldReason.NOT_SEALED), reasons(decision));
    }

    @Test
    public void anIncompleteSealDoesNotVerify() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        assertTrue(promoteQa().promoted());
        assertTrue(verify(destination, "qa").faults().isEmpty());
        Descriptor platform =
                destination.manifest(image).orElseThrow().read().manifests().get(0);
        destination.tag(image, "sha256-" + platform.digest().hex() + ".sig");
        Verification verification = verify(destination, "qa");
        assertFalse(verification.isGood());
        assertThat(verification.faults().toString(), containsString("points at an index"));
    }

    @Test
    public void anOlderImageDoesNotReturn() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        assertTrue(promoteQa().promoted());
        Digest older = image;
        image = Samples.pushIndex(source, 2).digest();
        world.clock.set(world.clock.instant().plusSeconds(60));
        world.approve(source, image, "carol", "qa", "qa");
        assertTrue(promoteQa().promoted());
        image = older;
        assertEquals(List.of(HoldReason.ROLLBACK), reasons(promoteQa().decision()));
        assertFalse(destination.resolve("1.0").orElseThrow().digest().equals(older));
    }

    @Test
    public void aClockSetBackHolds() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        ledger.append(RecordKind.DECISION, Map.of());
        world.clock.set(world.clock.instant().minus(Duration.ofDays(1)));
        assertTrue(reasons(promoteQa().decision()).contains(HoldReason.CLOCK_MOVED_BACK));
    }

    // The legitimate way

    @Test
    public void anImageGoesFromStageToStage() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        Promotion.Outcome qa = promoteQa();
        assertTrue(qa.promoted());
        assertEquals(image, destination.resolve("1.0").orElseThrow().digest());
        assertEquals(
                List.of("carol"),
                qa.sealOrNull().inputs().stream()
                        .map(VerificationSummary.Input::person)
                        .toList());
        LayoutRepository production = LayoutRepository.at(path("production"));
        world.approve(destination, image, "frank", "production", "release");
        world.approve(destination, image, "grace", "production", "release");
        Promotion.Order order = new Promotion.Order(
                destination,
                image,
                "1.0",
                "production",
                production,
                List.of("1.0", "latest"),
                Set.of(source.name()),
                BuildFacts.UNKNOWN);
        assertTrue(world.promotion(ledger).promote(order).promoted());
        assertEquals(image, production.resolve("latest").orElseThrow().digest());
        assertEquals(List.of(), verify(production, "production").faults());
        assertThat(kinds(), hasItem(RecordKind.PROMOTED));
        assertTrue(Verification.of(production, "latest", world.policy, "production", Set.of(), world.clock.instant())
                .isGood());
        for (Descriptor subject : io.jenkins.plugins.countersign.engine.signing.Subjects.of(production, image)) {
            assertThat(
                    "Kyverno reads at most 50",
                    production.referrers(subject.digest()).size(),
                    lessThan(50));
        }
    }

    @Test
    public void theSealIsAtTheIndexAndAtEveryPlatform() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        promoteQa();
        var keys = List.of(world.keys.get("gate").publicKey());
        for (Descriptor subject : io.jenkins.plugins.countersign.engine.signing.Subjects.of(destination, image)) {
            List<String> found = new ArrayList<>();
            for (FoundSignature signature : new SignatureStore(destination).collect(subject.digest())) {
                if (signature.format() == SignatureFormat.SIMPLE_SIGNING) {
                    found.add(Verifier.verify(signature, keys).simpleSigning().dockerReference());
                } else if (!StatementReader.read(List.of(signature), world.trust())
                        .setAside()
                        .isEmpty()) {
                    found.add(Verifier.verify(signature, keys).statement().predicateType());
                }
            }
            assertThat(found, hasItem(destination.name() + ":1.0"));
            assertThat(found, hasItem(SignatureTypes.COSIGN_SIGN_PREDICATE));
            assertEquals(subject.digest().equals(image), found.contains(VerificationSummary.PREDICATE_TYPE));
        }
    }

    @Test
    public void promotingAgainWritesNothingTwice() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        promoteQa();
        List<String> before = snapshot();
        List<String> kinds = kinds();
        world.clock.set(world.clock.instant().plusSeconds(3600));
        assertTrue(promoteQa().promoted());
        assertEquals(before, snapshot());
        kinds.add(RecordKind.DECISION);
        assertEquals("only the decision is new", kinds, kinds());
    }

    private List<String> snapshot() throws Exception {
        List<String> files = new ArrayList<>();
        for (LayoutRepository repository : List.of(source, destination)) {
            try (var all = Files.walk(repository.folder())) {
                all.filter(Files::isRegularFile).sorted().forEach(file -> {
                    try {
                        files.add(file + " " + Digest.of(Files.readAllBytes(file)));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
            }
        }
        return files;
    }

    @Test
    public void whatWasRightlyPromotedVerifiesAfterItsApprovalsHaveEndedUntilSomebodyRejectsIt() throws Exception {
        world.approve(source, image, "carol", "qa", "qa");
        promoteQa();
        world.approve(destination, image, "frank", "production", "release");
        world.approve(destination, image, "grace", "production", "release");
        Promotion.Order order = new Promotion.Order(destination, image, "production", destination, List.of("stable"));
        assertTrue(world.promotion(ledger).promote(order).promoted());
        world.clock.set(world.clock.instant().plus(Duration.ofDays(30)));
        Verification later = verify(destination, "production");
        assertFalse("the approvals have ended", later.now().isOpen());
        assertEquals(List.of(), later.faults());
        world.reject(destination, image, "frank", "production", "release");
        Verification rejected = verify(destination, "production");
        assertFalse(rejected.isGood());
        assertThat(rejected.faults().toString(), containsString("frank"));
    }

    @Test
    public void whoMadeTheImageIsKnownToWhoeverVerifies() throws Exception {
        world.policy = world.policy(1, "  qa: {needs: [{role: qa, count: 1}], exclude: [build-starter]}\n");
        world.approve(source, image, "carol", "qa", "qa");
        assertEquals(List.of(HoldReason.ORIGIN_UNKNOWN), reasons(promoteQa().decision()));
        Promotion.Order order = new Promotion.Order(
                source,
                image,
                "",
                "qa",
                destination,
                List.of("1.0"),
                Set.of(),
                new BuildFacts(Set.of("erin"), null, Map.of()));
        assertTrue(world.promotion(ledger).promote(order).promoted());
        assertEquals(List.of(), verify(destination, "qa").faults());
    }

    @Test
    public void aStageMayAskForEvidence() throws Exception {
        world.policy = world.policy(
                1,
                "  qa:\n    needs: [{role: qa, count: 1}]\n    exclude: [commit-author]\n    evidence:\n"
                        + "      - {kind: test-result, signedBy: ci, results: [PASSED], named: false}\n"
                        + "      - {kind: scan, signedBy: ci, highestSeverity: medium, maxAge: P1D, named: true}\n"
                        + "      - {kind: provenance, signedBy: ci, named: false}\n");
        Instant now = world.clock.instant();
        world.approve(source, image, "carol", "qa", "qa");
        assertEquals(
                List.of(HoldReason.ORIGIN_UNKNOWN, HoldReason.EVIDENCE_MISSING, HoldReason.APPROVALS_MISSING),
                reasons(promoteQa().decision()));
        TestReport tests = TestReport.readJUnit(
                Map.of("a.xml", "<testsuite><testcase name=\"a\"/></testsuite>".getBytes(StandardCharsets.UTF_8)));
        ScanReport scan =
                ScanReport.read(("{\"SchemaVersion\":2,\"ArtifactName\":\"app\",\"Metadata\":{\"RepoDigests\":"
                                + "[\"app@" + image + "\"]},\"Results\":[]}")
                        .getBytes(StandardCharsets.UTF_8));
        Provenance provenance = new Provenance(
                "https://jenkins.example.com/",
                Map.of(),
                List.of(),
                "https://jenkins.example.com/job/app/1/",
                List.of("dave"),
                List.of("erin"),
                now,
                now);
        EvidenceStatement.testResult(source, image, tests, "", now).attach(source, world.keys.get("mallory"), now);
        EvidenceStatement.testResult(source, image, tests, "", now).attach(source, world.keys.get("carol"), now);
        EvidenceStatement.provenance(source, image, provenance).attach(source, world.keys.get("ci"), now);
        Digest seen = EvidenceStatement.scan(source, image, scan, now).attach(source, world.keys.get("ci"), now);
        assertEquals(
                "a test result signed by nobody who may say so, and an approval that names no scan",
                List.of(HoldReason.EVIDENCE_MISSING, HoldReason.APPROVALS_MISSING),
                reasons(promoteQa().decision()));
        EvidenceStatement.testResult(source, image, tests, "", now).attach(source, world.keys.get("ci"), now);
        world.approve(source, image, "erin", "qa", "qa", seen);
        assertEquals(
                "erin wrote the commits",
                List.of(HoldReason.APPROVALS_MISSING),
                reasons(promoteQa().decision()));
        world.approve(source, image, "carol", "qa", "qa", seen);
        Promotion.Outcome outcome = promoteQa();
        assertEquals(outcome.decision().toText(), List.of(), reasons(outcome.decision()));
        assertTrue(outcome.promoted());
        assertEquals(List.of(), verify(destination, "qa").faults());
    }

    @Test
    public void aHeadKeepsAStageFreshAndAnOldImageIsNotConfirmed() throws Exception {
        world.policy = world.policy(
                1,
                "  qa: {needs: [{role: qa, count: 1}], freshness: PT12H}\n"
                        + "  production: {after: qa, needs: [{role: release, count: 1}]}\n");
        world.approve(source, image, "carol", "qa", "qa");
        promoteQa();
        Promotion.Order production =
                new Promotion.Order(destination, image, "production", destination, List.of("stable"));
        world.approve(destination, image, "frank", "production", "release");
        Instant start = world.clock.instant();
        world.clock.set(start.plus(Duration.ofHours(11)));
        assertTrue(world.promotion(ledger).decide(production).isOpen());
        world.clock.set(start.plus(Duration.ofHours(13)));
        assertEquals(
                List.of(HoldReason.SEAL_STALE), reasons(world.promotion(ledger).decide(production)));
        StageHead head = world.promotion(ledger).confirm(qa(), "1.0").orElseThrow();
        assertEquals(image, head.image());
        assertTrue(world.promotion(ledger).decide(production).isOpen());
        destination.tag(Samples.pushImage(destination, 9, 10).digest(), "1.0");
        assertTrue(
                "the tag means another image",
                world.promotion(ledger).confirm(qa(), "1.0").isEmpty());
    }

    @Test
    public void aHeadOfAnotherTagStageOrKeyIsNotBelieved() throws Exception {
        world.policy = world.policy(1, "  qa: {needs: [{role: qa, count: 1}], freshness: PT12H}\n");
        Instant now = world.clock.instant();
        StageHead.write(source, "qa", "1.0", image, world.trust(), world.keys.get("gate"), now);
        assertTrue(StageHead.read(source, "qa", "1.0", world.trust(), now).isPresent());
        Digest good =
                source.resolve(StageHead.location("qa", "1.0")).orElseThrow().digest();
        source.tag(good, StageHead.location("qa", "2.0"));
        assertTrue(StageHead.read(source, "qa", "2.0", world.trust(), now).isEmpty());
        assertTrue(
                "expired",
                StageHead.read(source, "qa", "1.0", world.trust(), now.plus(Duration.ofHours(12)))
                        .isEmpty());
        StageHead.write(source, "qa", "1.0", image, world.trust(), world.keys.get("mallory"), now);
        assertTrue(StageHead.read(source, "qa", "1.0", world.trust(), now).isEmpty());
    }
}

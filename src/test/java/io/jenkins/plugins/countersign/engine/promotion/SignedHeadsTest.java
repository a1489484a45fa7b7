package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerView;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Heads of stages and of ledgers lie behind tags, where everybody who can push can put others, or older ones. */
public class SignedHeadsTest {

    private static final int MAX = 64 * 1024;

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private World world;
    private LayoutRepository app;
    private LayoutRepository mirror;
    private Digest image;
    private Instant now;

    @Before
    public void prepare() throws Exception {
        world = World.of("  qa: {needs: [{role: qa, count: 1}], freshness: PT1H}\n"
                + "  production: {after: qa, needs: [{role: release, count: 1}], freshness: PT1H}\n");
        app = LayoutRepository.at(folder.getRoot().toPath().resolve("app"));
        mirror = LayoutRepository.at(folder.getRoot().toPath().resolve("mirror"));
        image = Samples.pushIndex(app, 1).digest();
        now = world.clock.instant();
    }

    private boolean isBelieved(LayoutRepository repository, String stage, String tag, Instant when) throws Exception {
        return StageHead.read(repository, stage, tag, world.trust(), when).isPresent();
    }

    private void put(LayoutRepository repository, String stage, String tag, byte[] content) throws Exception {
        TaggedArtifact.write(repository, StageHead.location(stage, tag), StageHead.PAYLOAD_TYPE, content);
    }

    private byte[] signed(String type, byte[] payload, String key) throws Exception {
        return DsseEnvelope.sign(type, payload, world.keys.get(key)).toBytes();
    }

    @Test
    public void aStagesHeadIsNoneForAnotherStageTagOrRepositoryNorAfterItsEnd() throws Exception {
        StageHead.write(app, "qa", "1.0", image, world.trust(), world.keys.get("gate"), now);
        byte[] good =
                TaggedArtifact.read(app, StageHead.location("qa", "1.0"), MAX).orElseThrow();
        put(app, "qa", "2.0", good);
        assertEquals("another tag", false, isBelieved(app, "qa", "2.0", now));
        put(app, "production", "1.0", good);
        assertEquals("another stage", false, isBelieved(app, "production", "1.0", now));
        put(mirror, "qa", "1.0", good);
        assertEquals("another repository", false, isBelieved(mirror, "qa", "1.0", now));
        assertEquals("its end", false, isBelieved(app, "qa", "1.0", now.plus(Duration.ofHours(1))));
        assertEquals("signed in the future", false, isBelieved(app, "qa", "1.0", now.minus(Duration.ofMinutes(6))));
        assertEquals(true, isBelieved(app, "qa", "1.0", now));
    }

    @Test
    public void aStagesHeadIsTheGatesOfThisPolicyAndOfThisType() throws Exception {
        StageHead good = StageHead.write(app, "qa", "1.0", image, world.trust(), world.keys.get("gate"), now);
        put(app, "qa", "1.0", signed(StageHead.PAYLOAD_TYPE, good.payload(), "carol"));
        assertEquals("by somebody", false, isBelieved(app, "qa", "1.0", now));
        put(app, "qa", "1.0", signed("application/json", good.payload(), "gate"));
        assertEquals("of another payload type", false, isBelieved(app, "qa", "1.0", now));
        String other = new String(good.payload(), StandardCharsets.UTF_8).replace(StageHead.TYPE, StageHead.TYPE + "0");
        put(app, "qa", "1.0", signed(StageHead.PAYLOAD_TYPE, other.getBytes(StandardCharsets.UTF_8), "gate"));
        assertEquals("of another type", false, isBelieved(app, "qa", "1.0", now));
        StageHead ofOther = new StageHead(
                good.repository(),
                "qa",
                "1.0",
                image,
                new PolicyReference("other", 1, good.policy().digest()),
                good.issuedAt(),
                good.expiresAt());
        put(app, "qa", "1.0", signed(StageHead.PAYLOAD_TYPE, ofOther.payload(), "gate"));
        assertEquals("of another policy", false, isBelieved(app, "qa", "1.0", now));
        put(app, "qa", "1.0", signed(StageHead.PAYLOAD_TYPE, good.payload(), "gate"));
        assertEquals(true, isBelieved(app, "qa", "1.0", now));
    }

    @Test
    public void aLedgersHeadIsItsOwnOfThisRepositoryByAGoodGateKey() throws Exception {
        String tag;
        byte[] good;
        try (Ledger ledger = Ledger.open(folder.getRoot().toPath().resolve("ledger.jsonl"), world.clock)) {
            Digest statement = world.reject(app, image, "carol", "qa", "qa");
            ledger.statementSeen(image, app.name(), "qa", "rejection", "carol", "qa", statement);
            LedgerHeads.publish(app, ledger, world.keys.get("gate"));
            tag = LedgerHeads.TAG_PREFIX + ledger.head().ledger();
            good = TaggedArtifact.read(app, tag, MAX).orElseThrow();
        }
        LedgerHeads heads = LedgerHeads.read(app, world.trust());
        assertEquals(1, heads.heads().size());
        assertEquals(1, heads.with(LedgerView.NOTHING).known(image).size());
        assertEquals(
                "what is known of one image is not known of another",
                List.of(),
                heads.with(LedgerView.NOTHING).known(Digest.of(new byte[] {1})));

        TaggedArtifact.write(mirror, tag, LedgerHeads.PAYLOAD_TYPE, good);
        assertEquals("of another repository", 0, believed(mirror, world.trust()));
        TaggedArtifact.write(app, LedgerHeads.TAG_PREFIX + "0".repeat(32), LedgerHeads.PAYLOAD_TYPE, good);
        assertEquals("as another ledger's", 1, believed(app, world.trust()));
        assertEquals("by a gate's key that was stolen", 0, believed(app, stolenGate()));
        byte[] payload = DsseEnvelope.read(good).payload();
        TaggedArtifact.write(app, tag, LedgerHeads.PAYLOAD_TYPE, signed("application/json", payload, "gate"));
        assertEquals("of another payload type", 0, believed(app, world.trust()));
        TaggedArtifact.write(app, tag, LedgerHeads.PAYLOAD_TYPE, signed(LedgerHeads.PAYLOAD_TYPE, payload, "carol"));
        assertEquals("by somebody", 0, believed(app, world.trust()));
        TaggedArtifact.write(app, tag, LedgerHeads.PAYLOAD_TYPE, signed(LedgerHeads.PAYLOAD_TYPE, payload, "gate"));
        assertEquals(1, believed(app, world.trust()));
    }

    @Test
    public void aSealByAGatesKeyThatWasStolenOrUnderAnotherPolicyIsNone() throws Exception {
        try (Ledger ledger = Ledger.open(folder.getRoot().toPath().resolve("ledger.jsonl"), world.clock)) {
            world.approve(app, image, "carol", "qa", "qa");
            assertTrue(world.promotion(ledger)
                    .promote(new Promotion.Order(app, image, "qa", app, List.of("1.0")))
                    .promoted());
        }
        Seals stolen = seals(stolenGate());
        assertEquals(Set.of(), stolen.newest().keySet());
        assertThat(stolen.refused().get(0), containsString("is compromised since 2026-01-01T00:00:00Z"));
        Seals other = seals(changed("name: main", "name: other"));
        assertEquals(Set.of(), other.newest().keySet());
        assertThat(
                other.refused().get(0), containsString("was made under the trust policy \"main\", this is \"other\""));
        assertEquals(Set.of("qa"), seals(world.trust()).newest().keySet());
    }

    @Test
    public void ofTwoSealsTheNewestCountsInWhateverOrderTheyAreFound() throws Exception {
        Instant later = now.plus(Duration.ofMinutes(10));
        try (Ledger ledger = Ledger.open(folder.getRoot().toPath().resolve("ledger.jsonl"), world.clock)) {
            world.approve(app, image, "carol", "qa", "qa");
            assertTrue(world.promotion(ledger)
                    .promote(new Promotion.Order(app, image, "qa", app, List.of("1.0")))
                    .promoted());
            world.clock.set(later);
            assertTrue(world.promotion(ledger)
                    .promote(new Promotion.Order(app, image, "qa", app, List.of("2.0")))
                    .promoted());
        }
        List<FoundSignature> found =
                new ArrayList<>(Gathering.of(app, image, "").atImage());
        for (int i = 0; i < 2; i++) {
            Seals seals = Seals.read(found, world.trust(), Set.of(app.name()), payload -> Optional.empty(), later);
            assertEquals(List.of("2.0"), seals.newest().get("qa").tags());
            assertEquals(later, seals.newest().get("qa").verifiedAt());
            Collections.reverse(found);
        }
    }

    @Test
    public void theHeadOfAnotherImageUnderTheSameTagKeepsNoSealFresh() throws Exception {
        try (Ledger ledger = Ledger.open(folder.getRoot().toPath().resolve("ledger.jsonl"), world.clock)) {
            world.approve(app, image, "carol", "qa", "qa");
            assertTrue(world.promotion(ledger)
                    .promote(new Promotion.Order(app, image, "qa", app, List.of("1.0")))
                    .promoted());
        }
        Instant later = now.plus(Duration.ofMinutes(50));
        Digest other = Digest.of(new byte[] {1});
        StageHead.write(app, "qa", "1.0", other, world.trust(), world.keys.get("gate"), later);
        assertEquals(now, confirmedAt(later));
        StageHead.write(app, "qa", "1.0", image, world.trust(), world.keys.get("gate"), later);
        assertEquals(later, confirmedAt(later));
    }

    private Instant confirmedAt(Instant when) throws Exception {
        return seals(world.trust())
                .forGate(app, image, world.trust(), when)
                .get("qa")
                .confirmedAt();
    }

    private Seals seals(TrustPolicy policy) throws Exception {
        return Seals.read(
                Gathering.of(app, image, "").atImage(), policy, Set.of(app.name()), payload -> Optional.empty(), now);
    }

    private static int believed(LayoutRepository repository, TrustPolicy policy) throws Exception {
        return LedgerHeads.read(repository, policy).heads().size();
    }

    private TrustPolicy stolenGate() throws Exception {
        return changed("(gate: \\{keys: \\[\\{pem: \"[^\"]*\")", "$1, compromisedSince: 2026-01-01T00:00:00Z");
    }

    private TrustPolicy changed(String from, String to) throws Exception {
        Path saved = folder.newFolder().toPath();
        world.save(saved);
        String document = Files.readString(saved.resolve("policy.yaml")).replaceFirst(from, to);
        return PolicyReader.read(document.getBytes(StandardCharsets.UTF_8));
    }
}

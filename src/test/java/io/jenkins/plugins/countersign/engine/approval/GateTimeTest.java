package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertSetAside;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.Test;

/** The time in a statement is the signer's claim. */
public class GateTimeTest {

    /** carol's key was stolen yesterday. */
    private static final String STOLEN = "compromisedSince: 2026-11-21T12:00:00Z";

    @Test
    public void aBackdatedApprovalWithAStolenKeyDoesNotCount() {
        Scene scene = withKey(STOLEN);
        Approval backdated = issued(scene, Scene.ago("P3D"));
        SetAside found = assertSetAside(scene.add(backdated, "carol"), "carol", SetAsideReason.TIME_NOT_PROVEN);
        assertThat(found.text(), containsString("neither the ledger nor a timestamp proves it"));
        // The thief's statement was first seen after the theft: the ledger proves nothing for it.
        scene.ledger.saw(backdated, Scene.ago("PT1H"));
        found = assertSetAside(scene, "carol", SetAsideReason.TIME_NOT_PROVEN);
        assertThat(found.text(), containsString("the earliest proof is of 2026-11-22T11:00:00Z"));
    }

    @Test
    public void whatTheLedgerSawBeforeTheTheftStillCounts() {
        Scene scene = withKey(STOLEN);
        Approval honest = issued(scene, Scene.ago("P3D"));
        scene.ledger.saw(honest, Scene.ago("P2D"));
        assertOpen(scene.add(honest, "carol"));
    }

    @Test
    public void whatATimestampProvesToBeOlderThanTheTheftStillCounts() {
        Scene scene = withKey(STOLEN);
        Approval honest = issued(scene, Scene.ago("P3D"));
        assertOpen(scene.add(honest, "carol")
                .with(in -> in.withProvenTimes(Map.of(Scene.digest(honest), Scene.ago("P2D")))));
    }

    @Test
    public void anApprovalAfterTheTheftDoesNotCount() {
        Scene scene = withKey(STOLEN);
        assertSetAside(scene.add(issued(scene, Scene.ago("PT1H")), "carol"), "carol", SetAsideReason.KEY_COMPROMISED);
        Scene withNewKey =
                new Scene(PolicyText.example().onlyKey("carol", "carol", STOLEN).key("carol", "carol-new", ""), "qa");
        assertOpen(withNewKey.add(withNewKey.approval("carol", "qa"), "carol-new"));
    }

    @Test
    public void aThiefCannotDisplaceTheOwnersApproval() {
        Scene scene =
                new Scene(PolicyText.example().onlyKey("carol", "carol", STOLEN).key("carol", "carol-new", ""), "qa");
        Approval forged = Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1M"), 99);
        Decision decision =
                assertOpen(scene.add(scene.approval("carol", "qa"), "carol-new").add(forged, "carol"));
        assertEquals(
                SetAsideReason.KEY_COMPROMISED,
                setAside(decision, "approval", "carol").reason());
    }

    @Test
    public void aKeyThatHasEndedSignsNothingMore() {
        Scene scene = withKey("notAfter: 2026-11-21T12:00:00Z");
        assertSetAside(scene.add(issued(scene, Scene.ago("PT1H")), "carol"), "carol", SetAsideReason.KEY_EXPIRED);
    }

    @Test
    public void aBackdatedApprovalWithAKeyThatHasEndedDoesNotCount() {
        Scene scene = withKey("notAfter: 2026-11-21T12:00:00Z");
        Approval backdated = issued(scene, Scene.ago("P3D"));
        assertSetAside(scene.add(backdated, "carol"), "carol", SetAsideReason.TIME_NOT_PROVEN);
        scene.ledger.saw(backdated, Scene.ago("P2D"));
        assertOpen(scene);
    }

    @Test
    public void aKeyThatHasNotBegunSignsNothing() {
        Scene scene = withKey("notBefore: 2026-11-22T11:30:00Z");
        assertSetAside(scene.add(issued(scene, Scene.ago("PT1H")), "carol"), "carol", SetAsideReason.KEY_NOT_YET_VALID);
        // Claiming a later time does not help when the ledger saw it before.
        Scene claimed = withKey("notBefore: 2026-11-22T11:58:00Z");
        Approval approval = issued(claimed, Scene.ago("PT1M"));
        claimed.ledger.saw(approval, Scene.ago("PT3M"));
        assertSetAside(claimed.add(approval, "carol"), "carol", SetAsideReason.KEY_NOT_YET_VALID);
        Scene good = withKey("notBefore: 2026-11-22T11:30:00Z");
        assertOpen(good.add(issued(good, Scene.ago("PT10M")), "carol"));
    }

    @Test
    public void anApprovalFromTheFutureDoesNotCountAndDisplacesNothing() {
        Scene scene = Scene.qa();
        Approval future =
                Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.NOW.plusSeconds(301), 9);
        assertSetAside(scene.add(future, "carol"), "carol", SetAsideReason.NOT_YET_VALID);
        assertOpen(scene.approved("carol", "qa"));
        Scene slightlyFast = Scene.qa();
        assertOpen(slightlyFast.add(issued(slightlyFast, Scene.NOW.plusSeconds(299)), "carol"));
    }

    /** Forward-dated, to outlive the stage's maxAge. */
    @Test
    public void aClaimThatTheLedgerDisprovesDoesNotCount() {
        Scene scene = Scene.qa();
        Approval claimed = issued(scene, Scene.ago("PT1H"));
        scene.ledger.saw(claimed, Scene.ago("P1D"));
        assertSetAside(scene.add(claimed, "carol"), "carol", SetAsideReason.CLAIMED_TIME_DISPROVED);
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void anExpiredApprovalDoesNotCount() {
        Scene scene = Scene.qa();
        Approval approval = scene.approval("carol", "qa").withExpiry(Scene.NOW);
        assertSetAside(scene.add(approval, "carol"), "carol", SetAsideReason.EXPIRED);
        scene.now = Scene.NOW.minusSeconds(1);
        assertEquals(Optional.of(Scene.NOW), assertOpen(scene).openUntil());
    }

    @Test
    public void anApprovalThatIsTooOldDoesNotCount() {
        Scene scene = new Scene(PolicyText.example(), "security");
        Approval approval = Approval.of(
                Scene.IMAGE,
                "security",
                "security",
                "alice",
                scene.reference(),
                Scene.NOW.minus(Duration.ofDays(14)),
                1);
        SetAside found = assertSetAside(scene.add(approval, "alice-token"), "alice", SetAsideReason.TOO_OLD);
        assertThat(found.text(), containsString("counts for PT336H in this stage"));
        scene.now = Scene.NOW.minusSeconds(1);
        assertOpen(scene);
    }

    /** A frozen registry shows yesterday's world; statements and policy end, so it cannot do so for ever. */
    @Test
    public void aFrozenRegistryHoldsInTheEnd() {
        Scene scene = new Scene(PolicyText.example(), "security");
        scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                "alice-token");
        Instant until = assertOpen(scene).openUntil().orElseThrow();
        assertEquals(Scene.ago("PT1H").plus(Duration.ofDays(14)), until);
        scene.now = until;
        assertHeld(scene, HoldReason.APPROVALS_MISSING);
    }

    @Test
    public void anOlderApprovalIsSupersededByANewerOneEvenIfThatHasEnded() {
        Scene scene = Scene.qa().approved("carol", "qa");
        Approval newer = Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT30M"), 2)
                .withExpiry(Scene.ago("PT10M"));
        Decision decision = assertHeld(scene.add(newer, "carol"), HoldReason.APPROVALS_MISSING);
        assertEquals(
                java.util.Set.of(SetAsideReason.SUPERSEDED, SetAsideReason.EXPIRED),
                decision.setAside().stream().map(SetAside::reason).collect(java.util.stream.Collectors.toSet()));
    }

    @Test
    public void aClockThatWasMovedBackHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.latest(Scene.NOW.plus(Duration.ofMinutes(6)));
        Decision decision = assertHeld(scene, HoldReason.CLOCK_MOVED_BACK);
        assertThat(decision.holds().get(0).text(), containsString("Set the clock right"));
        scene.ledger.latest(Scene.NOW.plus(Duration.ofMinutes(4)));
        assertOpen(scene);
    }

    @Test
    public void aClockThatIsBehindASealHolds() {
        Scene scene = new Scene(PolicyText.example(), "security");
        scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                "alice-token");
        Instant later = Scene.NOW.plus(Duration.ofDays(1));
        scene.seals.put("qa", new StageSeal("qa", Scene.IMAGE.digest(), later, later, java.util.List.of()));
        assertHeld(scene, HoldReason.CLOCK_MOVED_BACK);
    }

    private static Scene withKey(String limits) {
        return new Scene(PolicyText.example().onlyKey("carol", "carol", limits), "qa");
    }

    private static Approval issued(Scene scene, Instant time) {
        return Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), time, 1);
    }

    @Test
    public void ofTwoProofsOfItsTimeTheEarlierCountsWhicheverItIs() {
        for (boolean ledgerFirst : new boolean[] {true, false}) {
            Scene scene = withKey(STOLEN);
            Approval honest = issued(scene, Scene.ago("P3D"));
            Instant before = Scene.ago("P2D");
            Instant after = Scene.ago("PT1H");
            scene.ledger.saw(honest, ledgerFirst ? before : after);
            assertOpen(scene.add(honest, "carol")
                    .with(in -> in.withProvenTimes(Map.of(Scene.digest(honest), ledgerFirst ? after : before))));
        }
    }

    @Test
    public void anOpenGateDoesNotOutliveThePolicyNorTheKeyThatOnlyClaimsItsTime() {
        Scene scene = Scene.qa().approved("carol", "qa");
        assertEquals(Optional.of(scene.policy.expires()), assertOpen(scene).openUntil());
        Scene ending = withKey("notAfter: 2026-11-23T12:00:00Z");
        Approval approval = issued(ending, Scene.ago("PT1H"));
        assertEquals(
                Optional.of(Instant.parse("2026-11-23T12:00:00Z")),
                assertOpen(ending.add(approval, "carol")).openUntil());
        ending.ledger.saw(approval, Scene.ago("PT1H"));
        assertEquals(
                "what is proved to be older than the key's end stays",
                Optional.of(ending.policy.expires()),
                assertOpen(ending).openUntil());
    }
}

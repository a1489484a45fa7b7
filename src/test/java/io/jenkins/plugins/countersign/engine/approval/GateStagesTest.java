package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.Test;

/** What comes before, what was promoted last, and the policy itself. */
public class GateStagesTest {

    private static final ApprovedImage NEWER = Scene.image("newer");

    @Test
    public void aStageWithoutTheSealsBeforeItHolds() {
        Scene scene = security();
        scene.seals.clear();
        Decision decision = assertHeld(scene, HoldReason.NOT_SEALED);
        assertThat(decision.holds().get(0).text(), containsString("stage qa comes before, and has no seal for"));
    }

    @Test
    public void theSealOfAnotherImageOrStageIsNone() {
        Scene scene = security();
        scene.seals.put("qa", new StageSeal("qa", NEWER.digest(), Scene.NOW, Scene.NOW, List.of()));
        assertHeld(scene, HoldReason.NOT_SEALED);
        scene.seals.put("qa", new StageSeal("security", Scene.IMAGE.digest(), Scene.NOW, Scene.NOW, List.of()));
        assertHeld(scene, HoldReason.NOT_SEALED);
    }

    @Test
    public void theSealOfTheStageJustBeforeDoesNotReplaceThoseBeforeThat() {
        Scene scene = new Scene(PolicyText.example().stage("last", "{after: production, needs: []}"), "last");
        assertOpen(scene);
        scene.seals.remove("qa");
        assertHeld(scene, HoldReason.NOT_SEALED);
    }

    @Test
    public void aStaleHeadHolds() {
        Scene scene = new Scene(
                PolicyText.example().stage("qa", "{needs: [{role: qa, count: 1}], freshness: PT24H}"), "security");
        approve(scene);
        Instant sealed = Scene.ago("P10D");
        scene.seals.put("qa", new StageSeal("qa", Scene.IMAGE.digest(), sealed, Scene.ago("PT24H"), List.of()));
        Decision decision = assertHeld(scene, HoldReason.SEAL_STALE);
        assertThat(
                decision.holds().get(0).text(),
                containsString("was last signed at 2026-11-21T12:00:00Z, and counts for PT24H"));
        scene.seals.put("qa", new StageSeal("qa", Scene.IMAGE.digest(), sealed, Scene.ago("PT23H"), List.of()));
        assertEquals(Scene.NOW.plusSeconds(3600), assertOpen(scene).openUntil().orElseThrow());
    }

    @Test
    public void anApprovalWithdrawnAfterItsStageWasSealedHoldsTheStagesAfter() {
        Scene scene = security();
        Approval counted = Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT5H"), 1);
        scene.seals.put(
                "qa", new StageSeal("qa", Scene.IMAGE.digest(), Scene.NOW, Scene.NOW, List.of(Scene.digest(counted))));
        scene.add(counted, "carol");
        assertOpen(scene);
        GateRecord byAnother = GateRecord.withdrawal(
                Scene.IMAGE,
                "qa",
                "erin",
                scene.reference(),
                List.of(Scene.digest(counted)),
                "x",
                Scene.ago("PT1M"),
                2);
        assertOpen(scene.add(byAnother, "erin"));
        GateRecord withdrawal = GateRecord.withdrawal(
                Scene.IMAGE,
                "qa",
                "carol",
                scene.reference(),
                List.of(Scene.digest(counted)),
                "x",
                Scene.ago("PT1M"),
                2);
        assertHeld(scene.add(withdrawal, "carol"), HoldReason.SEALED_APPROVAL_WITHDRAWN);
    }

    @Test
    public void anOlderApprovedDigestDoesNotReturnByItself() {
        Scene scene = promotedNewer(Scene.qa().approved("carol", "qa"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P2D"));
        Decision decision = assertHeld(scene, HoldReason.ROLLBACK);
        assertThat(
                decision.holds().get(0).text(),
                containsString(Scene.IMAGE.digest() + " was promoted before " + NEWER.digest()
                        + ", which is promoted now. Going"
                        + " back needs a rollback approval that names both, by 1 of role security"));
        assertOpen(scene.add(rollback(scene, "security", "alice", NEWER.digest()), "alice"));
    }

    @Test
    public void anOlderDigestThatWasNeverPromotedDoesNotGoFirstEither() {
        Scene scene = promotedNewer(Scene.qa().approved("carol", "qa"));
        scene.ledger.sawImage(Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.sawImage(NEWER.digest(), Scene.ago("P2D"));
        Decision decision = assertHeld(scene, HoldReason.ROLLBACK);
        assertThat(decision.holds().get(0).text(), containsString("was known to the ledger before"));
        // Provenance knows better than the order of arrival.
        scene.with(in -> in.withBuild(new BuildFacts(
                Set.of(),
                Set.of(),
                Map.of(Scene.IMAGE.digest(), Scene.ago("PT5H"), NEWER.digest(), Scene.ago("P2D")))));
        assertOpen(scene);
    }

    @Test
    public void anImageThatWasBuiltBeforeTheLastPromotedOneIsOlder() {
        Scene scene = promotedNewer(Scene.qa().approved("carol", "qa"));
        scene.with(in -> in.withBuild(new BuildFacts(
                Set.of(), Set.of(), Map.of(Scene.IMAGE.digest(), Scene.ago("P9D"), NEWER.digest(), Scene.ago("P8D")))));
        Decision decision = assertHeld(scene, HoldReason.ROLLBACK);
        assertThat(decision.holds().get(0).text(), containsString("was built before"));
    }

    @Test
    public void theImageThatIsPromotedMayBePromotedAgain() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P2D"));
        assertOpen(scene);
    }

    @Test
    public void aRollbackApprovalCannotBeUsedForAnotherWayBack() {
        Scene scene = promotedNewer(Scene.qa().approved("carol", "qa"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P2D"));
        scene.add(rollback(scene, "security", "alice", Scene.digest("what was promoted last month")), "alice");
        Decision decision = assertHeld(scene, HoldReason.ROLLBACK);
        assertEquals(
                SetAsideReason.OTHER_DIGEST,
                setAside(decision, "rollback", "alice").reason());
    }

    @Test
    public void aRollbackApprovalIsJudgedAsAnApprovalIs() {
        PolicyText text = PolicyText.example()
                .with("overrideRole: security")
                .stage(
                        "qa",
                        "{needs: [{role: qa, count: 1}], rollback: [{role: release, count: 2}], exclude: [build-starter]}");
        Scene scene = promotedNewer(new Scene(text, "qa").approved("carol", "qa"));
        scene.with(in -> in.withBuild(new BuildFacts(Set.of("erin"), Set.of(), Map.of())));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P2D"));
        scene.add(rollback(scene, "release", "frank", NEWER.digest()), "frank");
        scene.add(rollback(scene, "release", "alice", NEWER.digest()), "alice");
        scene.add(rollback(scene, "release", "grace", NEWER.digest()), "frank");
        scene.add(
                GateRecord.rollback(
                        Scene.IMAGE,
                        "qa",
                        "release",
                        "grace",
                        scene.reference(),
                        NEWER.digest(),
                        "x",
                        Scene.ago("PT1H"),
                        Scene.ago("PT1M"),
                        1),
                "grace");
        Decision decision = assertHeld(scene, HoldReason.ROLLBACK);
        assertThat(
                decision.holds().get(0).text(), containsString("by 2 of role release; so far there is one by frank"));
        GateRecord last = rollback(scene, "release", "grace", NEWER.digest());
        assertOpen(scene.add(last, "grace"));
        assertHeld(scene.add(scene.withdrawal("grace", Scene.digest(last)), "grace"), HoldReason.ROLLBACK);
    }

    @Test
    public void aRollbackWithoutNeedIsSaidToDoNothing() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(rollback(scene, "security", "alice", NEWER.digest()), "alice");
        assertEquals(
                SetAsideReason.NOTHING_TO_DO,
                setAside(assertOpen(scene), "rollback", "alice").reason());
    }

    @Test
    public void whereNobodyMayOverrideNobodyGoesBack() {
        Scene scene = promotedNewer(new Scene(PolicyText.example(), "qa").approved("carol", "qa"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P2D"));
        scene.add(rollback(scene, "security", "alice", NEWER.digest()), "alice");
        assertThat(
                assertHeld(scene, HoldReason.ROLLBACK).holds().get(0).text(),
                containsString("The trust policy lets nobody go back"));
    }

    @Test
    public void promotionsToAnotherRepositoryPlayNoPart() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.promoted("registry.example.com/prod/app", "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted("registry.example.com/prod/app", "qa", NEWER.digest(), Scene.ago("P2D"));
        assertOpen(scene);
        assertHeld(scene.with(in -> in.withDestination("registry.example.com/prod/app")), HoldReason.ROLLBACK);
    }

    @Test
    public void anExpiredPolicyHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.now = Instant.parse("2027-02-01T00:00:00Z");
        assertHeld(scene, HoldReason.POLICY_EXPIRED);
        scene.now = scene.now.minusSeconds(1);
        assertOpen(scene);
    }

    @Test
    public void aPolicyThatIsOlderThanTheLedgersHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.policy(8, Scene.digest("version 8"));
        assertHeld(scene, HoldReason.POLICY_OLDER_THAN_SEEN);
    }

    @Test
    public void anotherPolicyOfTheVersionThatTheLedgerKnowsHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.policy(7, Scene.digest("forged"));
        assertHeld(scene, HoldReason.POLICY_OLDER_THAN_SEEN);
        scene.ledger.policy(7, scene.policy.digest());
        assertOpen(scene);
    }

    @Test
    public void aPolicyFromTheRepositoryUnderJudgementHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        GateInput input = scene.input();
        GateInput fromItself = new GateInput(
                TrustedPolicy.insecureAcceptUnsigned(scene.policy, Scene.REPOSITORY),
                input.stage(),
                input.image(),
                input.alsoKnownAs(),
                input.destination(),
                input.statements(),
                input.unknown(),
                input.provenTimes(),
                input.seals(),
                input.evidence(),
                input.build(),
                input.ledger(),
                input.now(),
                input.baseOrNull());
        Decision decision = Gate.decide(fromItself);
        assertEquals(
                HoldReason.POLICY_FROM_JUDGED_REPOSITORY,
                decision.holds().get(0).reason());
        assertOpen(scene);
    }

    private static Scene security() {
        return approve(new Scene(PolicyText.example(), "security"));
    }

    private static Scene approve(Scene scene) {
        return scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                "alice-token");
    }

    private static Scene promotedNewer(Scene scene) {
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P5D"));
        return scene;
    }

    private static GateRecord rollback(Scene scene, String role, String person, Digest from) {
        return GateRecord.rollback(
                Scene.IMAGE,
                "qa",
                role,
                person,
                scene.reference(),
                from,
                "the new one leaks",
                Scene.ago("PT1H"),
                null,
                1);
    }

    @Test
    public void aPolicyFromAnotherNameOfTheJudgedRepositoryHolds() {
        String source = Scene.qa().text.trusted().source();
        Scene scene = Scene.qa().approved("carol", "qa").with(in -> in.withAlsoKnownAs(Set.of(source)));
        assertHeld(scene, HoldReason.POLICY_FROM_JUDGED_REPOSITORY);
        assertOpen(Scene.qa().approved("carol", "qa").with(in -> in.withAlsoKnownAs(Set.of("mirror.example.com/app"))));
    }

    /** The head of a stage says a later time than its seal. */
    @Test
    public void aClockThatIsBehindAStagesHeadHolds() {
        Scene scene = new Scene(PolicyText.example(), "security");
        scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                "alice-token");
        scene.seals.put(
                "qa",
                new StageSeal("qa", Scene.IMAGE.digest(), Scene.ago("P1D"), Scene.NOW.plusSeconds(301), List.of()));
        assertHeld(scene, HoldReason.CLOCK_MOVED_BACK);
        scene.seals.put(
                "qa",
                new StageSeal("qa", Scene.IMAGE.digest(), Scene.ago("P1D"), Scene.NOW.plusSeconds(299), List.of()));
        assertOpen(scene);
    }

    /** Each would be a way back for somebody who has another approval in hand than the one that is asked for. */
    @Test
    public void noOtherRollbackApprovalIsTakenForTheOneThatIsAskedFor() {
        Scene scene = new Scene(
                PolicyText.example()
                        .key("alice", "alice-soft", "")
                        .key("frank", "frank-old", "compromisedSince: 2026-11-01T00:00:00Z")
                        .role("release", "frank, grace, alice")
                        .stage(
                                "qa",
                                "{needs: [{role: qa, count: 1}], exclude: [build-starter],"
                                        + " rollback: [{role: release, count: 1}, {role: security, count: 1, token: true}]}"),
                "qa");
        scene.approved("carol", "qa").with(in -> in.withBuild(new BuildFacts(Set.of("grace"), Set.of(), Map.of())));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", Scene.IMAGE.digest(), Scene.ago("P3D"));
        scene.ledger.promoted(Scene.REPOSITORY, "qa", NEWER.digest(), Scene.ago("P2D"));
        GateRecord security = rollback(scene, "security", "alice", NEWER.digest());
        scene.add(security, "alice-soft");
        scene.add(rollback(scene, "release", "frank", NEWER.digest()), "frank");
        assertThat(
                "without the token",
                assertHeld(scene, HoldReason.ROLLBACK).holds().get(0).text(),
                containsString("so far there is one by frank"));
        scene.found.remove(2);
        scene.found.remove(1);
        scene.add(security, "alice-token");
        int fixed = scene.found.size();

        ApprovedImage elsewhere = new ApprovedImage("mirror.example.com/app", "", Scene.IMAGE.digest(), 1, List.of());
        Map<GateRecord, SetAsideReason> attacks = Map.of(
                rollback(NEWER, "qa", "release", "frank", scene), SetAsideReason.OTHER_DIGEST,
                rollback(elsewhere, "qa", "release", "frank", scene), SetAsideReason.OTHER_REPOSITORY,
                rollback(Scene.IMAGE, "security", "release", "frank", scene), SetAsideReason.OTHER_STAGE,
                rollback(Scene.IMAGE, "qa", "release", "grace", scene), SetAsideReason.BUILD_STARTER);
        attacks.forEach((record, reason) -> {
            Decision decision = assertHeld(scene.add(record, record.author()), HoldReason.ROLLBACK);
            assertEquals(reason, setAside(decision, "rollback", record.author()).reason());
            scene.found.remove(fixed);
        });
        GateRecord good = rollback(scene, "release", "frank", NEWER.digest());
        Decision stolen = assertHeld(scene.add(good, "frank-old"), HoldReason.ROLLBACK);
        assertEquals(
                SetAsideReason.KEY_COMPROMISED,
                setAside(stolen, "rollback", "frank").reason());
        scene.found.remove(fixed);
        assertHeld(scene.add(rollback(scene, "qa", "carol", NEWER.digest()), "carol"), HoldReason.ROLLBACK);
        scene.found.remove(fixed);
        assertHeld(scene.add(rollback(scene, "release", "alice", NEWER.digest()), "alice-token"), HoldReason.ROLLBACK);
        scene.found.remove(fixed);
        assertOpen(scene.add(good, "frank"));
    }

    private static GateRecord rollback(ApprovedImage image, String stage, String role, String person, Scene scene) {
        return GateRecord.rollback(
                image, stage, role, person, scene.reference(), NEWER.digest(), "x", Scene.ago("PT1H"), null, 1);
    }
}

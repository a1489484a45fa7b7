package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.Test;

/** Who says no is heard, until he takes it back or the override role answers for it. */
public class GateRejectionTest {

    @Test
    public void aRejectionHoldsHoweverManyApprove() {
        Scene scene = Scene.qa().approved("carol", "qa").approved("erin", "qa");
        Decision decision = assertHeld(scene.add(scene.rejection("erin", "qa"), "erin"), HoldReason.REJECTED);
        assertThat(
                decision.holds().get(0).text(),
                containsString(
                        "erin rejected the image as qa in stage qa at 2026-11-22T11:30:00Z: \"does not start\". erin can"
                                + " withdraw it, or somebody in the role security can override it"));
    }

    @Test
    public void aNewerApprovalOfTheSamePersonDoesNotLiftTheRejection() {
        Scene scene = Scene.qa();
        scene.add(scene.rejection("carol", "qa"), "carol")
                .add(Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1M"), 9), "carol");
        assertHeld(scene, HoldReason.REJECTED);
        assertOpen(scene.add(scene.withdrawal("carol", Scene.digest(scene.rejection("carol", "qa"))), "carol"));
    }

    @Test
    public void anApprovalBeforeTheRejectionDoesNotReviveWithItsWithdrawal() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(scene.rejection("carol", "qa"), "carol")
                .add(scene.withdrawal("carol", Scene.digest(scene.rejection("carol", "qa"))), "carol");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(
                SetAsideReason.SUPERSEDED,
                setAside(decision, "approval", "carol").reason());
        assertEquals(
                SetAsideReason.WITHDRAWN,
                setAside(decision, "rejection", "carol").reason());
        assertOpen(scene.add(
                Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1M"), 4), "carol"));
    }

    @Test
    public void nobodyWithdrawsTheRejectionOfAnother() {
        Scene scene = Scene.qa().approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol").add(scene.withdrawal("erin", Scene.digest(rejection)), "erin");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                SetAsideReason.NOTHING_TO_DO,
                setAside(decision, "withdrawal", "erin").reason());
        assertOpen(scene.add(scene.withdrawal("carol", Scene.digest(rejection)), "carol"));
    }

    @Test
    public void aWithdrawalWithAStolenKeyLiftsNoRejection() {
        Scene scene = new Scene(
                PolicyText.example().key("carol", "carol-old", "compromisedSince: 2026-11-01T00:00:00Z"), "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.approved("erin", "qa").add(rejection, "carol");
        // After the theft, and backdated before it.
        scene.add(scene.withdrawal("carol", Scene.digest(rejection)), "carol-old");
        scene.add(
                GateRecord.withdrawal(
                        Scene.IMAGE,
                        "qa",
                        "carol",
                        scene.reference(),
                        List.of(Scene.digest(rejection)),
                        "backdated",
                        Scene.ago("P60D"),
                        3),
                "carol-old");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                Set.of(SetAsideReason.KEY_COMPROMISED, SetAsideReason.TIME_NOT_PROVEN),
                decision.setAside().stream().map(SetAside::reason).collect(Collectors.toSet()));
        assertOpen(scene.add(scene.withdrawal("carol", Scene.digest(rejection)), "carol"));
    }

    @Test
    public void aWithdrawnApprovalDoesNotCount() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(scene.withdrawal("carol", Scene.digest(scene.approval("carol", "qa"))), "carol");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        SetAside found = setAside(decision, "approval", "carol");
        assertEquals(SetAsideReason.WITHDRAWN, found.reason());
        assertThat(found.text(), containsString("was withdrawn by carol at 2026-11-22T11:40:00Z: \"a mistake\""));
    }

    @Test
    public void theWithdrawalOfANewerApprovalDoesNotReviveTheOlder() {
        Scene scene = Scene.qa().approved("carol", "qa");
        Approval newer = Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT30M"), 2);
        scene.add(newer, "carol").add(scene.withdrawal("carol", Scene.digest(newer)), "carol");
        assertHeld(scene, HoldReason.APPROVALS_MISSING);
    }

    @Test
    public void onlyTheOverrideRoleOverrides() {
        Scene scene = Scene.qa().approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol");
        scene.add(
                GateRecord.override(
                        Scene.IMAGE,
                        "qa",
                        "release",
                        "frank",
                        scene.reference(),
                        List.of(Scene.digest(rejection)),
                        "ship it",
                        Scene.ago("PT1M"),
                        1),
                "frank");
        scene.add(scene.override("frank", Scene.digest(rejection)), "frank");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                Set.of(SetAsideReason.ROLE_NOT_NEEDED, SetAsideReason.NOT_IN_ROLE),
                decision.setAside().stream().map(SetAside::reason).collect(Collectors.toSet()));
        decision = assertOpen(scene.add(scene.override("alice", Scene.digest(rejection)), "alice"));
        assertThat(
                setAside(decision, "rejection", "carol").text(),
                containsString("was overridden by alice: \"known and harmless\""));
    }

    @Test
    public void withoutAnOverrideRoleNobodyOverrides() {
        Scene scene = new Scene(PolicyText.example(), "qa").approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol").add(scene.override("alice", Scene.digest(rejection)), "alice");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertThat(decision.holds().get(0).text(), containsString("the trust policy lets nobody override it"));
    }

    @Test
    public void anOverrideForAnotherStageOrImageOrRejectionLiftsNothing() {
        Scene scene = Scene.qa().approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol");
        scene.add(scene.override("alice", Scene.digest("another rejection")), "alice");
        scene.add(
                GateRecord.override(
                        Scene.IMAGE,
                        "production",
                        "security",
                        "alice",
                        scene.reference(),
                        List.of(Scene.digest(rejection)),
                        "x",
                        Scene.ago("PT1M"),
                        1),
                "alice");
        scene.add(
                GateRecord.override(
                        Scene.image("other"),
                        "qa",
                        "security",
                        "alice",
                        scene.reference(),
                        List.of(Scene.digest(rejection)),
                        "x",
                        Scene.ago("PT1M"),
                        1),
                "alice");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                Set.of(SetAsideReason.NOTHING_TO_DO, SetAsideReason.OTHER_STAGE, SetAsideReason.OTHER_DIGEST),
                decision.setAside().stream().map(SetAside::reason).collect(Collectors.toSet()));
    }

    @Test
    public void anAuthorDoesNotOverrideTheRejectionOfTheirOwnWork() {
        PolicyText text = PolicyText.example()
                .with("overrideRole: security")
                .stage("qa", "{needs: [{role: qa, count: 1}], exclude: [commit-author]}");
        Scene scene = new Scene(text, "qa").approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol").add(scene.override("alice", Scene.digest(rejection)), "alice");
        scene.with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of("alice"), Map.of())));
        assertEquals(
                SetAsideReason.COMMIT_AUTHOR,
                setAside(assertHeld(scene, HoldReason.REJECTED), "override", "alice")
                        .reason());
    }

    @Test
    public void aWithdrawnOverrideLetsTheRejectionHoldAgain() {
        Scene scene = Scene.qa().approved("erin", "qa");
        GateRecord rejection = scene.rejection("carol", "qa");
        GateRecord override = scene.override("alice", Scene.digest(rejection));
        scene.add(rejection, "carol").add(override, "alice");
        assertOpen(scene);
        scene.add(scene.withdrawal("alice", Scene.digest(override)), "alice");
        assertHeld(scene, HoldReason.REJECTED);
    }

    @Test
    public void aRejectionByWhoIsNotEntitledHoldsNothing() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(scene.rejection("frank", "qa"), "frank");
        scene.add(scene.rejection("frank", "release"), "frank");
        scene.add(scene.rejection("mallory", "qa"), "mallory");
        scene.add(scene.rejection("erin", "qa"), "mallory");
        Decision decision = assertOpen(scene);
        assertEquals(
                Set.of(
                        SetAsideReason.NOT_IN_ROLE,
                        SetAsideReason.ROLE_NOT_NEEDED,
                        SetAsideReason.UNKNOWN_PERSON,
                        SetAsideReason.BAD_SIGNATURE),
                decision.setAside().stream().map(SetAside::reason).collect(Collectors.toSet()));
    }

    /** What is wrong with one platform is wrong with the index that offers it. */
    @Test
    public void aRejectionOfAnyPlatformHoldsTheImage() {
        for (Digest platform : Scene.IMAGE.platforms()) {
            Scene scene = Scene.qa().approved("carol", "qa");
            ApprovedImage one = new ApprovedImage(Scene.REPOSITORY, "", platform, 500, List.of());
            scene.add(
                    GateRecord.rejection(
                            one, "qa", "qa", "erin", scene.reference(), "does not start", Scene.ago("PT1M"), 1),
                    "erin");
            assertHeld(scene, HoldReason.REJECTED);
        }
    }

    @Test
    public void aRejectionInAStageBeforeHoldsTheStagesAfter() {
        Scene scene = new Scene(PolicyText.example(), "security");
        scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                "alice-token");
        assertOpen(scene);
        scene.add(
                GateRecord.rejection(
                        Scene.IMAGE, "qa", "qa", "erin", scene.reference(), "found later", Scene.ago("PT1M"), 1),
                "erin");
        assertHeld(scene, HoldReason.REJECTED);
    }

    @Test
    public void aRejectionInAStageAfterHoldsNothingHere() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(
                GateRecord.rejection(
                        Scene.IMAGE, "production", "release", "frank", scene.reference(), "x", Scene.ago("PT1M"), 1),
                "frank");
        assertEquals(
                SetAsideReason.OTHER_STAGE,
                setAside(assertOpen(scene), "rejection", "frank").reason());
    }

    @Test
    public void aRejectionDoesNotVanishWithItsAuthorsKey() {
        Scene scene = new Scene(PolicyText.example().onlyKey("erin", "erin", "notAfter: 2026-11-22T11:45:00Z"), "qa");
        scene.approved("carol", "qa").add(scene.rejection("erin", "qa"), "erin");
        assertHeld(scene, HoldReason.REJECTED);
        // Nor with the theft of the key, if it says that it was before.
        Scene stolen =
                new Scene(PolicyText.example().onlyKey("erin", "erin", "compromisedSince: 2026-11-22T11:45:00Z"), "qa");
        stolen.approved("carol", "qa").add(stolen.rejection("erin", "qa"), "erin");
        assertHeld(stolen, HoldReason.REJECTED);
    }

    @Test
    public void whatAThiefRejectsAfterTheTheftHoldsNothing() {
        Scene scene =
                new Scene(PolicyText.example().onlyKey("erin", "erin", "compromisedSince: 2026-11-22T11:00:00Z"), "qa");
        scene.approved("carol", "qa").add(scene.rejection("erin", "qa"), "erin");
        assertEquals(
                SetAsideReason.KEY_COMPROMISED,
                setAside(assertOpen(scene), "rejection", "erin").reason());
    }

    @Test
    public void aHiddenRejectionHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        GateRecord rejection = scene.rejection("erin", "qa");
        scene.ledger.saw(rejection, Scene.ago("PT25M"));
        Decision decision = assertHeld(scene, HoldReason.RECORD_VANISHED);
        assertThat(
                decision.holds().get(0).text(),
                containsString("the ledger has seen a rejection by erin at 2026-11-22T11:35:00Z ("
                        + Scene.digest(rejection) + "), which is not found any more"));
        // Found again, it holds as itself; taken back or overridden by name, it does not, found or not.
        assertHeld(scene.add(rejection, "erin"), HoldReason.REJECTED);
        scene.found.remove(1);
        assertOpen(scene.add(scene.withdrawal("erin", Scene.digest(rejection)), "erin"));
        scene.found.remove(1);
        assertOpen(scene.add(scene.override("alice", Scene.digest(rejection)), "alice"));
    }

    @Test
    public void aHiddenRejectionIsNotWithdrawnBySomebodyElse() {
        Scene scene = Scene.qa().approved("carol", "qa");
        GateRecord rejection = scene.rejection("erin", "qa");
        scene.ledger.saw(rejection, Scene.ago("PT25M"));
        scene.add(scene.withdrawal("carol", Scene.digest(rejection)), "carol");
        assertHeld(scene, HoldReason.RECORD_VANISHED);
    }

    @Test
    public void aHiddenWithdrawalHoldsBecauseTheApprovalWouldCountAgain() {
        Scene scene = Scene.qa().approved("carol", "qa");
        GateRecord withdrawal = scene.withdrawal("carol", Scene.digest(scene.approval("carol", "qa")));
        scene.ledger.saw(withdrawal, Scene.ago("PT15M"));
        assertHeld(scene, HoldReason.RECORD_VANISHED);
        assertHeld(scene.add(withdrawal, "carol"), HoldReason.APPROVALS_MISSING);
    }

    @Test
    public void aHiddenBlockHolds() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.saw(
                GateRecord.block(Scene.IMAGE, "security", "alice", scene.reference(), "backdoor", Scene.ago("PT1H"), 1),
                Scene.ago("PT1H"));
        assertHeld(scene, HoldReason.RECORD_VANISHED);
    }

    @Test
    public void aHiddenOverrideOrApprovalNeedsNoHold() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.ledger.saw(scene.override("alice", Scene.digest("x")), Scene.ago("PT15M"));
        scene.ledger.saw(scene.approval("erin", "qa"), Scene.ago("PT15M"));
        assertOpen(scene);
    }

    @Test
    public void aBlockHoldsEveryStageInEveryRepository() {
        Scene scene = Scene.qa().approved("carol", "qa");
        ApprovedImage elsewhere =
                new ApprovedImage("mirror.example.com/app", "", Scene.IMAGE.digest(), 1234, List.of());
        GateRecord block =
                GateRecord.block(elsewhere, "release", "frank", scene.reference(), "backdoor", Scene.ago("PT1H"), 1);
        Decision decision = assertHeld(scene.add(block, "frank"), HoldReason.BLOCKED);
        assertThat(decision.holds().get(0).text(), containsString("frank blocked the image as release"));
        assertOpen(scene.add(scene.override("alice", Scene.digest(block)), "alice"));
    }

    @Test
    public void anOverrideOfABlockIsForItsOwnStageAlone() {
        PolicyText text = PolicyText.example().with("overrideRole: security");
        Scene scene = new Scene(text, "security");
        GateRecord block =
                GateRecord.block(Scene.IMAGE, "release", "frank", scene.reference(), "backdoor", Scene.ago("PT1H"), 1);
        scene.add(
                        Approval.of(
                                Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1H"), 1),
                        "alice-token")
                .add(block, "frank")
                .add(
                        GateRecord.override(
                                Scene.IMAGE,
                                "qa",
                                "security",
                                "alice",
                                scene.reference(),
                                List.of(Scene.digest(block)),
                                "for tests only",
                                Scene.ago("PT10M"),
                                1),
                        "alice");
        assertHeld(scene, HoldReason.BLOCKED);
        assertOpen(scene.add(scene.override("alice", Scene.digest(block)), "alice"));
    }

    @Test
    public void aBlockByWhoHasNoSayHoldsNothing() {
        Scene scene =
                new Scene(PolicyText.example().people("ivan").role("guests", "ivan"), "qa").approved("carol", "qa");
        scene.add(
                GateRecord.block(Scene.IMAGE, "guests", "ivan", scene.reference(), "x", Scene.ago("PT1H"), 1), "ivan");
        assertEquals(
                SetAsideReason.ROLE_NOT_NEEDED,
                setAside(assertOpen(scene), "block", "ivan").reason());
    }

    @Test
    public void incompleteStatementsHold() {
        Scene scene = Scene.qa().approved("carol", "qa").with(in -> in.withUnknown("the registry answered 503"));
        Decision decision = assertHeld(scene, HoldReason.UNKNOWN);
        assertThat(decision.holds().get(0).text(), containsString("may not be complete: the registry answered 503"));
    }

    @Test
    public void whatIsSaidAboutAnotherImageHoldsAndLiftsNothingHere() {
        Scene scene = Scene.qa().approved("carol", "qa");
        ApprovedImage other = Scene.image("another image");
        scene.add(
                GateRecord.rejection(
                        other, "qa", "qa", "erin", scene.reference(), "copied here", Scene.ago("PT30M"), 2),
                "erin");
        scene.add(
                GateRecord.block(other, "release", "frank", scene.reference(), "copied here", Scene.ago("PT30M"), 2),
                "frank");
        Decision decision = assertOpen(scene);
        assertEquals(
                SetAsideReason.OTHER_DIGEST,
                setAside(decision, "rejection", "erin").reason());
        assertEquals(
                SetAsideReason.OTHER_DIGEST,
                setAside(decision, "block", "frank").reason());

        GateRecord rejection = scene.rejection("erin", "qa");
        scene.add(rejection, "erin")
                .add(
                        GateRecord.withdrawal(
                                other,
                                "qa",
                                "erin",
                                scene.reference(),
                                List.of(Scene.digest(rejection)),
                                "of another image",
                                Scene.ago("PT20M"),
                                3),
                        "erin");
        assertHeld(scene, HoldReason.REJECTED);
        assertOpen(scene.add(scene.withdrawal("erin", Scene.digest(rejection)), "erin"));
    }

    @Test
    public void anOverrideWithAStolenKeyOrUnderAnotherPolicyLiftsNothing() {
        Scene scene = new Scene(
                PolicyText.example()
                        .key("alice", "alice-old", "compromisedSince: 2026-11-01T00:00:00Z")
                        .with("overrideRole: security"),
                "qa");
        GateRecord rejection = scene.rejection("erin", "qa");
        scene.approved("carol", "qa").add(rejection, "erin");
        scene.add(scene.override("alice", Scene.digest(rejection)), "alice-old");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                SetAsideReason.KEY_COMPROMISED,
                setAside(decision, "override", "alice").reason());
        scene.found.remove(2);
        scene.add(
                GateRecord.override(
                        Scene.IMAGE,
                        "qa",
                        "security",
                        "alice",
                        new PolicyReference("other", 7, scene.policy.digest()),
                        List.of(Scene.digest(rejection)),
                        "agreed elsewhere",
                        Scene.ago("PT10M"),
                        1),
                "alice");
        decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                SetAsideReason.OTHER_POLICY,
                setAside(decision, "override", "alice").reason());
        assertOpen(scene.add(scene.override("alice", Scene.digest(rejection)), "alice-token"));
    }

    /** A block is about the bytes wherever they lie; a rejection is about a stage of one repository. */
    @Test
    public void aRejectionInAnotherRepositoryHoldsNothingUnlessItIsThisOneUnderAnotherName() {
        ApprovedImage elsewhere =
                new ApprovedImage("mirror.example.com/app", "", Scene.IMAGE.digest(), 1234, Scene.IMAGE.platforms());
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.add(
                GateRecord.rejection(
                        elsewhere, "qa", "qa", "erin", scene.reference(), "not there", Scene.ago("PT30M"), 2),
                "erin");
        assertEquals(
                SetAsideReason.OTHER_REPOSITORY,
                setAside(assertOpen(scene), "rejection", "erin").reason());
        assertHeld(scene.with(in -> in.withAlsoKnownAs(Set.of("mirror.example.com/app"))), HoldReason.REJECTED);
    }

    @Test
    public void aBlockInARoleThatOneDoesNotHaveOrWithAStolenKeyHoldsNothing() {
        Scene scene = new Scene(
                PolicyText.example()
                        .key("frank", "frank-old", "compromisedSince: 2026-11-22T11:00:00Z")
                        .with("overrideRole: security"),
                "qa");
        scene.approved("carol", "qa")
                .add(
                        GateRecord.block(Scene.IMAGE, "release", "erin", scene.reference(), "x", Scene.ago("PT30M"), 1),
                        "erin");
        assertEquals(
                SetAsideReason.NOT_IN_ROLE,
                setAside(assertOpen(scene), "block", "erin").reason());
        GateRecord block =
                GateRecord.block(Scene.IMAGE, "release", "frank", scene.reference(), "x", Scene.ago("PT30M"), 1);
        assertEquals(
                SetAsideReason.KEY_COMPROMISED,
                setAside(assertOpen(scene.add(block, "frank-old")), "block", "frank")
                        .reason());
        assertHeld(scene.add(block, "frank"), HoldReason.BLOCKED);
    }

    /** Who may set aside what others say may say no, too. */
    @Test
    public void theOverrideRoleRejectsAndBlocksWithoutAPlaceInAnyStage() {
        Scene scene = new Scene(
                PolicyText.example().people("ivan").role("lead", "ivan").with("overrideRole: lead"), "qa");
        GateRecord rejection = scene.rejection("ivan", "lead");
        assertHeld(scene.approved("carol", "qa").add(rejection, "ivan"), HoldReason.REJECTED);
        scene.found.remove(1);
        assertHeld(
                scene.add(
                        GateRecord.block(Scene.IMAGE, "lead", "ivan", scene.reference(), "x", Scene.ago("PT30M"), 1),
                        "ivan"),
                HoldReason.BLOCKED);
    }

    @Test
    public void aThiefWhoSignsACopyOfARejectionDoesNotDiscreditIt() {
        for (int i = 0; i < 6; i++) {
            Scene scene = new Scene(
                    PolicyText.example()
                            .onlyKey("erin", "erin", "notAfter: 2026-11-22T11:50:00Z")
                            .key("erin", "erin-stolen", "compromisedSince: 2026-11-01T00:00:00Z"),
                    "qa");
            GateRecord rejection = scene.rejection("erin", "qa");
            scene.approved("carol", "qa").add(rejection, "erin").add(rejection, "erin-stolen");
            assertHeld(scene, HoldReason.REJECTED);
        }
    }

    @Test
    public void aHiddenRejectionIsNotWithdrawnWithAStolenKey() {
        Scene scene = new Scene(
                PolicyText.example().key("erin", "erin-stolen", "compromisedSince: 2026-11-01T00:00:00Z"), "qa");
        GateRecord rejection = scene.rejection("erin", "qa");
        scene.approved("carol", "qa").ledger.saw(rejection, Scene.ago("PT25M"));
        // Backdated before the theft: believed for what holds, and not for what opens.
        scene.add(
                GateRecord.withdrawal(
                        Scene.IMAGE,
                        "qa",
                        "erin",
                        scene.reference(),
                        List.of(Scene.digest(rejection)),
                        "backdated",
                        Scene.ago("P60D"),
                        3),
                "erin-stolen");
        assertHeld(scene, HoldReason.RECORD_VANISHED);
        assertOpen(scene.add(scene.withdrawal("erin", Scene.digest(rejection)), "erin"));
    }

    @Test
    public void aRejectionInOneRoleThatIsTakenBackLeavesTheApprovalInAnother() {
        Scene scene =
                new Scene(PolicyText.example().role("qa", "carol, erin, alice").with("overrideRole: security"), "qa");
        scene.approved("alice", "qa");
        GateRecord rejection = scene.rejection("alice", "security");
        assertHeld(scene.add(rejection, "alice"), HoldReason.REJECTED);
        assertOpen(scene.add(scene.withdrawal("alice", Scene.digest(rejection)), "alice"));
    }
}

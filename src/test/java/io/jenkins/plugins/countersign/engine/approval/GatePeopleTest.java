package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertSetAside;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.Test;

/** People are counted, not keys and not signatures. */
public class GatePeopleTest {

    private static final String TWO_OF_QA = "{needs: [{role: qa, count: 2}]}";

    @Test
    public void onePersonWithTwoKeysIsOnePerson() {
        Scene scene = new Scene(PolicyText.example().key("carol", "carol-2", "").stage("qa", TWO_OF_QA), "qa");
        scene.add(scene.approval("carol", "qa"), "carol")
                .add(scene.approval("carol", "qa").withComment("again"), "carol-2");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(1, decision.counted().size());
        assertEquals(
                SetAsideReason.SUPERSEDED,
                setAside(decision, "approval", "carol").reason());
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void onePersonUnderTwoSpellingsIsOnePerson() {
        Scene scene = new Scene(PolicyText.example().stage("qa", TWO_OF_QA), "qa");
        scene.add(scene.approval("carol", "qa"), "carol").add(scene.approval("Carol", "qa"), "carol");
        assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void onePersonInTwoTeamsFillsOnePlace() {
        PolicyText text = PolicyText.example()
                .role("security", "alice, carol")
                .stage("qa", "{needs: [{role: qa, count: 1}, {role: security, count: 1}]}");
        Scene scene = new Scene(text, "qa");
        scene.approved("carol", "qa").approved("carol", "security");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(1, decision.counted().size());
        assertEquals(1, decision.missing().size());
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void onePersonMayFillTwoPlacesOnlyWhereThePolicySaysSo() {
        PolicyText text = PolicyText.example()
                .role("security", "alice, carol")
                .stage("qa", "{needs: [{role: qa, count: 1}, {role: security, count: 1}], distinctPeople: false}");
        Scene scene = new Scene(text, "qa");
        scene.approved("carol", "qa").approved("carol", "security");
        assertEquals(2, assertOpen(scene).counted().size());
    }

    @Test
    public void anApprovalInOneRoleIsNoneInAnother() {
        PolicyText text = PolicyText.example()
                .role("security", "alice, carol")
                .stage("qa", "{needs: [{role: security, count: 1}]}");
        Scene scene = new Scene(text, "qa");
        assertSetAside(scene.approved("carol", "qa"), "carol", SetAsideReason.ROLE_NOT_NEEDED);
        assertOpen(scene.approved("carol", "security"));
    }

    /** carol fits both places, erin one: whoever arrives first, both count. A greedy choice would hold. */
    @Test
    public void whoFitsEverywhereMakesRoomForWhoDoesNot() {
        PolicyText text = PolicyText.example()
                .role("security", "alice, carol")
                .stage("qa", "{needs: [{role: qa, count: 1}, {role: security, count: 1}]}");
        Scene scene = new Scene(text, "qa");
        scene.approved("carol", "qa").approved("carol", "security").approved("erin", "qa");
        assertEquals(Map.of("erin", "qa", "carol", "security"), counted(assertOpen(scene)));
        Scene other = new Scene(text, "qa");
        other.approved("carol", "qa").approved("carol", "security").approved("alice", "security");
        assertEquals(Map.of("carol", "qa", "alice", "security"), counted(assertOpen(other)));
    }

    @Test
    public void aTokenPlaceTakesNoOtherKey() {
        Scene scene = new Scene(PolicyText.example(), "security");
        SetAside found = assertSetAside(scene.approved("alice", "security"), "alice", SetAsideReason.TOKEN_NEEDED);
        assertThat(found.text(), containsString("which is not in a hardware token"));
        Decision open = assertOpen(scene.add(
                Approval.of(Scene.IMAGE, "security", "security", "alice", scene.reference(), Scene.ago("PT1M"), 2),
                "alice-token"));
        assertEquals(true, open.counted().get(0).token());
    }

    @Test
    public void aCommitAuthorDoesNotApproveTheirOwnWork() {
        for (String author : List.of(
                "grace", "Grace", "grace@example.com", "G. H. <Grace@Example.com>", "grace <other@example.org>")) {
            Scene scene =
                    production().with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of("x", author), Map.of())));
            assertSetAside(allApproved(scene), "grace", SetAsideReason.COMMIT_AUTHOR);
        }
        assertOpen(allApproved(
                production().with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of("carol"), Map.of())))));
    }

    @Test
    public void whoStartedTheBuildDoesNotApproveIt() {
        Scene scene = production().with(in -> in.withBuild(new BuildFacts(Set.of("frank"), Set.of(), Map.of())));
        assertSetAside(allApproved(scene), "frank", SetAsideReason.BUILD_STARTER);
    }

    @Test
    public void anUnknownAuthorIsNotNoAuthor() {
        assertHeld(allApproved(production()), HoldReason.ORIGIN_UNKNOWN);
        assertHeld(
                allApproved(production().with(in -> in.withBuild(new BuildFacts(Set.of(), null, Map.of())))),
                HoldReason.ORIGIN_UNKNOWN);
        assertHeld(
                allApproved(production().with(in -> in.withBuild(new BuildFacts(null, Set.of(), Map.of())))),
                HoldReason.ORIGIN_UNKNOWN);
        assertOpen(allApproved(production().with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of(), Map.of())))));
    }

    @Test
    public void whoWasCountedBeforeDoesNotCountWhereOtherPeopleAreAsked() {
        PolicyText text = PolicyText.example()
                .role("release", "frank, grace, carol")
                .stage("staging", "{after: qa, needs: [{role: release, count: 1}], distinctFrom: qa}");
        Approval before =
                Approval.of(Scene.IMAGE, "qa", "qa", "carol", PolicyReference.to(text.policy()), Scene.ago("PT2H"), 1);
        Scene scene = new Scene(text, "staging");
        scene.seals.put(
                "qa", new StageSeal("qa", Scene.IMAGE.digest(), Scene.NOW, Scene.NOW, List.of(Scene.digest(before))));
        scene.add(before, "carol").approved("carol", "release");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(
                Set.of(SetAsideReason.OTHER_STAGE, SetAsideReason.APPROVED_BEFORE),
                decision.setAside().stream().map(SetAside::reason).collect(Collectors.toSet()));
        assertEquals(
                List.of("frank", "grace"),
                decision.missing().get(0).couldStillApprove().stream()
                        .map(Candidate::person)
                        .toList());
        // Who was counted cannot be told when the approval is gone.
        scene.found.remove(0);
        assertHeld(scene, HoldReason.SEALED_APPROVAL_UNKNOWN);
        scene.ledger.saw(before, Scene.ago("PT2H"));
        assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertOpen(scene.approved("frank", "release"));
    }

    @Test
    public void heldSaysWhoIsMissingAndWhoCouldStillApprove() {
        Scene scene = production().with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of("grace"), Map.of())));
        scene.approved("frank", "release");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(2, decision.missing().size());
        // Of release only grace is left, and she wrote the code.
        assertEquals(List.of(), decision.missing().get(0).couldStillApprove());
        assertEquals(
                List.of(new Candidate("alice", "security", false)),
                decision.missing().get(1).couldStillApprove());
        assertEquals(List.of(), decision.enough());
        assertThat(
                decision.holds().get(0).text(),
                containsString("Too few of the people whom the trust policy names could still approve"));
    }

    @Test
    public void heldSaysWhatWouldBeEnough() {
        Scene scene = production().with(in -> in.withBuild(new BuildFacts(Set.of(), Set.of(), Map.of())));
        scene.approved("frank", "release");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(
                List.of(new Candidate("grace", "release", false), new Candidate("alice", "security", false)),
                decision.enough());
        assertThat(
                decision.holds().get(0).text(),
                containsString("missing: 1 of role release, and 1 of role security. Enough would be, for example: "
                        + "grace as release; alice as security"));
    }

    /** Both places are wanted by one person; somebody who fits the filled place helps too, because he makes room. */
    @Test
    public void whoMakesRoomForAnotherIsNamedToo() {
        PolicyText text = PolicyText.example()
                .role("security", "carol")
                .stage("qa", "{needs: [{role: qa, count: 1}, {role: security, count: 1}]}")
                .stage("security", "{needs: []}")
                .stage("production", "{needs: []}");
        Scene scene = new Scene(text, "qa");
        scene.approved("carol", "qa").approved("carol", "security");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(List.of(new Candidate("erin", "qa", false)), decision.enough());
        assertThat(
                decision.holds().get(0).text(),
                containsString(
                        "2 places of qa and security ask for different people, and only 1 approved for them: carol"));
        assertOpen(scene.approved("erin", "qa"));
    }

    /** alice is the only one for security and approved as qa; two approvals are needed, of which neither helps alone. */
    @Test
    public void whatOnlyTwoTogetherCanDoIsSaid() {
        PolicyText text = PolicyText.example()
                .role("qa", "carol, alice")
                .stage("qa", "{needs: [{role: security, count: 1}, {role: qa, count: 1}]}");
        Scene scene = new Scene(text, "qa").approved("alice", "qa");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(
                List.of(new Candidate("alice", "security", false), new Candidate("carol", "qa", false)),
                decision.enough());
        assertEquals(
                List.of(new Candidate("alice", "security", false)),
                decision.missing().get(0).couldStillApprove());
        assertOpen(scene.approved("alice", "security").approved("carol", "qa"));
    }

    @Test
    public void whoseKeyHasEndedIsNotAskedFor() {
        PolicyText text = PolicyText.example()
                .onlyKey("erin", "erin", "notAfter: " + Instant.parse("2026-01-01T00:00:00Z"))
                .with("overrideRole: security");
        Decision decision = assertHeld(new Scene(text, "qa"), HoldReason.APPROVALS_MISSING);
        assertEquals(
                List.of(new Candidate("carol", "qa", false)),
                decision.missing().get(0).couldStillApprove());
    }

    @Test
    public void aGoodApprovalTooManyIsSaidToBeOneTooMany() {
        Scene scene = Scene.qa().approved("carol", "qa").approved("erin", "qa");
        Decision decision = assertOpen(scene);
        assertEquals("carol", decision.counted().get(0).person());
        assertEquals(
                SetAsideReason.NOT_NEEDED,
                setAside(decision, "approval", "erin").reason());
    }

    @Test
    public void anUnknownStageHolds() {
        Scene scene = Scene.qa();
        Decision decision = Gate.decide(GateInput.of(scene.text.trusted(), "prod", Scene.IMAGE, List.of(), Scene.NOW));
        assertEquals(HoldReason.UNKNOWN_STAGE, decision.holds().get(0).reason());
        assertThat(decision.holds().get(0).text(), containsString("it has qa, security, production"));
    }

    private static Scene production() {
        return new Scene(PolicyText.example().alias("grace", "grace@example.com"), "production");
    }

    private static Scene allApproved(Scene scene) {
        return scene.approved("frank", "release").approved("grace", "release").approved("alice", "security");
    }

    private static Map<String, String> counted(Decision decision) {
        return decision.counted().stream().collect(Collectors.toMap(Counted::person, Counted::role));
    }

    /** The same words, signed with a software key and with the token: the token's signature is there. */
    @Test
    public void ofOneApprovalUnderTwoSignaturesTheTokensCounts() {
        Scene scene = new Scene(PolicyText.example().key("alice", "alice-soft", ""), "security");
        Approval approval = scene.approval("alice", "security");
        Decision decision = assertOpen(scene.add(approval, "alice-soft").add(approval, "alice-token"));
        assertEquals(true, decision.counted().get(0).token());
        assertEquals(
                SetAsideReason.DUPLICATE,
                setAside(decision, "approval", "alice").reason());
        scene.found.remove(1);
        assertSetAside(scene, "alice", SetAsideReason.TOKEN_NEEDED);
    }
}

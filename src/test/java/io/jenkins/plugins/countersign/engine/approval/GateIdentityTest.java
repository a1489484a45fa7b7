package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertSetAside;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.trust.PolicyCheck;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import java.nio.charset.StandardCharsets;
import org.junit.Test;

/** A Jenkins may say who approved where the policy lets that be enough, and nowhere else; it never outweighs a key. */
public class GateIdentityTest {

    private static final String IDENTITY =
            "identity: {keys: [{name: jenkins, pem: " + TestKeys.quoted("jenkins") + "}]}";

    /** dora has no key; one of the role is enough, and Jenkins may vouch. */
    private static Scene vouched() {
        return new Scene(policy().stage("qa", "{needs: [{role: qa, count: 1, identity: true}]}"), "qa");
    }

    private static PolicyText policy() {
        return PolicyText.example()
                .keyless("dora")
                .role("qa", "carol, erin, dora")
                .with("overrideRole: security")
                .with(IDENTITY);
    }

    @Test
    public void whereTheStageAsksForKeysItCountsNothing() {
        Scene scene = new Scene(policy(), "qa");
        scene.add(scene.approval("dora", "qa"), "jenkins");
        SetAside found = assertSetAside(scene, "dora", SetAsideReason.IDENTITY_NOT_ENOUGH);
        assertThat(found.text(), containsString("asks the role qa for keys of their own"));
    }

    @Test
    public void whereThePolicyNamesNoIdentityKeyItIsNobodysSignature() {
        Scene scene = Scene.qa();
        scene.add(scene.approval("carol", "qa"), "jenkins");
        assertSetAside(scene, "carol", SetAsideReason.BAD_SIGNATURE);
    }

    @Test
    public void aPlaceForAKeyIsNotFilledBesideAPlaceForAnIdentity() {
        Scene scene = new Scene(
                policy().stage("qa", "{needs: [{role: qa, count: 1}, {role: qa, count: 1, identity: true}]}"), "qa");
        scene.add(scene.approval("dora", "qa"), "jenkins").add(scene.approval("erin", "qa"), "jenkins");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(1, decision.counted().size());
        assertTrue(
                "whoever is missing has a key",
                decision.missing().get(0).couldStillApprove().stream()
                        .noneMatch(candidate -> candidate.person().equals("dora")));
        assertOpen(scene.add(scene.approval("carol", "qa"), "carol"));
    }

    @Test
    public void aJenkinsDisplacesNothingThatSomebodySigned() {
        Scene scene = new Scene(
                policy().stage("qa", "{needs: [{role: qa, count: 1}, {role: qa, count: 1, identity: true}]}"), "qa");
        scene.approved("carol", "qa")
                .add(Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1M"), 9), "jenkins");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(
                SetAsideReason.SUPERSEDED,
                setAside(decision, "approval", "carol").reason());
        assertEquals(1, decision.counted().size());
        assertOpen(scene.add(scene.approval("dora", "qa"), "jenkins"));
    }

    @Test
    public void aJenkinsTakesBackNoRejectionThatSomebodySigned() {
        Scene scene = vouched();
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol").add(scene.approval("dora", "qa"), "jenkins");
        scene.add(scene.withdrawal("carol", Scene.digest(rejection)), "jenkins");
        assertHeld(scene, HoldReason.REJECTED);
    }

    @Test
    public void aJenkinsOverridesNothing() {
        Scene scene = vouched();
        GateRecord rejection = scene.rejection("carol", "qa");
        scene.add(rejection, "carol").add(scene.approval("dora", "qa"), "jenkins");
        scene.add(scene.override("alice", Scene.digest(rejection)), "jenkins");
        Decision decision = assertHeld(scene, HoldReason.REJECTED);
        assertEquals(
                SetAsideReason.BAD_SIGNATURE,
                setAside(decision, "override", "alice").reason());
    }

    @Test
    public void nobodyOutsideOfTheRoleIsVouchedIn_andOnePersonIsOne() {
        Scene outside = vouched();
        outside.add(outside.approval("frank", "qa"), "jenkins");
        assertSetAside(outside, "frank", SetAsideReason.NOT_IN_ROLE);
        Scene twice = new Scene(policy().stage("qa", "{needs: [{role: qa, count: 2, identity: true}]}"), "qa");
        twice.approved("carol", "qa").add(twice.approval("carol", "qa"), "jenkins");
        assertHeld(twice, HoldReason.APPROVALS_MISSING);
    }

    @Test
    public void whereItIsEnoughItOpens_andARejectionHolds() {
        Scene scene = vouched();
        Decision before = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertTrue(before.missing().get(0).couldStillApprove().stream()
                .anyMatch(candidate -> candidate.person().equals("dora")));
        scene.add(scene.approval("dora", "qa"), "jenkins");
        assertOpen(scene);
        GateRecord rejection = scene.rejection("erin", "qa");
        assertHeld(scene.add(rejection, "jenkins"), HoldReason.REJECTED);
        assertOpen(scene.add(scene.withdrawal("erin", Scene.digest(rejection)), "jenkins"));
    }

    @Test
    public void thePolicySaysItOrDoesNot() {
        assertRefused(
                PolicyText.example().stage("qa", "{needs: [{role: qa, count: 1, identity: true}]}"),
                "there are no identity keys");
        assertRefused(
                policy().stage("qa", "{needs: [{role: security, count: 1, identity: true, token: true}]}"),
                "needs no Jenkins to vouch for them");
        assertRefused(
                policy().role("only-dora", "dora").stage("qa", "{needs: [{role: only-dora, count: 1}]}"),
                "has 0 people with a key");
        assertRefused(PolicyText.example().keyless("dora"), "keys");
        assertTrue(PolicyCheck.of(vouched().policy, Scene.NOW).stream()
                .anyMatch(note -> note.text().contains("whoever administers a Jenkins")));
    }

    private static void assertRefused(PolicyText text, String why) {
        PolicyException refused = assertThrows(
                PolicyException.class, () -> PolicyReader.read(text.text().getBytes(StandardCharsets.UTF_8)));
        assertThat(refused.getMessage(), containsString(why));
    }

    @Test
    public void whereTheStageAsksForKeysAJenkinsRejectsForNobodyEither() {
        Scene scene = new Scene(policy(), "qa");
        scene.approved("carol", "qa").add(scene.rejection("erin", "qa"), "jenkins");
        assertEquals(
                SetAsideReason.IDENTITY_NOT_ENOUGH,
                setAside(assertOpen(scene), "rejection", "erin").reason());
    }

    /** Which of two signatures stands first in the registry's order is chance, and can be tried out: hence so often. */
    @Test
    public void aJenkinsThatSignsACopyTakesNobodysOwnSignatureFromIt() {
        for (int i = 0; i < 6; i++) {
            Scene rejected = new Scene(policy().onlyKey("erin", "erin", "notAfter: 2026-11-22T11:50:00Z"), "qa");
            GateRecord rejection = rejected.rejection("erin", "qa");
            rejected.approved("carol", "qa").add(rejection, "erin").add(rejection, "jenkins");
            Decision decision = assertHeld(rejected, HoldReason.REJECTED);
            assertEquals(
                    SetAsideReason.DUPLICATE,
                    setAside(decision, "rejection", "erin").reason());
            Scene approved = new Scene(policy(), "qa");
            assertOpen(approved.approved("carol", "qa").add(approved.approval("carol", "qa"), "jenkins"));
        }
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertSetAside;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.setAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Kind;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Severity;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import java.time.Instant;
import java.util.List;
import org.junit.Test;

/** What must be attached, and that the approver saw it. */
public class GateEvidenceTest {

    private static final AttachedEvidence GOOD = scan("trivy", Scene.ago("PT2H"), Severity.MEDIUM);

    @Test
    public void missingEvidenceHolds() {
        Decision decision = assertHeld(
                approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}")),
                HoldReason.EVIDENCE_MISSING);
        assertEquals(
                "needed is scan signed by role scanners, nothing worse than medium; there is none",
                decision.holds().get(0).text());
    }

    @Test
    public void evidenceBySomebodyElseIsNone() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        assertHeld(with(scene, scan("carol", Scene.ago("PT2H"), Severity.NONE)), HoldReason.EVIDENCE_MISSING);
        assertOpen(with(scene, GOOD));
    }

    @Test
    public void evidenceOfAnotherKindIsNone() {
        for (String kind : java.util.List.of("sbom", "provenance")) {
            Scene scene = approved(scene("{kind: " + kind + ", signedBy: scanners, named: false}"));
            Decision decision = assertHeld(with(scene, GOOD), HoldReason.EVIDENCE_MISSING);
            assertThat(decision.holds().get(0).text(), containsString("there is none"));
        }
    }

    @Test
    public void aScanWithWorseFindingsHolds() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        Decision decision =
                assertHeld(with(scene, scan("trivy", Scene.ago("PT2H"), Severity.HIGH)), HoldReason.EVIDENCE_MISSING);
        assertThat(
                decision.holds().get(0).text(),
                containsString("the one of 2026-11-22T10:00:00Z by trivy has a finding that is high"));
    }

    @Test
    public void aScanThatDoesNotSayHowBadItIsHolds() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: critical, named: false}"));
        assertHeld(with(scene, scan("trivy", Scene.ago("PT2H"), null)), HoldReason.EVIDENCE_MISSING);
    }

    @Test
    public void aNewerBadScanIsNotHiddenByAnOlderGoodOne() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        assertHeld(with(scene, GOOD, scan("trivy", Scene.ago("PT1H"), Severity.CRITICAL)), HoldReason.EVIDENCE_MISSING);
        assertHeld(with(scene, scan("trivy", Scene.ago("PT2H"), Severity.CRITICAL), GOOD), HoldReason.EVIDENCE_MISSING);
        assertOpen(with(scene, scan("trivy", Scene.ago("PT3H"), Severity.CRITICAL), GOOD));
    }

    @Test
    public void ofTwoScansOfOneMomentBothMustBeGood() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        AttachedEvidence bad = scan("trivy", GOOD.time(), Severity.CRITICAL);
        assertHeld(with(scene, GOOD, bad), HoldReason.EVIDENCE_MISSING);
        assertHeld(with(scene, bad, GOOD), HoldReason.EVIDENCE_MISSING);
    }

    @Test
    public void aSecondScannerDoesNotOutvoteTheFirst() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        assertHeld(
                with(
                        scene,
                        scan("trivy", Scene.ago("PT2H"), Severity.CRITICAL),
                        scan("grype", Scene.ago("PT1H"), Severity.NONE)),
                HoldReason.EVIDENCE_MISSING);
    }

    @Test
    public void evidenceThatIsTooOldIsNone() {
        Scene scene = approved(
                scene("{kind: scan, signedBy: scanners, highestSeverity: medium, maxAge: PT2H, named: false}"));
        assertHeld(with(scene, GOOD), HoldReason.EVIDENCE_MISSING);
        scene.now = Scene.NOW.minusSeconds(1);
        assertEquals(Scene.NOW, assertOpen(with(scene, GOOD)).openUntil().orElseThrow());
    }

    @Test
    public void evidenceFromTheFutureIsNone() {
        Scene scene = approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium, named: false}"));
        assertHeld(with(scene, scan("trivy", Scene.NOW.plusSeconds(3600), Severity.NONE)), HoldReason.EVIDENCE_MISSING);
    }

    @Test
    public void aFailedTestHolds() {
        Scene scene = approved(scene("{kind: test-result, signedBy: scanners, named: false}"));
        AttachedEvidence failed =
                new AttachedEvidence(Kind.TEST_RESULT, Scene.digest("f"), "trivy", Scene.ago("PT1H"), "FAILED", null);
        Decision decision = assertHeld(with(scene, failed), HoldReason.EVIDENCE_MISSING);
        assertThat(decision.holds().get(0).text(), containsString("says FAILED"));
        assertOpen(with(
                scene,
                new AttachedEvidence(Kind.TEST_RESULT, Scene.digest("p"), "Trivy", Scene.ago("PT1H"), "PASSED", null)));
    }

    @Test
    public void anApprovalThatSawNoEvidenceDoesNotCount() {
        Scene scene = with(approved(scene("{kind: scan, signedBy: scanners, highestSeverity: medium}")), GOOD);
        assertSetAside(scene, "carol", SetAsideReason.EVIDENCE_NOT_NAMED);
        scene.add(
                Approval.of(Scene.IMAGE, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1M"), 2)
                        .withEvidence(List.of(GOOD.statement())),
                "carol");
        assertOpen(scene);
        // A later scan, as good, does not make unseen what was seen.
        assertOpen(with(scene, GOOD, scan("trivy", Scene.ago("PT1M"), Severity.LOW)));
    }

    @Test
    public void anApprovalThatNamesBadEvidenceDoesNotCount() {
        AttachedEvidence bad = scan("trivy", Scene.ago("PT3H"), Severity.CRITICAL);
        Scene scene = with(scene("{kind: scan, signedBy: scanners, highestSeverity: medium}"), GOOD, bad);
        scene.add(scene.approval("carol", "qa").withEvidence(List.of(bad.statement())), "carol");
        assertEquals(
                SetAsideReason.EVIDENCE_NOT_NAMED,
                setAside(assertHeld(scene, HoldReason.APPROVALS_MISSING), "approval", "carol")
                        .reason());
    }

    private static Scene scene(String requirement) {
        return new Scene(
                PolicyText.example()
                        .people("trivy", "grype")
                        .role("scanners", "trivy, grype")
                        .stage("qa", "{needs: [{role: qa, count: 1}], evidence: [" + requirement + "]}"),
                "qa");
    }

    private static Scene approved(Scene scene) {
        return scene.approved("carol", "qa");
    }

    private static Scene with(Scene scene, AttachedEvidence... evidence) {
        return scene.with(in -> in.withEvidence(List.of(evidence)));
    }

    private static AttachedEvidence scan(String signer, Instant time, Severity worst) {
        return new AttachedEvidence(Kind.SCAN, Scene.digest(signer + time + worst), signer, time, "", worst);
    }
}

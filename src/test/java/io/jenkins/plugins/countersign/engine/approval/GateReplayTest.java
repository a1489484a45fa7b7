package io.jenkins.plugins.countersign.engine.approval;

import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertHeld;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertOpen;
import static io.jenkins.plugins.countersign.engine.approval.DecisionAsserts.assertSetAside;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.Test;

/** An approval of something else, or by somebody else, put next to this image. */
public class GateReplayTest {

    @Test
    public void anApprovalForAnotherDigestDoesNotCount() {
        Scene scene = Scene.qa();
        Approval other =
                Approval.of(Scene.image("another build"), "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1);
        SetAside found = assertSetAside(scene.add(other, "carol"), "carol", SetAsideReason.OTHER_DIGEST);
        assertThat(found.text(), containsString("is about " + other.image().digest()));
        assertOpen(scene.approved("carol", "qa"));
    }

    @Test
    public void anApprovalForAnotherStageDoesNotCount() {
        Scene scene = Scene.qa();
        Approval other = Approval.of(Scene.IMAGE, "production", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1);
        assertSetAside(scene.add(other, "carol"), "carol", SetAsideReason.OTHER_STAGE);
        assertOpen(scene.approved("carol", "qa"));
    }

    @Test
    public void anApprovalForAnotherRepositoryDoesNotCount() {
        Scene scene = Scene.qa();
        ApprovedImage sandbox = new ApprovedImage(
                "registry.example.com/sandbox", "", Scene.IMAGE.digest(), 1234, Scene.IMAGE.platforms());
        Approval other = Approval.of(sandbox, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1);
        SetAside found = assertSetAside(scene.add(other, "carol"), "carol", SetAsideReason.OTHER_REPOSITORY);
        assertThat(
                found.text(),
                containsString(
                        "is about the repository registry.example.com/sandbox, this is registry.example.com/app"));
        assertOpen(scene.with(in -> in.withAlsoKnownAs(Set.of("registry.example.com/sandbox"))));
    }

    /** The gate never sees a tag: what a moved tag points at has another digest, and the tag in a statement plays no part. */
    @Test
    public void aMovedTagTakesNoApprovalWithIt() {
        Scene scene = Scene.qa().approved("carol", "qa");
        assertOpen(scene);
        scene.image = Scene.image("what 1.0 points at now");
        assertSetAside(scene, "carol", SetAsideReason.OTHER_DIGEST);
        scene.image =
                new ApprovedImage(Scene.REPOSITORY, "another-tag", Scene.IMAGE.digest(), 1234, Scene.IMAGE.platforms());
        assertOpen(scene);
    }

    @Test
    public void anApprovalOfAnotherBuildWithTheSameTagDoesNotCount() {
        Scene scene = Scene.qa();
        Approval build41 = Approval.of(
                        Scene.image("build 41"), "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 9)
                .withOrigin(new Origin("https://ci.example.com/job/app/42/", "abc", List.of()));
        assertSetAside(scene.add(build41, "carol"), "carol", SetAsideReason.OTHER_DIGEST);
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void anApprovalOfOnePlatformIsNoneOfTheIndex() {
        Scene scene = Scene.qa();
        ApprovedImage platform =
                new ApprovedImage(Scene.REPOSITORY, "", Scene.IMAGE.platforms().get(0), 500, List.of());
        assertSetAside(
                scene.add(Approval.of(platform, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1), "carol"),
                "carol",
                SetAsideReason.OTHER_DIGEST);
    }

    @Test
    public void anApprovalOfTheIndexIsNoneOfOnePlatform() {
        Scene scene = Scene.qa().approved("carol", "qa");
        scene.image =
                new ApprovedImage(Scene.REPOSITORY, "", Scene.IMAGE.platforms().get(0), 500, List.of());
        assertSetAside(scene, "carol", SetAsideReason.OTHER_DIGEST);
    }

    @Test
    public void anApprovalThatNamesAForeignDigestTooDoesNotCount() {
        Scene scene = Scene.qa();
        ApprovedImage wider = new ApprovedImage(
                Scene.REPOSITORY, "", Scene.IMAGE.digest(), 1234, List.of(Scene.digest("something else")));
        SetAside found = assertSetAside(
                scene.add(Approval.of(wider, "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1), "carol"),
                "carol",
                SetAsideReason.OTHER_DIGEST);
        assertThat(found.text(), containsString("names " + Scene.digest("something else") + " too"));
    }

    @Test
    public void aSignatureByTheKeyOfAnotherPersonDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.add(scene.approval("carol", "qa"), "erin"), "carol", SetAsideReason.BAD_SIGNATURE);
        assertOpen(scene.add(scene.approval("erin", "qa"), "erin"));
    }

    @Test
    public void aSignatureByAStrangersKeyDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.add(scene.approval("carol", "qa"), "mallory"), "carol", SetAsideReason.BAD_SIGNATURE);
    }

    @Test
    public void aStrangerDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.approved("mallory", "qa"), "mallory", SetAsideReason.UNKNOWN_PERSON);
    }

    @Test
    public void aPersonInAnotherRoleDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.approved("frank", "qa"), "frank", SetAsideReason.NOT_IN_ROLE);
    }

    @Test
    public void aRoleThatTheStageDoesNotAskForDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.approved("frank", "release"), "frank", SetAsideReason.ROLE_NOT_NEEDED);
    }

    @Test
    public void aRoleThatThePolicyDoesNotHaveDoesNotCount() {
        Scene scene = Scene.qa();
        assertSetAside(scene.approved("carol", "boss"), "carol", SetAsideReason.UNKNOWN_ROLE);
    }

    @Test
    public void anAlteredApprovalDoesNotCount() throws Exception {
        Scene scene = Scene.qa();
        SigstoreBundle signed = Approvals.sign(
                Approval.of(Scene.image("another build"), "qa", "qa", "carol", scene.reference(), Scene.ago("PT1H"), 1),
                TestKeys.of("carol"));
        SigstoreBundle altered = SigstoreBundle.of(
                new io.jenkins.plugins.countersign.engine.signing.DsseEnvelope(
                        SignatureTypes.IN_TOTO,
                        scene.approval("carol", "qa").payload(),
                        signed.envelope().signatures()),
                TestKeys.of("carol").publicKey());
        assertSetAside(scene.add(Scene.bundle(altered.toBytes())), "carol", SetAsideReason.BAD_SIGNATURE);
    }

    @Test
    public void aStatementOfAnotherTypeByAnEntitledPersonIsNoApproval() {
        Scene scene = Scene.qa();
        byte[] seal = new Statement(
                        List.of(new Statement.Subject("", Scene.IMAGE.digest(), Map.of("stage", "qa", "role", "qa"))),
                        SignatureTypes.COSIGN_SIGN_PREDICATE,
                        StrictJson.object())
                .toBytes();
        assertUnread(scene.add(Scene.bundle(SignatureTypes.IN_TOTO, seal, "carol")), SetAsideReason.NOT_AN_APPROVAL);
    }

    /** A rejection wrapped as a bundle is no approval; an approval wrapped as a record is none either. */
    @Test
    public void aRecordInABundleAndAnApprovalInARecordCountForNothing() {
        Scene scene = Scene.qa();
        assertUnread(
                scene.add(Scene.bundle(
                        GateRecord.PAYLOAD_TYPE, scene.rejection("carol", "qa").payload(), "carol")),
                SetAsideReason.MALFORMED);
        Scene other = Scene.qa();
        FoundSignature bundle = Scene.sign(other.approval("carol", "qa"), "carol");
        assertUnread(
                other.add(new FoundSignature(
                        SignatureFormat.RECORD, Scene.IMAGE.digest(), bundle.manifest(), bundle.content(), Map.of())),
                SetAsideReason.MALFORMED);
    }

    @Test
    public void anApprovalUnderAnotherPayloadTypeDoesNotCount() {
        Scene scene = Scene.qa();
        assertUnread(
                scene.add(Scene.bundle(
                        "application/json", scene.approval("carol", "qa").payload(), "carol")),
                SetAsideReason.MALFORMED);
    }

    @Test
    public void anOversizedStatementIsSetAsideUnread() {
        Scene scene = Scene.qa();
        assertUnread(
                scene.add(new FoundSignature(
                        SignatureFormat.BUNDLE,
                        Scene.IMAGE.digest(),
                        Scene.digest("x"),
                        new byte[0],
                        99_999_999,
                        Map.of())),
                SetAsideReason.TOO_LARGE);
        Scene large = Scene.qa();
        byte[] payload = ("{\"x\":\"" + "x".repeat(Approval.MAX_LENGTH) + "\"}").getBytes(StandardCharsets.UTF_8);
        assertUnread(large.add(Scene.bundle(SignatureTypes.IN_TOTO, payload, "carol")), SetAsideReason.TOO_LARGE);
    }

    @Test
    public void moreStatementsThanAreReadHold() {
        Scene scene = Scene.qa().approved("carol", "qa");
        FoundSignature junk = Scene.bundle("x".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < Gate.MAX_STATEMENTS; i++) {
            scene.add(junk);
        }
        assertHeld(scene, HoldReason.TOO_MANY_STATEMENTS);
        scene.found.remove(1);
        assertOpen(scene);
    }

    @Test
    public void garbageIsSetAsideAndHarmsNobody() {
        Scene scene = Scene.qa().approved("carol", "qa");
        for (String content : List.of("", "{", "[]", "null", "{\"mediaType\":1}", "\u0000", "{\"payload\":\"\"}")) {
            scene.add(Scene.bundle(content.getBytes(StandardCharsets.UTF_8)));
            scene.add(Scene.record(content.getBytes(StandardCharsets.UTF_8)));
        }
        Decision decision = assertOpen(scene);
        assertEquals(14, decision.setAside().size());
        assertTrue(decision.setAside().stream().allMatch(s -> s.reason() == SetAsideReason.MALFORMED));
    }

    @Test
    public void theSameApprovalTwiceIsOnePerson() {
        Scene scene = new Scene(PolicyText.example().stage("qa", "{needs: [{role: qa, count: 2}]}"), "qa");
        scene.add(scene.approval("carol", "qa"), "carol").add(scene.approval("carol", "qa"), "carol");
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(1, decision.counted().size());
        assertEquals(
                SetAsideReason.DUPLICATE,
                DecisionAsserts.setAside(decision, "approval", "carol").reason());
        assertOpen(scene.approved("erin", "qa"));
    }

    @Test
    public void anApprovalUnderAnotherOrNewerOrDifferentPolicyDoesNotCount() {
        Scene scene = Scene.qa();
        Digest ours = scene.reference().digest();
        for (Map.Entry<PolicyReference, SetAsideReason> entry : Map.of(
                        new PolicyReference("sandbox", 7, ours), SetAsideReason.OTHER_POLICY,
                        new PolicyReference("acme", 8, ours), SetAsideReason.POLICY_NEWER,
                        new PolicyReference("acme", 7, Scene.digest("forged")), SetAsideReason.POLICY_DIFFERS)
                .entrySet()) {
            Scene each = Scene.qa();
            assertSetAside(
                    each.add(
                            Approval.of(Scene.IMAGE, "qa", "qa", "carol", entry.getKey(), Scene.ago("PT1H"), 1),
                            "carol"),
                    "carol",
                    entry.getValue());
        }
        // Made under an older version, by somebody who is still entitled.
        Decision decision = assertOpen(scene.add(
                Approval.of(
                        Scene.IMAGE,
                        "qa",
                        "qa",
                        "carol",
                        new PolicyReference("acme", 3, Scene.digest("old")),
                        Scene.ago("PT1H"),
                        1),
                "carol"));
        assertEquals(3, decision.counted().get(0).policyVersion());
    }

    @Test
    public void namesAreComparedWithoutCase() {
        Scene scene = Scene.qa();
        Decision decision = assertOpen(scene.add(scene.approval("CAROL", "qa"), "carol"));
        assertEquals("carol", decision.counted().get(0).person());
    }

    private static void assertUnread(Scene scene, SetAsideReason reason) {
        Decision decision = assertHeld(scene, HoldReason.APPROVALS_MISSING);
        assertEquals(decision.toText(), 1, decision.setAside().size());
        assertEquals(decision.toText(), reason, decision.setAside().get(0).reason());
    }
}

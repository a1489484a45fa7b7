package io.jenkins.plugins.countersign.engine.approval;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** From the draft to the decision, through a repository. */
public class ImageStatementsTest {

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private final PolicyText text = PolicyText.example().with("overrideRole: security");
    private final TrustPolicy policy = text.policy();
    private final Person carol = policy.people().get("carol");

    @Test
    public void whoRejectedAndTookItBackMayApproveAgain() throws Exception {
        try (Repository repository =
                Repositories.open("oci:" + folder.getRoot().toPath().resolve("app"))) {
            Digest index = Samples.pushIndex(repository, 1).digest();
            ImageStatements statements =
                    ImageStatements.about(repository, index, "1.0", policy, Clock.fixed(Scene.NOW, ZoneOffset.UTC));
            approve(statements);
            assertTrue(decide(repository, statements).isOpen());
            GateRecord rejection = statements.record(
                    GateRecord.Kind.REJECTION, carol, "qa", "qa", List.of(), null, null, "does not start");
            assertEquals(2, rejection.sequence());
            statements.attach(rejection, TestKeys.of("carol"));
            assertTrue(decide(repository, statements).isHeldBy(HoldReason.REJECTED));
            GateRecord withdrawal = statements.record(
                    GateRecord.Kind.WITHDRAWAL,
                    carol,
                    "qa",
                    "",
                    List.of(Digest.of(rejection.payload())),
                    null,
                    null,
                    "it was my machine");
            statements.attach(withdrawal, TestKeys.of("carol"));
            assertFalse(decide(repository, statements).isOpen());
            approve(statements);
            Decision decision = decide(repository, statements);
            assertTrue(decision.toText(), decision.isOpen());
            assertEquals("carol", decision.counted().get(0).person());
        }
    }

    @Test
    public void whatWouldNotCountIsNotDrafted() throws Exception {
        try (Repository repository =
                Repositories.open("oci:" + folder.getRoot().toPath().resolve("app"))) {
            Digest image = Samples.pushImage(repository, 1, 10).digest();
            ImageStatements statements =
                    ImageStatements.about(repository, image, "", policy, Clock.fixed(Scene.NOW, ZoneOffset.UTC));
            for (String[] wrong : new String[][] {{"prod", "qa"}, {"qa", "release"}}) {
                assertThrows(
                        StatementException.class,
                        () -> statements.approval(carol, wrong[0], wrong[1], "", List.of(), Origin.UNKNOWN));
            }
            assertThrows(
                    StatementException.class,
                    () -> statements.record(GateRecord.Kind.REJECTION, carol, "qa", "qa", List.of(), null, null, ""));
            assertThrows(
                    StatementException.class,
                    () -> statements.ownerOf(TestKeys.of("mallory").publicKey()));
        }
    }

    private void approve(ImageStatements statements) throws Exception {
        statements.attach(
                statements.approval(carol, "qa", "qa", "fine", List.of(), Origin.UNKNOWN), TestKeys.of("carol"));
    }

    private Decision decide(Repository repository, ImageStatements statements) throws Exception {
        return Gate.decide(GateInput.of(
                        text.trusted(),
                        "qa",
                        statements.image(),
                        new SignatureStore(repository)
                                .collect(statements.image().digest()),
                        Scene.NOW)
                .withBase(new BaseLineage(true, Sentence.verbatim("tests"))));
    }
}

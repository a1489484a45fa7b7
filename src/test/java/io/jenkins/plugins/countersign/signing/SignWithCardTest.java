package io.jenkins.plugins.countersign.signing;

import static org.junit.Assert.assertEquals;

import hudson.model.Result;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.token.PivCard;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.jvnet.hudson.test.JenkinsRule;

/** OpenSC's library and a PIV card, on an agent in a process of its own. */
public class SignWithCardTest {

    private static final String WRONG_PIN = "999999";

    private final PivCard card = new PivCard();
    private final JenkinsRule r = new JenkinsRule();

    @Rule
    public final RuleChain rules = RuleChain.outerRule(card).around(r);

    private Repository repository;
    private Manifest index;
    private String image;
    private KeyPair key;

    public SignWithCardTest() {
        r.timeout = 600;
    }

    @Before
    public void anAgentWithACard() throws Exception {
        TestCertificates authority = TestCertificates.authority("CN=authority");
        key = TestCertificates.pair("EC", 256);
        card.with(
                0x9a,
                key,
                authority
                        .issue(
                                "CN=alice",
                                key,
                                KeyPurposeId.id_kp_codeSigning,
                                TestCertificates.NOW,
                                Duration.ofDays(9))
                        .certificate());
        card.plugIn();
        TokenAgent.start(r, 2, card.environment());
        TokenAgent.allow(PivCard.library());
        String uri = "pkcs11:token="
                + URLEncoder.encode(card.label(), StandardCharsets.UTF_8).replace("+", "%20") + ";id=%01";
        TokenAgent.keep("alice", uri, PivCard.PIN, key.getPublic(), "");
        TokenAgent.keep("wrong", uri, WRONG_PIN, key.getPublic(), "");
    }

    private WorkflowRun start(String credentialsId) throws Exception {
        return TokenAgent.signing(r, TokenAgent.LABEL, image, credentialsId, "")
                .scheduleBuild2(0)
                .waitForStart();
    }

    private int signatures() throws Exception {
        return ImageSignatures.by(repository, index.digest(), List.of(key.getPublic()))
                .believed()
                .size();
    }

    @Test
    public void theCardSignsForOneBuildAfterTheOtherAndGetsAWrongPinOnce() throws Exception {
        try (DemoRegistry registry = new DemoRegistry(0)) {
            PlainRegistry.configure(registry.host());
            repository = Repositories.open(
                    registry.host() + "/team/app",
                    RegistryAccess.of(registry.host()).insecurePlainHttp());
            index = Samples.pushIndex(repository, 1);
            image = repository.name() + "@" + index.digest();

            for (String why : List.of("refused the PIN", "refused this PIN before, so it was not sent again")) {
                WorkflowRun refused = r.assertBuildStatus(Result.FAILURE, r.waitForCompletion(start("wrong")));
                r.assertLogContains(why, refused);
            }
            assertEquals(1, card.pinsSent());
            assertEquals(0, signatures());

            card.wantTouch();
            WorkflowRun first = start("alice");
            r.waitForMessage("*** touch the token now", first);
            card.awaitAsked();
            WorkflowRun second = start("alice");
            r.waitForMessage("another build is using the token", second);
            assertEquals(0, signatures());
            card.touch();
            r.assertBuildStatusSuccess(r.waitForCompletion(first));
            r.assertBuildStatusSuccess(r.waitForCompletion(second));
            assertEquals(2, signatures());

            card.wantTouch();
            WorkflowRun third = start("alice");
            card.awaitAsked();
            third.doStop();
            r.assertBuildStatus(Result.ABORTED, r.waitForCompletion(third));
            card.pullOut();
            WorkflowRun gone = r.assertBuildStatus(Result.FAILURE, r.waitForCompletion(start("alice")));
            r.assertLogContains("no token is in any slot", gone);
            r.assertLogNotContains("\tat ", gone);
            assertEquals(2, signatures());
        }
    }
}

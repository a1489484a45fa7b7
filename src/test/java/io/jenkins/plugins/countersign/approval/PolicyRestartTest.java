package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertTrue;

import hudson.model.Result;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyRepository;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.JenkinsSessionRule;

/** Which policy versions and which root keys a controller has accepted, it knows after a restart too. */
public class PolicyRestartTest {

    @Rule
    public final JenkinsSessionRule sessions = new JenkinsSessionRule();

    private final SigningKey newRoot = KeyGenerator.generate(new SecureRandom());

    @Rule
    public final ImageAtGate gate = new ImageAtGate();

    public PolicyRestartTest() throws Exception {
        // The image is pushed.
    }

    @Test
    public void neitherAnOlderPolicyNorReplacedRootKeysComeBackWithARestart() throws Throwable {
        String first = gate.policyText();
        String rotated = version(first, 2).replace(quoted(gate.keys.get("root")), quoted(newRoot));
        String third = version(rotated, 3);
        publish("policies/main", first, gate.keys.get("root"));
        publish("policies/main", rotated, gate.keys.get("root"), newRoot);
        publish("policies/restored", first, gate.keys.get("root"));
        // What the thief of the root key that was replaced can make: a newer version, with that root or with the new
        // one's name.
        publish("policies/stolen", version(first, 3), gate.keys.get("root"));
        publish("policies/pretended", third, gate.keys.get("root"));
        publish("policies/next", third, newRoot);

        sessions.then(jenkins -> {
            gate.configure();
            CountersignConfiguration.get()
                    .setPolicyRootKeys(PublicKeys.pem(gate.keys.get("root").publicKey()));
            source("policies/main");
            WorkflowRun waits =
                    ImageAtGate.start(jenkins, "waits", "awaitApprovals image: '" + gate.image() + "', stage: 'qa'");
            jenkins.waitForMessage("missing 2 of qa", waits);
            approve("carol", rotated);
            jenkins.waitForMessage("missing 1 of qa", waits);
        });
        sessions.then(jenkins -> {
            WorkflowRun waits = jenkins.jenkins
                    .getItemByFullName("waits", WorkflowJob.class)
                    .getBuildByNumber(1);
            refused(
                    jenkins,
                    "policies/restored",
                    "has version 1, and version 2 was accepted before; publish the newer one again");
            jenkins.waitForMessage("has version 1, and version 2 was accepted before", waits);
            approve("erin", first);
            refused(jenkins, "policies/stolen", "version 3 from", "is signed by none of the root keys in force");
            refused(jenkins, "policies/pretended", "version 3 from", "is signed by none of the root keys in force");
            assertThat(
                    "before it is saved",
                    inForm(signed(first, gate.keys.get("root"))),
                    containsString("has version 1, and version 2 was accepted before"));
            assertThat(
                    inForm(signed(third, gate.keys.get("root"))),
                    containsString("is signed by none of the root keys in force"));
            assertThat(inForm(signed(third, newRoot)), containsString("version 3"));
            assertThat(
                    "asking remembers nothing",
                    inForm(signed(rotated, gate.keys.get("root"), newRoot)),
                    containsString("version 2"));
            Path memory = jenkins.jenkins.getRootDir().toPath().resolve("countersign/policies-seen.json");
            byte[] good = Files.readAllBytes(memory);
            Files.write(memory, new byte[] {'{'});
            refused(jenkins, "policies/next", "cannot read which policy versions were accepted before");
            Files.write(memory, good);
            assertTrue(waits.isBuilding());

            source("policies/next");
            approve("erin", third);
            approve("carol", third);
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(waits));
        });
    }

    /** A build that asks afresh, and fails with the reason. */
    private void refused(JenkinsRule jenkins, String repository, String... reasons) throws Exception {
        source(repository);
        WorkflowRun run = ImageAtGate.start(
                jenkins, "verify-" + System.nanoTime(), "verifyImage image: '" + gate.image() + "', stage: 'qa'");
        jenkins.assertBuildStatus(Result.FAILURE, jenkins.waitForCompletion(run));
        for (String reason : reasons) {
            jenkins.assertLogContains(reason, run);
        }
        assertThat(JenkinsRule.getLog(run), not(containsString("\tat ")));
    }

    private String inForm(SignedPolicy policy) {
        return CountersignConfiguration.get()
                .doCheckTrustPolicy(
                        new String(policy.envelope().toBytes(), StandardCharsets.UTF_8),
                        "",
                        PublicKeys.pem(gate.keys.get("root").publicKey()),
                        1)
                .getMessage();
    }

    private void source(String repository) {
        CountersignConfiguration.get().setTrustPolicyRepository(gate.registry.host() + "/" + repository);
    }

    private void approve(String person, String policy) throws Exception {
        try (Repository opened = gate.open()) {
            new Saying(Saying.Word.APPROVE, "qa", "", "fine", List.of(), null, Origin.UNKNOWN)
                    .write(
                            opened,
                            gate.digest,
                            "1.0",
                            PolicyReader.read(policy.getBytes(StandardCharsets.UTF_8)),
                            gate.keys.get(person),
                            null);
        }
        WaitingGates.wake(gate.repository, gate.digest);
    }

    private static SignedPolicy signed(String document, SigningKey... signers) throws Exception {
        byte[] content = document.getBytes(StandardCharsets.UTF_8);
        DsseEnvelope envelope = DsseEnvelope.sign(SignedPolicy.PAYLOAD_TYPE, content, signers[0]);
        for (int i = 1; i < signers.length; i++) {
            envelope = envelope.withSignature(signers[i].sign(envelope.preAuthenticationEncoding()));
        }
        return SignedPolicy.of(envelope);
    }

    private void publish(String repository, String document, SigningKey... signers) throws Exception {
        String host = gate.registry.host();
        try (Repository opened = Repositories.open(
                host + "/" + repository, RegistryAccess.of(host).insecurePlainHttp())) {
            new PolicyRepository(opened).push(signed(document, signers));
        }
    }

    private static String version(String policy, int version) {
        return policy.replaceFirst("version: \\d+\n", "version: " + version + "\n");
    }

    private static String quoted(SigningKey key) {
        return PublicKeys.pem(key.publicKey()).replace("\n", "\\n");
    }
}

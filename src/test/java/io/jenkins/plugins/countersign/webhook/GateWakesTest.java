package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.cli.ExitCode;
import io.jenkins.plugins.countersign.cli.Main;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;

/** An approval from outside, told of by a real registry. */
public class GateWakesTest {

    static {
        // Nobody polls while this test runs: what opens the gate is the delivery.
        System.setProperty("io.jenkins.plugins.countersign.approval.WaitingGates.pollSeconds", "86400");
    }

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void anApprovalByTheCommandLine_opensTheWaitingGate_andStartsWhatWaitedForTheStage() throws Throwable {
        DockerRegistry registry = DockerRegistry.plain().with(Told.notifications(jenkins));
        registry.before();
        try {
            // Nothing is folded together in the queue: what is scheduled twice is built twice.
            jenkins.setQuietPeriod(0);
            Told.configure(registry.host());
            DemoCast cast = DemoCast.prepare(folder.getRoot().toPath(), registry.host() + "/golden/**");
            CountersignConfiguration.get().setTrustPolicy(Files.readString(cast.policy()));
            FreeStyleProject deploy = jenkins.createFreeStyleProject("deploy");
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/team/*");
            trigger.setOnApprove(true);
            trigger.setStage("qa");
            deploy.addTrigger(trigger);
            trigger.start(deploy, true);

            Digest digest = Told.push(registry.host(), "1.0", "to be approved");
            WorkflowJob job = jenkins.createProject(WorkflowJob.class, "release");
            job.setDefinition(new CpsFlowDefinition(
                    "awaitApprovals image: '" + registry.host() + "/team/app:1.0@" + digest + "', stage: 'qa'", true));
            WorkflowRun run = job.scheduleBuild2(0).waitForStart();
            jenkins.waitForMessage("missing 1 of qa", run);
            Told.await(
                    "the push to be worked off",
                    () -> Deliveries.get().waiting() == 0
                            && DeliveryLog.get().of("bearer").stream()
                                    .anyMatch(one ->
                                            one.getEffects().stream().anyMatch(effect -> effect.is(Effect.Kind.HELD))));
            assertTrue("pushed, and not approved", run.isBuilding());
            assertNull(deploy.getLastBuild());

            StringWriter said = new StringWriter();
            int code = Main.execute(
                    new PrintWriter(said),
                    new PrintWriter(said),
                    "approve",
                    registry.host() + "/team/app@" + digest,
                    "--stage",
                    "qa",
                    "--role",
                    "qa",
                    "--policy",
                    cast.policy().toString(),
                    "--key",
                    cast.key("carol").toString(),
                    "--password-file",
                    cast.password().toString(),
                    "--insecure-plain-http",
                    registry.host());
            assertEquals(said.toString(), ExitCode.PASS.code(), code);

            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
            Told.await("the build for the stage", () -> deploy.getLastBuild() != null);
            Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            assertEquals(
                    "told of by digest and by tag, built once",
                    1,
                    deploy.getLastBuild().getNumber());
            ImageEventCause cause = deploy.getLastBuild().getCause(ImageEventCause.class);
            assertEquals(digest.toString(), cause.variables().get("COUNTERSIGN_DIGEST"));
            assertThat(cause.getShortDescription(), containsString("An approval was attached to " + registry.host()));
        } finally {
            registry.after();
        }
    }
}

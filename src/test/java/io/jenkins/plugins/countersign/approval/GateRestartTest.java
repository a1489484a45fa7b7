package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import hudson.model.Result;
import java.nio.file.Files;
import jenkins.model.InterruptedBuildAction;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsSessionRule;

/** A gate outlives the Jenkins that it began to wait in. */
public class GateRestartTest {

    @Rule
    public final JenkinsSessionRule sessions = new JenkinsSessionRule();

    private ImageAtGate gate;

    @Before
    public void pushImage() throws Exception {
        gate = new ImageAtGate();
    }

    @After
    public void stopRegistry() {
        gate.close();
    }

    @Test
    public void waitsOnAfterARestart_andADeadlineThatPassedMeanwhileEndsIt() throws Throwable {
        sessions.then(jenkins -> {
            gate.configure();
            WorkflowRun waits = start(jenkins, "waits", "");
            jenkins.waitForMessage("missing 2 of qa", waits);
            gate.saysAndTells("carol", Saying.Word.APPROVE, "qa", "before the restart");
            jenkins.waitForMessage("missing 1 of qa", waits);
            WorkflowRun expires = start(jenkins, "expires", ", timeout: 8, unit: 'SECONDS'");
            jenkins.waitForMessage("missing 1 of qa", expires);
            // Records cannot be read back, and nothing of the engine may lie on the disk.
            String build = Files.readString(waits.getRootDir().toPath().resolve("build.xml"));
            assertFalse(build.contains("countersign.engine"));
        });
        long passed = System.currentTimeMillis() + 8000;
        // The deadline is absolute: while nothing runs, it passes.
        while (System.currentTimeMillis() < passed) {
            Thread.sleep(passed - System.currentTimeMillis());
        }
        sessions.then(jenkins -> {
            WorkflowRun expires = jenkins.jenkins
                    .getItemByFullName("expires", WorkflowJob.class)
                    .getBuildByNumber(1);
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(expires));
            DeadlinePassed cause = (DeadlinePassed)
                    expires.getAction(InterruptedBuildAction.class).getCauses().get(0);
            assertEquals("qa", cause.getStage());
            assertEquals(
                    "expired",
                    expires.getAction(ImageApprovalsAction.class).getGate("1").getState());

            WorkflowRun waits = jenkins.jenkins
                    .getItemByFullName("waits", WorkflowJob.class)
                    .getBuildByNumber(1);
            assertTrue(waits.isBuilding());
            GatePage page = waits.getAction(ImageApprovalsAction.class).getGate("1");
            assertThat(page.getApprovers().toString(), containsString("carol"));
            gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "after it");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(waits));
            jenkins.assertLogContains("approved by [carol, erin]", waits);
        });
    }

    private WorkflowRun start(org.jvnet.hudson.test.JenkinsRule jenkins, String name, String more) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, name);
        job.setDefinition(new CpsFlowDefinition(
                "def a = awaitApprovals image: '" + gate.image() + "', stage: 'qa'" + more
                        + "\necho \"approved by ${a.approvals*.person.sort()}\"",
                true));
        return job.scheduleBuild2(0).waitForStart();
    }
}

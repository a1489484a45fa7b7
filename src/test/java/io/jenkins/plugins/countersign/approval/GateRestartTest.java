package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import hudson.model.Label;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.slaves.ComputerLauncher;
import hudson.slaves.DelegatingComputerLauncher;
import hudson.slaves.DumbSlave;
import hudson.slaves.SlaveComputer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import jenkins.model.InterruptedBuildAction;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.JenkinsSessionRule;

/** A gate outlives the Jenkins that it began to wait in. */
public class GateRestartTest {

    @Rule
    public final JenkinsSessionRule sessions = new JenkinsSessionRule();

    @Rule
    public final ImageAtGate gate = new ImageAtGate();

    public GateRestartTest() throws Exception {
        // The image is pushed.
    }

    @Test
    public void waitsOnAfterARestart_andADeadlineThatPassedMeanwhileEndsIt() throws Throwable {
        sessions.then(jenkins -> {
            gate.stages("  qa: {needs: [{role: qa, count: 2}]}\n"
                            + "  release: {needs: [{role: release, count: 1}], exclude: [build-starter]}\n"
                            + "  late: {needs: [{role: lead, count: 1}]}\n")
                    .configure();
            WorkflowRun waits = ImageAtGate.start(jenkins, "waits", script(""));
            jenkins.waitForMessage("missing 2 of qa", waits);
            gate.saysAndTells("carol", Saying.Word.APPROVE, "qa", "before the restart");
            jenkins.waitForMessage("missing 1 of qa", waits);
            waitAroundAgents(jenkins);
            WorkflowRun expires = ImageAtGate.start(jenkins, "expires", script(", timeout: 8, unit: 'SECONDS'"));
            jenkins.waitForMessage("missing 1 of qa", expires);
            WorkflowRun opened = ImageAtGate.start(
                    jenkins, "opened", script(", timeout: 8, unit: 'SECONDS'").replace("'qa'", "'late'"));
            jenkins.waitForMessage("missing 1 of lead", opened);
            // The controller is killed when the gate has opened and before the Pipeline hears of it.
            // When it is up again, nobody has approved the other any more.
            WorkflowRun closed = ImageAtGate.start(
                    jenkins,
                    "closed",
                    "awaitApprovals image: '" + gate.image() + "', stage: 'release', timeout: 8, unit: 'SECONDS'");
            jenkins.waitForMessage("missing 1 of release", closed);
            for (WorkflowRun run : List.of(opened, closed)) {
                run.getAction(ImageApprovalsAction.class).entry(1).end(GateEntry.OPEN);
                run.save();
            }
            // Records cannot be read back, and nothing of the engine may lie on the disk.
            String build = Files.readString(waits.getRootDir().toPath().resolve("build.xml"));
            assertFalse(build.contains("countersign.engine"));
        });
        gate.says("grace", Saying.Word.APPROVE, "late", "");
        long passed = System.currentTimeMillis() + 8000;
        // The deadline is absolute: while nothing runs, it passes.
        while (System.currentTimeMillis() < passed) {
            Thread.sleep(passed - System.currentTimeMillis());
        }
        sessions.then(jenkins -> {
            WorkflowRun expires = build(jenkins, "expires");
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(expires));
            DeadlinePassed cause = (DeadlinePassed)
                    expires.getAction(InterruptedBuildAction.class).getCauses().get(0);
            assertEquals("qa", cause.getStage());
            assertEquals(
                    "expired",
                    expires.getAction(ImageApprovalsAction.class).getGate("1").getState());

            WorkflowRun closed = build(jenkins, "closed");
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(closed));
            assertEquals(
                    "expired",
                    closed.getAction(ImageApprovalsAction.class).getGate("1").getState());

            WorkflowRun waits = build(jenkins, "waits");
            assertTrue(waits.isBuilding());
            GatePage page = waits.getAction(ImageApprovalsAction.class).getGate("1");
            assertThat(page.getApprovers().toString(), containsString("carol"));
            gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "after it");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(waits));
            jenkins.assertLogContains("approved by [carol, erin]", waits);
            agentsCameAndWent(jenkins);
            WorkflowRun opened = build(jenkins, "opened");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(opened));
            jenkins.assertLogContains("approved by [grace]", opened);
        });
    }

    /** One gate after the agent's work, which is how it should be, and one in the middle of it. */
    private void waitAroundAgents(JenkinsRule jenkins) throws Exception {
        jenkins.createOnlineSlave(Label.get("gone"));
        jenkins.createOnlineSlave(Label.get("away"));
        String gateOfRelease = "def a = awaitApprovals image: '" + gate.image() + "', stage: 'release'\n";
        WorkflowRun outside = ImageAtGate.start(
                jenkins,
                "outside",
                "node('gone') { echo 'built' }\n" + gateOfRelease + "echo \"by ${a.approvals*.person}\"");
        WorkflowRun inside = ImageAtGate.start(
                jenkins, "inside", "node('away') {\n" + gateOfRelease + "echo \"by ${a.approvals*.person}\"\n}");
        jenkins.waitForMessage("missing 1 of release", outside);
        jenkins.waitForMessage("missing 1 of release", inside);
        // The agent is lost, and Jenkins goes down before it is back.
        DumbSlave away = (DumbSlave) Label.get("away").getNodes().iterator().next();
        Unreachable.now = true;
        away.setLauncher(new Unreachable(away.getLauncher()));
        away.save();
        jenkins.disconnectSlave(away);
        jenkins.jenkins.removeNode(Label.get("gone").getNodes().iterator().next());
    }

    /** Jenkins tries to reach its agents as soon as it runs again. */
    public static final class Unreachable extends DelegatingComputerLauncher {

        private static volatile boolean now;

        Unreachable(ComputerLauncher launcher) {
            super(launcher);
        }

        @Override
        public void launch(SlaveComputer computer, TaskListener listener) throws IOException, InterruptedException {
            if (!now) {
                super.launch(computer, listener);
            }
        }
    }

    private void agentsCameAndWent(JenkinsRule jenkins) throws Exception {
        WorkflowRun outside = build(jenkins, "outside");
        WorkflowRun inside = build(jenkins, "inside");
        DumbSlave away = (DumbSlave) Label.get("away").getNodes().iterator().next();
        assertTrue("not back yet", away.toComputer().isOffline());
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        // What stands outside of node needs no agent, not even one that it used before.
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(outside));
        jenkins.assertLogContains("by [grace]", outside);
        // What stands inside waits for the agent, as Pipeline does, and then knows what was approved meanwhile.
        assertTrue(inside.isBuilding());
        GatePage page = inside.getAction(ImageApprovalsAction.class).getGate("1");
        assertEquals("waiting", page.getState());
        assertFalse(page.isRejected());
        Unreachable.now = false;
        away.toComputer().connect(false).get();
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(inside));
        jenkins.assertLogContains("by [grace]", inside);
    }

    private static WorkflowRun build(JenkinsRule jenkins, String name) {
        return jenkins.jenkins.getItemByFullName(name, WorkflowJob.class).getBuildByNumber(1);
    }

    private String script(String more) {
        return "def a = awaitApprovals image: '" + gate.image() + "', stage: 'qa'" + more
                + "\necho \"approved by ${a.approvals*.person.sort()}\"";
    }
}

package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.Result;
import hudson.model.labels.LabelAtom;
import hudson.slaves.DumbSlave;
import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.FaultyProxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import jenkins.model.InterruptedBuildAction;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.graphanalysis.DepthFirstScanner;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.jenkinsci.plugins.workflow.support.actions.PauseAction;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TestName;
import org.jvnet.hudson.test.BuildWatcher;
import org.jvnet.hudson.test.JenkinsRule;

public class AwaitApprovalsTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    @ClassRule
    public static final BuildWatcher WATCHER = new BuildWatcher();

    @Rule
    public final TestName name = new TestName();

    private ImageAtGate gate;

    @Before
    public void pushImage() throws Exception {
        gate = new ImageAtGate().configure();
    }

    @After
    public void stopRegistry() {
        gate.close();
    }

    @Test
    public void theSamePersonTwiceOpensNothing_twoPeopleDo() throws Exception {
        WorkflowRun run = start(
                "def a = awaitApprovals image: '" + gate.image() + "', stage: 'qa', message: 'Try the login'\n"
                        + "echo \"approved by ${a.approvals*.person.sort()} on ${a.digest}, ${a.approvals[0].comment}\"");
        jenkins.waitForMessage("missing 2 of qa", run);
        gate.saysAndTells("carol", Saying.Word.APPROVE, "qa", "looks good");
        jenkins.waitForMessage("missing 1 of qa", run);
        gate.saysAndTells("carol", Saying.Word.APPROVE, "qa", "really good");
        jenkins.waitForMessage("is superseded by carol", run);
        assertTrue("one person is one person", run.isBuilding());
        assertTrue("the node is marked as paused", PauseAction.isPaused(node(run)));
        GatePage page = run.getAction(ImageApprovalsAction.class).getGate("1");
        assertEquals("waiting", page.getState());
        assertEquals(List.of("carol"), page.getApprovers());
        assertEquals("Try the login", page.getMessage());

        gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
        jenkins.assertLogContains("approved by [carol, erin] on " + gate.digest + ", really good", run);
        assertFalse(PauseAction.isPaused(node(run)));
        assertEquals(0, WaitingGates.get().size());
        assertEquals(
                "carol,erin", run.getEnvironment(hudson.model.TaskListener.NULL).get("COUNTERSIGN_APPROVERS"));
        String ledger = Files.readString(ControllerLedger.get().file());
        assertThat(ledger, containsString("\"outcome\":\"open\""));
    }

    @Test
    public void aRejectionHoldsUntilItsAuthorTakesItBack() throws Exception {
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'qa'");
        gate.saysAndTells("frank", Saying.Word.REJECT, "qa", "crashes on login");
        jenkins.waitForMessage("frank rejected the image as qa", run);
        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
        jenkins.waitForMessage("Found the approval by erin", run);
        assertTrue("enough approvals do not outvote a rejection", run.isBuilding());
        assertTrue(run.getAction(ImageApprovalsAction.class).getGate("1").isRejected());

        gate.saysAndTells("frank", Saying.Word.WITHDRAW, "qa", "it was my test data");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void whoStartedTheBuildIsExcluded() throws Exception {
        WorkflowJob job = job("awaitApprovals image: '" + gate.image() + "', stage: 'release'");
        WorkflowRun run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("frank")))
                .waitForStart();
        gate.saysAndTells("frank", Saying.Word.APPROVE, "release", "I trust myself");
        jenkins.waitForMessage("frank started the build of this image", run);
        assertTrue(run.isBuilding());
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void whereAFolderSaysSo_whoStartedTheBuildIsExcluded_thoughThePolicyDoesNot() throws Exception {
        CountersignConfiguration.get().setStartersMayApprove(true);
        Folder folder = Jenkins.get().createProject(Folder.class, name.getMethodName());
        FolderSettings settings = new FolderSettings();
        settings.setFourEyesAlways(true);
        folder.addProperty(settings);
        try {
            WorkflowJob job = folder.createProject(Folder.class, "team").createProject(WorkflowJob.class, "job");
            job.setDefinition(new CpsFlowDefinition("awaitApprovals image: '" + gate.image() + "', stage: 'qa'", true));
            gate.says("carol", Saying.Word.APPROVE, "qa", "I trust myself");
            gate.says("erin", Saying.Word.APPROVE, "qa", "");
            WorkflowRun run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("carol")))
                    .waitForStart();
            jenkins.waitForMessage("carol started the build of this image", run);
            jenkins.waitForMessage("missing 1 of qa", run);
            assertTrue(run.isBuilding());
            gate.saysAndTells("frank", Saying.Word.APPROVE, "qa", "");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
            assertEquals(
                    List.of("erin", "frank"),
                    run.getAction(ImageApprovalsAction.class).getGate("1").getApprovers().stream()
                            .sorted()
                            .toList());

            // Elsewhere the policy alone says who is excluded.
            WorkflowRun outside = job("awaitApprovals image: '" + gate.image() + "', stage: 'qa'", "-outside")
                    .scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("carol")))
                    .waitForStart();
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(outside));
            jenkins.assertLogNotContains("started the build of this image", outside);
        } finally {
            CountersignConfiguration.get().setStartersMayApprove(false);
        }
    }

    @Test
    public void anAbortIsNoRejection() throws Exception {
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'qa'");
        jenkins.waitForMessage("missing 2 of qa", run);
        run.doStop();
        jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(run));
        GatePage page = run.getAction(ImageApprovalsAction.class).getGate("1");
        awaitState(page, "aborted");
        assertFalse(page.isRejected());
        assertEquals(0, WaitingGates.get().size());
    }

    @Test
    public void theDeadlineEndsTheWaitWithItsOwnCause() throws Exception {
        WorkflowRun run =
                start("awaitApprovals image: '" + gate.image() + "', stage: 'qa', timeout: 1, unit: 'SECONDS'");
        jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(run));
        InterruptedBuildAction interrupted = run.getAction(InterruptedBuildAction.class);
        assertNotNull(interrupted);
        DeadlinePassed cause = (DeadlinePassed) interrupted.getCauses().get(0);
        assertEquals("qa", cause.getStage());
        assertThat(cause.getShortDescription(), containsString("The gate of stage qa did not open until"));
        assertEquals(
                "expired",
                run.getAction(ImageApprovalsAction.class).getGate("1").getState());
    }

    @Test
    public void aRegistryThatIsDownHoldsAndIsAskedAgain() throws Exception {
        String host = gate.registry.host();
        int port = Integer.parseInt(host.substring(host.indexOf(':') + 1));
        gate.registry.close();
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'qa'");
        jenkins.waitForMessage("No clear answer, so the gate stays closed", run);
        assertThat(node(run).getDisplayName(), not(containsString("open")));
        assertNotNull(run.getAction(ImageApprovalsAction.class).getGate("1").getUnknown());
        assertTrue(port > 0);
        run.doStop();
        jenkins.waitForCompletion(run);
    }

    @Test
    public void aTagIsResolvedOnce_andTheMovedTagChangesNothing() throws Exception {
        WorkflowRun run = start("def a = awaitApprovals image: '" + gate.repository
                + ":1.0', stage: 'release'\necho \"is ${a.image}\"");
        jenkins.waitForMessage("from here on only the digest counts", run);
        try (var opened = gate.open()) {
            var other = io.jenkins.plugins.countersign.cli.demo.DemoImage.build(
                    opened, null, java.util.Map.of("evil.sh", "#!/bin/sh\n"), opened);
            opened.tag(other, "1.0");
        }
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
        jenkins.assertLogContains("is " + gate.image(), run);
    }

    @Test
    public void whatCannotBeWaitedForFailsAtOnce() throws Exception {
        WorkflowRun folder = start("awaitApprovals image: 'oci:/tmp/x:1', stage: 'qa'");
        jenkins.assertBuildStatus(Result.FAILURE, jenkins.waitForCompletion(folder));
        jenkins.assertLogContains("an image lives in a registry, not in a folder", folder);
        WorkflowRun stage = job("awaitApprovals image: '" + gate.image() + "', stage: 'nowhere'", "-stage")
                .scheduleBuild2(0)
                .waitForStart();
        jenkins.assertBuildStatus(Result.FAILURE, jenkins.waitForCompletion(stage));
        jenkins.assertLogContains("has no stage \"nowhere\"; it has qa, release", stage);
    }

    @Test
    public void insideNodeItWarns() throws Exception {
        WorkflowRun run = start("node { awaitApprovals image: '" + gate.image() + "', stage: 'release' }");
        jenkins.waitForMessage("WARNING: awaitApprovals stands inside a node", run);
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    /** The gate needs no agent, not even the one around it: it goes on waiting, and its answer arrives. */
    @Test
    public void theAgentAroundTheGateIsLost() throws Exception {
        DumbSlave agent = jenkins.createOnlineSlave(new LabelAtom("around"));
        WorkflowRun run = start("node('around') { def a = awaitApprovals image: '" + gate.image()
                + "', stage: 'release'\n echo \"approved by ${a.approvals*.person}\" }");
        jenkins.waitForMessage("missing 1 of release", run);
        jenkins.disconnectSlave(agent);
        assertTrue("a lost agent ends no wait", run.isBuilding());
        assertEquals(
                "waiting",
                run.getAction(ImageApprovalsAction.class).getGate("1").getState());
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.waitForMessage("approved by [grace]", run);
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void theAgentAroundTheGateIsRemoved_andTheGateIsNoRejection() throws Exception {
        DumbSlave agent = jenkins.createOnlineSlave(new LabelAtom("removed"));
        WorkflowRun run = start("node('removed') { awaitApprovals image: '" + gate.image() + "', stage: 'release' }");
        jenkins.waitForMessage("missing 1 of release", run);
        jenkins.jenkins.removeNode(agent);
        // Pipeline itself gives up a block whose agent was deleted; until then the gate waits like any other.
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.waitForCompletion(run);
        assertFalse(run.getAction(ImageApprovalsAction.class).getGate("1").isRejected());
        assertEquals(0, WaitingGates.get().size());
    }

    @Test
    public void approveImageSignsWithAKeyOfTheBuild_onlyForItsOwner() throws Exception {
        gate.keepForBuilds("carol", "erin", "grace");
        WorkflowRun refused =
                start("approveImage image: '" + gate.image() + "', stage: 'qa', credentialsId: 'grace-key'");
        jenkins.assertBuildStatus(Result.FAILURE, jenkins.waitForCompletion(refused));
        jenkins.assertLogContains("grace has no role that could say this at stage qa", refused);

        WorkflowRun run = job(
                        "approveImage image: '" + gate.image()
                                + "', stage: 'qa', credentialsId: 'carol-key', comment: 'ok'\n"
                                + "def e = approveImage image: '" + gate.image()
                                + "', stage: 'qa', credentialsId: 'erin-key', role: 'qa'\n"
                                + "echo \"signed by ${e.person}\"\n"
                                + "awaitApprovals image: '" + gate.image() + "', stage: 'qa'",
                        "-good")
                .scheduleBuild2(0)
                .waitForStart();
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
        jenkins.assertLogContains("signed by erin", run);
        assertThat("no secret in the log", JenkinsRule.getLog(run), not(containsString("PRIVATE KEY")));
    }

    @Test
    public void aDeclarativeStageRunsOnlyForAnApprovedImage() throws Exception {
        String script = "pipeline { agent none\n stages { stage('Deploy') {\n when { imageApproved image: '"
                + gate.image() + "', stage: 'release' }\n steps { echo 'deploying' } } } }";
        WorkflowRun held = start(script);
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(held));
        jenkins.assertLogContains("Stage \"Deploy\" skipped due to when conditional", held);
        jenkins.assertLogContains("Gate of stage release: held", held);
        gate.says("grace", Saying.Word.APPROVE, "release", "");
        WorkflowRun open = held.getParent().scheduleBuild2(0).get();
        jenkins.assertBuildStatusSuccess(open);
        jenkins.assertLogContains("deploying", open);
    }

    @Test
    public void aPolicyThatCannotBeReadNow_isWaitedForLikeARegistry() throws Exception {
        CountersignConfiguration.get().setTrustPolicy("name: [");
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'release'");
        jenkins.waitForMessage("No clear answer, so the gate stays closed", run);
        assertTrue(run.isBuilding());
        gate.configure();
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void anAbortWhileTheTagIsBeingResolved_leavesNothingThatWaits() throws Exception {
        try (FaultyProxy slow = slowRegistry()) {
            slow.hold();
            WorkflowRun run = start("awaitApprovals image: '" + at(slow) + ":1.0', stage: 'qa'");
            jenkins.waitForMessage("Waiting for approvals of", run);
            run.doStop();
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(run));
            slow.letGo();
            GatePage page = run.getAction(ImageApprovalsAction.class).getGate("1");
            awaitState(page, "aborted");
            allThreadsAreFree(WaitingGates.THREADS, work -> WaitingGates.get().ask(at(slow), work));
            assertEquals("nobody waits for it any more", 0, WaitingGates.get().size());
        }
    }

    /** A full disk for a moment, an NFS hiccup: the decision is in the ledger, and the build goes on. */
    @Test
    public void aBuildThatCannotBeWrittenWhenTheGateOpens_goesOnAllTheSame() throws Exception {
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'release'\necho 'went on'");
        jenkins.waitForMessage("missing 1 of release", run);
        Path file = run.getRootDir().toPath().resolve("build.xml");
        Path kept = run.getRootDir().toPath().resolve("build.kept");
        Files.move(file, kept);
        Files.createDirectories(file.resolve("in-the-way"));
        gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
        jenkins.waitForMessage("The gate of stage release is open", run);
        Files.delete(file.resolve("in-the-way"));
        Files.delete(file);
        Files.move(kept, file);
        jenkins.waitForMessage("went on", run);
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void aBuildThatIsDeletedAfterItsAbort_doesNotComeBack() throws Exception {
        WorkflowRun run = start("awaitApprovals image: '" + gate.image() + "', stage: 'qa'");
        jenkins.waitForMessage("missing 2 of qa", run);
        CountDownLatch busy = new CountDownLatch(1);
        for (int i = 0; i < WaitingGates.ENDING_THREADS; i++) {
            WaitingGates.get().work(() -> await(busy));
        }
        try {
            run.doStop();
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(run));
            run.delete();
            assertFalse(run.getRootDir().exists());
        } finally {
            busy.countDown();
        }
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (WaitingGates.get().size() > 0) {
            assertTrue("still waits", System.nanoTime() < deadline);
            Thread.sleep(20);
        }
        allThreadsAreFree(WaitingGates.ENDING_THREADS, WaitingGates.get()::work);
        assertFalse("it is back on the disk", run.getRootDir().exists());
        assertTrue(
                "the abort is in the ledger",
                Files.readAllLines(ControllerLedger.get().file()).stream()
                        .anyMatch(line -> line.contains("\"outcome\":\"aborted\"") && line.contains(run.getUrl())));
    }

    /** A firewall that drops packets: whoever asks waits for minutes, and asks again. */
    @Test
    public void aRegistryThatHangs_keepsNoGateOfAnotherFromItsApprovalOrItsDeadline() throws Exception {
        try (FaultyProxy slow = slowRegistry()) {
            slow.hold();
            StringBuilder branches = new StringBuilder();
            for (int i = 0; i < 12; i++) {
                branches.append(i + ": { awaitApprovals image: '" + at(slow) + "@" + Digest.of(new byte[] {(byte) i})
                        + "', stage: 'qa' }, ");
            }
            WorkflowRun hangs = start("parallel " + branches + " failFast: true");
            for (int i = 0; i < 12; i++) {
                jenkins.waitForMessage(Digest.of(new byte[] {(byte) i}).toString(), hangs);
            }
            WorkflowRun expires = job(
                            "awaitApprovals image: '" + gate.image() + "', stage: 'qa', timeout: 1, unit: 'SECONDS'",
                            "-expires")
                    .scheduleBuild2(0)
                    .waitForStart();
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(expires));
            gate.says("grace", Saying.Word.APPROVE, "release", "");
            WorkflowRun opens = job("awaitApprovals image: '" + gate.image() + "', stage: 'release'", "-opens")
                    .scheduleBuild2(0)
                    .waitForStart();
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(opens));
            hangs.doStop();
            jenkins.assertBuildStatus(Result.ABORTED, jenkins.waitForCompletion(hangs));
        }
    }

    /** The real number of builds that led here is cut by Jenkins, who started the first is unknown then, and not nobody. */
    @Test
    public void whoStartedTheFirstOfManyBuilds_isNotForgotten() throws Exception {
        WorkflowJob job = job("echo 'next'", "-first");
        WorkflowRun run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("frank")))
                .get();
        for (int i = 0; i < 12; i++) {
            WorkflowJob next = job("echo 'next'", "-" + i);
            run = next.scheduleBuild2(0, new CauseAction(new Cause.UpstreamCause((hudson.model.Run<?, ?>) run)))
                    .get();
        }
        WorkflowRun last = job("awaitApprovals image: '" + gate.image() + "', stage: 'release'")
                .scheduleBuild2(0, new CauseAction(new Cause.UpstreamCause((hudson.model.Run<?, ?>) run)))
                .waitForStart();
        gate.saysAndTells("frank", Saying.Word.APPROVE, "release", "I trust myself");
        jenkins.waitForMessage("Found the approval by frank", last);
        jenkins.waitForMessage("who started the build of this image is not known", last);
        assertTrue(last.isBuilding());
        last.doStop();
        jenkins.waitForCompletion(last);
    }

    private static String at(FaultyProxy registry) {
        return "localhost:" + registry.port() + "/team/app";
    }

    /** The registry once more, by another address. */
    private FaultyProxy slowRegistry() throws Exception {
        FaultyProxy slow = new FaultyProxy(Integer.parseInt(gate.registry.host().split(":")[1]));
        List<RegistryConfiguration> registries = new ArrayList<>();
        for (String host : List.of(gate.registry.host(), "localhost:" + slow.port())) {
            RegistryConfiguration plain = new RegistryConfiguration(host);
            plain.setInsecurePlainHttp(true);
            registries.add(plain);
        }
        CountersignConfiguration.get().setRegistries(registries);
        return slow;
    }

    /** Returns when all that was to be done before is done. */
    private static void allThreadsAreFree(int threads, Consumer<Runnable> everyOne) throws Exception {
        CyclicBarrier together = new CyclicBarrier(threads + 1);
        for (int i = 0; i < threads; i++) {
            everyOne.accept(() -> {
                try {
                    together.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        together.await(60, TimeUnit.SECONDS);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private WorkflowRun start(String script) throws Exception {
        return job(script).scheduleBuild2(0).waitForStart();
    }

    private WorkflowJob job(String script) throws Exception {
        return job(script, "");
    }

    private WorkflowJob job(String script, String suffix) throws Exception {
        WorkflowJob job = Jenkins.get().createProject(WorkflowJob.class, name.getMethodName() + suffix);
        job.setDefinition(new CpsFlowDefinition(script, true));
        return job;
    }

    private static FlowNode node(WorkflowRun run) {
        return new DepthFirstScanner()
                .findFirstMatch(
                        run.getExecution(),
                        found -> !PauseAction.getPauseActions(found).isEmpty());
    }

    private static void awaitState(GatePage page, String state) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!page.getState().equals(state)) {
            assertTrue("still " + page.getState(), System.nanoTime() < deadline);
            Thread.onSpinWait();
            Thread.sleep(20);
        }
    }
}

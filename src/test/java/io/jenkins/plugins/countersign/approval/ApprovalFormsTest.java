package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.Queue;
import hudson.model.Result;
import hudson.model.StringParameterDefinition;
import hudson.model.StringParameterValue;
import hudson.model.queue.QueueTaskFuture;
import io.jenkins.plugins.countersign.FormsRule;
import java.util.List;
import org.jenkinsci.plugins.structs.describable.DescribableModel;
import org.jenkinsci.plugins.workflow.cps.SnippetizerTester;
import org.jenkinsci.plugins.workflow.steps.StepConfigTester;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/** What people fill in comes back as they filled it in, and the snippet generator writes no more than is needed. */
public class ApprovalFormsTest {

    private static final String IMAGE =
            "registry.example.com/app:1@sha256:0000000000000000000000000000000000000000000000000000000000000001";

    @ClassRule
    public static final JenkinsRule jenkins = new FormsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

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
    public void awaitApprovals() throws Exception {
        StepConfigTester tester = new StepConfigTester(jenkins);
        AwaitApprovalsStep least = tester.configRoundTrip(new AwaitApprovalsStep(IMAGE, "qa"));
        assertEquals(IMAGE, least.getImage());
        assertEquals("qa", least.getStage());
        assertEquals(0, least.getTimeout());
        assertEquals("HOURS", least.getUnit());
        assertNull(least.getMessage());
        new SnippetizerTester(jenkins).assertRoundTrip(least, "awaitApprovals image: '" + IMAGE + "', stage: 'qa'");

        least.setTimeout(3);
        least.setUnit("days");
        least.setMessage("Try the login");
        AwaitApprovalsStep all = tester.configRoundTrip(least);
        assertEquals(3, all.getTimeout());
        assertEquals("DAYS", all.getUnit());
        assertEquals("Try the login", all.getMessage());
        assertEquals(
                List.of("image", "message", "stage", "timeout", "unit"),
                List.copyOf(new java.util.TreeMap<>(DescribableModel.of(AwaitApprovalsStep.class)
                                .uninstantiate2(all)
                                .getArguments())
                        .keySet()));
    }

    @Test
    public void approveImage_asStepAndAsBuilder() throws Exception {
        ApproveImageStep step = new ApproveImageStep(IMAGE, "qa", null);
        new SnippetizerTester(jenkins)
                .assertRoundTrip(
                        new StepConfigTester(jenkins).configRoundTrip(step),
                        "approveImage image: '" + IMAGE + "', stage: 'qa'");
        gate.keepForBuilds("carol");
        step = new ApproveImageStep(IMAGE, "qa", "carol-key");
        step.setDecision("reject");
        step.setRole("qa");
        step.setComment("crashes");
        FreeStyleProject job = jenkins.createFreeStyleProject();
        job.getBuildersList().add(new ApproveImageBuilder(step));
        job = jenkins.configRoundtrip(job);
        jenkins.assertEqualDataBoundBeans(
                step, job.getBuildersList().get(ApproveImageBuilder.class).getStep());
    }

    @Test
    public void aFreestyleJobApprovesForTheOwnerOfItsKey() throws Exception {
        gate.keepForBuilds("carol", "erin");
        FreeStyleProject job = jenkins.createFreeStyleProject();
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", gate.image())));
        job.getBuildersList().add(new ApproveImageBuilder(new ApproveImageStep("${IMAGE}", "qa", "carol-key")));
        FreeStyleBuild build = jenkins.buildAndAssertSuccess(job);
        jenkins.assertLogContains("Wrote the approval by carol qa of " + gate.repository + "@" + gate.digest, build);
        ApproveImageStep encrypted = new ApproveImageStep(gate.image(), "qa", "nobody");
        FreeStyleProject wrong = jenkins.createFreeStyleProject();
        wrong.getBuildersList().add(new ApproveImageBuilder(encrypted));
        FreeStyleBuild refused = jenkins.buildAndAssertStatus(Result.FAILURE, wrong);
        jenkins.assertLogContains("nobody", refused);
    }

    @Test
    public void theMailSaysWhatToLookAt() throws Exception {
        FreeStyleBuild build = jenkins.buildAndAssertSuccess(jenkins.createFreeStyleProject());
        GateEntry entry = ImageApprovalsAction.of(build)
                .add("registry.example.com/app", "1", "", "qa", "Try the login", 0, 0, GateEntry.WAITING);
        var mail = ApprovalMail.message(GatePage.of(build, entry), "carol@example.com", "Your approval is wanted");
        assertEquals("carol@example.com", mail.getAllRecipients()[0].toString());
        String text = mail.getContent().toString();
        assertThat(text, containsString("registry.example.com/app:1"));
        assertThat(text, containsString("Try the login"));
        assertThat(text, containsString(build.getUrl() + "countersign/gate/1/"));
    }

    @Test
    public void aJobOnlyForApprovedImagesWaitsInTheQueue() throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject();
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", "")));
        job.addProperty(new OnlyApprovedImages("${IMAGE}", "qa"));
        job = jenkins.configRoundtrip(job);
        jenkins.assertEqualDataBoundBeans(
                new OnlyApprovedImages("${IMAGE}", "qa"), job.getProperty(OnlyApprovedImages.class));
        QueueTaskFuture<FreeStyleBuild> future =
                job.scheduleBuild2(0, new ParametersAction(new StringParameterValue("IMAGE", gate.image())));
        String why = "";
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!why.contains("missing 2 of qa")) {
            assertTrue("still: " + why, System.nanoTime() < deadline);
            Queue.Item item = job.getQueueItem();
            why = item == null || item.getWhy() == null ? "" : item.getWhy();
            Thread.sleep(50);
        }
        assertThat(why, containsString(gate.image() + " is not approved for stage qa"));
        assertEquals("no executor is held", 0, jenkins.jenkins.toComputer().countBusy());
        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
        jenkins.assertBuildStatusSuccess(future);
        assertEquals(0, WaitingGates.get().size());
    }
}

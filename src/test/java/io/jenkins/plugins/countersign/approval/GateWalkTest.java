package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;

import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.Item;
import io.jenkins.plugins.countersign.engine.RealPart;
import java.nio.file.Path;
import java.util.Map;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;

/**
 * Two people approve an image in a real browser, under the enforced content security policy. The pictures of docs/ come from
 * here: {@code -Dcountersign.pictures=docs/images} writes them.
 */
public class GateWalkTest {

    @Rule
    public final JenkinsRule jenkins = new JenkinsRule();

    {
        jenkins.timeout = 900;
    }

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void twoPeopleApproveInTheBrowser() throws Exception {
        RealPart.require("chromium");
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(ApprovalPermissions.APPROVE)
                .everywhere()
                .to("carol", "erin", "frank"));
        try (ImageAtGate gate = new ImageAtGate(Map.of("app/run.sh", "#!/bin/sh\necho walk\n"))
                        .stages("  build: {needs: []}\n  qa: {needs: [{role: qa, count: 2}]}\n"
                                + "  production: {after: qa, needs: [{role: release, count: 1}]}\n")
                        .configure();
                Chromium carol = Chromium.start(folder.newFolder().toPath());
                Chromium erin = Chromium.start(folder.newFolder().toPath())) {
            gate.keepForThemselves("carol", "erin");
            hudson.model.User.getById("frank", true);
            WorkflowJob job = jenkins.createProject(WorkflowJob.class, "shop");
            job.setDefinition(new CpsFlowDefinition(
                    "awaitApprovals image: '" + gate.image()
                            + "', stage: 'qa', message: 'Try the login on staging', timeout: 3, unit: 'DAYS'",
                    true));
            WorkflowRun run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("frank")))
                    .waitForStart();
            jenkins.waitForMessage("missing 2 of qa", run);

            String root = jenkins.getURL().toString();
            carol.size(1280, 900);
            carol.logIn(root, "carol");
            carol.open(root + "countersign-waiting/");
            assertThat(carol.evaluate("document.body.innerText"), containsString(gate.digest.toString()));
            picture(carol, "waiting-for-me");
            carol.open(root + run.getUrl() + "countersign/");
            picture(carol, "gate-waiting");
            carol.click("[data-countersign-open=gate-1-approve]");
            carol.await("document.querySelector('#gate-1-approve[open]')");
            assertThat(
                    carol.evaluate("document.querySelector('#gate-1-approve').innerText"),
                    containsString(gate.digest.toString()));
            carol.type("#gate-1-approve-comment", "Logged in, paid, logged out");
            picture(carol, "gate-approve");
            carol.evaluate("window.leaving = true; document.querySelector('#gate-1-approve [type=submit]').click()");
            carol.await("!window.leaving && document.body.innerText.includes('Logged in, paid')");
            jenkins.waitForMessage("missing 1 of qa", run);
            picture(carol, "gate-one-of-two");

            erin.size(420, 900);
            erin.dark(true);
            erin.logIn(root, "erin");
            erin.open(root + run.getUrl() + "countersign/");
            assertEquals(
                    "no sideways scrolling",
                    "true",
                    erin.evaluate("document.documentElement.scrollWidth <= window.innerWidth"));
            picture(erin, "gate-narrow");
            erin.click("[data-countersign-open=gate-1-reject]");
            erin.await("document.querySelector('#gate-1-reject[open]')");
            picture(erin, "gate-reject-narrow");
            erin.click("#gate-1-reject [data-countersign-close]");
            erin.click("[data-countersign-open=gate-1-approve]");
            erin.evaluate("document.querySelector('#gate-1-approve [type=submit]').click()");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
            carol.open(root + run.getUrl() + "countersign/");
            assertThat(carol.evaluate("document.body.innerText"), containsString("erin"));
            picture(carol, "gate-open");
            carol.open(root + run.getUrl());
            picture(carol, "build-summary");
        }
    }

    private static void picture(Chromium browser, String name) throws Exception {
        String into = System.getProperty("countersign.pictures");
        if (into != null) {
            browser.picture(Path.of(into, name + ".png"));
        }
    }
}

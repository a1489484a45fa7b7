package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceStatement;
import io.jenkins.plugins.countersign.engine.evidence.TestReport;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import io.jenkins.plugins.countersign.webhook.Told;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * An administrator configures, two people approve, and the image is promoted: in a real browser, under the enforced content
 * security policy, with the keyboard, in a dark theme and on a phone's width. The pictures of docs/ come from here:
 * {@code -Dcountersign.pictures=docs/images} writes them.
 */
public class GateWalkTest {

    @Rule
    public final SeenJenkinsRule jenkins = new SeenJenkinsRule();

    {
        jenkins.timeout = 900;
    }

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void anImageIsConfiguredApprovedByTwoPeopleAndPromoted() throws Exception {
        RealPart.require("chromium");
        jenkins.admit(List.of(ApprovalPermissions.APPROVE), "carol", "erin");
        try (ImageAtGate gate = new ImageAtGate(Map.of("app/run.sh", "#!/bin/sh\necho walk\n"))
                        .named("shop")
                        .stages(
                                "  qa: {needs: [{role: qa, count: 2}], evidence: [{kind: test-result, signedBy: release}]}\n"
                                        + "  production: {after: qa, needs: [{role: release, count: 1}]}\n");
                Chromium frank = jenkins.browserOf("frank", folder);
                Chromium carol = jenkins.browserOf("carol", folder);
                Chromium erin = jenkins.browserOf("erin", folder)) {
            configure(frank, gate);
            WorkflowRun first = approvedBefore(gate);
            Digest next = nextImage(gate);
            WorkflowRun run = build(frank, first.getParent(), gate, next);
            jenkins.waitForMessage("missing 2 of qa", run);

            approveWithTheKeyboard(carol, run, next);
            jenkins.waitForMessage("missing 1 of qa", run);
            picture(carol, "gate-one-of-two", "#main-panel");
            approveOnAPhoneInTheDark(erin, run);
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
            seePromoted(carol, run, gate, next);
            openTheForms(frank, gate);
            seeWhatWasDelivered(frank, gate, next);

            for (Chromium browser : List.of(frank, carol, erin)) {
                assertEquals(
                        "nothing was blocked, and no script of ours failed",
                        List.of(),
                        browser.complaints().stream()
                                .filter(complaint ->
                                        complaint.contains("Content Security Policy") || complaint.contains("gates.js"))
                                .toList());
            }
        }
    }

    private void configure(Chromium frank, ImageAtGate gate) throws Exception {
        gate.keepForThemselves("carol", "erin");
        gate.keepForTheGate();
        PlainRegistry.configure(gate.registry.host());
        String root = jenkins.getURL().toString();
        frank.open(root + "manage/configure");
        String policy = "textarea[name='_.trustPolicy']";
        frank.await("document.querySelector(\"" + policy + "\")");
        frank.evaluate("document.querySelector(\"" + policy + "\").value = "
                + new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(gate.policyText()));
        String key = "document.querySelector(\"select[name='_.gateCredentialsId']\")";
        frank.await(key + " && [..." + key + ".options].some(option => option.value === 'gate-key')");
        frank.evaluate(key + ".value = 'gate-key'; " + key + ".dispatchEvent(new Event('change', {bubbles: true}))");
        frank.evaluate("document.querySelector(\"" + policy + "\").scrollIntoView({block: 'center'})");
        picture(frank, "configure", null);
        frank.evaluate("window.leaving = true; document.querySelector(\"button[name='Submit']\").click()");
        frank.await("!window.leaving && document.readyState === 'complete'");
        assertEquals(gate.policyText(), CountersignConfiguration.get().getTrustPolicy());
        assertEquals("gate-key", CountersignConfiguration.get().getGateCredentialsId());
    }

    /** An earlier image, which the page compares the next one with. */
    private WorkflowRun approvedBefore(ImageAtGate gate) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "shop");
        job.setDefinition(new CpsFlowDefinition(script(gate, gate.digest), true));
        testResult(gate, gate.digest);
        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.says("erin", Saying.Word.APPROVE, "qa", "");
        return jenkins.assertBuildStatusSuccess(job.scheduleBuild2(0));
    }

    private static Digest nextImage(ImageAtGate gate) throws Exception {
        try (var opened = gate.open()) {
            Digest next =
                    DemoImage.build(opened, gate.digest, Map.of("app/login.sh", "#!/bin/sh\necho login\n"), opened);
            opened.tag(next, "1.1");
            testResult(gate, next);
            return next;
        }
    }

    private static void testResult(ImageAtGate gate, Digest image) throws Exception {
        try (var opened = gate.open()) {
            EvidenceStatement.testResult(
                            opened,
                            image,
                            TestReport.readJUnit(Map.of(
                                    "login.xml",
                                    "<testsuite name='login' tests='1'><testcase name='logs in' classname='Login'/></testsuite>"
                                            .getBytes(StandardCharsets.UTF_8))),
                            "",
                            Instant.now())
                    .attach(opened, gate.keys.get("grace"), Instant.now());
        }
    }

    private static String script(ImageAtGate gate, Digest image) {
        String name = gate.repository + ":1.1@" + image;
        return "awaitApprovals image: '" + name
                + "', stage: 'qa', message: 'Try the login on staging', timeout: 3, unit: 'DAYS'\n"
                + "def promoted = promoteImage image: '" + name + "', stage: 'qa', to: '" + gate.registry.host()
                + "/qa/app:1.1'\n"
                + "verifyImage image: promoted, stage: 'qa'";
    }

    private WorkflowRun build(Chromium frank, WorkflowJob job, ImageAtGate gate, Digest image) throws Exception {
        job.setDefinition(new CpsFlowDefinition(script(gate, image), true));
        int number = job.getNextBuildNumber();
        frank.open(jenkins.getURL() + job.getUrl());
        frank.click("a.task-link[href*='build?delay=0sec']");
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (job.getBuildByNumber(number) == null) {
            assertTrue("the build never began", System.nanoTime() < deadline);
            Thread.sleep(50);
        }
        WorkflowRun run = job.getBuildByNumber(number);
        assertEquals("frank", BuildOrigins.starters(run).iterator().next());
        return run;
    }

    private void approveWithTheKeyboard(Chromium carol, WorkflowRun run, Digest image) throws Exception {
        String root = jenkins.getURL().toString();
        carol.open(root + "countersign-waiting/");
        assertThat(carol.evaluate("document.body.innerText"), containsString(image.toString()));
        assertEquals(List.of(), carol.nameless("#main-panel"));
        carol.type("#cs-filter", "no such image");
        carol.await("document.querySelector('[data-countersign-row]').hidden");
        carol.evaluate("document.querySelector('#cs-filter').value = ''");
        carol.type("#cs-filter", "shop");
        carol.await("!document.querySelector('[data-countersign-row]').hidden");
        picture(carol, "waiting-for-me", null);

        carol.open(root + run.getUrl() + "countersign/");
        assertThat(carol.evaluate("document.body.innerText"), containsString("1 of 2 layers are the same"));
        assertEquals(List.of(), carol.nameless("#main-panel"));
        assertReadable(carol, ".cs-gate");
        picture(carol, "gate-waiting", null);
        carol.tabTo("[data-countersign-open=gate-1-approve]");
        carol.press("Enter");
        carol.await("document.querySelector('#gate-1-approve[open]')");
        carol.press("Escape");
        carol.await("!document.querySelector('#gate-1-approve[open]')");
        assertEquals(
                "the keyboard is where it was",
                "gate-1-approve",
                carol.evaluate("document.activeElement.dataset.countersignOpen"));
        carol.press("Enter");
        carol.await("document.querySelector('#gate-1-approve[open]')");
        assertThat(
                carol.evaluate("document.querySelector('#gate-1-approve').innerText"),
                containsString(image.toString()));
        assertEquals(List.of(), carol.nameless("#gate-1-approve"));
        assertReadable(carol, "#gate-1-approve");
        carol.tabTo("#gate-1-approve-comment");
        carol.type("#gate-1-approve-comment", "Logged in, paid, logged out");
        picture(carol, "gate-approve", null);
        carol.tabTo("#gate-1-approve [type=submit]");
        carol.evaluate("window.leaving = true");
        carol.press("Enter");
        carol.await("!window.leaving && document.body.innerText.includes('Logged in, paid')");
    }

    private void approveOnAPhoneInTheDark(Chromium erin, WorkflowRun run) throws Exception {
        String root = jenkins.getURL().toString();
        erin.size(390, 844);
        erin.dark(true);
        erin.before(SeenJenkinsRule.DARK);
        erin.open(root + "countersign-waiting/");
        assertNoSidewaysScrolling(erin);
        picture(erin, "waiting-for-me-narrow", null);
        erin.open(root + run.getUrl() + "countersign/");
        assertNoSidewaysScrolling(erin);
        assertReadable(erin, ".cs-gate");
        picture(erin, "gate-narrow", ".cs-gate");
        erin.click("[data-countersign-open=gate-1-reject]");
        erin.await("document.querySelector('#gate-1-reject[open]')");
        assertReadable(erin, "#gate-1-reject");
        picture(erin, "gate-reject-narrow", null);
        erin.click("#gate-1-reject [data-countersign-close]");
        erin.click("[data-countersign-open=gate-1-approve]");
        erin.evaluate("document.querySelector('#gate-1-approve [type=submit]').click()");
    }

    private void seePromoted(Chromium carol, WorkflowRun run, ImageAtGate gate, Digest image) throws Exception {
        String root = jenkins.getURL().toString();
        try (var promoted = Repositories.open(
                gate.registry.host() + "/qa/app",
                RegistryAccess.of(gate.registry.host()).insecurePlainHttp())) {
            assertEquals(image, promoted.resolve("1.1").orElseThrow().digest());
        }
        carol.open(root + run.getUrl() + "countersign/");
        String text = carol.evaluate("document.body.innerText");
        assertThat(text, containsString("erin"));
        assertThat(text, containsString(gate.registry.host() + "/qa/app:1.1@" + image));
        picture(carol, "gate-promoted", null);
        carol.open(root + run.getUrl());
        assertThat(carol.evaluate("document.body.innerText"), containsString("Promoted (approved by carol, erin)"));
        picture(carol, "build-summary", null);
    }

    /** The registry tells of the image, and a stranger claims something; the administrator reads it in English and in Chinese. */
    private void seeWhatWasDelivered(Chromium frank, ImageAtGate gate, Digest image) throws Exception {
        Told.listen(gate.registry.host());
        FreeStyleProject tests = jenkins.createFreeStyleProject("shop-tests");
        ImageEventTrigger trigger = new ImageEventTrigger(gate.registry.host() + "/team/**");
        tests.addTrigger(trigger);
        trigger.start(tests, true);
        assertThat(Told.sendPush(jenkins, Told.SECRET, "team/app", "1.1", image), startsWith("202 "));
        assertThat(Told.sendPush(jenkins, Told.SECRET, "team/nobody", "1.1", image), startsWith("202 "));
        assertThat(Told.sendPush(jenkins, "what a stranger guesses", "team/app", "1.1", image), startsWith("403 "));

        String page = jenkins.getURL() + "manage/countersign-webhooks/";
        frank.open(page);
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (!frank.evaluate("document.body.innerText").contains("does not bear it out")) {
            assertTrue("the deliveries are not worked off", System.nanoTime() < deadline);
            frank.open(page);
        }
        String text = frank.evaluate("document.body.innerText");
        assertThat(text, containsString("the delivery's proof is wrong"));
        assertThat(text, containsString("started shop-tests"));
        assertThat(text, containsString(jenkins.getURL() + "countersign-webhook/production"));
        assertThat(text, not(containsString(Told.SECRET)));
        assertEquals(List.of(), frank.nameless("#main-panel"));
        assertReadable(frank, ".countersign-deliveries");
        assertNoSidewaysScrolling(frank);
        picture(frank, "deliveries", null);
        // Not with the tabulator: on its way the menu of the person opens, and takes the key for "Sign out".
        frank.evaluate("document.querySelector('.countersign-deliveries [type=submit]').focus()");
        frank.press("Enter");
        frank.await("document.body.innerText.includes('sent again')");

        frank.language("zh-CN");
        frank.open(page);
        text = frank.evaluate("document.body.innerText");
        for (String chinese : List.of("已接受", "已拒绝", "重新投递", "判定", "在仓库中填写的内容")) {
            assertThat(text, containsString(chinese));
        }
        assertThat(text, not(containsString("accepted")));
        frank.size(390, 844);
        assertNoSidewaysScrolling(frank);
        frank.open(jenkins.getURL() + "countersign-waiting/");
        assertThat(frank.evaluate("document.body.innerText"), containsString("等待我处理"));
        frank.language("en-US");
        frank.size(1280, 900);
    }

    /** Every form of a job, for the content security policy: what a form did against it is among the complaints. */
    private void openTheForms(Chromium frank, ImageAtGate gate) throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject("forms");
        SeenJenkinsRule.addEveryForm(job, gate);
        frank.open(jenkins.getURL() + job.getUrl() + "configure");
        frank.await("document.querySelectorAll(\"[name='_.registryCredentialsId']\").length > 4");
        for (String page : List.of("pipeline-syntax/", "directive-generator/")) {
            frank.open(jenkins.getURL() + page);
            frank.await("document.querySelector('select')");
        }
    }

    private static void assertNoSidewaysScrolling(Chromium browser) throws Exception {
        assertEquals(
                "no sideways scrolling",
                "true",
                browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"));
    }

    private static void assertReadable(Chromium browser, String selector) throws Exception {
        assertEquals("", browser.unreadable(selector));
    }

    private static void picture(Chromium browser, String name, String selectorOrNull) throws Exception {
        String into = System.getProperty("countersign.pictures");
        if (into != null) {
            browser.picture(Path.of(into, name + ".png"), selectorOrNull);
        }
    }
}

package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.StringParameterDefinition;
import hudson.model.StringParameterValue;
import hudson.model.queue.QueueTaskFuture;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceStatement;
import io.jenkins.plugins.countersign.engine.evidence.TestReport;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jenkins.model.Jenkins;
import net.sf.json.JSONObject;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.util.NameValuePair;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;

/** What approvers are shown is what they sign: evidence, changes, and gates that hold no build but a queue item. */
public class GateShowsTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    private ImageAtGate gate;

    @Before
    public void people() throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(ApprovalPermissions.APPROVE)
                .everywhere()
                .to("carol", "erin", "frank"));
        gate = new ImageAtGate();
    }

    @After
    public void leave() throws Exception {
        for (WorkflowJob job : jenkins.jenkins.getItems(WorkflowJob.class)) {
            WorkflowRun last = job.getLastBuild();
            if (last != null && last.isBuilding()) {
                last.doStop();
                jenkins.waitForCompletion(last);
            }
        }
        gate.close();
        CountersignConfiguration.get().setIdentityCredentialsId(null);
        for (String person : List.of("carol", "erin", "frank")) {
            hudson.model.User.getById(person, true).delete();
        }
    }

    @Test
    public void anApprovalNamesTheEvidenceThatWasShown_andNoOther() throws Exception {
        gate.stages("  qa: {needs: [{role: qa, count: 1}], evidence: [{kind: test-result, signedBy: qa}]}\n")
                .configure();
        gate.keepForThemselves("carol");
        Digest evidence;
        try (var opened = gate.open()) {
            evidence = EvidenceStatement.testResult(
                            opened,
                            gate.digest,
                            TestReport.readJUnit(Map.of(
                                    "t.xml",
                                    "<testsuite name='s' tests='1'><testcase name='a' classname='b'/></testsuite>"
                                            .getBytes(StandardCharsets.UTF_8))),
                            "",
                            Instant.now())
                    .attach(opened, gate.keys.get("erin"), Instant.now());
        }
        WorkflowRun run = start("evidence", gate.image());
        jenkins.waitForMessage("missing 1 of qa", run);
        GatePage page = page(run);
        assertEquals(evidence.toString(), page.getEvidence().get(0).getStatement());
        String shown =
                client("carol").getPage(run, "countersign/").getWebResponse().getContentAsString();
        assertThat(shown, containsString("<input name=\"evidence\" type=\"hidden\" value=\"" + evidence + "\""));
        assertThat(shown, containsString("Test result: PASSED"));

        String foreign = Digest.of(new byte[] {1}).toString();
        WebResponse refused = post("carol", page.getUrl(), act("evidence", foreign));
        assertEquals(409, refused.getStatusCode());
        assertThat(refused.getContentAsString(), containsString("is not attached to this image"));
        assertEquals(200, post("carol", page.getUrl(), act()).getStatusCode());
        jenkins.waitForMessage("names no good evidence of the kind test-result", run);
        assertTrue("who saw nothing approves nothing", run.isBuilding());
        WebResponse seen = post("carol", page.getUrl(), act("evidence", evidence.toString(), "comment", "read it"));
        assertEquals(seen.getContentAsString(), 200, seen.getStatusCode());
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
    }

    @Test
    public void whatChangedSinceTheLastApprovedImage() throws Exception {
        gate.stages("  qa: {needs: [{role: qa, count: 1}]}\n").configure();
        WorkflowRun first = start("changes", gate.image());
        jenkins.waitForMessage("missing 1 of qa", first);
        assertEquals("", page(first).getLastApproved());
        gate.saysAndTells("carol", Saying.Word.APPROVE, "qa", "");
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(first));
        Digest next;
        try (var opened = gate.open()) {
            next = DemoImage.build(opened, gate.digest, Map.of("app/more.sh", "#!/bin/sh\necho more\n"), opened);
        }
        WorkflowRun rejected = again(first, gate.repository + "@" + next);
        jenkins.waitForMessage("missing 1 of qa", rejected);
        rejected.doStop();
        jenkins.waitForCompletion(rejected);

        WorkflowRun second = again(first, gate.repository + "@" + next);
        jenkins.waitForMessage("missing 1 of qa", second);
        GatePage page = page(second);
        assertEquals("an aborted gate approved nothing", gate.digest.toString(), page.getLastApproved());
        assertThat(page.getChanges(), hasItem(startsWith("1 of 2 layers are the same; 1 new (")));
        String html =
                client("carol").getPage(second, "countersign/").getWebResponse().getContentAsString();
        assertThat(html, containsString("Changed since the last approval"));
        assertThat(html, containsString("1 of 2 layers are the same"));
        second.doStop();
        jenkins.waitForCompletion(second);

        WorkflowRun same = again(first, gate.image());
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(same));
        assertTrue(page(same).isSameAsBefore());
    }

    @Test
    public void ofVeryManyTheNearestDeadlineIsShownFirst_andWithoutAPolicyNobodySaysThatNothingWaits()
            throws Exception {
        gate.configure();
        WorkflowRun run = start("many", gate.image());
        jenkins.waitForMessage("missing 2 of qa", run);
        List<WaitingGate> many = new ArrayList<>();
        for (int i = 1; i <= 600; i++) {
            many.add(new OneOfMany(run, i, i == 600 ? 4_000_000_000_000L : 0));
        }
        try {
            many.forEach(one -> WaitingGates.get().add(one, true));
            JSONObject waiting = waiting("carol");
            assertEquals(601, waiting.getInt("count"));
            assertEquals(500, waiting.getJSONArray("gates").size());
            assertEquals(600, waiting.getJSONArray("gates").getJSONObject(0).getInt("number"));
            assertFalse(waiting.getBoolean("unknown"));
            assertThat(
                    client("reader").goTo("countersign-waiting/").asNormalizedText(),
                    containsString("The trust policy does not name you"));
        } finally {
            many.forEach(WaitingGates.get()::remove);
        }
        CountersignConfiguration.get().setTrustPolicy("name: [");
        assertTrue(waiting("carol").getBoolean("unknown"));
        assertThat(
                client("carol").goTo("countersign-waiting/").asNormalizedText(),
                containsString("it is not known what waits for you"));
        gate.configure();
    }

    private record OneOfMany(WorkflowRun run, int number, long deadline) implements WaitingGate {

        @Override
        public String repository() {
            return "registry.example.com/team/app-" + number;
        }

        @Override
        public Digest digest() {
            return Digest.of(new byte[0]);
        }

        @Override
        public String stage() {
            return "qa";
        }

        @Override
        public Instant deadlineOrNull() {
            return deadline == 0 ? null : Instant.ofEpochMilli(deadline);
        }

        @Override
        public void onLook(ImageReading reading) {
            // Nobody asks such a registry.
        }

        @Override
        public void onDeadline() {
            throw new IllegalStateException("it is far away");
        }

        @Override
        public Set<String> candidates() {
            return Set.of("carol");
        }

        @Override
        public Optional<GatePage> page() {
            return Optional.of(GatePage.of(
                    run,
                    new GateEntry(
                            number,
                            repository(),
                            "1.0",
                            digest().toString(),
                            "qa",
                            "",
                            number,
                            deadline,
                            GateEntry.WAITING)));
        }
    }

    @Test
    public void aHeldQueueItemWaitsForPeople_whoApproveItBeforeItRuns() throws Exception {
        gate.configure();
        gate.keepForThemselves("carol", "erin", "frank");
        FreeStyleProject job = jenkins.createFreeStyleProject("deploy");
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", "")));
        job.addProperty(new OnlyApprovedImages("${IMAGE}", "qa"));
        QueueTaskFuture<FreeStyleBuild> future = job.scheduleBuild2(
                0,
                new CauseAction(new Cause.UserIdCause("frank")),
                new ParametersAction(new StringParameterValue("IMAGE", gate.image())));
        JSONObject waiting = waiting("carol");
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (waiting.getInt("count") == 0) {
            assertTrue("never waited for carol", System.nanoTime() < deadline);
            Thread.sleep(50);
            waiting = waiting("carol");
        }
        JSONObject listed = waiting.getJSONArray("gates").getJSONObject(0);
        String url = listed.getString("url");
        assertThat(listed.getString("build"), containsString("deploy, in the queue"));
        assertEquals("frank scheduled it", 0, waiting("frank").getInt("count"));
        assertEquals(0, waiting("reader").getInt("count"));
        assertEquals(403, post("frank", url, act("credentialsId", "frank-key")).getStatusCode());
        assertEquals(403, post("reader", url, act()).getStatusCode());
        assertEquals(
                404,
                client("carol")
                        .getPage(new URL(jenkins.getURL() + "countersign-waiting/queue/999999/"))
                        .getWebResponse()
                        .getStatusCode());
        String html = client("carol").goTo(url).asNormalizedText();
        assertThat(html, containsString(gate.digest.toString()));
        assertThat(html, containsString("2 × qa"));

        assertEquals(200, post("carol", url, act()).getStatusCode());
        assertEquals(200, post("erin", url, act("credentialsId", "erin-key")).getStatusCode());
        FreeStyleBuild build = jenkins.assertBuildStatusSuccess(future);
        assertNull(build.getProject().getQueueItem());
        assertEquals(0, waiting("erin").getInt("count"));
        assertThat(
                client("carol")
                        .getPage(new URL(jenkins.getURL() + url))
                        .getWebResponse()
                        .getStatusCode(),
                not(200));
    }

    @Test
    public void withoutAKeyJenkinsSignsWhoItWas_onlyWhereThePolicyTakesThat() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        String identity =
                "identity: {keys: [{pem: \"" + PublicKeys.pem(key.publicKey()).replace("\n", "\\n") + "\"}]}\n";
        gate.stages("  qa: {needs: [{role: qa, count: 1, identity: true}]}\n"
                        + "  keyed: {needs: [{role: qa, count: 1}]}\n"
                        + identity)
                .configure();
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "identity");
        job.setDefinition(new CpsFlowDefinition(
                "parallel a: { awaitApprovals image: '" + gate.image() + "', stage: 'keyed' },\n"
                        + "b: { awaitApprovals image: '" + gate.image() + "', stage: 'qa' }",
                true));
        WorkflowRun run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("frank")))
                .waitForStart();
        jenkins.waitForMessage("Gate of stage qa is held: missing 1 of qa", run);
        jenkins.waitForMessage("Gate of stage keyed is held: missing 1 of qa", run);
        String keyed = url(run, "keyed");
        String qa = url(run, "qa");
        WebResponse notConfigured = post("carol", qa, act("credentialsId", ""));
        assertEquals(notConfigured.getContentAsString(), 422, notConfigured.getStatusCode());

        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new SigningKeyCredentialsImpl(
                        CredentialsScope.SYSTEM, "identity", null, Secret.fromString(key.unencryptedSecret())));
        CountersignConfiguration.get().setIdentityCredentialsId("identity");
        WebResponse keyNeeded = post("carol", keyed, act("credentialsId", ""));
        assertEquals(422, keyNeeded.getStatusCode());
        assertThat(keyNeeded.getContentAsString(), containsString("takes no approval at stage keyed without a key"));
        assertEquals(
                "frank started it",
                403,
                post("frank", qa, act("credentialsId", "")).getStatusCode());
        assertEquals(403, post("reader", qa, act("credentialsId", "")).getStatusCode());
        String html = client("carol").goTo(qa).getWebResponse().getContentAsString();
        assertThat(html, containsString("None: Jenkins signs that it was you"));

        WebResponse approved = post("carol", qa, act("credentialsId", ""));
        assertEquals(approved.getContentAsString(), 200, approved.getStatusCode());
        jenkins.waitForMessage("The gate of stage qa is open", run);
        assertTrue("the other stage asks for a key", run.isBuilding());
        assertThat(
                client("reader").goTo(qa).asNormalizedText(),
                containsString("logged in to Jenkins, which signed with"));
        assertThat(
                Files.readString(ControllerLedger.get().file()),
                containsString("\"user\":\"carol\",\"what\":\"approval\",\"with\":\"identity\""));

        gate.stages("  qa: {needs: [{role: qa, count: 1, identity: true}]}\n" + identity)
                .configure();
        WebResponse dropped = post("carol", keyed, act("credentialsId", ""));
        assertEquals(dropped.getContentAsString(), 422, dropped.getStatusCode());
        assertThat(dropped.getContentAsString(), containsString("has no stage"));
    }

    private String url(WorkflowRun run, String stage) {
        return run.getAction(ImageApprovalsAction.class).getGates().stream()
                .filter(page -> page.getStage().equals(stage))
                .findFirst()
                .orElseThrow()
                .getUrl();
    }

    private JSONObject waiting(String user) throws Exception {
        return client(user).getJSON("countersign-waiting/api/json?depth=2").getJSONObject();
    }

    private static GatePage page(WorkflowRun run) {
        return run.getAction(ImageApprovalsAction.class).getGate("1");
    }

    private WorkflowRun start(String name, String image) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, name);
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", image)));
        job.setDefinition(new CpsFlowDefinition("awaitApprovals image: params.IMAGE, stage: 'qa'", true));
        return job.scheduleBuild2(0).waitForStart();
    }

    private WorkflowRun again(WorkflowRun before, String image) throws Exception {
        return before.getParent()
                .scheduleBuild2(0, new ParametersAction(new StringParameterValue("IMAGE", image)))
                .waitForStart();
    }

    private JenkinsRule.WebClient client(String user) throws Exception {
        JenkinsRule.WebClient client = jenkins.createWebClient();
        client.setThrowExceptionOnFailingStatusCode(false);
        client.getOptions().setJavaScriptEnabled(false);
        return client.withBasicApiToken(user);
    }

    private Map<String, String> act(String... more) {
        Map<String, String> fields = new java.util.LinkedHashMap<>();
        fields.put("digest", gate.digest.toString());
        fields.put("credentialsId", "carol-key");
        for (int i = 0; i < more.length; i += 2) {
            fields.put(more[i], more[i + 1]);
        }
        return fields;
    }

    private WebResponse post(String user, String page, Map<String, String> fields) throws Exception {
        WebRequest request = new WebRequest(new URL(jenkins.getURL() + page + "approve"), HttpMethod.POST);
        request.setAdditionalHeader("Accept", "application/json");
        List<NameValuePair> parameters = new ArrayList<>();
        fields.forEach((key, value) -> parameters.add(new NameValuePair(key, value)));
        request.setRequestParameters(parameters);
        return client(user).getPage(request).getWebResponse();
    }
}

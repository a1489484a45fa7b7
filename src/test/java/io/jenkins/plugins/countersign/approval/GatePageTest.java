package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.Item;
import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.registry.FaultyProxy;
import io.jenkins.plugins.countersign.engine.request.Request;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.File;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;
import net.sf.json.JSONObject;
import org.htmlunit.FormEncodingType;
import org.htmlunit.HttpMethod;
import org.htmlunit.Page;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.KeyDataPair;
import org.htmlunit.util.NameValuePair;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.rules.TestName;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;

/** Who may do what at a gate's page: each attack, its refusal, and the legitimate way. */
public class GatePageTest {

    private static final String HOSTILE = "<img src=x onerror=alert(1)>";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    @Rule
    public final TestName name = new TestName();

    @Rule
    public final TemporaryFolder files = new TemporaryFolder();

    private ImageAtGate gate;
    private WorkflowRun run;
    private final List<WorkflowRun> runs = new ArrayList<>();

    @Before
    public void waitAtTheGate() throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(ApprovalPermissions.APPROVE)
                .everywhere()
                .to("carol", "erin", "frank", "grace", "mallory")
                .grant(ApprovalPermissions.OVERRIDE)
                .everywhere()
                .to("grace")
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin"));
        gate = new ImageAtGate().configure();
        gate.keepForThemselves("carol", "erin", "frank", "grace");
        run = start("qa", "frank");
        jenkins.waitForMessage("missing 2 of qa", run);
    }

    @After
    public void leave() throws Exception {
        for (WorkflowRun started : runs) {
            if (started.isBuilding()) {
                started.doStop();
                jenkins.waitForCompletion(started);
            }
        }
        gate.close();
        CountersignConfiguration.get().setStartersMayApprove(false);
        for (String person : List.of("carol", "erin", "frank", "grace")) {
            hudson.model.User.getById(person, true).delete();
        }
    }

    @Test
    public void readersSeeAndCannotAct() throws Exception {
        HtmlPage page = client("reader").getPage(run, "countersign/");
        String text = page.asNormalizedText();
        assertThat(text, containsString(gate.digest.toString()));
        assertThat(text, containsString("2 × qa"));
        assertThat(text, not(containsString("Approve…")));
        for (String act : List.of("approve", "reject", "withdraw", "override", "request", "upload", "look")) {
            assertEquals(act, 403, post("reader", act, Map.of()).getStatusCode());
        }
        assertThat(
                "strangers are sent to log in",
                post(null, "approve", Map.of("digest", gate.digest.toString())).getContentAsString(),
                containsString("j_username"));
        assertNothingWritten();
    }

    @Test
    public void whatChangesSomethingIsPosted_withACrumb() throws Exception {
        JenkinsRule.WebClient client = client("carol");
        assertEquals(
                "nothing answers there",
                404,
                client.getPage(new URL(url() + "approve?digest=" + gate.digest))
                        .getWebResponse()
                        .getStatusCode());
        JenkinsRule.WebClient browser = jenkins.createWebClient().login("carol");
        browser.setThrowExceptionOnFailingStatusCode(false);
        WebRequest withoutCrumb =
                request("approve", Map.of("digest", gate.digest.toString(), "credentialsId", "carol-key"));
        assertEquals(403, browser.getPage(withoutCrumb).getWebResponse().getStatusCode());
        assertNothingWritten();
    }

    @Test
    public void twoPeopleOpenTheGate_andTwiceWithOneKeyIsOnce() throws Exception {
        WebResponse carol = post("carol", "approve", act("carol", "comment", "works"), "once-1");
        assertEquals(carol.getContentAsString(), 200, carol.getStatusCode());
        assertThat(carol.getContentAsString(), containsString("Wrote the approval by carol"));
        WebResponse again = post("carol", "approve", act("carol", "comment", "works"), "once-1");
        assertEquals(carol.getContentAsString(), again.getContentAsString());
        assertEquals(
                422,
                post("carol", "approve", act("carol", "comment", "other"), "once-1")
                        .getStatusCode());
        assertEquals("one statement", 1, statements());
        jenkins.waitForMessage("missing 1 of qa", run);
        HtmlPage page = client("erin").getPage(run, "countersign/");
        assertThat(page.asNormalizedText(), containsString("carol"));
        assertThat(page.asNormalizedText(), containsString("works"));

        assertEquals(200, post("erin", "approve", act("erin")).getStatusCode());
        jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
        JSONObject api = client("reader")
                .getJSON(run.getUrl() + "countersign/gate/1/api/json")
                .getJSONObject();
        assertEquals("open", api.getString("state"));
        assertEquals("[\"carol\",\"erin\"]", api.getJSONArray("approvers").toString());
        assertThat(Files.readString(ControllerLedger.get().file()), containsString("\"user\":\"carol\""));
        assertNoSecret();
    }

    @Test
    public void whoStartedTheBuildDoesNotApproveIt_butMayReject() throws Exception {
        WebResponse own = post("frank", "approve", act("frank"));
        assertEquals(403, own.getStatusCode());
        assertThat(own.getContentAsString(), containsString("frank started this build"));
        assertNothingWritten();
        HtmlPage page = client("frank").getPage(run, "countersign/");
        assertThat(page.asNormalizedText(), not(containsString("Approve…")));
        assertThat(page.asNormalizedText(), containsString("Reject…"));

        assertEquals(422, post("frank", "reject", act("frank")).getStatusCode());
        assertEquals(
                200, post("frank", "reject", act("frank", "comment", "crashes")).getStatusCode());
        jenkins.waitForMessage("frank rejected the image as qa", run);
    }

    @Test
    public void aTokenCannotSignHere_andTheDialogSaysWhereItCan() throws Exception {
        String sentence = "Your hardware token is not in this list";
        assertThat(
                client("erin")
                        .<HtmlPage>getPage(run, "countersign/")
                        .getWebResponse()
                        .getContentAsString(),
                not(containsString(sentence)));
        gate.keepTokenFor("carol");
        String page = client("carol")
                .<HtmlPage>getPage(run, "countersign/")
                .getWebResponse()
                .getContentAsString();
        assertThat(page, containsString(sentence));
        assertThat("it is no choice", page, not(containsString("carol-token")));
        assertEquals(
                422,
                post("carol", "approve", act("carol", "credentialsId", "carol-token"))
                        .getStatusCode());
        assertNothingWritten();
        assertEquals(200, post("carol", "approve", act("carol")).getStatusCode());
    }

    @Test
    public void theKeyOfSomebodyElseAndAPersonNobodyKnowsSignNothing() throws Exception {
        gate.keepFor("carol", "erin");
        WebResponse borrowed = post("carol", "approve", act("erin"));
        assertEquals(422, borrowed.getStatusCode());
        assertThat(
                borrowed.getContentAsString(),
                containsString("The key belongs to erin in the trust policy, and you are carol"));
        gate.keepFor("mallory", "carol");
        WebResponse stranger = post("mallory", "approve", act("carol"));
        assertEquals(403, stranger.getStatusCode());
        assertThat(stranger.getContentAsString(), containsString("names nobody whom Jenkins knows as"));
        WebResponse admin = post("admin", "approve", act("carol"));
        assertEquals("no bypass for administrators", 403, admin.getStatusCode());
        WebResponse missing = post("erin", "approve", act("carol"));
        assertEquals("carol's key is not erin's to use", 422, missing.getStatusCode());
        assertNothingWritten();
    }

    /** Every page of Jenkins asks whether something waits for its reader. */
    @Test
    public void aRegistryOfPoliciesThatHangs_keepsNobodyFromAPage_norTheAdministratorFromAnotherPolicy()
            throws Exception {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        try (FaultyProxy slow =
                new FaultyProxy(Integer.parseInt(gate.registry.host().split(":")[1]))) {
            slow.hold();
            RegistryConfiguration registry = new RegistryConfiguration("localhost:" + slow.port());
            registry.setInsecurePlainHttp(true);
            List<RegistryConfiguration> registries = new ArrayList<>(configuration.getRegistries());
            registries.add(registry);
            configuration.setRegistries(registries);
            configuration.setPolicyRootKeys(PublicKeys.pem(gate.keys.get("root").publicKey()));
            configuration.setTrustPolicyRepository("localhost:" + slow.port() + "/policies/main");
            JenkinsRule.WebClient carol = client("carol");
            carol.getOptions().setTimeout(20_000);
            for (String path : List.of("", "countersign-waiting/", run.getUrl() + "countersign/")) {
                assertEquals(path, 200, carol.goTo(path).getWebResponse().getStatusCode());
            }
            CompletableFuture.runAsync(() -> {
                        configuration.setTrustPolicyRepository(null);
                        configuration.setPolicyRootKeys(null);
                    })
                    .get(20, TimeUnit.SECONDS);
            assertThat(carol.goTo(run.getUrl() + "countersign/").asNormalizedText(), containsString("Approve…"));
        } finally {
            configuration.setTrustPolicyRepository(null);
            configuration.setPolicyRootKeys(null);
        }
    }

    @Test
    public void twoPeopleWithSpacesInTheirNames_areNotOneForAKeyOfTheirRequests() throws Exception {
        List<String> same = List.of("approve", "the same");
        assertEquals("first", Idempotency.once("ann", "b c", same, () -> "first"));
        assertEquals("second", Idempotency.once("ann b", "c", same, () -> "second"));
        assertEquals("second", Idempotency.once("ann b", "c", same, () -> "third"));
    }

    @Test
    public void whatWasOnTheScreenIsWhatIsSigned() throws Exception {
        String other = gate.digest.toString().replaceAll("[0-9]", "1");
        WebResponse moved = post("carol", "approve", Map.of("digest", other, "credentialsId", "carol-key"));
        assertEquals(409, moved.getStatusCode());
        assertThat(moved.getContentAsString(), containsString("You were looking at"));
        assertNothingWritten();
        assertNull("no such gate", run.getAction(ImageApprovalsAction.class).getGate("../1"));
        assertEquals(
                404,
                client("carol")
                        .getPage(new URL(jenkins.getURL() + run.getUrl() + "countersign/gate/2/"))
                        .getWebResponse()
                        .getStatusCode());
    }

    @Test
    public void anOverrideIsANamedActWithAReason() throws Exception {
        gate.saysAndTells("erin", Saying.Word.REJECT, "qa", "not good");
        jenkins.waitForMessage("erin rejected the image", run);
        assertEquals(
                403,
                post("carol", "override", act("carol", "comment", "I know better"))
                        .getStatusCode());
        assertEquals(422, post("grace", "override", act("grace")).getStatusCode());
        assertEquals(
                200,
                post("grace", "override", act("grace", "comment", "tested by hand"))
                        .getStatusCode());
        jenkins.waitForMessage("was overridden by grace", run);
        String ledger = Files.readString(ControllerLedger.get().file());
        assertThat(ledger, containsString("\"what\":\"override\""));
        assertThat(ledger, containsString("tested by hand"));
    }

    /** The permission, the policy's role, a key, a reason, and hands that did not start the build: each alone is not enough. */
    @Test
    public void nobodyOverridesSilently() throws Exception {
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(ApprovalPermissions.APPROVE, ApprovalPermissions.OVERRIDE)
                .everywhere()
                .to("carol", "grace")
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin"));
        gate.saysAndTells("erin", Saying.Word.REJECT, "qa", "not good");
        jenkins.waitForMessage("erin rejected the image", run);
        String ledger = Files.readString(ControllerLedger.get().file());
        WebResponse admin = post("admin", "override", act("grace", "comment", "I am the administrator"));
        assertEquals("no bypass for administrators", 403, admin.getStatusCode());
        assertThat(admin.getContentAsString(), containsString("names nobody whom Jenkins knows as"));
        WebResponse noRole = post("carol", "override", act("carol", "comment", "I know better"));
        assertEquals("the permission without the policy's role", 422, noRole.getStatusCode());
        assertEquals("no reason", 422, post("grace", "override", act("grace")).getStatusCode());
        assertEquals(
                "a blank reason",
                422,
                post("grace", "override", act("grace", "comment", "  ")).getStatusCode());
        assertEquals(
                "no key",
                422,
                post("grace", "override", Map.of("digest", gate.digest.toString(), "comment", "x"))
                        .getStatusCode());
        WorkflowRun own = again("grace");
        jenkins.waitForMessage("erin rejected the image", own);
        run = own;
        WebResponse starter = post("grace", "override", act("grace", "comment", "it is my build"));
        assertEquals(403, starter.getStatusCode());
        assertThat(starter.getContentAsString(), containsString("grace started this build"));
        assertEquals("only the rejection is there", 1, statements());
        assertTrue(own.isBuilding());
        assertFalse(
                "what was refused was never done",
                Files.readString(ControllerLedger.get().file())
                        .substring(ledger.length())
                        .contains("overrid"));
    }

    private WorkflowRun again(String starter) throws Exception {
        WorkflowRun started = run.getParent()
                .scheduleBuild2(0, new CauseAction(new Cause.UserIdCause(starter)))
                .waitForStart();
        runs.add(started);
        return started;
    }

    @Test
    public void aSignatureMadeElsewhereIsTaken_andOneOfSomethingElseIsNot() throws Exception {
        WebResponse file = post("carol", "request", Map.of("digest", gate.digest.toString(), "decision", "approve"));
        assertEquals(200, file.getStatusCode());
        assertThat(file.getResponseHeaderValue("Content-Disposition"), containsString("attachment"));
        byte[] wanted = file.getContentAsStream().readAllBytes();
        Request request = Request.read(wanted);
        byte[] foreign = gate.keys.get("erin").sign(request.bytesToSign());
        assertEquals(422, upload("carol", wanted, foreign).getStatusCode());
        assertEquals(403, upload("reader", wanted, foreign).getStatusCode());
        assertNothingWritten();

        byte[] signature = gate.keys.get("carol").sign(request.bytesToSign());
        WebResponse taken = upload("erin", wanted, signature);
        assertEquals(taken.getContentAsString(), 200, taken.getStatusCode());
        jenkins.waitForMessage("Found the approval by carol as qa", run);
    }

    @Test
    public void textOfStrangersIsText() throws Exception {
        gate.says("carol", Saying.Word.APPROVE, "qa", HOSTILE);
        WebResponse refused = post("erin", "reject", act("erin", "comment", HOSTILE));
        assertEquals(200, refused.getStatusCode());
        jenkins.waitForMessage("erin rejected the image", run);
        for (String page : List.of("countersign/", "countersign/gate/1/", "")) {
            HtmlPage html = client("reader").getPage(run, page);
            assertEquals(page, 0, html.getByXPath("//img[@src='x']").size());
        }
        assertThat(client("reader").<HtmlPage>getPage(run, "countersign/").asNormalizedText(), containsString(HOSTILE));
        assertEquals(
                0,
                client("carol")
                        .goTo("countersign-waiting")
                        .getByXPath("//img[@src='x']")
                        .size());
    }

    @Test
    public void everybodySeesWhatWaitsForThem() throws Exception {
        assertEquals(1, waiting("carol"));
        assertEquals("frank started it", 0, waiting("frank"));
        assertEquals("grace has no role there", 0, waiting("grace"));
        assertEquals(0, waiting("reader"));
        HtmlPage page = client("carol").goTo("countersign-waiting");
        assertThat(page.asNormalizedText(), containsString(gate.digest.toString()));
        assertThat(
                client("reader").goTo("countersign-waiting").asNormalizedText(),
                containsString("nobody waits for you"));
        jenkins.jenkins.setAuthorizationStrategy(
                new MockAuthorizationStrategy().grant(Jenkins.READ).everywhere().toEveryone());
        assertEquals("who cannot see the job sees no gate of it", 0, waiting("carol"));
        assertEquals(
                404, client("carol").getPage(new URL(url())).getWebResponse().getStatusCode());
    }

    /** Beside what waits for somebody's approval: only where they may, and told only to whoever asks for that. */
    @Test
    public void whatPeopleMayRejectWithdrawAndOverride_isListedForThemAlone() throws Exception {
        assertEquals("frank started it, and may reject it", "frank waits 0: rejectable", listed("frank"));
        assertEquals("grace waits 0:", listed("grace"));
        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.saysAndTells("erin", Saying.Word.REJECT, "qa", HOSTILE);
        jenkins.waitForMessage("erin rejected the image", run);
        assertEquals("carol waits 0: rejectable withdrawable", listed("carol"));
        assertEquals("erin waits 1: rejectable withdrawable", listed("erin"));
        assertEquals("the count does not tell of it", "grace waits 0: overridable", listed("grace"));
        assertEquals("no bypass for administrators", "admin waits 0:", listed("admin"));
        assertEquals("reader waits 0:", listed("reader"));

        HtmlPage page = client("grace").goTo("countersign-waiting/?show=override");
        assertThat(page.asNormalizedText(), containsString(gate.digest.toString()));
        assertEquals(0, page.getByXPath("//img[@src='x']").size());
        assertThat(page.getFirstByXPath("//nav/a[@aria-current='page']").toString(), containsString("show=override"));
        HtmlPage carol = client("carol").goTo("countersign-waiting/?show=override");
        assertThat("the policy has her override nothing", carol.asNormalizedText(), containsString("no such gate"));
        assertEquals(0, carol.getByXPath("//nav/a[contains(@href, 'override')]").size());
        assertThat(
                client("carol").goTo("countersign-waiting/?show=withdraw").asNormalizedText(),
                containsString(gate.digest.toString()));
        assertThat(
                "nothing is listed that nobody knows",
                client("grace").goTo("countersign-waiting/?show=" + HOSTILE).asNormalizedText(),
                containsString("No image waits for you"));
        assertFalse(
                "a list that costs a look at each gate is made for whoever names it",
                client("grace")
                        .getJSON("countersign-waiting/api/json?depth=3")
                        .getJSONObject()
                        .has("overridable"));

        WorkflowRun own = again("grace");
        jenkins.waitForMessage("erin rejected the image", own);
        assertThat(
                "nobody overrides for their own build",
                client("grace")
                        .getJSON("countersign-waiting/api/json?tree=overridable[url]")
                        .getJSONObject()
                        .toString(),
                not(containsString(own.getUrl())));
    }

    @Test
    public void withoutTheJobOrThePermission_noListTellsOfAGate() throws Exception {
        gate.says("carol", Saying.Word.APPROVE, "qa", "");
        gate.saysAndTells("erin", Saying.Word.REJECT, "qa", "not good");
        jenkins.waitForMessage("erin rejected the image", run);
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, ApprovalPermissions.APPROVE, ApprovalPermissions.OVERRIDE)
                .everywhere()
                .toEveryone());
        for (String person : List.of("carol", "erin", "frank", "grace")) {
            assertEquals("who cannot see the job", person + " waits 0:", listed(person));
        }
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(ApprovalPermissions.APPROVE)
                .everywhere()
                .to("grace"));
        for (String person : List.of("carol", "erin", "frank", "grace")) {
            assertEquals("who may not act", person + " waits 0:", listed(person));
        }
    }

    /** What REST lists for the person, each list by its name. */
    private String listed(String user) throws Exception {
        JSONObject waiting = client(user)
                .getJSON("countersign-waiting/api/json?tree=count,rejectable[url],withdrawable[url],overridable[url]")
                .getJSONObject();
        StringBuilder listed = new StringBuilder(user + " waits " + waiting.getInt("count") + ":");
        for (String list : List.of("rejectable", "withdrawable", "overridable")) {
            if (!waiting.getJSONArray(list).isEmpty()) {
                listed.append(' ').append(list);
            }
        }
        return listed.toString();
    }

    @Test
    public void whoMayNotConfigureLearnsNothingFromTheForms() throws Exception {
        ApproveImageStep.DescriptorImpl descriptor =
                jenkins.jenkins.getDescriptorByType(ApproveImageStep.DescriptorImpl.class);
        gate.keepForBuilds("carol");
        try (var ignored = hudson.security.ACL.as2(
                hudson.model.User.getById("reader", true).impersonate2())) {
            assertEquals(
                    1,
                    descriptor
                            .doFillCredentialsIdItems(run.getParent(), "present")
                            .size());
            assertEquals(
                    1,
                    descriptor
                            .doFillRegistryCredentialsIdItems(run.getParent(), "", "present")
                            .size());
            assertEquals(hudson.util.FormValidation.Kind.OK, descriptor.doCheckStage(run.getParent(), "nowhere").kind);
        }
        try (var ignored =
                hudson.security.ACL.as2(hudson.model.User.getById("admin", true).impersonate2())) {
            assertTrue(descriptor.doFillCredentialsIdItems(run.getParent(), "").size() > 1);
            assertEquals(
                    hudson.util.FormValidation.Kind.ERROR, descriptor.doCheckStage(run.getParent(), "nowhere").kind);
        }
        for (String check : List.of("checkImage", "checkStage", "fillCredentialsIdItems")) {
            WebResponse get = client("carol")
                    .getPage(new URL(
                            jenkins.getURL() + "descriptorByName/" + ApproveImageStep.class.getName() + "/" + check))
                    .getWebResponse();
            assertEquals(check, 404, get.getStatusCode());
        }
    }

    private int waiting(String user) throws Exception {
        return client(user)
                .getJSON("countersign-waiting/api/json")
                .getJSONObject()
                .getInt("count");
    }

    private WorkflowRun start(String stage, String starter) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, name.getMethodName());
        job.setDefinition(new CpsFlowDefinition(
                "awaitApprovals image: '" + gate.image() + "', stage: '" + stage + "', message: '" + HOSTILE + "'",
                true));
        WorkflowRun started = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause(starter)))
                .waitForStart();
        runs.add(started);
        return started;
    }

    private JenkinsRule.WebClient client(String user) throws Exception {
        JenkinsRule.WebClient client = jenkins.createWebClient();
        client.setThrowExceptionOnFailingStatusCode(false);
        client.getOptions().setJavaScriptEnabled(false);
        return user == null ? client : client.withBasicApiToken(user);
    }

    private String url() throws Exception {
        return jenkins.getURL() + run.getUrl() + "countersign/gate/1/";
    }

    private Map<String, String> act(String key, String... more) {
        Map<String, String> fields = new java.util.LinkedHashMap<>();
        fields.put("digest", gate.digest.toString());
        fields.put("credentialsId", key + "-key");
        for (int i = 0; i < more.length; i += 2) {
            fields.put(more[i], more[i + 1]);
        }
        return fields;
    }

    private WebRequest request(String act, Map<String, String> fields) throws Exception {
        WebRequest request = new WebRequest(new URL(url() + act), HttpMethod.POST);
        request.setAdditionalHeader("Accept", "application/json");
        List<NameValuePair> parameters = new ArrayList<>();
        fields.forEach((key, value) -> parameters.add(new NameValuePair(key, value)));
        request.setRequestParameters(parameters);
        return request;
    }

    private WebResponse post(String user, String act, Map<String, String> fields) throws Exception {
        return post(user, act, fields, null);
    }

    private WebResponse post(String user, String act, Map<String, String> fields, String key) throws Exception {
        WebRequest request = request(act, fields);
        if (key != null) {
            request.setAdditionalHeader("Idempotency-Key", key);
        }
        JenkinsRule.WebClient client = client(user);
        return client.getPage(user == null ? client.addCrumb(request) : request).getWebResponse();
    }

    private WebResponse upload(String user, byte[] wanted, byte[] signature) throws Exception {
        WebRequest request = new WebRequest(new URL(url() + "upload"), HttpMethod.POST);
        request.setAdditionalHeader("Accept", "application/json");
        request.setEncodingType(FormEncodingType.MULTIPART);
        List<NameValuePair> parameters = new ArrayList<>();
        parameters.add(file("request", wanted));
        parameters.add(file("signature", signature));
        request.setRequestParameters(parameters);
        Page page = client(user).getPage(request);
        return page.getWebResponse();
    }

    private KeyDataPair file(String field, byte[] content) throws Exception {
        File file = files.newFile();
        Files.write(file.toPath(), content);
        return new KeyDataPair(field, file, field + ".json", "application/octet-stream", StandardCharsets.UTF_8);
    }

    private int statements() throws Exception {
        try (var opened = gate.open()) {
            return opened.referrers(gate.digest).size();
        }
    }

    private void assertNothingWritten() throws Exception {
        assertEquals(0, statements());
        assertTrue(run.isBuilding());
    }

    /** What the keys look like must stand nowhere but in credentials' own files. */
    private void assertNoSecret() throws Exception {
        String canary = gate.keys
                .get("carol")
                .unencryptedSecret()
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow();
        assertNotNull(canary);
        for (String file : List.of("build.xml", "log", "workflow-completed/flowNodeStore.xml")) {
            File found = new File(run.getRootDir(), file);
            if (found.exists()) {
                assertThat(file, Files.readString(found.toPath()), not(containsString(canary)));
            }
        }
        assertFalse(Files.readString(ControllerLedger.get().file()).contains(canary));
    }
}

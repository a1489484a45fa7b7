package io.jenkins.plugins.countersign.approval;

import static org.junit.Assert.assertEquals;

import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.Item;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.request.OfflineSigners;
import io.jenkins.plugins.countersign.engine.request.Request;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import jenkins.model.Jenkins;
import jenkins.security.ApiTokenProperty;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;

/** What any of the four programs signed offline comes back by a REST call and by an upload on the gate's page. */
public class SignedOutsideTest {

    private static final String BOUNDARY = "countersign-test-boundary";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        // For all tests of this class together.
        jenkins.timeout = 900;
    }

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static ImageAtGate gate;
    private static WorkflowRun run;

    @BeforeClass
    public static void waitAtTheGate() throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ, ApprovalPermissions.APPROVE)
                .everywhere()
                .to("carol", "erin"));
        gate = new ImageAtGate().configure();
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "signed-outside");
        job.setDefinition(new CpsFlowDefinition("awaitApprovals image: '" + gate.image() + "', stage: 'qa'", true));
        run = job.scheduleBuild2(0, new CauseAction(new Cause.UserIdCause("grace")))
                .waitForStart();
        jenkins.waitForMessage("missing 2 of qa", run);
    }

    @AfterClass
    public static void leave() throws Exception {
        if (run.isBuilding()) {
            run.doStop();
            jenkins.waitForCompletion(run);
        }
        gate.close();
    }

    @Test
    public void byCountersign() throws Exception {
        comesBackBothWays(OfflineSigners.COUNTERSIGN);
    }

    @Test
    public void byCosign() throws Exception {
        comesBackBothWays(OfflineSigners.COSIGN);
    }

    @Test
    public void byOpenssl() throws Exception {
        comesBackBothWays(OfflineSigners.OPENSSL);
    }

    @Test
    public void byPkcs11Tool() throws Exception {
        comesBackBothWays(OfflineSigners.PKCS11_TOOL);
    }

    private void comesBackBothWays(OfflineSigners signer) throws Exception {
        byte[] request = request();
        byte[] foreign =
                signer.sign(request, gate.keys.get("erin"), folder.newFolder().toPath());
        assertEquals(422, rest(request, foreign).statusCode());
        byte[] signature =
                signer.sign(request, gate.keys.get("carol"), folder.newFolder().toPath());
        int before = statements();
        HttpResponse<String> taken = rest(request, signature);
        assertEquals(taken.body(), 200, taken.statusCode());
        assertEquals(before + 1, statements());

        request = request();
        signature =
                signer.sign(request, gate.keys.get("carol"), folder.newFolder().toPath());
        HttpResponse<String> page = onThePage(request, signature);
        assertEquals(page.body(), 303, page.statusCode());
        assertEquals(before + 2, statements());
    }

    private static byte[] request() throws Exception {
        TrustPolicy policy = gate.policy();
        try (Repository opened = gate.open()) {
            return Request.of(ImageStatements.about(opened, gate.digest, "1.0", policy, Clock.systemUTC())
                            .approval(
                                    policy.person("carol").orElseThrow(),
                                    "qa",
                                    "qa",
                                    "seen",
                                    List.of(),
                                    Origin.UNKNOWN))
                    .toBytes();
        }
    }

    private static int statements() throws Exception {
        try (Repository opened = gate.open()) {
            return opened.referrers(gate.digest).size();
        }
    }

    private static URI gateAt(String path) throws Exception {
        return URI.create(jenkins.getURL() + run.getUrl() + "countersign/gate/1/" + path);
    }

    /** As a script does it: an answer in JSON. */
    private static HttpResponse<String> rest(byte[] request, byte[] signature) throws Exception {
        return send(upload(request, signature).header("Accept", "application/json"));
    }

    /** As the page's form does it: back to the page. The crumb, which a token needs not, has tests of its own. */
    private static HttpResponse<String> onThePage(byte[] request, byte[] signature) throws Exception {
        HttpResponse<String> answer = send(upload(request, signature).header("Accept", "text/html"));
        assertEquals(
                gateAt("").getPath(),
                URI.create(answer.headers().firstValue("Location").orElse("")).getPath());
        return answer;
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        ApiTokenProperty tokens = hudson.model.User.getById("erin", true).getProperty(ApiTokenProperty.class);
        String login = "erin:" + tokens.generateNewToken("test").plainValue;
        request.header(
                "Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder upload(byte[] request, byte[] signature) throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        part(body, "request", request);
        part(body, "signature", signature);
        body.write(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        return HttpRequest.newBuilder(gateAt("upload"))
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
    }

    private static void part(ByteArrayOutputStream body, String field, byte[] content) throws Exception {
        body.write(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"" + field
                        + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        body.write(content);
        body.write("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
}

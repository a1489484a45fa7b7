package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.StringParameterDefinition;
import io.jenkins.plugins.casc.ConfigurationAsCode;
import io.jenkins.plugins.countersign.FormsRule;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.delivery.Payload;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;

/** From the registry's event to the right build, once, and only if the event is genuine. */
public class WebhookEndpointTest {

    private static final String ACCEPTED = "202 text/plain;charset=utf-8 accepted\n";

    @ClassRule
    public static final JenkinsRule jenkins = new FormsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Before
    public void buildAtOnce() {
        // Nothing is folded together in the queue: what is scheduled twice is built twice.
        jenkins.setQuietPeriod(0);
    }

    @After
    public void deleteJobs() throws Exception {
        jenkins.waitUntilNoActivity();
        for (hudson.model.TopLevelItem item : jenkins.jenkins.getItems()) {
            item.delete();
        }
    }

    private static FreeStyleProject job(String repository) throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject();
        ImageEventTrigger trigger = new ImageEventTrigger(repository);
        job.addTrigger(trigger);
        trigger.start(job, true);
        return job;
    }

    private static String got(FreeStyleBuild build) {
        return build.getCause(ImageEventCause.class).variables().toString();
    }

    @Test
    public void whatIsNotGenuine_isRefusedAlikeAndStartsNothing() throws Exception {
        try (DemoRegistry registry = new DemoRegistry(0)) {
            Told.configure(registry.host());
            Digest first = Told.push(registry.host(), "1.0", "first");
            FreeStyleProject job = job(registry.host() + "/**");
            byte[] body = Told.published("1.0", "refused");
            String signature = Told.signature(body);
            byte[] altered = body.clone();
            altered[altered.length - 2] ^= 1;
            byte[] oversized = (new String(body, StandardCharsets.UTF_8) + " ".repeat(Payload.MAX_LENGTH))
                    .getBytes(StandardCharsets.UTF_8);
            String header = "X-Hub-Signature-256";
            byte[] noImage = Told.published("../../x", "refused");

            Set<String> answers = new TreeSet<>();
            answers.add(Told.send(jenkins, "POST", "signed", body)); // unsigned
            answers.add(Told.send(jenkins, "POST", "signed", body, header, signature.replaceAll("[0-9]$|[a-f]$", "x")));
            answers.add(Told.send(jenkins, "POST", "signed", altered, header, signature));
            answers.add(Told.send(jenkins, "POST", "signed", oversized, header, Told.signature(oversized)));
            answers.add(Told.send(jenkins, "POST", "signed", noImage, header, Told.signature(noImage)));
            answers.add(Told.send(jenkins, "GET", "signed", body, header, signature));
            answers.add(Told.send(jenkins, "PUT", "signed", body, header, signature));
            answers.add(Told.send(jenkins, "POST", "signed", body, "Authorization", "Bearer " + Told.SECRET));
            answers.add(Told.send(jenkins, "POST", "unknown-source", body, header, signature));
            answers.add(Told.send(jenkins, "POST", "signed/something", body, header, signature));
            answers.add(Told.send(jenkins, "GET", "", body, header, signature));
            answers.add(Told.send(jenkins, "POST", "", body, header, signature));
            answers.add(Told.send(jenkins, "POST", "Signed/../signed/%20", body, header, signature));
            answers.add(Told.send(jenkins, "POST", "basic", body, "Authorization", "Basic cmVnaXN0cnk6d3Jvbmc="));
            answers.add(Told.send(jenkins, "POST", "path", body));
            answers.add(Told.send(jenkins, "POST", "path/wrong", body));
            answers.add(Told.send(jenkins, "POST", "bearer", body, "Authorization", "Bearer " + Told.SECRET + "x"));
            assertEquals(Set.of("403 text/plain;charset=utf-8 refused\n"), answers);
            assertEquals(0, Deliveries.get().waiting());
            assertTrue(jenkins.jenkins.getQueue().isEmpty());
            assertNull(job.getLastBuild());
            assertThat(
                    "elsewhere a crumb is needed",
                    Told.send(jenkins, "POST", "../createItem?name=x", body, header, signature),
                    containsString("crumb"));

            // The genuine one, then the same bytes again, and the same news in other bytes.
            assertEquals(ACCEPTED, Told.sendSigned(jenkins, body));
            Told.await("the build", () -> job.getLastBuild() != null);
            assertEquals(
                    "403 text/plain;charset=utf-8 refused\n",
                    Told.send(jenkins, "POST", "signed", body, header, signature, "X-GitHub-Delivery", "another"));
            assertEquals(ACCEPTED, Told.sendSigned(jenkins, Told.published("1.0", "the same news")));
            // What the registry does not bear out.
            assertEquals(ACCEPTED, Told.sendSigned(jenkins, Told.published("no-such-tag", "a lie")));
            Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            assertEquals(1, job.getLastBuild().getNumber());
            assertThat(got(job.getLastBuild()), containsString("COUNTERSIGN_DIGEST=" + first));
            assertThat(
                    job.getLastBuild().getCause(ImageEventCause.class).getShortDescription(),
                    containsString("/team/app:1.0@" + first + " was pushed by carol"));

            // New content is news, and so is the return to the old.
            Digest second = Told.push(registry.host(), "1.0", "second");
            assertEquals(ACCEPTED, Told.sendSigned(jenkins, Told.published("1.0", "second")));
            Told.await("the second build", () -> job.getLastBuild().getNumber() == 2);
            assertThat(got(job.getLastBuild()), containsString("COUNTERSIGN_DIGEST=" + second));
            Told.push(registry.host(), "1.0", "first");
            assertEquals(ACCEPTED, Told.sendSigned(jenkins, Told.published("1.0", "back again")));
            Told.await("the third build", () -> job.getLastBuild().getNumber() == 3);
            assertThat(got(job.getLastBuild()), containsString("COUNTERSIGN_DIGEST=" + first));

            // The Basic header is the registry's secret, though Jenkins has users of its own.
            Told.push(registry.host(), "3.0", "by Basic");
            jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
            try {
                byte[] notification = Told.published("3.0", "basic");
                String basic = Base64.getEncoder()
                        .encodeToString(("registry:" + Told.SECRET).getBytes(StandardCharsets.UTF_8));
                assertEquals(
                        "403 text/plain;charset=utf-8 refused\n",
                        Told.send(
                                jenkins, "POST", "basic", notification, "Authorization", "Basic cmVnaXN0cnk6d3Jvbmc="));
                assertEquals(
                        ACCEPTED, Told.send(jenkins, "POST", "basic", notification, "Authorization", "Basic " + basic));
                assertThat(
                        "elsewhere it is a login",
                        Told.send(jenkins, "GET", "../api/json", body, "Authorization", "Basic " + basic),
                        containsString("401 "));
            } finally {
                jenkins.jenkins.setSecurityRealm(hudson.security.SecurityRealm.NO_AUTHENTICATION);
            }
            Told.await("the fourth build", () -> job.getLastBuild().getNumber() == 4);

            // The secret in the path, for who can do nothing else.
            Told.push(registry.host(), "2.0", "third");
            byte[] quay =
                    "{\"repository\": \"team/app\", \"updated_tags\": [\"2.0\"]}".getBytes(StandardCharsets.UTF_8);
            assertEquals(ACCEPTED, Told.send(jenkins, "POST", "path/" + Told.SECRET, quay));
            Told.await("the fifth build", () -> job.getLastBuild().getNumber() == 5);
        }
    }

    @Test
    public void dockerRegistry_tellsOfAPush_andTheRightImageIsBuilt() throws Throwable {
        RealPart.require("skopeo");
        DockerRegistry registry = DockerRegistry.plain().with(Told.notifications(jenkins));
        registry.before();
        try {
            Told.configure(registry.host());
            WorkflowJob pipeline = jenkins.createProject(WorkflowJob.class);
            pipeline.setDefinition(new CpsFlowDefinition(
                    "echo \"got ${env.COUNTERSIGN_EVENT} ${env.COUNTERSIGN_REPOSITORY}:${env.COUNTERSIGN_TAG}@${env.COUNTERSIGN_DIGEST}\"",
                    true));
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/golden/*");
            trigger.setTag("1.*");
            pipeline.addTrigger(trigger);
            FreeStyleProject freestyle = job(registry.host() + "/golden/base");
            freestyle.addProperty(new ParametersDefinitionProperty(
                    new StringParameterDefinition("COUNTERSIGN_DIGEST", "none"),
                    new StringParameterDefinition("OTHER", "its default")));
            FreeStyleProject another = job(registry.host() + "/team/*");

            Digest digest;
            // skopeo tries TLS first, and waits ten seconds for a server that does not tell it at once that it speaks
            // none.
            DockerRegistry origin = DockerRegistry.plain();
            origin.before();
            try {
                digest = Told.push(origin.host(), "1.0", "golden");
                for (String tag : new String[] {"1.0", "1.0", "2.0"}) {
                    Run.of(
                                    "skopeo",
                                    "copy",
                                    "--insecure-policy",
                                    "--src-tls-verify=false",
                                    "--dest-tls-verify=false",
                                    "docker://" + origin.host() + "/team/app:1.0",
                                    "docker://" + registry.host() + "/golden/base:" + tag)
                            .succeeded();
                }
            } finally {
                origin.after();
            }
            Told.await("the freestyle build", () -> freestyle.getLastBuild() != null);
            Told.await("the pipeline's build", () -> pipeline.getLastBuild() != null);
            Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            WorkflowRun build = jenkins.assertBuildStatusSuccess(pipeline.getLastBuild());
            assertEquals(1, build.getNumber());
            jenkins.assertLogContains("got pushed " + registry.host() + "/golden/base:1.0@" + digest, build);
            ParametersAction parameters = freestyle.getLastBuild().getAction(ParametersAction.class);
            assertEquals(
                    digest.toString(),
                    parameters.getParameter("COUNTERSIGN_DIGEST").getValue());
            assertEquals("its default", parameters.getParameter("OTHER").getValue());
            assertEquals(
                    "one digest, twice and under two tags",
                    1,
                    freestyle.getLastBuild().getNumber());
            assertNull(another.getLastBuild());
            assertEquals(
                    "http://" + registry.host() + "/v2/golden/base/manifests/" + digest,
                    build.getCause(ImageEventCause.class).getLink());

            FreeStyleProject onDelete = jenkins.createFreeStyleProject();
            ImageEventTrigger gone = new ImageEventTrigger(registry.host() + "/golden/base");
            gone.setOnPush(false);
            gone.setOnDelete(true);
            onDelete.addTrigger(gone);
            gone.start(onDelete, true);
            Run.of("skopeo", "delete", "--tls-verify=false", "docker://" + registry.host() + "/golden/base:2.0")
                    .succeeded();
            Told.await("the build for what is gone", () -> onDelete.getLastBuild() != null);
            assertThat(
                    onDelete.getBuildByNumber(1).getCause(ImageEventCause.class).getShortDescription(),
                    containsString(" was deleted by "));
            Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            assertEquals(1, pipeline.getLastBuild().getNumber());
            // Records cannot be read back, and nothing of the engine may lie on the disk.
            String stored = Files.readString(build.getRootDir().toPath().resolve("build.xml"));
            assertFalse(stored.contains("countersign.engine"));
        } finally {
            registry.after();
        }
    }

    /** The forms, every field of them, are EveryDescribableTest's. */
    @Test
    public void configuration_goesThroughCodeUnharmed() throws Exception {
        Told.configure("registry.example.com");
        WebhookSource pointed = new WebhookSource(
                "own",
                io.jenkins.plugins.countersign.engine.delivery.PayloadKind.POINTED,
                "registry.example.com:5000",
                "hook");
        pointed.setHeader("X-Own");
        pointed.setRepositoryPointer("/image/path");
        pointed.setTagPointer("/image/tag");
        pointed.setPageUrl("https://registry.example.com/{repository}/{digest}");
        pointed.setPerSecond(50);
        pointed.setTokenEmail("pusher@my-project.iam.gserviceaccount.com");
        pointed.setTokenAudience("https://jenkins.example.com/hook");
        WebhookConfiguration.get().setSources(java.util.List.of(pointed));
        ByteArrayOutputStream exported = new ByteArrayOutputStream();
        ConfigurationAsCode.get().export(exported);
        String yaml = exported.toString(StandardCharsets.UTF_8);
        int start = yaml.indexOf("  countersignWebhooks:");
        assertTrue(yaml, start >= 0);
        String ours = yaml.substring(start).split("\n  [a-zA-Z]", 2)[0];
        for (String expected : new String[] {
            "id: \"own\"",
            "kind: POINTED",
            "registry: \"registry.example.com:5000\"",
            "credentialsId: \"hook\"",
            "header: \"X-Own\"",
            "repositoryPointer: \"/image/path\"",
            "tagPointer: \"/image/tag\""
        }) {
            assertThat(ours, containsString(expected));
        }
        WebhookConfiguration.get().setSources(java.util.List.of());
        Path file = folder.getRoot().toPath().resolve("jenkins.yaml");
        Files.writeString(file, "unclassified:\n" + ours + "\n");
        ConfigurationAsCode.get().configure(file.toString());
        jenkins.assertEqualDataBoundBeans(
                java.util.List.of(pointed), WebhookConfiguration.get().getSources());
        assertFalse(
                "nothing waits",
                new File(Jenkins.get().getRootDir(), "countersign/deliveries").listFiles() != null
                        && new File(Jenkins.get().getRootDir(), "countersign/deliveries").listFiles().length > 0);
    }
}

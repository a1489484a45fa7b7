package io.jenkins.plugins.countersign.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Label;
import hudson.model.Result;
import hudson.slaves.DumbSlave;
import io.jenkins.plugins.casc.ConfigurationAsCode;
import io.jenkins.plugins.casc.ConfigurationContext;
import io.jenkins.plugins.casc.ConfiguratorRegistry;
import io.jenkins.plugins.casc.model.CNode;
import io.jenkins.plugins.casc.yaml.YamlSource;
import io.jenkins.plugins.checks.api.ChecksAnnotation;
import io.jenkins.plugins.checks.api.ChecksConclusion;
import io.jenkins.plugins.checks.api.ChecksDetails;
import io.jenkins.plugins.checks.util.CapturingChecksPublisher;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import jenkins.security.MasterToSlaveCallable;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.SingleFileSCM;
import org.jvnet.hudson.test.TestExtension;

/** The check in a job, with a real registry behind it. */
public class CheckBaseImagesTest {

    private static final DockerRegistry REGISTRY = new DockerRegistry();
    private static final JenkinsRule JENKINS = new JenkinsRule();

    @ClassRule
    public static final RuleChain RULES = RuleChain.outerRule(REGISTRY).around(JENKINS);

    @TestExtension
    public static final CapturingChecksPublisher.Factory PUBLISHED = new CapturingChecksPublisher.Factory();

    private static GoldenRegistry golden;
    private static Digest java;

    @BeforeClass
    public static void pushGoldenImages() throws Exception {
        RealPart.require("docker-registry");
        golden = new GoldenRegistry(REGISTRY);
        java = golden.image("golden/java", "17", null, null, "java 17");
    }

    @Test
    public void digestsOfTheBasesAreKeptWithTheBuild() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17\n");
        FreeStyleBuild build = JENKINS.buildAndAssertSuccess(job);

        assertEquals(List.of(REGISTRY.host() + "/golden/java:17@" + java), CheckedBasesAction.of(build));
        build.reload();
        assertEquals(
                "after a restart", List.of(REGISTRY.host() + "/golden/java:17@" + java), CheckedBasesAction.of(job));
    }

    @Test
    public void registryOfARefusedImageIsNotAsked() throws Exception {
        golden.configure("{allow: [registry.example.com/golden/**]}");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17\n");
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job);

        assertEquals(List.of(REGISTRY.host() + "/golden/java:17"), CheckedBasesAction.of(build));
        JENKINS.assertLogContains("[not-golden]", build);
    }

    /** A file that is golden on the processors of most machines, and something else on this agent's. */
    @Test
    public void imageThatEntersOnTheProcessorOfTheAgentAlone() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        DumbSlave agent = JENKINS.createOnlineSlave(Label.get("arm"));
        agent.getChannel().call(new IsArm());
        for (String argument : List.of("BUILDARCH", "TARGETARCH")) {
            FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17 AS amd64\n"
                    + "FROM evil.example/x AS arm64\nFROM ${" + argument + "}\n");
            JENKINS.buildAndAssertSuccess(job);
            job.setAssignedNode(agent);
            JENKINS.assertLogContains("[not-golden]", JENKINS.buildAndAssertStatus(Result.FAILURE, job));
        }
        FreeStyleProject job = job(
                "FROM " + REGISTRY.host() + "/golden/java:17 AS amd64\n"
                        + "FROM evil.example/x AS arm64\nFROM ${BUILDARCH}\n",
                step -> step.setBuildPlatform("linux/amd64"));
        job.setAssignedNode(agent);
        JENKINS.buildAndAssertSuccess(job);
    }

    private static final class IsArm extends MasterToSlaveCallable<String, RuntimeException> {

        private static final long serialVersionUID = 1L;

        @Override
        public String call() {
            return System.setProperty("os.arch", "aarch64");
        }
    }

    @Test
    public void loginWithoutARegistryIsSentToNobody() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        FreeStyleProject job =
                job("FROM " + REGISTRY.host() + "/golden/java:17\n", step -> step.setRegistryCredentialsId("other"));
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job);

        JENKINS.assertLogContains("name the one registry that may see it", build);
    }

    @Test
    public void triggerOfAGoldenBaseIsSeen() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        golden.trigger("golden/sly", "1", "COPY --from=evil.example/x / /");
        FreeStyleBuild build =
                JENKINS.buildAndAssertStatus(Result.FAILURE, job("FROM " + REGISTRY.host() + "/golden/sly:1\n"));

        JENKINS.assertLogContains("[not-golden] the source of a COPY, evil.example/x:latest", build);
    }

    @Test
    public void organisationThatCannotBeListedHoldsTheCheck() throws Exception {
        golden.configure("{organisations: [nowhere.invalid/golden]}");
        FreeStyleBuild build =
                JENKINS.buildAndAssertStatus(Result.FAILURE, job("FROM nowhere.invalid/golden/java:17\n"));

        JENKINS.assertLogContains("[organisation-unknown]", build);
    }

    @Test
    public void everythingInTheOrganisationIsGoldenAndNothingBesideIt() throws Exception {
        golden.configure("{organisations: [" + REGISTRY.host() + "/golden]}");
        JENKINS.buildAndAssertSuccess(job("FROM " + REGISTRY.host() + "/golden/java:17\n"));
        golden.image("goldenish/java", "17", null, null, "evil");
        FreeStyleBuild build =
                JENKINS.buildAndAssertStatus(Result.FAILURE, job("FROM " + REGISTRY.host() + "/goldenish/java:17\n"));

        JENKINS.assertLogContains("[not-golden]", build);
    }

    @Test
    public void goldenImageMustBeSignedByTheRole() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/signed/**], signedBy: {role: platform, count: 1}}");
        golden.image("signed/java", "17", null, null, "java 17");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/signed/java:17\n");
        golden.sign("signed/java", "17", "erin");
        FreeStyleBuild refused = JENKINS.buildAndAssertStatus(Result.FAILURE, job);
        JENKINS.assertLogContains("[not-signed]", refused);

        golden.sign("signed/java", "17", "dana");
        FreeStyleBuild passed = JENKINS.buildAndAssertSuccess(job);
        JENKINS.assertLogContains("dana (platform) signed", passed);
    }

    @Test
    public void builtImageMustDescendFromAGoldenOne() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        String file = "FROM " + REGISTRY.host() + "/golden/java:17\n";
        golden.image("team/app", "golden", "golden/java", java, "app");
        golden.image("team/app", "foreign", null, null, "all in one");
        FreeStyleBuild refused = JENKINS.buildAndAssertStatus(
                Result.FAILURE,
                job(file, step -> step.setBuiltImage("docker://" + REGISTRY.host() + "/team/app:foreign")));
        JENKINS.assertLogContains("[lineage-flattened]", refused);

        FreeStyleBuild passed = JENKINS.buildAndAssertSuccess(
                job(file, step -> step.setBuiltImage("docker://" + REGISTRY.host() + "/team/app:golden")));
        JENKINS.assertLogContains("descends from golden " + REGISTRY.host() + "/golden/java:17 at " + java, passed);
    }

    @Test
    public void imageWithoutTheRequiredLineageIsNotPushed() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**], lineage: required}");
        golden.image("built/app", "golden", "golden/java", java, "app");
        golden.image("built/app", "foreign", null, null, "all in one");
        FreeStyleBuild refused = JENKINS.buildAndAssertStatus(Result.FAILURE, push("foreign"));
        JENKINS.assertLogContains("is not pushed: the catalogue requires that it stands on a golden image", refused);
        JENKINS.assertLogContains("cannot be told", refused);
        try (Repository team = golden.open("pushed/app")) {
            assertTrue(team.resolve("foreign").isEmpty());
        }

        FreeStyleBuild passed = JENKINS.buildAndAssertSuccess(push("golden"));
        JENKINS.assertLogContains("descends from golden", passed);
        try (Repository team = golden.open("pushed/app")) {
            assertTrue(team.resolve("golden").isPresent());
        }
    }

    @Test
    public void gateHoldsAnImageWithoutTheRequiredLineage() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**], lineage: required}");
        golden.image("gated/app", "golden", "golden/java", java, "app");
        golden.image("gated/app", "foreign", null, null, "all in one");
        for (String tag : List.of("golden", "foreign")) {
            golden.approve("gated/app", tag, "erin", "qa", "qa");
        }
        assertEquals("false", isApproved("foreign"));
        assertEquals("true", isApproved("golden"));
    }

    @Test
    public void configuredCatalogueCountsOnlyWhereThePolicyHasNone() throws Exception {
        golden.configure("{allow: [registry.example.com/golden/**]}");
        CountersignConfiguration configuration = CountersignConfiguration.get();
        configuration.setCatalogue("allow: ['" + REGISTRY.host() + "/golden/**']");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17\n");
        JENKINS.assertLogContains("[not-golden]", JENKINS.buildAndAssertStatus(Result.FAILURE, job));

        configuration.setTrustPolicy(null);
        JENKINS.buildAndAssertSuccess(job);
        configuration.setCatalogue(null);
        JENKINS.assertLogContains(
                "There is no catalogue of golden images", JENKINS.buildAndAssertStatus(Result.FAILURE, job));
    }

    @Test
    public void catalogueIsConfiguredAsCode() throws Exception {
        String yaml = "allow:\n  - registry.example.com/golden/**\ndigest: required\n";
        ConfiguratorRegistry registry = ConfiguratorRegistry.get();
        ConfigurationContext context = new ConfigurationContext(registry);
        ConfigurationAsCode.get()
                .configureWith(YamlSource.of(new ByteArrayInputStream(
                        ("unclassified:\n  countersign:\n    catalogue: |\n" + yaml.replaceAll("(?m)^", "      "))
                                .getBytes(StandardCharsets.UTF_8))));
        CountersignConfiguration configuration = CountersignConfiguration.get();
        assertEquals(yaml, configuration.getCatalogue().stripTrailing() + "\n");

        CNode exported = context.lookup(CountersignConfiguration.class).describe(configuration, context);
        assertEquals(
                configuration.getCatalogue(),
                exported.asMapping().get("catalogue").asScalar().getValue());
        assertThat(configuration.doCheckCatalogue("allow: [x]\nalow: [y]").getMessage(), containsString("alow"));
        configuration.setCatalogue(null);
    }

    @Test
    public void findingsStandOnTheCommit() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        PUBLISHED.getPublishedChecks().clear();
        JENKINS.buildAndAssertStatus(
                Result.FAILURE, job("FROM " + REGISTRY.host() + "/golden/java:17\nCOPY --from=evil.example/x / /\n"));

        assertEquals(1, PUBLISHED.getPublishedChecks().size());
        ChecksDetails check = PUBLISHED.getPublishedChecks().get(0);
        assertEquals(ChecksConclusion.FAILURE, check.getConclusion());
        assertEquals("Base images / Dockerfile", check.getName().orElseThrow());
        ChecksAnnotation annotation =
                check.getOutput().orElseThrow().getChecksAnnotations().get(0);
        assertEquals("Dockerfile", annotation.getPath().orElseThrow());
        assertEquals(2, annotation.getStartLine().orElseThrow().intValue());
        assertEquals(ChecksAnnotation.ChecksAnnotationLevel.FAILURE, annotation.getAnnotationLevel());
        assertEquals("not-golden", annotation.getTitle().orElseThrow());
    }

    @Test
    public void namedContextReplacesAGoldenImage() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        String file = "FROM " + REGISTRY.host() + "/golden/java:17\n";
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(
                Result.FAILURE,
                job(
                        file,
                        step -> step.setBuildContexts(
                                REGISTRY.host() + "/golden/java:17=docker-image://evil.example/x")));

        JENKINS.assertLogContains("evil.example/x:latest", build);
    }

    @Test
    public void sarifIsWrittenInTheWorkspaceAndNowhereElse() throws Exception {
        golden.configure("{allow: [registry.example.com/golden/**]}");
        FreeStyleBuild outside = JENKINS.buildAndAssertStatus(
                Result.FAILURE, job("FROM scratch\n", step -> step.setSarif("../../stolen.sarif")));
        JENKINS.assertLogContains("leads out of the workspace", outside);

        FreeStyleBuild build = JENKINS.buildAndAssertStatus(
                Result.FAILURE, job("FROM evil.example/x\n", step -> step.setSarif("base.sarif")));
        JsonNode results = new ObjectMapper()
                .readTree(build.getWorkspace().child("base.sarif").readToString())
                .path("runs")
                .path(0)
                .path("results");
        assertEquals("not-golden", results.path(0).path("ruleId").asText());
        try (JenkinsRule.WebClient client = JENKINS.createWebClient()) {
            assertEquals(
                    build.getWorkspace().child("base.sarif").readToString(),
                    client.goTo(build.getUrl() + "base-images/sarif", "application/sarif+json")
                            .getWebResponse()
                            .getContentAsString());
        }
    }

    private static FreeStyleProject push(String tag) throws Exception {
        FreeStyleProject job = JENKINS.createFreeStyleProject();
        job.getBuildersList()
                .add(new PushImageBuilder(new PushImageStep(
                        "docker://" + REGISTRY.host() + "/built/app:" + tag, REGISTRY.host() + "/pushed/app:" + tag)));
        return job;
    }

    private static String isApproved(String tag) throws Exception {
        WorkflowJob job = JENKINS.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(
                "echo 'answer ' + isImageApproved(image: '" + REGISTRY.host() + "/gated/app:" + tag + "', stage: 'qa')",
                true));
        WorkflowRun run = JENKINS.buildAndAssertSuccess(job);
        return run.getLog().replaceAll("(?s).*answer (true|false).*", "$1");
    }

    private static FreeStyleProject job(String dockerfile) throws Exception {
        return job(dockerfile, step -> {});
    }

    private static FreeStyleProject job(String dockerfile, java.util.function.Consumer<CheckBaseImagesStep> setting)
            throws Exception {
        FreeStyleProject job = JENKINS.createFreeStyleProject();
        job.setScm(new SingleFileSCM("Dockerfile", dockerfile));
        CheckBaseImagesStep step = new CheckBaseImagesStep();
        setting.accept(step);
        job.getBuildersList().add(new CheckBaseImagesBuilder(step));
        return job;
    }
}

package io.jenkins.plugins.countersign.evidence;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.FreeStyleProject;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.PasswordParameterDefinition;
import hudson.model.PasswordParameterValue;
import hudson.model.Result;
import hudson.model.Run;
import hudson.model.StringParameterDefinition;
import hudson.model.StringParameterValue;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.FormsRule;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.evidence.PredicateTypes;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Verification;
import io.jenkins.plugins.countersign.engine.promotion.World;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.signing.SignImageStep;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.steps.StepConfigTester;
import org.junit.AfterClass;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;

/** What {@code signImage} and {@code pushImage} say of the build, and that a gate takes it. */
public class ProvenanceOfBuildTest {

    private static final String STAGES = "  qa: {needs: [{role: qa, count: 1}], exclude: [build-starter], "
            + "evidence: [{kind: provenance, signedBy: ci, named: false}]}\n";

    @ClassRule
    public static final JenkinsRule r = new FormsRule();

    static {
        // For all tests of this class together.
        r.timeout = 900;
    }

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    private static DemoRegistry registry;
    private static World world;
    private static Digest base;
    private static Digest other;
    private static int images;

    private Repository repository;
    private String name;
    private Digest image;

    @BeforeClass
    public static void prepare() throws Exception {
        registry = new DemoRegistry(0);
        PlainRegistry.configure(registry.host());
        world = World.of(STAGES);
        world.clock.set(Instant.now());
        world.save(FOLDER.getRoot().toPath());
        CountersignConfiguration.get()
                .setTrustPolicy(Files.readString(FOLDER.getRoot().toPath().resolve("policy.yaml"))
                        + "golden: {allow: ['" + registry.host() + "/golden/**']}\n");
        for (String person : List.of("ci", "mallory")) {
            SystemCredentialsProvider.getInstance()
                    .getCredentials()
                    .add(new SigningKeyCredentialsImpl(
                            CredentialsScope.GLOBAL,
                            person,
                            "",
                            Secret.fromString(world.keys.get(person).unencryptedSecret())));
        }
        try (Repository golden = open("golden/base")) {
            base = DemoImage.build(null, null, Map.of("etc/os-release", "NAME=\"Golden\"\n"), golden);
            golden.tag(base, "1.0");
        }
        try (Repository golden = open("golden/tools")) {
            other = DemoImage.build(null, null, Map.of("bin/tool", "tool"), golden);
            golden.tag(other, "2");
        }
    }

    @AfterClass
    public static void stop() {
        registry.close();
    }

    private static Repository open(String repository) {
        return Repositories.open(
                registry.host() + "/" + repository,
                RegistryAccess.of(registry.host()).insecurePlainHttp());
    }

    @Before
    public void anImage() throws Exception {
        images++;
        name = registry.host() + "/team/app" + images;
        repository = open("team/app" + images);
        try (Repository golden = open("golden/base")) {
            image = DemoImage.build(golden, base, Map.of("app/hello", "hello " + images), repository);
        }
        repository.tag(image, "1");
    }

    private String check() {
        return "writeFile file: 'Dockerfile', text: 'FROM " + registry.host() + "/golden/tools:2 AS tools\\nFROM "
                + registry.host() + "/golden/base:1.0\\nCOPY --from=tools /bin/tool /bin/tool\\n'\n"
                + "checkBaseImages dockerfile: 'Dockerfile'\n";
    }

    private Run<?, ?> pipeline(Result expected, String script) throws Exception {
        WorkflowJob job = r.createProject(WorkflowJob.class);
        job.addProperty(new ParametersDefinitionProperty(
                new StringParameterDefinition("VERSION", ""),
                new PasswordParameterDefinition("SECRET", Secret.fromString("canary"), "")));
        job.setDefinition(new CpsFlowDefinition("node {\n" + script + "\n}", true));
        return r.assertBuildStatus(
                expected,
                job.scheduleBuild2(
                        0,
                        new CauseAction(new Cause.UserIdCause("carol")),
                        new ParametersAction(
                                new StringParameterValue("VERSION", "7"),
                                new PasswordParameterValue("SECRET", "canary-password-223606", ""))));
    }

    private List<JsonNode> provenances() throws Exception {
        List<JsonNode> found = new ArrayList<>();
        for (FoundSignature one : new SignatureStore(repository).collect(image)) {
            if (one.format() == SignatureFormat.BUNDLE) {
                JsonNode statement = new ObjectMapper()
                        .readTree(SigstoreBundle.read(one.content()).envelope().payload());
                if (statement.path("predicateType").asText().equals(PredicateTypes.PROVENANCE)) {
                    found.add(statement.path("predicate"));
                }
            }
        }
        return found;
    }

    private Decision decision() throws Exception {
        world.clock.set(Instant.now());
        return Verification.of(repository, image, world.policy, "qa", Set.of(), Instant.now())
                .now();
    }

    @Test
    public void aGateTakesWhatSignImageSaysOfTheBuildAndExcludesWhoStartedIt() throws Exception {
        world.approve(repository, image, "carol", "qa", "qa");
        assertThat(decision().toText(), containsString("provenance"));
        assertFalse(decision().isOpen());

        Run<?, ?> build = pipeline(
                Result.SUCCESS,
                check() + "withEnv(['GIT_URL=https://bob:canary-token@git.example.com/app.git', 'GIT_COMMIT="
                        + "0123456789012345678901234567890123456789', 'GIT_BRANCH=origin/main']) {\n signImage image: '"
                        + name + ":1@" + image + "', credentialsId: 'ci', provenance: true\n}");
        r.assertLogContains("3 resolved dependencies, 1 of them golden; approvals name it as sha256:", build);
        JsonNode provenance = provenances().get(0);
        assertThat(provenance.toString(), not(containsString("canary")));
        JsonNode definition = provenance.path("buildDefinition");
        assertEquals(
                "7",
                definition.path("externalParameters").path("parameter.VERSION").asText());
        assertEquals(
                build.getParent().getFullName(),
                definition.path("externalParameters").path("job").asText());
        assertEquals(
                "carol",
                definition.path("internalParameters").path("startedBy").get(0).asText());
        assertTrue(
                "unknown, not nobody",
                definition.path("internalParameters").path("commitAuthors").isMissingNode());
        JsonNode resolved = definition.path("resolvedDependencies");
        assertEquals(
                "git+https://git.example.com/app.git@origin/main",
                resolved.get(0).path("uri").asText());
        JsonNode tools = resolved.get(1);
        assertEquals(
                "pkg:docker/" + registry.host() + "/golden/tools@2",
                tools.path("uri").asText());
        assertEquals(other.hex(), tools.path("digest").path("sha256").asText());
        assertTrue("the image does not stand on it", tools.path("annotations").isMissingNode());
        JsonNode golden = resolved.get(2);
        assertEquals(
                "pkg:docker/" + registry.host() + "/golden/base@1.0",
                golden.path("uri").asText());
        assertEquals(base.hex(), golden.path("digest").path("sha256").asText());
        assertEquals(
                "true", golden.path("annotations").path("countersign.golden").asText());
        assertEquals(
                r.getURL() + build.getUrl(),
                provenance
                        .path("runDetails")
                        .path("metadata")
                        .path("invocationId")
                        .asText());

        Decision held = decision();
        assertFalse(held.isOpen());
        assertThat(held.toText(), containsString("carol started the build of this image"));
        world.approve(repository, image, "erin", "qa", "qa");
        assertTrue(decision().toText(), decision().isOpen());
    }

    @Test
    public void provenanceOfWhoMayNotGiveItOpensNothing() throws Exception {
        world.approve(repository, image, "erin", "qa", "qa");
        pipeline(
                Result.SUCCESS,
                "signImage image: '" + name + ":1@" + image + "', credentialsId: 'mallory', provenance: true");
        assertEquals(1, provenances().size());
        assertFalse(decision().toText(), decision().isOpen());
    }

    @Test
    public void anImageThatDoesNotStandOnTheGoldenBaseIsNotSaidTo() throws Exception {
        image = DemoImage.build(null, null, Map.of("etc/os-release", "NAME=\"Foreign\"\n"), repository);
        repository.tag(image, "1");
        pipeline(
                Result.SUCCESS,
                check() + "signImage image: '" + name + ":1@" + image + "', credentialsId: 'ci', provenance: true");
        JsonNode resolved = provenances().get(0).path("buildDefinition").path("resolvedDependencies");
        assertEquals(2, resolved.size());
        assertTrue(resolved.get(1).path("annotations").isMissingNode());
    }

    @Test
    public void withoutBeingAskedForNoneIsWritten() throws Exception {
        pipeline(Result.SUCCESS, "signImage image: '" + name + ":1@" + image + "', credentialsId: 'ci'");
        assertEquals(List.of(), provenances());
    }

    @Test
    public void pushImageWritesItInBothKindsOfJobs() throws Exception {
        Path layout = FOLDER.getRoot().toPath().resolve("layout" + images);
        try (Repository built = Repositories.open("oci:" + layout)) {
            image = DemoImage.build(null, null, Map.of("app/hello", "pushed"), built);
            built.tag(image, "1.0");
        }
        FreeStyleProject job = r.createFreeStyleProject();
        job.setCustomWorkspace(layout.getParent().toString());
        PushImageStep push = new PushImageStep("oci:" + layout.getFileName() + ":1.0", name + ":2");
        push.setProvenanceCredentialsId("ci");
        ImageStepBuilder builder = new PushImageBuilder(push);
        job.getBuildersList().add(builder);
        Run<?, ?> build = r.buildAndAssertSuccess(job);
        r.assertLogContains("Attached provenance to", build);
        assertEquals(1, provenances().size());
        r.assertLogContains(
                "There is no signing key or token \"nobody\"",
                pipeline(
                        Result.FAILURE,
                        "dir('" + layout.getParent() + "') { pushImage source: 'oci:" + layout.getFileName()
                                + ":1.0', image: '" + name + ":3', provenanceCredentialsId: 'nobody' }"));
    }

    @Test
    public void theFormsKeepTheOptions() throws Exception {
        StepConfigTester tester = new StepConfigTester(r);
        SignImageStep sign = new SignImageStep("registry.example.com/app", "ci");
        assertFalse(tester.configRoundTrip(sign).isProvenance());
        sign.setProvenance(true);
        assertTrue(tester.configRoundTrip(sign).isProvenance());
        PushImageStep push = new PushImageStep("oci:app", "registry.example.com/app:1");
        assertEquals(null, tester.configRoundTrip(push).getProvenanceCredentialsId());
        push.setProvenanceCredentialsId("ci");
        assertEquals("ci", tester.configRoundTrip(push).getProvenanceCredentialsId());
    }
}

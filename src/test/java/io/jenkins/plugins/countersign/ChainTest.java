package io.jenkins.plugins.countersign;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.model.Result;
import hudson.slaves.EnvironmentVariablesNodeProperty;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.approval.WaitingGates;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsSessionRule;

/**
 * The README's Pipeline in a real Jenkins: an image that buildah builds from a golden base, a registry with TLS and logins,
 * an agent, two gates, and Jenkins restarted while one of them waits.
 */
public class ChainTest {

    private static final DockerRegistry REGISTRY = new DockerRegistry();
    private static final JenkinsSessionRule JENKINS = new JenkinsSessionRule();
    private static final TemporaryFolder FOLDER = new TemporaryFolder();

    @Rule
    public final RuleChain rules = RuleChain.outerRule(FOLDER).around(REGISTRY).around(JENKINS);

    private DemoCast cast;
    private String golden;

    @Test
    public void onlyWhatDifferentPeopleApprovedIsPromoted_acrossARestart() throws Throwable {
        RealPart.require("buildah");
        cast = DemoCast.prepare(FOLDER.getRoot().toPath().resolve("keys"), REGISTRY.host() + "/golden/**");
        try (Repository repository = open(REGISTRY.host() + "/golden/base")) {
            Digest base = DemoImage.build(null, null, Map.of("etc/os-release", "NAME=\"Golden\"\n"), repository);
            repository.tag(base, "1.0");
            golden = REGISTRY.host() + "/golden/base:1.0@" + base;
        }
        JENKINS.then(j -> {
            configure(j.jenkins);
            WorkflowJob job = j.createProject(WorkflowJob.class, "app");
            job.setDefinition(new CpsFlowDefinition(Files.readString(Path.of("docs/example/Jenkinsfile")), true));
            j.createOnlineSlave();
            j.jenkins.setNumExecutors(0);
            WorkflowRun run = job.scheduleBuild2(0).waitForStart();
            j.waitForMessage("missing 1 of qa", run);
            assertEquals("no executor is held", 0, busyExecutors(j.jenkins));
            approve("team/app", "1", "carol", "qa", "qa");
            j.waitForMessage("missing 2 of release", run);
            approve("qa/app", "1", "frank", "production", "release");
            approve("qa/app", "1", "alice", "production", "security");
            j.waitForMessage("missing 1 of release", run);
        });
        JENKINS.then(j -> {
            WorkflowRun run =
                    j.jenkins.getItemByFullName("app", WorkflowJob.class).getBuildByNumber(1);
            assertTrue("it still waits", run.isBuilding());
            approve("qa/app", "1", "frank", "production", "release");
            j.waitForMessage("is superseded by frank", run);
            assertTrue("the same person twice is one person", run.isBuilding());
            try (Repository production = open(REGISTRY.host() + "/production/app")) {
                assertTrue(
                        "nothing is in production yet",
                        production.resolve("1.0").isEmpty());
            }
            approve("qa/app", "1", "grace", "production", "release");
            j.assertBuildStatusSuccess(j.waitForCompletion(run));
            try (Repository team = open(REGISTRY.host() + "/team/app");
                    Repository production = open(REGISTRY.host() + "/production/app")) {
                assertEquals(
                        "what was tested is what was promoted",
                        team.resolve("1").orElseThrow().digest(),
                        production.resolve("1.0").orElseThrow().digest());
            }
            refuseTheForeign(j.createProject(WorkflowJob.class, "foreign"), j);
        });
    }

    private void refuseTheForeign(WorkflowJob job, org.jvnet.hudson.test.JenkinsRule j) throws Exception {
        job.setDefinition(new CpsFlowDefinition(
                "node('built-in || !built-in') { writeFile file: 'Dockerfile', text: 'FROM " + golden
                        + " AS a\\nFROM scratch\\nCOPY --from=docker.io/somebody/tool /tool /tool\\n'\n checkBaseImages() }",
                true));
        j.createOnlineSlave();
        WorkflowRun run = j.assertBuildStatus(Result.FAILURE, job.scheduleBuild2(0));
        j.assertLogContains("docker.io/somebody/tool:latest", run);
        j.assertLogContains("not-golden", run);
        assertThat(run.getLog(200).toString(), not(containsString("\tat ")));
    }

    private static int busyExecutors(jenkins.model.Jenkins jenkins) {
        return java.util.Arrays.stream(jenkins.getComputers())
                .mapToInt(computer -> computer.countBusy())
                .sum();
    }

    private void configure(jenkins.model.Jenkins jenkins) throws Exception {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration registry = new RegistryConfiguration(REGISTRY.host());
        registry.setCertificateAuthority(Files.readString(REGISTRY.authority()));
        registry.setCredentialsId("registry-login");
        configuration.setRegistries(List.of(registry));
        configuration.setTrustPolicy(Files.readString(cast.policy()));
        configuration.setGateCredentialsId("gate-key");
        SystemCredentialsProvider system = SystemCredentialsProvider.getInstance();
        system.getDomainCredentialsMap()
                .put(
                        new Domain("registry", null, List.of(new HostnamePortSpecification(REGISTRY.host(), null))),
                        List.of(new UsernamePasswordCredentialsImpl(
                                CredentialsScope.GLOBAL,
                                "registry-login",
                                null,
                                DockerRegistry.USER,
                                DockerRegistry.PASSWORD)));
        system.getCredentials().add(key("gate-key", "gate"));
        system.getCredentials().add(key("build-key", "builder"));
        system.save();
        Path certificates = FOLDER.newFolder("certificates").toPath();
        Files.copy(REGISTRY.authority(), certificates.resolve("ca.crt"));
        Path authentication = certificates.resolveSibling("auth.json");
        Run.of(
                        "buildah",
                        "login",
                        "--cert-dir",
                        certificates.toString(),
                        "--authfile",
                        authentication.toString(),
                        "--username",
                        DockerRegistry.USER,
                        "--password",
                        DockerRegistry.PASSWORD,
                        REGISTRY.host())
                .succeeded();
        jenkins.getGlobalNodeProperties()
                .add(new EnvironmentVariablesNodeProperty(
                        new EnvironmentVariablesNodeProperty.Entry(
                                "EXAMPLE",
                                Path.of("docs/example").toAbsolutePath().toString()),
                        new EnvironmentVariablesNodeProperty.Entry("GOLDEN", golden),
                        new EnvironmentVariablesNodeProperty.Entry("REGISTRY", REGISTRY.host()),
                        new EnvironmentVariablesNodeProperty.Entry(
                                "BUILDAH_OPTIONS", "--cert-dir " + certificates + " --authfile " + authentication)));
    }

    private SigningKeyCredentialsImpl key(String id, String name) throws Exception {
        SigningKeyCredentialsImpl credentials = new SigningKeyCredentialsImpl(
                CredentialsScope.GLOBAL, id, null, Secret.fromString(Files.readString(cast.key(name))));
        credentials.setPassword(Secret.fromString(DemoCast.PASSWORD));
        return credentials;
    }

    /** As from the approver's own machine; a webhook tells Jenkins. */
    private void approve(String name, String tag, String person, String stage, String role) throws Exception {
        TrustPolicy policy = PolicyReader.read(Files.readAllBytes(cast.policy()));
        ImageLocation location = ImageLocation.parse(REGISTRY.host() + "/" + name + ":" + tag);
        try (Repository repository = open(location.repository());
                Signer signer =
                        KeyPairReader.read(Files.readAllBytes(cast.key(person)), DemoCast.PASSWORD.toCharArray())) {
            Digest digest = location.resolve(repository);
            ImageStatements statements = ImageStatements.about(repository, digest, tag, policy, Clock.systemUTC());
            statements.attach(
                    statements.approval(
                            statements.ownerOf(signer.publicKey()), stage, role, "", List.of(), Origin.UNKNOWN),
                    signer);
            WaitingGates.wake(location.repository(), digest);
        }
    }

    private static Repository open(String name) throws Exception {
        return Repositories.open(
                name,
                RegistryAccess.of(REGISTRY.host())
                        .withAuthorities(Files.readString(REGISTRY.authority()))
                        .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }
}

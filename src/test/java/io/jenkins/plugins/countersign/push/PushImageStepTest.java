package io.jenkins.plugins.countersign.push;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SecretBytes;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.CertificateCredentialsImpl;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.FilePath;
import hudson.ProxyConfiguration;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.Result;
import hudson.model.Run;
import hudson.model.TopLevelItem;
import hudson.slaves.DumbSlave;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Dockerd;
import io.jenkins.plugins.countersign.engine.registry.FaultyProxy;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.registry.Tars;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.registry.Tinyproxy;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import jenkins.security.MasterToSlaveCallable;
import org.jenkinsci.plugins.docker.commons.tools.DockerTool;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/** {@code pushImage} in builds. Those that are aborted have a connection slow enough that layers are certainly on their way. */
public class PushImageStepTest {

    @ClassRule
    public static final JenkinsRule J = new JenkinsRule();

    static {
        // The rule of a class counts for all of its tests together.
        J.timeout = 600;
    }

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.plain();

    @ClassRule
    public static final DockerRegistry WITH_LOGIN = new DockerRegistry();

    private static final TestCertificate AUTHORITY = TestCertificate.authority("Builders");

    @ClassRule
    public static final DockerRegistry DEMANDING = DockerRegistry.demanding(AUTHORITY);

    @ClassRule
    public static final Tinyproxy PROXY = new Tinyproxy();

    @ClassRule
    public static final Dockerd DAEMON = new Dockerd();

    private static final int LAYER = 16 << 20;

    private static DumbSlave agent;

    private FaultyProxy proxy;

    @BeforeClass
    public static void connectAnAgent() throws Exception {
        agent = J.createOnlineSlave(Label.get("far"));
    }

    @Before
    public void slowConnection() throws Exception {
        proxy = new FaultyProxy(Integer.parseInt(REGISTRY.host().replace("localhost:", "")));
        proxy.passPerSecond(200_000);
        PlainRegistry.configure("localhost:" + proxy.port());
    }

    @After
    public void end() throws Exception {
        proxy.close();
    }

    @Test(timeout = 120_000)
    public void abortedPipelineOnAnAgentLeavesNothing() throws Exception {
        WorkflowJob job = J.createProject(WorkflowJob.class, "pipeline");
        Manifest image = imageFor(job, agent, LAYER, LAYER);
        job.setDefinition(new CpsFlowDefinition(
                "node('far') { pushImage source: 'oci:app:1', image: '" + destination("pipeline") + "' }", true));
        WorkflowRun aborted = job.scheduleBuild2(0).waitForStart();
        awaitLayersOnTheirWay(aborted);
        aborted.getExecutor().interrupt();
        J.assertBuildStatus(Result.ABORTED, J.waitForCompletion(aborted));
        await(() -> agent.getChannel().call(new NobodyTransfers()));
        assertNothingArrived("pipeline", image);

        proxy.passPerSecond(Long.MAX_VALUE);
        J.assertBuildStatusSuccess(job.scheduleBuild2(0));
        assertWhole("pipeline", image.digest());
    }

    @Test(timeout = 120_000)
    public void abortedFreestyleBuildOnTheControllerLeavesNothing() throws Exception {
        FreeStyleProject job = J.createFreeStyleProject("freestyle");
        job.setAssignedNode(J.jenkins);
        Manifest image = imageFor(job, J.jenkins, LAYER, LAYER);
        job.getBuildersList().add(new PushImageBuilder(new PushImageStep("oci:app:1", destination("freestyle"))));
        FreeStyleBuild aborted = job.scheduleBuild2(0).waitForStart();
        awaitLayersOnTheirWay(aborted);
        aborted.getExecutor().interrupt();
        J.assertBuildStatus(Result.ABORTED, J.waitForCompletion(aborted));
        await(new NobodyTransfers()::call);
        assertNothingArrived("freestyle", image);
        J.assertLogNotContains("\tat ", aborted);

        proxy.passPerSecond(Long.MAX_VALUE);
        J.assertBuildStatusSuccess(job.scheduleBuild2(0));
        assertWhole("freestyle", image.digest());
    }

    private static RegistryConfiguration configured(DockerRegistry some) throws Exception {
        RegistryConfiguration configuration = new RegistryConfiguration(some.host());
        configuration.setCertificateAuthority(Files.readString(some.authority()));
        CountersignConfiguration.get().setRegistries(List.of(configuration));
        return configuration;
    }

    private static WorkflowRun push(WorkflowJob job, DockerRegistry to, String around, Result expected)
            throws Exception {
        return push(job, to, around, "", expected);
    }

    private static WorkflowRun push(WorkflowJob job, DockerRegistry to, String around, String end, Result expected)
            throws Exception {
        job.setDefinition(new CpsFlowDefinition(
                "node('far') { " + around + " { pushImage source: 'oci:app:1', image: '" + to.host() + "/"
                        + job.getName() + ":1' } " + end + " }",
                true));
        WorkflowRun run = J.assertBuildStatus(expected, job.scheduleBuild2(0));
        J.assertLogNotContains("\tat ", run);
        J.assertLogNotContains(DockerRegistry.PASSWORD, run);
        return run;
    }

    /** As {@code docker login} and the step {@code withDockerRegistry} write it. */
    private static void writeConfig(FilePath folder, String registry) throws Exception {
        String login = DockerRegistry.USER + ":" + DockerRegistry.PASSWORD;
        folder.mkdirs();
        folder.child("config.json")
                .write(
                        "{\"auths\": {\"" + registry + "\": {\"auth\": \""
                                + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8))
                                + "\", \"email\": \"\"}}}",
                        "UTF-8");
    }

    @Test(timeout = 120_000)
    public void loginThatTheBuildMadeForDockerIsItsOwn_forItsHostAlone() throws Exception {
        configured(WITH_LOGIN);
        WorkflowJob job = J.createProject(WorkflowJob.class, "docker-config");
        imageFor(job, agent, 10);
        FilePath workspace = agent.getWorkspaceFor(job);
        FilePath temporary = workspace.sibling(workspace.getName() + "@tmp").child("0a1b2c3d");
        String around = "withEnv(['DOCKER_CONFIG=" + temporary.getRemote() + "'])";

        J.assertLogContains("wants a login, but none was given for it", push(job, WITH_LOGIN, around, Result.FAILURE));
        writeConfig(temporary, "https://registry.example.com");
        J.assertLogContains("wants a login, but none was given for it", push(job, WITH_LOGIN, around, Result.FAILURE));
        writeConfig(temporary, "https://" + WITH_LOGIN.host());
        push(job, WITH_LOGIN, around, Result.SUCCESS);
        J.assertLogContains(
                "wants a login, but none was given for it",
                push(job, WITH_LOGIN, "withEnv(['DOCKER_CONFIG='])", Result.FAILURE));
        writeConfig(workspace.child("docker"), WITH_LOGIN.host());
        push(job, WITH_LOGIN, "withEnv(['DOCKER_CONFIG=docker'])", Result.SUCCESS);
    }

    @Test(timeout = 120_000)
    public void dockerDaemonOfTheBuild() throws Exception {
        String id = DAEMON.load("team/app:1.0", Tars.tar(Map.of("data", Samples.bytes(3, 1000))));
        proxy.passPerSecond(Long.MAX_VALUE);
        WorkflowJob job = J.createProject(WorkflowJob.class, "daemon");
        String step = "pushImage source: 'docker-daemon:team/app:1.0', image: '" + destination("daemon") + "'";
        job.setDefinition(new CpsFlowDefinition("node('far') { " + step + " }", true));
        J.assertLogContains("the Docker daemon at /var/run/docker.sock", J.buildAndAssertStatus(Result.FAILURE, job));
        job.setDefinition(new CpsFlowDefinition(
                "node('far') { withEnv(['DOCKER_HOST=unix://" + DAEMON.socket() + "']) { " + step + " } }", true));
        J.buildAndAssertSuccess(job);
        try (Repository arrived = open("daemon")) {
            Digest manifest = arrived.resolve("1").orElseThrow().digest();
            assertWhole("daemon", manifest);
            assertEquals(
                    id,
                    arrived.manifest(manifest)
                            .orElseThrow()
                            .read()
                            .configOrNull()
                            .digest()
                            .toString());
        }
    }

    @Test(timeout = 120_000)
    public void proxyOfJenkinsIsUsedOnControllerAndAgent_exceptForItsExceptions() throws Exception {
        configured(WITH_LOGIN).setCredentialsId("registry");
        SystemCredentialsProvider.getInstance()
                .setDomainCredentialsMap(Map.of(
                        Domain.global(),
                        List.of(new UsernamePasswordCredentialsImpl(
                                CredentialsScope.GLOBAL,
                                "registry",
                                null,
                                DockerRegistry.USER,
                                DockerRegistry.PASSWORD))));
        WorkflowJob job = J.createProject(WorkflowJob.class, "through-proxy");
        imageFor(job, agent, 10);
        try {
            J.jenkins.setProxy(new ProxyConfiguration("127.0.0.1", PROXY.port()));
            J.assertLogContains(
                    "the proxy 127.0.0.1:" + PROXY.port() + " wants a login, and none was given for it",
                    push(job, WITH_LOGIN, "withEnv([])", Result.FAILURE));

            J.jenkins.setProxy(new ProxyConfiguration("127.0.0.1", PROXY.port(), Tinyproxy.USER, Tinyproxy.PASSWORD));
            int before = PROXY.requests().size();
            J.assertLogNotContains(Tinyproxy.PASSWORD, push(job, WITH_LOGIN, "withEnv([])", Result.SUCCESS));
            assertTrue(PROXY.requests().size() > before);
            assertTrue(PROXY.requests().contains("CONNECT " + WITH_LOGIN.host() + " HTTP/1.1"));

            J.jenkins.setProxy(new ProxyConfiguration("127.0.0.1", 1, "", "", "localhost"));
            push(job, WITH_LOGIN, "withEnv([])", Result.SUCCESS);
        } finally {
            J.jenkins.setProxy(null);
        }
    }

    /** Over TLS it sees nothing but a name; in plain HTTP it would see the login that Jenkins keeps. */
    @Test(timeout = 120_000)
    public void proxyOfTheBuildsEnvironmentIsATunnelAndNeverAnIntermediary() throws Exception {
        WorkflowJob job = J.createProject(WorkflowJob.class, "environment-proxy");
        imageFor(job, agent, 10);
        RegistryConfiguration verified = new RegistryConfiguration("verified.invalid");
        RegistryConfiguration plain = new RegistryConfiguration("plain.invalid");
        plain.setInsecurePlainHttp(true);
        RegistryConfiguration unverified = new RegistryConfiguration("unverified.invalid");
        unverified.setInsecureUnverifiedTls(true);
        CountersignConfiguration.get().setRegistries(List.of(verified, plain, unverified));
        int before = PROXY.requests().size();
        String login = Tinyproxy.USER + ":" + Tinyproxy.PASSWORD;
        for (String host : List.of("plain.invalid", "unverified.invalid")) {
            J.assertLogContains("there is no host of the name " + host, pushThrough(login, job, host));
        }
        assertEquals(before, PROXY.requests().size());

        J.assertLogContains(
                "127.0.0.1:" + PROXY.port() + " refused the login of user mallory",
                pushThrough("mallory:guess", job, "verified.invalid"));
    }

    private static WorkflowRun pushThrough(String login, WorkflowJob job, String host) throws Exception {
        String proxy = "http://" + login + "@127.0.0.1:" + PROXY.port();
        job.setDefinition(new CpsFlowDefinition(
                "node('far') { withEnv(['HTTP_PROXY=" + proxy + "', 'HTTPS_PROXY=" + proxy
                        + "']) { pushImage source: 'oci:app:1', image: '" + host + "/app:1' } }",
                true));
        WorkflowRun run = J.assertBuildStatus(Result.FAILURE, job.scheduleBuild2(0));
        J.assertLogNotContains("guess", run);
        return run;
    }

    /** With the Docker Pipeline plugin; its {@code docker login} is done by a script that writes what Docker would. */
    @Test(timeout = 120_000)
    public void loginOfWithRegistryIsTakenInsideItsBlockAlone() throws Exception {
        configured(WITH_LOGIN);
        WorkflowJob job = J.createProject(WorkflowJob.class, "with-registry");
        imageFor(job, agent, 10);
        FilePath docker = agent.getWorkspaceFor(job).child("tool/bin/docker");
        docker.getParent().mkdirs();
        docker.write("""
                #!/bin/sh
                [ "$1 $2 $4" = "login -u -p" ] || exit 2
                login=$(printf '%s:%s' "$3" "$5" | base64 -w0)
                printf '{"auths":{"%s":{"auth":"%s"}}}' "${6#https://}" "$login" > "$DOCKER_CONFIG/config.json"
                """, "UTF-8");
        docker.chmod(0700);
        J.jenkins
                .getDescriptorByType(DockerTool.DescriptorImpl.class)
                .setInstallations(new DockerTool(
                        "docker", agent.getWorkspaceFor(job).child("tool").getRemote(), List.of()));
        SystemCredentialsProvider.getInstance()
                .setDomainCredentialsMap(Map.of(
                        Domain.global(),
                        List.of(
                                new UsernamePasswordCredentialsImpl(
                                        CredentialsScope.GLOBAL,
                                        "right",
                                        null,
                                        DockerRegistry.USER,
                                        DockerRegistry.PASSWORD),
                                new UsernamePasswordCredentialsImpl(
                                        CredentialsScope.GLOBAL, "wrong", null, DockerRegistry.USER, "wrong"))));
        String url = "'https://" + WITH_LOGIN.host() + "', ";
        String tool = "docker.withTool('docker') { docker.withRegistry(";
        J.assertLogContains(
                "refused the login of user " + DockerRegistry.USER,
                push(job, WITH_LOGIN, tool + url + "'wrong')", "}", Result.FAILURE));
        J.assertLogContains(
                "wants a login, but none was given for it",
                push(job, WITH_LOGIN, tool + "'https://registry.example.com', 'right')", "}", Result.FAILURE));
        J.assertLogContains(
                "wants a login, but none was given for it",
                push(job, WITH_LOGIN, tool + url + "'right') {} }; timeout(2)", "", Result.FAILURE));
        push(job, WITH_LOGIN, tool + url + "'right')", "}", Result.SUCCESS);
        push(
                job,
                WITH_LOGIN,
                "withDockerRegistry(toolName: 'docker', credentialsId: 'right', url: 'https://" + WITH_LOGIN.host()
                        + "')",
                "",
                Result.SUCCESS);
    }

    @Test(timeout = 120_000)
    public void whatTheControllerCouldNotProveIsNotUploadedByTheAgent() throws Exception {
        configured(WITH_LOGIN);
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new SigningKeyCredentialsImpl(
                        CredentialsScope.GLOBAL,
                        "ci",
                        "",
                        Secret.fromString(
                                KeyGenerator.generate(new SecureRandom()).unencryptedSecret())));
        WorkflowJob job = J.createProject(WorkflowJob.class, "unproved");
        imageFor(job, agent, 10);
        writeConfig(agent.getWorkspaceFor(job).child("docker"), WITH_LOGIN.host());
        job.setDefinition(new CpsFlowDefinition(
                "node('far') { withEnv(['DOCKER_CONFIG=docker']) { pushImage source: 'oci:app:1', image: '"
                        + WITH_LOGIN.host() + "/unproved:1', provenanceCredentialsId: 'ci' } }",
                true));
        J.assertLogContains(
                "Nothing was uploaded: provenance is signed and attached from the controller",
                J.assertBuildStatus(Result.FAILURE, job.scheduleBuild2(0)));
        RegistryAccess access = RegistryAccess.of(WITH_LOGIN.host())
                .withAuthorities(Files.readString(WITH_LOGIN.authority()))
                .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD);
        try (Repository repository = Repositories.open(WITH_LOGIN.host() + "/unproved", access)) {
            assertEquals(Optional.empty(), repository.resolve("1"));
        }
        push(job, WITH_LOGIN, "withEnv(['DOCKER_CONFIG=docker'])", Result.SUCCESS);
    }

    @Test(timeout = 120_000)
    public void certificateOfTheCredentialsIsShownFromTheAgent() throws Exception {
        RegistryConfiguration configuration = configured(DEMANDING);
        WorkflowJob job = J.createProject(WorkflowJob.class, "client-certificate");
        imageFor(job, agent, 10);
        J.assertLogContains(
                DEMANDING.host() + " wants a client certificate, and none was given for it",
                push(job, DEMANDING, "timeout(2)", Result.FAILURE));
        keep(DEMANDING.host(), TestCertificate.forName("Strangers").issue("mallory"), "changeit");
        configuration.setClientCertificateId("certificate");
        J.assertLogContains(
                "did not take the client certificate \"CN=mallory\" (issued by \"CN=Strangers\", ends ",
                push(job, DEMANDING, "timeout(2)", Result.FAILURE));
        keep("registry.example.com", AUTHORITY.issue("builder"), "changeit");
        J.assertLogContains("meant for " + DEMANDING.host(), push(job, DEMANDING, "timeout(2)", Result.FAILURE));
        keep(DEMANDING.host(), AUTHORITY.issue("builder"), "changeit");
        push(job, DEMANDING, "timeout(2)", Result.SUCCESS);
    }

    /** As {@code docker} and {@code podman} on the agent would find them. */
    @Test(timeout = 120_000)
    public void certificatesOfTheAgentAreUsedWhereJenkinsHasNone() throws Exception {
        CountersignConfiguration.get().setRegistries(List.of());
        WorkflowJob job = J.createProject(WorkflowJob.class, "certs-d");
        imageFor(job, agent, 10);
        FilePath home = agent.getWorkspaceFor(job).child("home");
        String around = "withEnv(['HOME=" + home.getRemote() + "'])";
        J.assertLogContains("is not trusted", push(job, DEMANDING, around, Result.FAILURE));
        FilePath folder = home.child(".config/containers/certs.d").child(DEMANDING.host());
        folder.mkdirs();
        folder.child("ca.crt").write(Files.readString(DEMANDING.authority()), "UTF-8");
        J.assertLogContains("none was given for it", push(job, DEMANDING, around, Result.FAILURE));
        TestCertificate client = AUTHORITY.issue("builder");
        folder.child("client.cert").write(client.pem(), "UTF-8");
        folder.child("client.key").write(client.keyPem(), "UTF-8");
        push(job, DEMANDING, around, Result.SUCCESS);
        configured(DEMANDING);
        J.assertLogContains("none was given for it", push(job, DEMANDING, around, Result.FAILURE));
    }

    private static void keep(String host, TestCertificate certificate, String password) throws Exception {
        SystemCredentialsProvider.getInstance()
                .setDomainCredentialsMap(Map.of(
                        new Domain("registry", null, List.of(new HostnamePortSpecification(host, null))),
                        List.of(new CertificateCredentialsImpl(
                                CredentialsScope.GLOBAL,
                                "certificate",
                                null,
                                password,
                                new CertificateCredentialsImpl.UploadedKeyStoreSource(
                                        null, SecretBytes.fromRawBytes(certificate.pkcs12(password)))))));
    }

    private String destination(String name) {
        return "localhost:" + proxy.port() + "/" + name + ":1";
    }

    private static Manifest imageFor(TopLevelItem job, Node node, int... layers) throws Exception {
        FilePath workspace = node.getWorkspaceFor(job);
        workspace.mkdirs();
        Repository layout = Repositories.open("oci:" + workspace.child("app").getRemote());
        Manifest image = Samples.pushImage(layout, 1, layers);
        layout.tag(image.digest(), "1");
        return image;
    }

    /** What came is part of nothing. */
    private void assertNothingArrived(String name, Manifest image) throws Exception {
        assertTrue("less than the image", proxy.passed() < 2L * LAYER);
        try (Repository repository = open(name)) {
            for (Descriptor layer : image.read().layers()) {
                assertFalse("no layer is there", repository.hasBlob(layer.digest()));
            }
            assertTrue("nothing is tagged", repository.resolve("1").isEmpty());
        }
    }

    private static void assertWhole(String name, Digest image) throws Exception {
        try (Repository repository = open(name);
                ImageSource source = ImageSource.open("docker://" + REGISTRY.host() + "/" + name + ":1", access())) {
            assertEquals(image, source.digest());
            assertEquals(image, repository.resolve("1").orElseThrow().digest());
        }
    }

    private static RegistryAccess access() {
        return RegistryAccess.of(REGISTRY.host()).insecurePlainHttp();
    }

    private static Repository open(String name) {
        return Repositories.open(REGISTRY.host() + "/" + name, access());
    }

    private void awaitLayersOnTheirWay(Run<?, ?> build) throws Exception {
        await(() -> {
            assertTrue(JenkinsRule.getLog(build), build.isBuilding());
            return proxy.passed() > 1_000_000;
        });
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            Thread.sleep(20); // the test's own limit ends it
        }
    }

    private static final class NobodyTransfers extends MasterToSlaveCallable<Boolean, RuntimeException> {

        private static final long serialVersionUID = 1L;

        @Override
        public Boolean call() {
            return Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("countersign transfer"));
        }
    }
}

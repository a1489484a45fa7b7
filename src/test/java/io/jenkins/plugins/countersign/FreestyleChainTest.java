package io.jenkins.plugins.countersign;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.hudson.plugins.folder.properties.FolderCredentialsProvider.FolderCredentialsProperty;
import com.cloudbees.plugins.credentials.Credentials;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.DomainCredentials;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.ItemGroup;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.Result;
import hudson.model.StringParameterDefinition;
import hudson.model.StringParameterValue;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.approval.ApproveImageBuilder;
import io.jenkins.plugins.countersign.approval.ApproveImageStep;
import io.jenkins.plugins.countersign.approval.IsImageApprovedBuilder;
import io.jenkins.plugins.countersign.approval.IsImageApprovedStep;
import io.jenkins.plugins.countersign.approval.OnlyApprovedImages;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.FolderRegistry;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.promotion.PromoteImageBuilder;
import io.jenkins.plugins.countersign.promotion.PromoteImageStep;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.signing.SignImageBuilder;
import io.jenkins.plugins.countersign.signing.SignImageStep;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import io.jenkins.plugins.countersign.signing.VerifyImageBuilder;
import io.jenkins.plugins.countersign.signing.VerifyImageStep;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.LoggerRule;

/** The whole chain in freestyle jobs, on a registry with TLS and logins; and what folders lend to builds and keep from them. */
public class FreestyleChainTest {

    @ClassRule
    public static final DockerRegistry registry = new DockerRegistry();

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    @ClassRule
    public static final LoggerRule logs =
            new LoggerRule().record("io.jenkins.plugins.countersign", Level.ALL).capture(10_000);

    static {
        jenkins.timeout = 600;
    }

    private static DemoCast cast;
    private static Path workspace;

    @Before
    public void configure() throws Exception {
        if (cast == null) {
            cast = DemoCast.prepare(folder.getRoot().toPath().resolve("keys"), registry.host() + "/golden/**");
            workspace = folder.newFolder("workspace").toPath();
            try (Repository layout = Repositories.open("oci:" + workspace.resolve("app"))) {
                layout.tag(DemoImage.build(null, null, Map.of("app/run.sh", "echo hello\n"), layout), "latest");
            }
            Files.writeString(workspace.resolve("Dockerfile"), "FROM scratch\nCOPY app /\n");
        }
        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration configured = new RegistryConfiguration(registry.host());
        configured.setCertificateAuthority(Files.readString(registry.authority()));
        configured.setCredentialsId("system-login");
        configuration.setRegistries(List.of(configured));
        configuration.setTrustPolicy(Files.readString(cast.policy()));
        configuration.setGateCredentialsId("gate-key");
        SystemCredentialsProvider system = SystemCredentialsProvider.getInstance();
        List<Credentials> keys = new ArrayList<>();
        for (String name : List.of("gate", "builder", "carol")) {
            keys.add(key(name));
        }
        system.setDomainCredentialsMap(
                Map.of(Domain.global(), keys, domain(registry.host()), List.of(login("system-login"))));
        system.save();
    }

    private static Domain domain(String host) {
        return new Domain(host, null, List.of(new HostnamePortSpecification(host, null)));
    }

    private static UsernamePasswordCredentialsImpl login(String id) throws Exception {
        return new UsernamePasswordCredentialsImpl(
                CredentialsScope.GLOBAL, id, null, DockerRegistry.USER, DockerRegistry.PASSWORD);
    }

    private static SigningKeyCredentialsImpl key(String name) throws Exception {
        SigningKeyCredentialsImpl credentials = new SigningKeyCredentialsImpl(
                CredentialsScope.GLOBAL, name + "-key", null, Secret.fromString(Files.readString(cast.key(name))));
        credentials.setPassword(Secret.fromString(DemoCast.PASSWORD));
        return credentials;
    }

    @Test
    public void fromDockerfileToPromotion_inTwoJobs() throws Exception {
        String image = registry.host() + "/team/app:1";
        FreeStyleProject build = job(jenkins.jenkins, "build");
        build.getBuildersList()
                .addAll(List.of(
                        new CheckBaseImagesBuilder(new CheckBaseImagesStep()),
                        new PushImageBuilder(new PushImageStep("oci:app:latest", image)),
                        new SignImageBuilder(new SignImageStep("${COUNTERSIGN_IMAGE}", "builder-key"))));
        VerifyImageStep signed = new VerifyImageStep("${COUNTERSIGN_IMAGE}");
        signed.setPublicKeys(Files.readString(cast.key("builder").resolveSibling("builder.pub")));
        build.getPublishersList().add(new ImageStepsPublisher(List.of(signed)));
        FreeStyleBuild built = jenkins.buildAndAssertSuccess(build);
        Digest digest;
        try (Repository team = open("team/app")) {
            digest = team.resolve("1").orElseThrow().digest();
        }
        jenkins.assertLogContains("Pushed " + image + "@" + digest, built);
        assertEquals(
                image + "@" + digest,
                built.getEnvironment(hudson.model.TaskListener.NULL).get("COUNTERSIGN_IMAGE"));

        FreeStyleProject promote = job(jenkins.jenkins, "promote");
        promote.getBuildersList()
                .addAll(List.of(
                        new IsImageApprovedBuilder(new IsImageApprovedStep("${IMAGE}", "qa")),
                        new PromoteImageBuilder(new PromoteImageStep("${IMAGE}", "qa", registry.host() + "/qa/app:1")),
                        new VerifyImageBuilder(verify("${COUNTERSIGN_IMAGE}", "qa"))));
        FreeStyleBuild refused = run(promote, image + "@" + digest);
        jenkins.assertBuildStatus(Result.FAILURE, refused);
        jenkins.assertLogNotContains("Promoted", refused);
        try (Repository qa = open("qa/app")) {
            assertTrue("nothing was promoted", qa.resolve("1").isEmpty());
        }

        promote.addProperty(new OnlyApprovedImages("${IMAGE}", "qa"));
        var waiting = promote.scheduleBuild2(
                0, new ParametersAction(new StringParameterValue("IMAGE", image + "@" + digest)));
        FreeStyleProject approve = job(jenkins.jenkins, "approve");
        approve.getBuildersList()
                .add(new ApproveImageBuilder(new ApproveImageStep(image + "@" + digest, "qa", "carol-key")));
        jenkins.buildAndAssertSuccess(approve);
        FreeStyleBuild promoted = jenkins.assertBuildStatusSuccess(waiting);
        jenkins.assertLogContains("Promoted " + registry.host() + "/qa/app:1@" + digest, promoted);
        try (Repository qa = open("qa/app")) {
            assertEquals(digest, qa.resolve("1").orElseThrow().digest());
        }
        assertNoSecretLies();
    }

    @Test
    public void aPostBuildActionComesOnlyAfterSuccess() throws Exception {
        FreeStyleProject job = job(jenkins.jenkins, "failing");
        job.getBuildersList().add(new hudson.tasks.Shell("exit 1"));
        job.getPublishersList()
                .add(new ImageStepsPublisher(
                        List.of(new PushImageStep("oci:app:latest", registry.host() + "/team/never:1"))));
        FreeStyleBuild failed = jenkins.buildAndAssertStatus(Result.FAILURE, job);
        jenkins.assertLogContains("The build has not succeeded (FAILURE): no image step is done.", failed);
        try (Repository never = open("team/never")) {
            assertTrue(never.resolve("1").isEmpty());
        }
        job.getBuildersList().clear();
        jenkins.buildAndAssertSuccess(job);
        try (Repository pushed = open("team/never")) {
            assertTrue(pushed.resolve("1").isPresent());
        }
    }

    @Test
    public void aFolderKeepsItsBuildsToItsRepositories_andNothingBelowLoosensThat() throws Exception {
        Folder outer = jenkins.createProject(Folder.class);
        Folder inner = outer.createProject(Folder.class, "inner");
        FolderSettings bounds = new FolderSettings();
        bounds.setRepositories(registry.host() + "/bounded/**");
        outer.addProperty(bounds);
        FolderSettings looser = new FolderSettings();
        looser.setRepositories("**");
        inner.addProperty(looser);
        for (ItemGroup<?> group : List.of(outer, inner)) {
            FreeStyleProject job = job(group, "push");
            job.getBuildersList()
                    .add(new PushImageBuilder(new PushImageStep("oci:app:latest", registry.host() + "/foreign/app:1")));
            FreeStyleBuild refused = jenkins.buildAndAssertStatus(Result.FAILURE, job);
            jenkins.assertLogContains(
                    "Builds may not write to " + registry.host() + "/foreign/app: the folder " + outer.getFullName()
                            + " keeps them to",
                    refused);
            for (ImageStepBuilder<?> other : List.of(
                    new SignImageBuilder(new SignImageStep(registry.host() + "/foreign/app:1", "builder-key")),
                    new ApproveImageBuilder(
                            new ApproveImageStep(registry.host() + "/foreign/app:1", "qa", "carol-key")),
                    new PromoteImageBuilder(new PromoteImageStep(
                            registry.host() + "/bounded/app:1", "qa", registry.host() + "/foreign/app:1")))) {
                job.getBuildersList().replaceBy(List.of(other));
                jenkins.assertLogContains("Builds may not write to", jenkins.buildAndAssertStatus(Result.FAILURE, job));
            }
            job.getBuildersList()
                    .replaceBy(List.of(new PushImageBuilder(
                            new PushImageStep("oci:app:latest", registry.host() + "/bounded/app:1"))));
            jenkins.buildAndAssertSuccess(job);
        }
        // Written past the form: what cannot be read allows nothing.
        FolderSettings unreadable = new FolderSettings();
        unreadable.setRepositories("<script>");
        Folder broken = jenkins.createProject(Folder.class);
        broken.addProperty(unreadable);
        FreeStyleProject job = job(broken, "push");
        job.getBuildersList()
                .add(new PushImageBuilder(new PushImageStep("oci:app:latest", registry.host() + "/bounded/app:1")));
        jenkins.assertLogContains("Builds may not write to", jenkins.buildAndAssertStatus(Result.FAILURE, job));
    }

    @Issue({"SECURITY-3265", "SECURITY-3045"})
    @Test
    public void aLoginIsUsedInItsOwnFolderForItsOwnHostAlone() throws Exception {
        CountersignConfiguration.get().getRegistries().get(0).setCredentialsId(null);
        Folder lender = jenkins.createProject(Folder.class);
        Folder stranger = jenkins.createProject(Folder.class);
        lender.addProperty(new FolderCredentialsProperty(new DomainCredentials[] {
            new DomainCredentials(domain(registry.host()), List.of(login("folder-login"))),
            new DomainCredentials(domain("elsewhere.example.com"), List.of(login("login-elsewhere")))
        }));
        SystemCredentialsProvider system = SystemCredentialsProvider.getInstance();
        system.getDomainCredentialsMap()
                .put(
                        domain("localhost"),
                        List.of(new UsernamePasswordCredentialsImpl(
                                CredentialsScope.SYSTEM,
                                "system-only",
                                null,
                                DockerRegistry.USER,
                                DockerRegistry.PASSWORD)));
        system.save();
        String image = registry.host() + "/lent/app:1";
        for (String taken : List.of("login-elsewhere", "system-only", "../../../folder-login")) {
            jenkins.assertLogContains(
                    "There are no credentials \"" + taken + "\"",
                    jenkins.buildAndAssertStatus(Result.FAILURE, pushing(lender, image, taken)));
        }
        jenkins.assertLogContains(
                "There are no credentials \"folder-login\"",
                jenkins.buildAndAssertStatus(Result.FAILURE, pushing(stranger, image, "folder-login")));
        jenkins.buildAndAssertStatus(Result.FAILURE, pushing(lender, image, null));

        FolderSettings settings = new FolderSettings();
        settings.setRegistries(List.of(new FolderRegistry(registry.host(), "folder-login")));
        lender.addProperty(settings);
        jenkins.buildAndAssertSuccess(pushing(lender, image, null));
        FolderSettings wrong = new FolderSettings();
        wrong.setRegistries(List.of(new FolderRegistry(registry.host(), "folder-login")));
        stranger.addProperty(wrong);
        jenkins.assertLogContains(
                "There are no credentials \"folder-login\"",
                jenkins.buildAndAssertStatus(Result.FAILURE, pushing(stranger, image, null)));
    }

    @Test
    public void aFolderMakesViolationsFailures() throws Exception {
        Folder strict = jenkins.createProject(Folder.class);
        FreeStyleProject job = job(strict, "check");
        Files.writeString(workspace.resolve("Foreign"), "FROM docker.io/somebody/tool\n");
        CheckBaseImagesStep check = new CheckBaseImagesStep();
        check.setDockerfile("Foreign");
        check.setOnViolation("unstable");
        job.getBuildersList().add(new CheckBaseImagesBuilder(check));
        jenkins.buildAndAssertStatus(Result.UNSTABLE, job);
        FolderSettings settings = new FolderSettings();
        settings.setViolationAlwaysFailure(true);
        strict.addProperty(settings);
        jenkins.buildAndAssertStatus(Result.FAILURE, job);
    }

    private static FreeStyleProject pushing(Folder folder, String image, String credentialsIdOrNull) throws Exception {
        FreeStyleProject job = job(folder, "push");
        PushImageStep push = new PushImageStep("oci:app:latest", image);
        push.setRegistryCredentialsId(credentialsIdOrNull);
        job.getBuildersList().add(new PushImageBuilder(push));
        return job;
    }

    private static VerifyImageStep verify(String image, String stage) {
        VerifyImageStep verify = new VerifyImageStep(image);
        verify.setStage(stage);
        return verify;
    }

    private static int jobs;

    private static FreeStyleProject job(ItemGroup<?> in, String name) throws Exception {
        FreeStyleProject job = in instanceof Folder at
                ? at.createProject(FreeStyleProject.class, name + ++jobs)
                : jenkins.createFreeStyleProject(name + ++jobs);
        job.setCustomWorkspace(workspace.toString());
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", "")));
        return job;
    }

    private static FreeStyleBuild run(FreeStyleProject job, String image) throws Exception {
        return job.scheduleBuild2(0, new ParametersAction(new StringParameterValue("IMAGE", image)))
                .get();
    }

    private static Repository open(String name) throws Exception {
        return Repositories.open(
                registry.host() + "/" + name,
                RegistryAccess.of(registry.host())
                        .withAuthorities(Files.readString(registry.authority()))
                        .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }

    /** Neither the login nor a key lies in the clear in Jenkins' files or in its log, at the finest level. */
    private static void assertNoSecretLies() throws Exception {
        List<String> secrets = new ArrayList<>(List.of(DockerRegistry.PASSWORD));
        for (String name : List.of("gate", "builder", "carol")) {
            secrets.add(Files.readAllLines(cast.key(name)).get(2));
        }
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(jenkins.jenkins.getRootDir().toPath())) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(one -> !one.toString().contains("/plugins/")
                            && !one.toString().contains("/war/"))
                    .toList()) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (secrets.stream().anyMatch(text::contains)) {
                    found.add(file.toString());
                }
            }
        }
        logs.getMessages().stream()
                .filter(message -> secrets.stream().anyMatch(message::contains))
                .forEach(found::add);
        assertEquals(List.of(), found);
    }
}

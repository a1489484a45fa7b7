package io.jenkins.plugins.countersign.signing;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;

/** What {@code signImage} writes into a real registry, with TLS and a login, is accepted by tools that are not ours. */
public class SignedForOthersTest {

    private final DockerRegistry registry = new DockerRegistry();
    private final JenkinsRule r = new JenkinsRule();

    @Rule
    public final RuleChain rules = RuleChain.outerRule(registry).around(r);

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private Path root;
    private Repository repository;
    private Manifest index;

    public SignedForOthersTest() {
        r.timeout = 600;
    }

    @Before
    public void anImageAndWhoMayReadIt() throws Exception {
        root = folder.getRoot().toPath();
        repository = Repositories.open(
                registry.host() + "/team/app",
                RegistryAccess.of(registry.host())
                        .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD)
                        .withAuthorities(Files.readString(registry.authority())));
        index = Samples.pushIndex(repository, 1);
        repository.tag(index.digest(), "1");
        String login = Base64.getEncoder()
                .encodeToString((DockerRegistry.USER + ":" + DockerRegistry.PASSWORD).getBytes(StandardCharsets.UTF_8));
        Files.writeString(
                root.resolve("config.json"), "{\"auths\":{\"" + registry.host() + "\":{\"auth\":\"" + login + "\"}}}");
        Files.copy(
                registry.authority(),
                Files.createDirectory(root.resolve("certs")).resolve("ca.crt"));
    }

    private Run run(String program, String... arguments) throws Exception {
        RealPart.require(program);
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        return Run.of(
                Map.of(
                        "HOME", root.toString(),
                        "DOCKER_CONFIG", root.toString(),
                        "SSL_CERT_FILE", registry.authority().toString()),
                root,
                command);
    }

    private static void refused(Run run) {
        assertNotEquals(run.output(), 0, run.exitCode());
    }

    @Test
    public void othersAcceptItAndRefuseAnotherKey() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        Files.writeString(root.resolve("ours.pub"), PublicKeys.pem(key.publicKey()));
        Files.writeString(
                root.resolve("stranger.pub"),
                PublicKeys.pem(KeyGenerator.generate(new SecureRandom()).publicKey()));
        configure(key);
        WorkflowJob job = r.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(
                "signImage image: '" + repository.name() + ":1@" + index.digest()
                        + "', credentialsId: 'release', annotations: 'stage=build', simpleSignatures: true",
                true));
        r.buildAndAssertSuccess(job);

        List<Descriptor> subjects = Subjects.of(repository, index.digest());
        assertEquals(3, subjects.size());
        openssl(key, subjects);
        cosign(subjects);
        skopeo();
    }

    private void configure(SigningKey key) throws Exception {
        UsernamePasswordCredentialsImpl login = new UsernamePasswordCredentialsImpl(
                CredentialsScope.GLOBAL, "login", "", DockerRegistry.USER, DockerRegistry.PASSWORD);
        SigningKeyCredentialsImpl release = new SigningKeyCredentialsImpl(
                CredentialsScope.GLOBAL,
                "release",
                "",
                Secret.fromString(key.encrypted("secret".toCharArray(), new SecureRandom())));
        release.setPassword(Secret.fromString("secret"));
        SystemCredentialsProvider.getInstance().getCredentials().addAll(List.of(login, release));
        RegistryConfiguration configured = new RegistryConfiguration(registry.host());
        configured.setCredentialsId("login");
        configured.setCertificateAuthority(Files.readString(registry.authority()));
        CountersignConfiguration.get().setRegistries(List.of(configured));
    }

    /** The barest check: the payload and the signature beside it, by the algorithm of the key. */
    private void openssl(SigningKey key, List<Descriptor> subjects) throws Exception {
        for (Descriptor subject : subjects) {
            FoundSignature found = new SignatureStore(repository)
                    .collect(subject.digest()).stream()
                            .filter(signature -> signature.format() == SignatureFormat.SIMPLE_SIGNING)
                            .findFirst()
                            .orElseThrow();
            Files.write(root.resolve("payload"), found.content());
            Files.write(
                    root.resolve("signature"),
                    Base64.getDecoder().decode(found.annotations().get("dev.cosignproject.cosign/signature")));
            assertThat(
                    run("openssl", "dgst", "-sha256", "-verify", "ours.pub", "-signature", "signature", "payload")
                            .succeeded(),
                    containsString("Verified OK"));
            refused(run("openssl", "dgst", "-sha256", "-verify", "stranger.pub", "-signature", "signature", "payload"));
        }
    }

    private void cosign(List<Descriptor> subjects) throws Exception {
        Files.writeString(
                root.resolve("trusted-root.json"),
                "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[],"
                        + "\"certificateAuthorities\":[],\"ctlogs\":[],\"timestampAuthorities\":[]}");
        for (Descriptor subject : subjects) {
            String name = repository.name() + "@" + subject.digest();
            run("cosign3", "verify", "--key", "ours.pub", "--insecure-ignore-tlog=true", "-a", "stage=build", name)
                    .succeeded();
            run(
                            "cosign2",
                            "verify",
                            "--key",
                            "ours.pub",
                            "--insecure-ignore-tlog=true",
                            "--trusted-root=trusted-root.json",
                            name)
                    .succeeded();
            refused(run("cosign3", "verify", "--key", "stranger.pub", "--insecure-ignore-tlog=true", name));
        }
        run("cosign3", "verify", "--key", "ours.pub", "--insecure-ignore-tlog=true", repository.name() + ":1")
                .succeeded();
        refused(run(
                "cosign3",
                "verify",
                "--key",
                "ours.pub",
                "--insecure-ignore-tlog=true",
                "-a",
                "stage=qa",
                repository.name() + ":1"));
    }

    private void skopeo() throws Exception {
        Files.createDirectory(root.resolve("registries.d"));
        Files.writeString(
                root.resolve("registries.d/ours.yaml"),
                "docker:\n  " + registry.host() + ":\n    use-sigstore-attachments: true\n");
        for (String key : List.of("ours.pub", "stranger.pub")) {
            Files.writeString(
                    root.resolve("policy.json"),
                    "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{\"" + registry.host()
                            + "\":[{\"type\":\"sigstoreSigned\",\"keyPath\":\"" + root.resolve(key)
                            + "\",\"signedIdentity\":{\"type\":\"matchRepoDigestOrExact\"}}]}}}");
            Run copied = run(
                    "skopeo-sigstore",
                    "--policy",
                    "policy.json",
                    "--registries.d",
                    "registries.d",
                    "copy",
                    "--remove-signatures",
                    "--override-os",
                    "linux",
                    "--override-arch",
                    "amd64",
                    "--src-authfile",
                    "config.json",
                    "--src-cert-dir",
                    "certs",
                    "docker://" + repository.name() + ":1",
                    "dir:pulled-" + key);
            if (key.equals("ours.pub")) {
                copied.succeeded();
            } else {
                refused(copied);
            }
        }
    }
}

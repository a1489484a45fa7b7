package io.jenkins.plugins.countersign.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Result;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustReader;
import io.jenkins.plugins.countersign.engine.contenttrust.NotaryServer;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.SingleFileSCM;

/** Golden images that their publisher signs in Docker Content Trust, in a job, with Notary's server and a registry. */
public class PublisherSignedBasesTest {

    private static final DockerRegistry REGISTRY = new DockerRegistry();
    private static final NotaryServer NOTARY = new NotaryServer();
    private static final JenkinsRule JENKINS = new JenkinsRule();
    private static final TemporaryFolder FOLDER = new TemporaryFolder();

    @ClassRule
    public static final RuleChain RULES =
            RuleChain.outerRule(FOLDER).around(REGISTRY).around(NOTARY).around(JENKINS);

    private static GoldenRegistry golden;
    private static String repository;
    private static Digest released;
    private static String root;

    @BeforeClass
    public static void publish() throws Exception {
        golden = new GoldenRegistry(REGISTRY);
        repository = REGISTRY.host() + "/publisher/java";
        released = golden.image("publisher/java", "17", null, null, "java 17");
        golden.image("publisher/java", "tried", null, null, "java 18");
        NOTARY.init(repository);
        sign("17", released);
        root = ContentTrustReader.offeredRoots(new TrustMetadata(NOTARY.access(), repository))
                .get(0)
                .pem();
    }

    @Before
    public void configure() throws Exception {
        golden.configure(catalogue(root));
        RegistryConfiguration notary = new RegistryConfiguration(NOTARY.host());
        notary.setCertificateAuthority(Files.readString(NOTARY.authority()));
        List<RegistryConfiguration> registries =
                new ArrayList<>(CountersignConfiguration.get().getRegistries());
        registries.add(notary);
        CountersignConfiguration.get().setRegistries(registries);
    }

    private static void sign(String tag, Digest digest) throws Exception {
        try (Repository images = golden.open("publisher/java")) {
            NOTARY.sign(
                    repository,
                    tag,
                    Files.write(
                            FOLDER.newFile().toPath(),
                            images.manifest(digest).orElseThrow().content()));
        }
    }

    private static String catalogue(String rootKey) {
        return "{allow: [{image: " + repository + ", signedBy: {contentTrust: {server: \"" + NOTARY.host()
                + "\", rootKeys: [\"" + rootKey.strip().replace("\n", "\\n") + "\\n\"]}}}]}";
    }

    private static FreeStyleProject job(String from) throws Exception {
        FreeStyleProject job = JENKINS.createFreeStyleProject();
        job.setScm(new SingleFileSCM("Dockerfile", ("FROM " + from + "\n").getBytes(StandardCharsets.UTF_8)));
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        return job;
    }

    private static void assertRefused(String from, String reason) throws Exception {
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job(from));
        JENKINS.assertLogContains("[not-signed]", build);
        JENKINS.assertLogContains("must be signed by its publisher at the Notary server " + NOTARY.host(), build);
        JENKINS.assertLogContains(reason, build);
    }

    @Test
    public void releasedTagPasses_alsoByItsDigest() throws Exception {
        for (String from : List.of(repository + ":17", repository + ":17@" + released, repository + "@" + released)) {
            FreeStyleBuild passed = JENKINS.buildAndAssertSuccess(job(from));
            JENKINS.assertLogContains(
                    "targets at the Notary server " + NOTARY.host() + " released 17 as " + released, passed);
        }
    }

    @Test
    public void tagThatWasMovedBehindThePublishersBack() throws Exception {
        Digest evil = golden.image("publisher/java", "17", null, null, "evil");
        try {
            assertRefused(repository + ":17", "is signed by targets for " + released + ", not for " + evil);
            assertRefused(repository + "@" + evil, "no released tag is of " + evil);
        } finally {
            try (Repository images = golden.open("publisher/java")) {
                images.tag(released, "17");
            }
        }
        JENKINS.buildAndAssertSuccess(job(repository + ":17"));
    }

    @Test
    public void tagThatThePublisherDidNotSign() throws Exception {
        assertRefused(repository + ":tried", "signed are 17");
    }

    @Test
    public void otherRootKeyThanThePublishers() throws Exception {
        CountersignConfiguration.get()
                .setTrustPolicy(golden.policy(
                        catalogue(TestCertificate.forName(repository).pem())));
        assertRefused(repository + ":17", "Compare with the publisher, not with the server");
    }

    @Test
    public void serverThatIsNotThere() throws Exception {
        CountersignConfiguration.get()
                .setTrustPolicy(golden.policy(catalogue(root).replace(NOTARY.host(), "nowhere.invalid")));
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job(repository + ":17"));
        JENKINS.assertLogContains("what is signed could not be read", build);
    }

    @Test
    public void catalogueThatCannotBeObeyedIsNotRead() throws Exception {
        assertNotRead("{server: \"https://notary.example.com\", rootKeys: []}", "is not host or host:port");
        assertNotRead("{server: notary.example.com, rootKeys: [nothing]}", "rootKeys: not a public key in PEM");
        assertNotRead("{server: notary.example.com}", "rootKeys: there is no root key to begin with");
        assertNotRead("{server: notary.example.com, firstUse: trust}", "firstUse");
    }

    private static void assertNotRead(String contentTrust, String reason) throws Exception {
        String yaml = "{allow: [{image: a/b, signedBy: {contentTrust: " + contentTrust + "}}]}";
        CatalogueException e = assertThrows(
                CatalogueException.class, () -> Catalogue.read(new ObjectMapper(new YAMLFactory()).readTree(yaml)));
        assertThat(e.getMessage(), containsString(reason));
    }
}

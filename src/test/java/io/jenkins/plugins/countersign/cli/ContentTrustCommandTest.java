package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.Assert.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.contenttrust.NotaryServer;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** {@code countersign content-trust} with Notary's server and a registry. */
public class ContentTrustCommandTest {

    @ClassRule
    public static final NotaryServer NOTARY = new NotaryServer();

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.anonymous();

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    private static String repository;
    private static Digest released;
    private static Digest other;
    private static Path root;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeClass
    public static void signed() throws Exception {
        repository = REGISTRY.host() + "/team/app";
        released = push("released", "1.0");
        other = push("other", "2.0");
        push("unsigned", "3.0");
        NOTARY.init(repository);
        NOTARY.sign(repository, "1.0", manifest("released"));
        NOTARY.sign(repository, "2.0", manifest("released"));
        TestCertificate alice = TestCertificate.forName("alice");
        NOTARY.delegate(repository, "targets/alice", alice);
        Files.writeString(FOLDER.newFile("alice.key").toPath(), alice.keyPem());
        NOTARY.sign(repository, "3.0", manifest("unsigned"), "targets/alice");

        ContentTrustCommandTest test = new ContentTrustCommandTest();
        assertEquals(0, test.run("roots", repository));
        root = Files.writeString(FOLDER.newFile("root.pub").toPath(), test.out.toString());
    }

    @Before
    public void clear() {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
    }

    /** The manifest is in a file of that name, too, as Notary's client wants it. */
    private static Digest push(String name, String tag) throws Exception {
        RegistryAccess access =
                RegistryAccess.of(REGISTRY.host()).withAuthorities(Files.readString(REGISTRY.authority()));
        try (Repository to = Repositories.open(repository, access)) {
            Manifest image = Samples.pushImage(to, name.hashCode(), 1000);
            to.tag(image.digest(), tag);
            Files.write(FOLDER.newFile(name).toPath(), image.content());
            return image.digest();
        }
    }

    private static Path manifest(String name) {
        return FOLDER.getRoot().toPath().resolve(name);
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("content-trust"));
        all.addAll(List.of(arguments));
        all.addAll(List.of(
                "--server",
                NOTARY.host(),
                "--ca-file",
                NOTARY.authority().toString(),
                "--ca-file",
                REGISTRY.authority().toString()));
        return Main.execute(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    private int run(String command, String image, Path key) {
        return run(command, image, "--root-key", key.toString());
    }

    @Test
    public void signedTagIsVerified() {
        assertEquals(err.toString(), 0, run("verify", repository + ":1.0", root));
        assertEquals(repository + ":1.0@" + released + "\n", out.toString());
    }

    @Test
    public void tagThatHasAnotherImage() {
        assertEquals(ExitCode.SIGNATURE.code(), run("verify", repository + ":2.0", root));
        String refusal = "is signed by targets for " + released + ", not for " + other;
        assertThat(err.toString(), containsString(refusal));

        clear();
        assertEquals(0, run("verify", repository + ":2.0@" + released, root));
        clear();
        assertEquals(ExitCode.SIGNATURE.code(), run("verify", repository + ":1.0@" + other, root));
        assertThat(err.toString(), containsString(refusal));
    }

    @Test
    public void tagThatNobodyReleased() {
        assertEquals(ExitCode.SIGNATURE.code(), run("verify", repository + ":3.0", root));
        assertThat(err.toString(), containsString("only by [targets/alice]"));
        clear();
        assertEquals(ExitCode.SIGNATURE.code(), run("verify", repository + ":4.0", root));
        assertThat(err.toString(), containsString("signed are 1.0, 2.0"));
    }

    @Test
    public void whoSignedWhatIsShown() throws Exception {
        assertEquals(err.toString(), 0, run("show", repository, root));
        assertThat(out.toString(), containsString("1.0\t" + released + "\ttargets\t"));
        assertThat(out.toString(), containsString("2.0\t" + released + "\ttargets\t"));
        assertThat(
                out.toString(), matchesPattern("(?s).*\n3\\.0\tsha256:[0-9a-f]{64}\ttargets/alice\tnot released\t.*"));

        clear();
        assertEquals(0, run("show", repository, "--root-key", root.toString(), "--output", "json"));
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertEquals(repository, answer.path("repository").asText());
        assertEquals(released.toString(), answer.at("/tags/0/digest").asText());
        assertEquals(false, answer.at("/tags/2/released").asBoolean(true));
    }

    @Test
    public void delegateSigns_andAStrangerDoesNot() throws Exception {
        Digest image = push("fifth", "5.0");
        String key = FOLDER.getRoot().toPath().resolve("alice.key").toString();
        assertEquals(err.toString(), 0, run("sign", repository + ":5.0", "--root-key", root.toString(), "--key", key));
        assertEquals(repository + ":5.0@" + image + "\n", out.toString());
        assertThat(err.toString(), containsString("Signed in targets/alice, which alone releases nothing"));
        assertThat(NOTARY.notary("list", repository, "--roles", "targets/alice"), containsString(image.hex()));

        clear();
        Path stranger = Files.writeString(
                FOLDER.newFile("stranger.key").toPath(),
                TestCertificate.forName("mallory").keyPem());
        assertEquals(
                ExitCode.SIGNATURE.code(),
                run("sign", repository + ":5.0", "--root-key", root.toString(), "--key", stranger.toString()));
        assertThat(err.toString(), containsString("is in none of the roles [targets, targets/alice]"));
        clear();
        assertEquals(
                ExitCode.REGISTRY.code(),
                run("sign", repository + ":6.0", "--root-key", root.toString(), "--key", key));
        assertThat(err.toString(), containsString("the registry has no " + repository + ":6.0"));
    }

    @Test
    public void otherRootKeyIsRefused_andNoneIsUsage() throws Exception {
        Path foreign = Files.writeString(
                FOLDER.newFile("foreign.crt").toPath(),
                TestCertificate.forName(repository).pem());
        assertEquals(ExitCode.SIGNATURE.code(), run("verify", repository + ":1.0", foreign));
        assertThat(err.toString(), containsString("Compare with the publisher, not with the server"));
        clear();
        assertEquals(ExitCode.USAGE.code(), run("verify", repository + ":1.0"));
        assertThat(err.toString(), containsString("Missing required option: '--root-key=FILE'"));
        clear();
        Path nothing = Files.writeString(FOLDER.newFile("nothing.pem").toPath(), "nothing");
        assertEquals(ExitCode.KEY.code(), run("verify", repository + ":1.0", nothing));
        clear();
        assertEquals(ExitCode.USAGE.code(), run("verify", "oci:folder:1.0", root));
    }
}

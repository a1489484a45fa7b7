package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The whole chain as somebody types it, against a registry with TLS and logins; and everything that goes wrong on the way. */
public class ChainOnCommandLineTest {

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    private static DemoCast cast;
    private static Path password;
    private static Path archive;
    private static Digest built;

    private record Answer(int code, String out, String err) {

        Answer is(ExitCode expected) {
            assertEquals(out + err, expected.code(), code);
            return this;
        }

        Answer says(String text) {
            assertThat(out + err, containsString(text));
            assertThat(err, not(containsString("\tat ")));
            return this;
        }
    }

    @BeforeClass
    public static void buildAnImage() throws Exception {
        Path root = FOLDER.getRoot().toPath();
        cast = DemoCast.prepare(root.resolve("keys"), REGISTRY.host() + "/golden/**");
        password = root.resolve("registry-password");
        Files.writeString(password, DockerRegistry.PASSWORD + "\n");
        try (Repository layout = Repositories.open("oci:" + root.resolve("layout"))) {
            built = DemoImage.build(null, null, Map.of("app/hello", "hello\n"), layout);
            layout.tag(built, "1.0");
        }
        RealPart.require("skopeo");
        archive = root.resolve("app.tar");
        Run.of("skopeo", "copy", "--quiet", "oci:" + root.resolve("layout") + ":1.0", "oci-archive:" + archive + ":1.0")
                .succeeded();
    }

    private static Answer run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Answer(code, out.toString(), err.toString());
    }

    private static Answer registry(String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of(
                "--ca-file", REGISTRY.authority().toString(),
                "--user", DockerRegistry.USER,
                "--registry-password-file", password.toString()));
        return run(all.toArray(String[]::new));
    }

    private static Answer as(String person, String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of(
                "--key",
                cast.key(person).toString(),
                "--password-file",
                cast.password().toString()));
        return registry(all.toArray(String[]::new));
    }

    private static Answer approve(String image, String person, String stage, String role) {
        return as(
                person,
                "approve",
                image,
                "--stage",
                stage,
                "--role",
                role,
                "--policy",
                cast.policy().toString());
    }

    private static Answer promote(String image, String stage, String to) throws Exception {
        return as(
                "gate",
                "promote",
                image,
                "--stage",
                stage,
                "--to",
                to,
                "--policy",
                cast.policy().toString(),
                "--ledger",
                FOLDER.getRoot().toPath().resolve("ledger.jsonl").toString());
    }

    private static String push(String name) {
        return registry("push", "oci-archive:" + archive, REGISTRY.host() + "/" + name)
                .is(ExitCode.PASS)
                .out()
                .strip();
    }

    private static boolean isThere(String repository, String tag) {
        return registry(
                                "status",
                                REGISTRY.host() + "/" + repository + ":" + tag,
                                "--stage",
                                "qa",
                                "--policy",
                                cast.policy().toString())
                        .code()
                != ExitCode.REGISTRY.code();
    }

    @Test
    public void fromArchiveToProduction_withTwoReleaseManagersAndNotWithOneTwice() throws Exception {
        String image = push("team/app:1.0");
        assertEquals(REGISTRY.host() + "/team/app:1.0@" + built, image);
        as("builder", "sign", image, "--simple-signatures").is(ExitCode.PASS);
        registry(
                        "verify",
                        image,
                        "--public-key",
                        cast.key("builder").resolveSibling("builder.pub").toString())
                .is(ExitCode.PASS);

        promote(image, "qa", REGISTRY.host() + "/qa/app:1.0")
                .is(ExitCode.SIGNATURE)
                .says("carol as qa");
        assertTrue("a held gate promotes nothing", !isThere("qa/app", "1.0"));
        approve(image, "carol", "qa", "qa").is(ExitCode.PASS);
        String tested = promote(image, "qa", REGISTRY.host() + "/qa/app:1.0")
                .is(ExitCode.PASS)
                .out()
                .strip();

        approve(tested, "frank", "production", "release").is(ExitCode.PASS);
        approve(tested, "frank", "production", "release").is(ExitCode.PASS);
        approve(tested, "alice", "production", "security").is(ExitCode.PASS);
        promote(tested, "production", REGISTRY.host() + "/production/app:1.0")
                .is(ExitCode.SIGNATURE)
                .says("superseded")
                .says("grace as release");
        assertTrue("the same person twice is one", !isThere("production/app", "1.0"));
        approve(tested, "grace", "production", "release").is(ExitCode.PASS);
        String released = promote(tested, "production", REGISTRY.host() + "/production/app:1.0")
                .is(ExitCode.PASS)
                .out()
                .strip();
        assertTrue(released, released.endsWith(built.toString()));
        registry(
                        "verify",
                        released,
                        "--stage",
                        "production",
                        "--policy",
                        cast.policy().toString())
                .is(ExitCode.PASS)
                .says("grace as release");
    }

    @Test
    public void aRejectionHoldsUntilItIsWithdrawn() throws Exception {
        String image = push("team/rejected:1.0");
        String rejection = as(
                        "carol",
                        "reject",
                        image,
                        "--stage",
                        "qa",
                        "--role",
                        "qa",
                        "--reason",
                        "crashes",
                        "--policy",
                        cast.policy().toString())
                .is(ExitCode.PASS)
                .out()
                .strip();
        assertTrue(Digest.isDigest(rejection));
        registry("status", image, "--stage", "qa", "--policy", cast.policy().toString())
                .is(ExitCode.SIGNATURE)
                .says("crashes");
        Path hers = cast.key("carol").resolveSibling("carol.pub");
        registry("verify", image, "--public-key", hers.toString())
                .is(ExitCode.SIGNATURE)
                .says("RECORD in sha256:")
                .says("it is a record (a rejection,");
    }

    @Test
    public void aTagThatMovedBetweenPushAndSignIsNotSigned() throws Exception {
        String image = push("team/moved:1.0");
        Path other = FOLDER.getRoot().toPath().resolve("other");
        try (Repository layout = Repositories.open("oci:" + other)) {
            layout.tag(DemoImage.build(null, null, Map.of("evil", "x"), layout), "1.0");
        }
        registry("push", "oci:" + other + ":1.0", REGISTRY.host() + "/team/moved:1.0")
                .is(ExitCode.PASS);
        as("builder", "sign", image).is(ExitCode.REGISTRY).says("somebody pushed in between");
        approve(image, "carol", "qa", "qa").is(ExitCode.REGISTRY).says("somebody pushed in between");
    }

    @Test
    public void anApprovalInARoleThatOneDoesNotHaveIsNotWritten() {
        String image = push("team/role:1.0");
        approve(image, "carol", "production", "release")
                .is(ExitCode.POLICY)
                .says("carol is not in the role \"release\"");
        approve(image, "builder", "qa", "qa").is(ExitCode.POLICY).says("belongs to nobody");
        approve(image, "carol", "nowhere", "qa").is(ExitCode.POLICY).says("it has qa, production");
    }

    @Test
    public void anArchiveThatIsCutOffLeavesNoTag() throws Exception {
        byte[] whole = Files.readAllBytes(archive);
        Path cut = FOLDER.getRoot().toPath().resolve("cut.tar");
        Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
        registry("push", "oci-archive:" + cut, REGISTRY.host() + "/team/cut:1.0")
                .is(ExitCode.REGISTRY);
        assertTrue(!isThere("team/cut", "1.0"));
    }

    @Test
    public void aWrongPasswordAnUnknownAuthorityAndASilentHostAreToldApart() throws Exception {
        String image = REGISTRY.host() + "/team/app:1.0";
        Path wrong = FOLDER.newFile().toPath();
        Files.writeString(wrong, "secret-that-must-not-show");
        Answer refused = run(
                "status",
                image,
                "--stage",
                "qa",
                "--policy",
                cast.policy().toString(),
                "--ca-file",
                REGISTRY.authority().toString(),
                "--user",
                DockerRegistry.USER,
                "--registry-password-file",
                wrong.toString());
        refused.is(ExitCode.REGISTRY).says("401");
        assertThat(refused.err(), not(containsString("secret-that-must-not-show")));
        run("status", image, "--stage", "qa", "--policy", cast.policy().toString())
                .is(ExitCode.REGISTRY)
                .says("certificate");
        run(
                        "status",
                        "localhost:1/team/app:1.0",
                        "--stage",
                        "qa",
                        "--policy",
                        cast.policy().toString())
                .is(ExitCode.REGISTRY)
                .says("localhost:1");
    }

    @Test
    public void anEncryptedKeyWithoutItsPasswordAndAWrongOneAreToldApart() throws Exception {
        String image = push("team/key:1.0");
        registry("sign", image, "--key", cast.key("builder").toString())
                .is(ExitCode.KEY)
                .says("password");
        Path wrong = FOLDER.newFile().toPath();
        Files.writeString(wrong, "not it");
        registry("sign", image, "--key", cast.key("builder").toString(), "--password-file", wrong.toString())
                .is(ExitCode.KEY)
                .says("password");
    }

    @Test
    public void aDockerfileThatDoesNotParseOrPullsAForeignImageIsRefused() throws Exception {
        Path file = FOLDER.newFile("Dockerfile.broken").toPath();
        Files.writeString(file, "FROM\nRUN [\n");
        run("check", file.toString(), "--policy", cast.policy().toString()).is(ExitCode.POLICY);
        Files.writeString(file, "FROM scratch\nCOPY --from=docker.io/somebody/tool /t /t\n");
        run("check", file.toString(), "--policy", cast.policy().toString())
                .is(ExitCode.POLICY)
                .says("docker.io/somebody/tool:latest");
        run("check", "no-such-file", "--policy", cast.policy().toString())
                .is(ExitCode.USAGE)
                .says("there is no file no-such-file");
    }

    @Test
    public void aNewKeyIsEncryptedAndNeverOverwritesAnother() throws Exception {
        String name = FOLDER.getRoot().toPath().resolve("mine").toString();
        run("key", "generate", name, "--password-file", cast.password().toString())
                .is(ExitCode.PASS);
        assertThat(Files.readString(Path.of(name + ".key")), containsString("ENCRYPTED SIGSTORE PRIVATE KEY"));
        run("key", "generate", name, "--password-file", cast.password().toString())
                .is(ExitCode.USAGE)
                .says("never overwritten");
        run("key", "generate", name + "2", "--unencrypted").is(ExitCode.USAGE).says("whoever can read");
        String shown = run("key", "show", name + ".pub").is(ExitCode.PASS).out();
        assertEquals(
                shown,
                run(
                                "key",
                                "show",
                                name + ".key",
                                "--password-file",
                                cast.password().toString())
                        .is(ExitCode.PASS)
                        .out());
        RealPart.require("openssl");
        assertThat(
                Run.of("openssl", "pkey", "-pubin", "-in", name + ".pub", "-noout", "-text")
                        .succeeded(),
                containsString("prime256v1"));
    }

    @Test
    public void theDemonstrationRuns() {
        run("demo").is(ExitCode.PASS).says("Gate of stage qa: held").says("not-golden");
    }

    @Test
    public void everyExitCodeIsInTheHelpAndInTheDocumentation() throws Exception {
        Path page = Path.of("docs/command-line.md");
        String documentation =
                Files.readString(Files.exists(page) ? page : Path.of("..").resolve(page));
        String help = run("--help").is(ExitCode.PASS).out().replaceAll("\\s+", " ");
        for (ExitCode code : ExitCode.values()) {
            assertThat(help, containsString(code.meaning()));
            assertThat(documentation, containsString("| " + code.code() + " | " + code.meaning() + " |"));
        }
    }

    /** {@code ChainTest} runs this very Pipeline in a real Jenkins. */
    @Test
    public void theReadmesPipelineIsTheOneThatTheTestsRun() throws Exception {
        assertThat(
                project("README.md"),
                containsString(project("docs/example/Jenkinsfile").strip()));
    }

    /** A file of the project, whose folder is the one above where cli/pom.xml runs the tests. */
    private static String project(String name) throws Exception {
        Path file = Path.of(name);
        return Files.readString(Files.exists(file) ? file : Path.of("..").resolve(file));
    }
}

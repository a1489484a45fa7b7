package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
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
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** {@code check} with a real registry: pinning, golden organisations, signatures, built images. */
public class CheckOnCommandLineTest {

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static DemoCast cast;
    private static Path password;

    private record Answer(int code, String out, String err) {}

    @BeforeClass
    public static void prepare() throws Exception {
        RealPart.require("docker-registry");
        cast = DemoCast.prepare(FOLDER.getRoot().toPath().resolve("keys"), REGISTRY.host() + "/golden/**");
        password = FOLDER.newFile("password").toPath();
        Files.writeString(password, DockerRegistry.PASSWORD + "\n");
    }

    @Test
    public void tagThatIsNotThereLeavesTheFileAsItIs() throws Exception {
        image("golden/here", "1", "x");
        Path file = file("FROM " + REGISTRY.host() + "/golden/here:1\nFROM " + REGISTRY.host() + "/golden/absent:1\n");
        String before = Files.readString(file);
        Answer answer = check(ExitCode.REGISTRY, file.toString(), "--pin");

        assertThat(answer.err(), containsString("nothing was written"));
        assertEquals(before, Files.readString(file));
    }

    @Test
    public void pinWritesDigestsAndNothingElse() throws Exception {
        Digest java = image("golden/java", "17", "17.0.1");
        String name = REGISTRY.host() + "/golden/java";
        Path file = file("# syntax=docker/dockerfile:1\r\n\r\n  FROM   " + name + ":17  AS  build\t\r\n# " + name
                + ":17 stays\r\nFROM scratch\r\nCOPY --from=" + name + ":17 / \\\r\n  /\r\n");
        Answer answer = check(ExitCode.PASS, file.toString(), "--pin");

        assertEquals(
                "# syntax=docker/dockerfile:1\r\n\r\n  FROM   " + name + ":17@" + java + "  AS  build\t\r\n# " + name
                        + ":17 stays\r\nFROM scratch\r\nCOPY --from=" + name + ":17@" + java + " / \\\r\n  /\r\n",
                Files.readString(file));
        assertThat(answer.err(), containsString(":3:10: " + name + ":17 is " + name + ":17@" + java + " now"));
    }

    @Test
    public void updateMovesTheDigestToWhatTheTagPointsToNow() throws Exception {
        String name = REGISTRY.host() + "/golden/moving";
        Digest old = image("golden/moving", "17", "17.0.1");
        Path file = file("FROM " + name + ":17@" + old + "\n# the last of 17\n");
        Digest now = image("golden/moving", "17", "17.0.2");
        check(ExitCode.PASS, file.toString(), "--update");

        assertEquals("FROM " + name + ":17@" + now + "\n# the last of 17\n", Files.readString(file));
    }

    @Test
    public void builtImageOnAGoldenBase() throws Exception {
        Digest java = image("golden/base", "17", "17.0.1");
        Digest app;
        String on = "oci:" + FOLDER.getRoot().toPath().resolve("built");
        try (Repository base = open("golden/base");
                Repository layout = Repositories.open(on)) {
            app = DemoImage.build(base, java, Map.of("app", "x"), layout);
            layout.tag(app, "on-golden");
            layout.tag(DemoImage.build(null, null, Map.of("app", "x"), layout), "flat");
        }
        Answer golden = check(ExitCode.PASS, "--image", on + ":on-golden");
        assertThat(
                golden.out(), containsString("descends from golden " + REGISTRY.host() + "/golden/base:17 at " + java));
        assertThat(golden.out(), not(containsString("enter the build")));

        Answer flat = check(ExitCode.POLICY, "--image", on + ":flat", "--output", "JSON");
        JsonNode report =
                new ObjectMapper().readTree(flat.out()).path("reports").path(0);
        assertEquals(
                "lineage-flattened",
                report.path("findings").path(0).path("rule").asText());

        Answer offline = check(ExitCode.POLICY, "--image", on + ":on-golden", "--offline");
        assertThat(offline.out(), containsString("[lineage-unknown]"));
        assertThat(offline.out(), containsString("no registry is asked with --offline"));
    }

    @Test
    public void provenanceCallsABaseGolden_onlyWhereThePolicyAllowsItAndTheImageStandsOnIt() throws Exception {
        Digest golden = image("golden/provenance", "17", "17.0.1");
        Digest foreign = image("foreign/provenance", "17", "17.0.1");
        Path layout = FOLDER.getRoot().toPath().resolve("provenance");
        Digest onGolden;
        Digest onForeign;
        Digest flat;
        try (Repository goldenBase = open("golden/provenance");
                Repository foreignBase = open("foreign/provenance");
                Repository to = Repositories.open("oci:" + layout)) {
            onGolden = DemoImage.build(goldenBase, golden, Map.of("app", "x"), to);
            onForeign = DemoImage.build(foreignBase, foreign, Map.of("app", "y"), to);
            flat = DemoImage.build(null, null, Map.of("app", "z"), to);
        }
        String base = REGISTRY.host() + "/golden/provenance:17@" + golden;
        assertEquals("says so and does not stand on it", false, isGolden(layout, flat, base));
        assertEquals("stands on another", false, isGolden(layout, onForeign, base));
        assertEquals(
                "not in the catalogue",
                false,
                isGolden(layout, onForeign, REGISTRY.host() + "/foreign/provenance:17@" + foreign));
        Digest gone = Digest.of(new byte[] {1});
        assertThat(
                "unknown is not no",
                provenance(ExitCode.REGISTRY, layout, onGolden, REGISTRY.host() + "/golden/provenance:17@" + gone)
                        .err(),
                containsString("there is no " + gone));
        try (Repository there = Repositories.open("oci:" + layout)) {
            assertEquals("nothing is attached then", List.of(), there.referrers(onGolden));
        }
        assertEquals(true, isGolden(layout, onGolden, base));
    }

    /** As the statement that was attached says. */
    private static boolean isGolden(Path layout, Digest image, String base) throws Exception {
        String attached = provenance(ExitCode.PASS, layout, image, base).out().trim();
        try (Repository there = Repositories.open("oci:" + layout)) {
            for (FoundSignature found : new SignatureStore(there).collect(image)) {
                byte[] payload = SigstoreBundle.read(found.content()).envelope().payload();
                if (Digest.of(payload).toString().equals(attached)) {
                    JsonNode dependency = new ObjectMapper()
                            .readTree(payload)
                            .at("/predicate/buildDefinition/resolvedDependencies/0");
                    assertEquals(
                            base.substring(base.indexOf("@sha256:") + 8),
                            dependency.at("/digest/sha256").asText());
                    return dependency
                            .path("annotations")
                            .path("countersign.golden")
                            .asText()
                            .equals("true");
                }
            }
        }
        throw new AssertionError("no " + attached);
    }

    private static Answer provenance(ExitCode expected, Path layout, Digest image, String base) {
        return run(
                expected,
                "evidence",
                "oci:" + layout + "@" + image,
                "--kind",
                "provenance",
                "--builder",
                "https://ci.example.com/",
                "--invocation",
                "https://ci.example.com/app/7",
                "--base",
                base,
                "--key",
                cast.key("builder").toString(),
                "--password-file",
                cast.password().toString());
    }

    private static Answer check(ExitCode expected, String... arguments) {
        List<String> all = new ArrayList<>(List.of("check"));
        all.addAll(Arrays.asList(arguments));
        return run(expected, all.toArray(String[]::new));
    }

    private static Answer run(ExitCode expected, String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of(
                "--policy", cast.policy().toString(),
                "--ca-file", REGISTRY.authority().toString(),
                "--user", DockerRegistry.USER,
                "--credentials-for", REGISTRY.host(),
                "--registry-password-file", password.toString()));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.execute(new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
        assertEquals(out + "" + err, expected.code(), code);
        return new Answer(code, out.toString(), err.toString());
    }

    private Path file(String content) throws Exception {
        return Files.writeString(folder.newFile().toPath(), content);
    }

    private static Repository open(String name) throws Exception {
        return Repositories.open(
                REGISTRY.host() + "/" + name,
                RegistryAccess.of(REGISTRY.host())
                        .withAuthorities(Files.readString(REGISTRY.authority()))
                        .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }

    private static Digest image(String name, String tag, String content) throws Exception {
        try (Repository repository = open(name)) {
            Digest digest = DemoImage.build(null, null, Map.of(name, content), repository);
            repository.tag(digest, tag);
            return digest;
        }
    }
}

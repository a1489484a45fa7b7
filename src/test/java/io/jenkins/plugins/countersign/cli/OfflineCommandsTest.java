package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.World;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.request.OfflineSigners;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Approve offline, promote, and let an auditor look: on a bare machine, with folders for registries. */
public class OfflineCommandsTest {

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private final StringWriter err = new StringWriter();
    private Path root;
    private World world;
    private String image;

    @Before
    public void prepare() throws Exception {
        root = folder.getRoot().toPath();
        world = World.of(World.STAGES);
        world.save(root);
        LayoutRepository repository = LayoutRepository.at(root.resolve("source"));
        Digest digest = Samples.pushIndex(repository, 1).digest();
        image = "oci:" + root.resolve("source") + "@" + digest;
    }

    private String run(ExitCode expected, Object... arguments) {
        List<String> all = new ArrayList<>();
        for (Object argument : arguments) {
            all.add(argument.toString());
        }
        StringWriter out = new StringWriter();
        err.getBuffer().setLength(0);
        int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
        assertEquals(all + "\n" + err + out, expected.code(), code);
        return out.toString();
    }

    private Path file(String name) {
        return root.resolve(name);
    }

    @Test
    public void aPersonSignsOfflineAndAnAuditorLooks() throws Exception {
        Path request = file("approval.request.json");
        String shown = run(
                ExitCode.PASS,
                "request",
                "create",
                image,
                "--policy",
                file("policy.yaml"),
                "--person",
                "carol",
                "--stage",
                "qa",
                "--role",
                "qa",
                "--comment",
                "looks good",
                "--out",
                request,
                "--bytes",
                file("approval.bytes"));
        assertThat(shown, containsString("predicate.comment: looks good"));
        assertEquals(shown, run(ExitCode.PASS, "request", "show", request));
        run(ExitCode.PASS, "request", "sign", request, "--key", file("mallory.pem"), "--out", file("wrong.sig"));
        run(ExitCode.SIGNATURE, "request", "attach", request, file("wrong.sig"), "--policy", file("policy.yaml"));
        assertThat(err.toString(), containsString("by any of these keys"));
        run(ExitCode.PASS, "request", "sign", request, "--key", file("carol.pem"), "--out", file("approval.sig"));
        run(ExitCode.PASS, "request", "attach", request, file("approval.sig"), "--policy", file("policy.yaml"));
        Files.writeString(file("TEST-a.xml"), "<testsuite><testcase name=\"a\"/></testsuite>");
        String evidence = run(
                ExitCode.PASS, "evidence", image, file("TEST-a.xml"), "--kind", "test-result", "--key", file("ci.pem"));
        assertTrue(evidence, Digest.isDigest(evidence.trim()));
        Files.writeString(file("empty.xml"), "<testsuite/>");
        run(ExitCode.POLICY, "evidence", image, file("empty.xml"), "--kind", "test_result", "--key", file("ci.pem"));
        Path ledger = file("ledger.jsonl");
        run(
                ExitCode.PASS,
                "promote",
                image,
                "--to",
                "oci:" + file("prod") + ":1.0",
                "--stage",
                "qa",
                "--policy",
                file("policy.yaml"),
                "--key",
                file("gate.pem"),
                "--ledger",
                ledger);
        assertThat(
                run(
                        ExitCode.PASS,
                        "audit",
                        "verify",
                        ledger,
                        "--published-in",
                        "oci:" + file("prod"),
                        "--policy",
                        file("policy.yaml")),
                containsString(" records, the last of "));
        String promoted = run(ExitCode.PASS, "audit", "export", ledger, "--kind", "promoted");
        assertEquals(1, promoted.lines().count());
        assertTrue(Files.readString(ledger).contains(promoted));
        Files.writeString(ledger, Files.readString(ledger).replace("\"stage\":\"qa\"", "\"stage\":\"qb\""));
        run(ExitCode.POLICY, "audit", "verify", ledger);
        assertThat(err.toString(), containsString("is broken: record"));
    }

    @Test
    public void whatAnyOfTheFourProgramsSignedComesBack() throws Exception {
        for (OfflineSigners signer : OfflineSigners.values()) {
            Path request = file(signer + ".json");
            LayoutRepository repository = LayoutRepository.at(root.resolve("source"));
            String image = "oci:" + root.resolve("source") + "@"
                    + Samples.pushIndex(repository, 10 + signer.ordinal()).digest();
            run(
                    ExitCode.PASS,
                    "request",
                    "create",
                    image,
                    "--policy",
                    file("policy.yaml"),
                    "--person",
                    "carol",
                    "--stage",
                    "qa",
                    "--role",
                    "qa",
                    "--out",
                    request);
            byte[] content = Files.readAllBytes(request);
            Path signature = file(signer + ".sig");
            run(ExitCode.SIGNATURE, "status", image, "--stage", "qa", "--policy", file("policy.yaml"));
            Files.write(
                    signature,
                    signer.sign(
                            content,
                            world.keys.get("mallory"),
                            folder.newFolder().toPath()));
            run(ExitCode.SIGNATURE, "request", "attach", request, signature, "--policy", file("policy.yaml"));
            Files.write(
                    signature,
                    signer.sign(
                            content, world.keys.get("carol"), folder.newFolder().toPath()));
            run(ExitCode.PASS, "request", "attach", request, signature, "--policy", file("policy.yaml"));
            run(ExitCode.PASS, "status", image, "--stage", "qa", "--policy", file("policy.yaml"));
        }
    }

    @Test
    public void provenanceSaysWhatItIsToldAndNoMore() throws Exception {
        String[] build = {
            "evidence",
            image,
            "--kind",
            "provenance",
            "--key",
            file("ci.pem").toString(),
            "--builder",
            "https://ci.example.com/",
            "--invocation",
            "https://ci.example.com/app/7"
        };
        run(ExitCode.USAGE, "evidence", image, "--kind", "provenance", "--key", file("ci.pem"));
        assertThat(err.toString(), containsString("provenance needs --builder URI"));
        run(ExitCode.USAGE, with(build, "--source", "https://git.example.com/app.git@main"));
        assertThat(err.toString(), containsString("the commit's whole hash"));
        run(ExitCode.USAGE, with(build, "--base", "registry.example.com/golden/base:1.0"));
        assertThat(err.toString(), containsString("--base needs a digest"));
        String statement = run(
                ExitCode.PASS,
                with(
                        build,
                        "--source",
                        "https://git.example.com/app.git@" + "0".repeat(40),
                        "--base",
                        "registry.example.com/golden/base:1.0@" + Digest.of(new byte[1]),
                        "--started-by",
                        "carol"));
        assertTrue(statement, Digest.isDigest(statement.trim()));
        byte[] bundle = new SignatureStore(LayoutRepository.at(root.resolve("source")))
                .collect(Digest.parse(image.substring(image.indexOf('@') + 1)))
                .get(0)
                .content();
        String payload =
                new String(SigstoreBundle.read(bundle).envelope().payload(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(payload, containsString("\"internalParameters\":{\"startedBy\":[\"carol\"]}"));
        assertThat(payload, containsString("pkg:docker/registry.example.com/golden/base@1.0"));
        assertThat("no policy, nothing golden", payload, not(containsString("countersign.golden")));
    }

    private static Object[] with(String[] first, String... more) {
        List<Object> all = new ArrayList<>(List.of((Object[]) first));
        all.addAll(List.of(more));
        return all.toArray();
    }

    @Test
    public void aPolicyIsExportedAndSaysWhatItCannotSay() throws Exception {
        String written = run(
                ExitCode.PASS,
                "export",
                "registry.example.com/prod/app",
                "--format",
                "containers",
                "--stage",
                "qa",
                "--policy",
                file("policy.yaml"),
                "--to",
                file("export"));
        assertThat(written, containsString("policy.json"));
        assertTrue(Files.exists(file("export/registries.d/countersign.yaml")));
        assertThat(err.toString(), containsString("A rejection, block or withdrawal after the promotion is not seen"));
    }
}

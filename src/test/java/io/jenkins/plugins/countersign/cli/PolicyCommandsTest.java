package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The life of a trust policy, as the people who keep it type it; and what they mistype. */
public class PolicyCommandsTest {

    private static final String STATE = "countersign.state";

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private final String state = System.getProperty(STATE, "");
    private final StringWriter err = new StringWriter();
    private Path root;

    @Before
    public void prepare() throws Exception {
        root = folder.getRoot().toPath();
        // What was seen before is remembered there.
        System.setProperty(STATE, folder.newFolder("state").toString());
        for (String name : List.of("root-1", "root-2", "root-3", "new-1", "new-2", "alice", "bob", "gate", "mallory")) {
            SigningKey key = KeyGenerator.generate(new SecureRandom());
            Files.writeString(file(name + ".key"), key.unencryptedSecret());
            Files.writeString(file(name + ".pub"), PublicKeys.pem(key.publicKey()));
        }
        pins("pinned.pem", "root-1", "root-2", "root-3");
    }

    @After
    public void restoreHome() {
        System.setProperty(STATE, state);
    }

    private void pins(String name, String... keys) throws Exception {
        StringBuilder all = new StringBuilder();
        for (String key : keys) {
            all.append(Files.readString(file(key + ".pub")));
        }
        Files.writeString(file(name), all);
    }

    private Path file(String name) {
        return root.resolve(name);
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
        assertThat(err.toString(), not(containsString("\tat ")));
        return out.toString();
    }

    private String policy(ExitCode expected, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("policy"));
        all.addAll(Arrays.asList(arguments));
        return run(expected, all.toArray());
    }

    private void says(String text) {
        assertThat(err.toString(), containsString(text));
    }

    private void init() {
        policy(
                ExitCode.PASS,
                "init",
                "--name",
                "acme",
                "--root-key",
                file("root-1.pub"),
                "--root-key",
                file("root-2.pub"),
                "--root-key",
                "spare=" + file("root-3.pub"),
                "--person",
                file("alice.pub"),
                "--person",
                file("bob.pub"),
                "--gate-key",
                file("gate.pub"),
                "--out",
                file("policy.yaml"));
    }

    private void sign(String what, String key) {
        policy(ExitCode.PASS, "sign", file(what), "--key", file(key + ".key"));
    }

    /** A signed first version. */
    private void signedFirst() {
        init();
        sign("policy.yaml", "root-1");
        sign("policy.signed.json", "root-2");
    }

    private void edit(String from, String to, String find, String replacement) throws Exception {
        String text = Files.readString(file(from));
        assertThat(text, containsString(find));
        Files.writeString(file(to), text.replace(find, replacement));
    }

    private String image() throws Exception {
        LayoutRepository repository = LayoutRepository.at(root.resolve("app"));
        Digest digest = Samples.pushIndex(repository, 1).digest();
        return "oci:" + root.resolve("app") + "@" + digest;
    }

    @Test
    public void fromTheFirstDraftToAGateThatReadsItFromARegistry() throws Exception {
        init();
        says("2 of 3 root keys");
        assertThat(
                policy(ExitCode.PASS, "check", file("policy.yaml")),
                containsString("policy.yaml: note: overrideRole: there is none"));
        policy(ExitCode.POLICY, "check", "--no-notes", file("policy.yaml"));

        assertThat(
                policy(ExitCode.PASS, "sign", file("policy.yaml"), "--key", file("root-1.key")),
                containsString("policy.signed.json"));
        says("root: 1 of 2 signed (root-1); 1 more of root-2, spare");
        String repository = "oci:" + file("policies");
        policy(ExitCode.POLICY, "push", file("policy.signed.json"), repository);
        says("is signed by 1 (root-1) of the root keys in force, needed are 2");
        policy(ExitCode.POLICY, "show", repository);
        says("there is no trust policy in");

        sign("policy.signed.json", "root-1");
        says("root: 1 of 2 signed (root-1)");
        sign("policy.signed.json", "root-2");
        says("root: 2 of 2 signed (root-1, root-2)");
        policy(
                ExitCode.PASS,
                "push",
                file("policy.signed.json"),
                repository,
                "--policy-root",
                file("pinned.pem"),
                "--policy-root-threshold",
                2);
        says("as v1 and latest");

        String shown = policy(ExitCode.PASS, "show", repository);
        assertThat(shown, containsString("acme version 1, sha256:"));
        assertThat(shown, containsString("root: 2 of 2 signed (root-1, root-2)"));
        assertThat(shown, containsString("stages.production.needs.approvers: 2"));
        assertEquals(Files.readString(file("policy.yaml")), policy(ExitCode.PASS, "show", repository, "--document"));

        String image = image();
        Object[] pinned = {"--policy", repository, "--policy-root", file("pinned.pem"), "--policy-root-threshold", 2};
        run(ExitCode.SIGNATURE, with(pinned, "status", image, "--stage", "qa"));
        run(
                ExitCode.PASS,
                with(pinned, "approve", image, "--stage", "qa", "--role", "approvers", "--key", file("alice.key")));
        assertThat(run(ExitCode.PASS, with(pinned, "status", image, "--stage", "qa")), containsString("open"));
        run(ExitCode.USAGE, "status", image, "--stage", "qa", "--policy", repository);
        says("name the root keys with --policy-root");
        policy(ExitCode.POLICY, "show", repository, "--policy-root", file("pinned.pem"));
        says("needed are 3");
    }

    private static Object[] with(Object[] more, Object... first) {
        List<Object> all = new ArrayList<>(Arrays.asList(first));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    public void everyErrorHasItsLineAndPath() throws Exception {
        init();
        edit("policy.yaml", "bad.yaml", "maxAge: P14D", "maxage: P14D");
        edit("bad.yaml", "bad.yaml", "after: qa", "after: qu");
        edit("bad.yaml", "bad.yaml", "threshold: 2", "threshold: 4");
        String found = policy(ExitCode.POLICY, "check", file("bad.yaml"));
        assertThat(
                found,
                containsString("bad.yaml:" + lineOf("bad.yaml", "maxage")
                        + ":13: error: stages.production.maxage: unknown field; known here are after"));
        assertThat(
                found,
                containsString("bad.yaml:" + lineOf("bad.yaml", "after: qu")
                        + ":5: error: stages.production: comes after \"qu\""));
        assertThat(
                found,
                containsString("bad.yaml:" + lineOf("bad.yaml", "threshold") + ":14: error: root.threshold: is 4"));
        JsonNode json =
                new ObjectMapper().readTree(policy(ExitCode.POLICY, "check", "--output", "json", file("bad.yaml")));
        assertFalse(json.path("valid").asBoolean(true));
        assertEquals(found.lines().count(), json.path("errors").size());
        assertTrue(json.path("errors").get(0).path("line").asInt() > 0);
        policy(ExitCode.POLICY, "sign", file("bad.yaml"), "--key", file("root-1.key"));
        says("line " + lineOf("bad.yaml", "maxage") + ", column 13: stages.production.maxage");
        assertFalse(Files.exists(file("bad.signed.json")));

        Files.writeString(file("broken.yaml"), "name: acme\n  version: 1\n");
        assertThat(policy(ExitCode.POLICY, "check", file("broken.yaml")), containsString("broken.yaml:2:"));
        Files.writeString(file("bad.yaml"), Files.readString(file("policy.yaml")) + "golden: {allow: 7}\n");
        assertThat(policy(ExitCode.POLICY, "check", file("bad.yaml")), containsString("error: golden"));
        policy(ExitCode.USAGE, "check", file("absent.yaml"));
        says("there is no file");
    }

    private int lineOf(String name, String text) throws Exception {
        List<String> lines = Files.readAllLines(file(name));
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(text)) {
                return i + 1;
            }
        }
        throw new AssertionError(text + " is not in " + name);
    }

    @Test
    public void whatMakesNoPolicyIsRefused() throws Exception {
        policy(ExitCode.KEY, "init", "--name", "a", "--root-key", file("root-1.key"), "--person", file("alice.pub"));
        says("root-1.key: this is a private key");
        policy(
                ExitCode.POLICY,
                "init",
                "--name",
                "a",
                "--root-key",
                file("root-1.pub"),
                "--person",
                "alice=" + file("root-1.pub"));
        says("this key is already that of");
        policy(
                ExitCode.USAGE,
                "init",
                "--name",
                "a",
                "--root-key",
                file("root-1.pub"),
                "--root-key",
                "root-1=" + file("root-2.pub"),
                "--person",
                file("alice.pub"));
        says("gives the name \"root-1\" twice");
        policy(
                ExitCode.USAGE,
                "init",
                "--name",
                "a",
                "--root-key",
                file("root-1.pub"),
                "--person",
                file("alice.pub"),
                "--expires",
                "soon");
        says("--expires is a time like");
        init();
        policy(
                ExitCode.USAGE,
                "init",
                "--name",
                "a",
                "--root-key",
                file("root-1.pub"),
                "--person",
                file("alice.pub"),
                "--out",
                file("policy.yaml"));
        says("is there already and is not overwritten");
    }

    @Test
    public void whoHasNoRootKeySignsNothingAndNothingIsOverwritten() throws Exception {
        init();
        policy(ExitCode.POLICY, "sign", file("policy.yaml"), "--key", file("mallory.key"));
        says("the key to sign with is no root key");
        assertFalse(Files.exists(file("policy.signed.json")));
        sign("policy.yaml", "root-1");
        byte[] signed = Files.readAllBytes(file("policy.signed.json"));
        policy(ExitCode.POLICY, "sign", file("policy.signed.json"), "--key", file("mallory.key"));
        assertArrayEquals(signed, Files.readAllBytes(file("policy.signed.json")));
        policy(ExitCode.USAGE, "sign", file("policy.yaml"), "--key", file("root-2.key"));
        says("holds this policy with signatures already: sign that file");
        edit("policy.yaml", "policy.yaml", "version: 1", "version: 2");
        policy(ExitCode.USAGE, "sign", file("policy.yaml"), "--key", file("root-2.key"));
        says("holds something else: name another file with --out");
        assertArrayEquals(signed, Files.readAllBytes(file("policy.signed.json")));
    }

    @Test
    public void aSuccessorIsHigherAndOfTheSameNameAndItsSignersSeeWhatChanges() throws Exception {
        signedFirst();
        edit("policy.yaml", "two.yaml", "version: 1", "version: 2");
        edit("two.yaml", "two.yaml", "maxAge: P14D", "maxAge: P30D");
        policy(
                ExitCode.PASS,
                "sign",
                file("two.yaml"),
                "--previous",
                file("policy.signed.json"),
                "--key",
                file("root-3.key"));
        says("stages.production.maxAge: PT336H -> PT720H   (lets more through)");
        String changes = policy(ExitCode.PASS, "diff", file("policy.signed.json"), file("two.signed.json"));
        assertThat(changes, containsString("~ version: 1 -> 2"));
        assertEquals(2, changes.lines().count());
        assertTrue(new ObjectMapper()
                .readTree(policy(ExitCode.PASS, "diff", "--output", "json", file("policy.yaml"), file("two.yaml")))
                .path("changes")
                .get(0)
                .path("letsMoreThrough")
                .asBoolean());

        edit("policy.yaml", "same.yaml", "maxAge: P14D", "maxAge: P30D");
        policy(ExitCode.PASS, "diff", file("policy.yaml"), file("same.yaml"));
        says("The version was not raised");
        policy(
                ExitCode.POLICY,
                "sign",
                file("same.yaml"),
                "--previous",
                file("policy.signed.json"),
                "--key",
                file("root-1.key"));
        says("has version 1: raise it; nothing was signed");
        edit("two.yaml", "other.yaml", "\"acme\"", "\"other\"");
        policy(
                ExitCode.POLICY,
                "sign",
                file("other.yaml"),
                "--previous",
                file("policy.signed.json"),
                "--key",
                file("root-1.key"));
        says("the policy in force is \"acme\"");
        policy(
                ExitCode.USAGE,
                "sign",
                file("two.yaml"),
                "--previous",
                file("policy.yaml"),
                "--key",
                file("root-1.key"));
        says("is not signed: name the signed policy in force");
    }

    @Test
    public void newRootKeysNeedTheOldThresholdAndTheNew() throws Exception {
        signedFirst();
        String repository = "oci:" + file("policies");
        policy(ExitCode.PASS, "push", file("policy.signed.json"), repository);
        policy(
                ExitCode.PASS,
                "rotate",
                repository,
                "--keep",
                "spare",
                "--root-key",
                file("new-1.pub"),
                "--root-key",
                file("new-2.pub"),
                "--out",
                file("two.yaml"));
        says("2 of root-1, root-2, spare, the root in force, and");
        says("2 of spare, new-1, new-2, the new root");
        String two = Files.readString(file("two.yaml"));
        assertThat(two, containsString("# What gates sign their seals with."));
        assertThat(policy(ExitCode.PASS, "diff", file("policy.yaml"), file("two.yaml")), not(containsString("stages")));

        Path v1 = file("policy.signed.json");
        policy(ExitCode.PASS, "sign", file("two.yaml"), "--previous", v1, "--key", file("root-1.key"));
        sign("two.signed.json", "root-2");
        says("root in force: 2 of 2 signed (root-1, root-2)");
        says("new root: 0 of 2 signed; 2 more of spare, new-1, new-2");
        policy(ExitCode.POLICY, "push", file("two.signed.json"), repository);
        says("needed are 2; these have not signed: spare, new-1, new-2");

        policy(
                ExitCode.PASS,
                "sign",
                file("two.yaml"),
                "--previous",
                v1,
                "--key",
                file("new-1.key"),
                "--out",
                file("coup"));
        policy(ExitCode.PASS, "sign", file("coup"), "--key", file("new-2.key"));
        says("root in force: 0 of 2 signed");
        policy(ExitCode.POLICY, "push", file("coup"), repository);
        says("is signed by none of the root keys in force");
        assertEquals(Files.readString(file("policy.yaml")), policy(ExitCode.PASS, "show", "--document", repository));

        sign("two.signed.json", "root-3");
        says("new root: 1 of 2 signed (spare)");
        sign("two.signed.json", "new-1");
        policy(ExitCode.PASS, "push", file("two.signed.json"), repository);

        // Whoever pinned the old root follows, with the repository and with the file.
        Object[] old = {"--policy-root", file("pinned.pem"), "--policy-root-threshold", 2};
        policy(ExitCode.PASS, with(old, "show", repository));
        assertThat(policy(ExitCode.PASS, with(old, "show", file("two.signed.json"))), containsString("acme version 2"));
        run(ExitCode.SIGNATURE, with(old, "status", image(), "--stage", "qa", "--policy", repository));

        // Seen is seen: the older file is refused, and the replaced keys sign nothing any more.
        run(ExitCode.POLICY, with(old, "status", image(), "--stage", "qa", "--policy", v1));
        says("version 2 was accepted before");
        edit("policy.yaml", "three.yaml", "version: 1", "version: 3");
        policy(ExitCode.PASS, "sign", file("three.yaml"), "--key", file("root-1.key"));
        says("Whether the root keys in force have signed was not looked at");
        sign("three.signed.json", "root-2");
        run(ExitCode.POLICY, with(old, "status", image(), "--stage", "qa", "--policy", file("three.signed.json")));
        says("is signed by none of the root keys in force");
        policy(ExitCode.POLICY, "push", v1, repository);
        says("has version 2 already");
    }

    @Test
    public void rotateRefusesWhatWouldLeaveNothingOrChangeNothing() throws Exception {
        signedFirst();
        policy(ExitCode.USAGE, "rotate", file("policy.signed.json"));
        says("no root key would be left");
        policy(ExitCode.USAGE, "rotate", file("policy.yaml"), "--keep", "nobody");
        says("it has root-1, root-2, spare");
        policy(
                ExitCode.USAGE,
                "rotate",
                file("policy.yaml"),
                "--keep",
                "root-1",
                "--keep",
                "root-2",
                "--keep",
                "spare");
        says("the root keys and the threshold that the policy has already");
        policy(ExitCode.USAGE, "rotate", file("policy.yaml"), "--keep", "root-1");
        says("the threshold is 2, expected 1 to 1");
        policy(ExitCode.POLICY, "rotate", file("policy.yaml"), "--keep", "root-1", "--root-key", file("alice.pub"));
        says("this key is already that of");
        edit("policy.yaml", "flow.yaml", "version: 1", "\"version\": 1");
        policy(ExitCode.POLICY, "rotate", file("flow.yaml"), "--keep", "root-1", "--root-key", file("new-1.pub"));
        says("cannot be put into this document without touching the rest");
    }

    @Test
    public void aRepositoryOfARealRegistryHoldsThePolicy() throws Exception {
        signedFirst();
        Files.writeString(file("password"), DockerRegistry.PASSWORD + "\n");
        Object[] login = {
            "--ca-file",
            REGISTRY.authority(),
            "--user",
            DockerRegistry.USER,
            "--registry-password-file",
            file("password")
        };
        String repository = "docker://" + REGISTRY.host() + "/security/policies";
        assertThat(
                policy(ExitCode.PASS, with(login, "push", file("policy.signed.json"), repository)),
                containsString("/security/policies@sha256:"));
        assertEquals(
                Files.readString(file("policy.yaml")),
                policy(ExitCode.PASS, with(login, "show", repository, "--document")));
        policy(ExitCode.REGISTRY, "show", repository);
        policy(ExitCode.USAGE, with(login, "show", repository + ":v1"));
        says("without tag and digest");
    }
}

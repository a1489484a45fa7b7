package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.NotationClient;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.signing.token.SoftHsm;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** {@code sign} and {@code verify} as people type them, and what they show of secrets: nothing. */
public class SignCommandTest {

    private static final String PASSWORD = "canary-password-112358";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private Path root;
    private String image;
    private Digest digest;

    private record Answer(int code, String out, String err) {
        Answer is(ExitCode expected) {
            assertEquals(this.toString(), expected.code(), code);
            return this;
        }
    }

    @Before
    public void anImage() throws Exception {
        root = folder.getRoot().toPath();
        digest = Samples.pushIndex(layout(), 1).digest();
        image = "oci:" + root.resolve("layout") + "@" + digest;
        Files.writeString(root.resolve("password"), PASSWORD + "\n");
        Files.writeString(root.resolve("wrong"), PASSWORD + "-wrong\n");
    }

    private LayoutRepository layout() throws Exception {
        return LayoutRepository.at(root.resolve("layout"));
    }

    private static Answer run(Object... arguments) {
        List<String> all = new ArrayList<>();
        for (Object argument : arguments) {
            all.add(argument.toString());
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
        return new Answer(code, out.toString(), err.toString());
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(root.resolve(name), content);
    }

    @Test
    public void aPkcs12KeySignsForNotationWhichAcceptsIt() throws Exception {
        ReferrersRegistry registry = new ReferrersRegistry();
        try {
            registry.before();
        } catch (org.junit.AssumptionViolatedException missing) {
            throw missing;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        try {
            NotationClient notation = new NotationClient(folder.newFolder().toPath());
            Digest there = Samples.pushIndex(registry.open("team/app"), 1).digest();
            String name = registry.host() + "/team/app@" + there;
            TestCertificates authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
            TestCertificates.Leaf alice = authority.signer("C=US,ST=WA,O=Example,CN=alice");
            Path p12 = root.resolve("alice.p12");
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "alice",
                    alice.pair().getPrivate(),
                    PASSWORD.toCharArray(),
                    alice.chain().toArray(Certificate[]::new));
            try (var out = Files.newOutputStream(p12)) {
                store.store(out, PASSWORD.toCharArray());
            }
            Path bare =
                    write("bare.key", KeyGenerator.generate(new SecureRandom()).unencryptedSecret());
            Answer none = run("sign", name, "--notation", "--insecure-plain-http", registry.host(), "--key", bare)
                    .is(ExitCode.KEY);
            assertThat(none.err(), containsString("needs a certificate beside the key"));
            Path chain = write("chain.pem", TestCertificates.pem(alice.certificate()));
            assertThat(
                    run(
                                    "sign",
                                    name,
                                    "--notation",
                                    "--insecure-plain-http",
                                    registry.host(),
                                    "--key",
                                    bare,
                                    "--certificates",
                                    chain)
                            .is(ExitCode.KEY)
                            .err(),
                    containsString("none of the 1 certificates is of the key"));
            assertEquals(List.of(), new SignatureStore(registry.open("team/app")).collect(there));
            SigningKey older = KeyGenerator.generate(new SecureRandom());
            byte[] payload =
                    ("{\"critical\":{\"identity\":{\"docker-reference\":\"\"},\"image\":{\"docker-manifest-digest\":\""
                                    + there + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}")
                            .getBytes(StandardCharsets.UTF_8);
            new SignatureStore(registry.open("team/app")).addSimpleSignature(there, payload, older.sign(payload));

            Answer signed = run(
                            "sign",
                            name,
                            "--notation",
                            "--insecure-plain-http",
                            registry.host(),
                            "--key",
                            p12,
                            "--password-file",
                            root.resolve("password"))
                    .is(ExitCode.PASS);
            assertThat(signed.err(), containsString("cosign 3 stops reading the .sig signatures"));
            notation.trust(authority, "C=US, ST=WA, O=Example, CN=alice");
            notation.verify(name).succeeded();

            Path root = write("authority.pem", TestCertificates.pem(authority.certificate()));
            run("verify", name, "--insecure-plain-http", registry.host(), "--certificate-authority", root)
                    .is(ExitCode.USAGE);
            Answer stranger = run(
                            "verify",
                            name,
                            "--insecure-plain-http",
                            registry.host(),
                            "--certificate-authority",
                            root,
                            "--identity",
                            "mallory@example.com")
                    .is(ExitCode.SIGNATURE);
            assertThat(stranger.err(), containsString("expected mallory@example.com"));
            Answer good = run(
                            "verify",
                            name,
                            "--insecure-plain-http",
                            registry.host(),
                            "--output",
                            "json",
                            "--certificate-authority",
                            root,
                            "--identity",
                            "alice@example.com")
                    .is(ExitCode.PASS);
            assertThat(good.out(), containsString("CN=alice"));
        } finally {
            registry.after();
        }
    }

    @Test
    public void whateverHappensToAKeyItsSecretsAreInNoOutputAndNoFile() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        String pem = key.encrypted(PASSWORD.toCharArray(), new SecureRandom());
        Path good = write("good.key", pem);
        Path damaged = write("damaged.key", pem.substring(0, pem.length() / 2));
        Path open = write("open.key", key.unencryptedSecret().replace("A", "B"));
        List<String> secrets =
                List.of(PASSWORD, pem.split("\\R")[2], key.unencryptedSecret().split("\\R")[2], open.toString() + "!");
        StringBuilder said = new StringBuilder();
        for (Answer answer : List.of(
                sign(good, "password").is(ExitCode.PASS),
                sign(good, "wrong").is(ExitCode.KEY),
                sign(damaged, "password").is(ExitCode.KEY),
                sign(open, "password").is(ExitCode.KEY),
                sign(root.resolve("gone.key"), "password").is(ExitCode.USAGE),
                run("key", "show", good, "--password-file", root.resolve("password"))
                        .is(ExitCode.PASS),
                run("key", "show", good, "--password-file", root.resolve("wrong"), "--debug")
                        .is(ExitCode.KEY))) {
            said.append(answer);
        }
        for (String secret : secrets) {
            assertFalse(said.toString(), said.toString().contains(secret));
        }
        try (var files = Files.walk(root.resolve("layout"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                secrets.forEach(secret -> assertFalse(file.toString(), content.contains(secret)));
            }
        }
        Path pub = write("good.pub", PublicKeys.pem(key.publicKey()));
        run("verify", image, "--public-key", pub).is(ExitCode.PASS);
    }

    private Answer sign(Path key, String password) {
        return run("sign", image, "--debug", "--key", key, "--password-file", root.resolve(password));
    }

    @Test
    public void aTokensPinIsInNoArgumentNoEnvironmentAndNoOutput() throws Throwable {
        SoftHsm hsm = new SoftHsm();
        hsm.before();
        try {
            hsm.makeToken("release");
            hsm.makeKey("release", "EC:prime256v1", "01", "alice");
            String uri = "pkcs11:token=release;object=alice?module-path=" + hsm.slowLibrary();
            Path pin = write("pin", SoftHsm.PIN + "\n");
            Process list = start(hsm, Map.of(), "token", "list", "--library", hsm.library(), "--output", "json");
            String listed = ended(list, 0);
            assertThat(listed, containsString("\"label\" : \"release\""));
            assertThat(listed, containsString("BEGIN PUBLIC KEY"));

            // From a file, and from the environment that the person chose: the helper inherits neither.
            Process process = start(hsm, Map.of(), "sign", image, "--debug", "--key", uri, "--password-file", pin);
            hsm.awaitWaiting();
            lookAt(process.toHandle(), 1);
            awaitSaid("touch the token now");
            Files.createFile(hsm.touch());
            ended(process, 0);

            Files.delete(hsm.touch());
            Files.delete(hsm.folder().resolve("touch.waiting"));
            process = start(hsm, Map.of("COUNTERSIGN_PASSWORD", SoftHsm.PIN), "sign", image, "--debug", "--key", uri);
            hsm.awaitWaiting();
            for (ProcessHandle helper : process.descendants().toList()) {
                lookAt(helper, 0);
            }
            Files.createFile(hsm.touch());
            ended(process, 0);

            process = start(
                    hsm,
                    Map.of("COUNTERSIGN_PASSWORD", SoftHsm.PIN + "-wrong"),
                    "sign",
                    image,
                    "--debug",
                    "--key",
                    uri);
            assertThat(ended(process, ExitCode.KEY.code()), containsString("refused the PIN"));
            assertThat(
                    run("sign", image, "--key", uri + "&pin-value=" + SoftHsm.PIN, "--password-file", pin)
                            .is(ExitCode.KEY)
                            .err(),
                    not(containsString(SoftHsm.PIN)));
        } finally {
            hsm.after();
        }
    }

    private Process start(SoftHsm hsm, Map<String, String> environment, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("said").toFile());
        builder.environment().putAll(hsm.environment());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** What everybody on the machine sees of the process, and of those that it started. */
    private static void lookAt(ProcessHandle process, int children) throws IOException {
        Path shown = Path.of("/proc", Long.toString(process.pid()));
        for (String file : List.of("cmdline", "environ")) {
            String seen = new String(Files.readAllBytes(shown.resolve(file)), StandardCharsets.ISO_8859_1);
            assertNotEquals("", seen);
            assertFalse(seen, seen.contains(SoftHsm.PIN));
        }
        List<ProcessHandle> helpers = process.children().toList();
        assertEquals(children, helpers.size());
        for (ProcessHandle helper : helpers) {
            lookAt(helper, 0);
        }
    }

    private void awaitSaid(String text) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!Files.readString(root.resolve("said")).contains(text)) {
            assertTrue("nobody said: " + text, System.nanoTime() < deadline);
            Thread.sleep(50);
        }
    }

    private String ended(Process process, int code) throws Exception {
        assertTrue("it still runs", process.waitFor(120, TimeUnit.SECONDS));
        String said = Files.readString(root.resolve("said"));
        assertEquals(said, code, process.exitValue());
        assertFalse(said, said.contains(SoftHsm.PIN));
        return said;
    }
}

package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
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

/** {@code push} to a registry that lets in only who shows a certificate. */
public class ClientCertificateOptionsTest {

    private static final TestCertificate AUTHORITY = TestCertificate.authority("Builders");

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.demanding(AUTHORITY);

    @ClassRule
    public static final DockerRegistry OTHER = DockerRegistry.demanding(TestCertificate.authority("Others"));

    private static String source;

    @BeforeClass
    public static void buildAnImage() throws Exception {
        source = "oci:" + FOLDER.getRoot().toPath().resolve("layout");
        try (Repository layout = Repositories.open(source)) {
            layout.tag(DemoImage.build(null, null, Map.of("app/hello", "hello\n"), layout), "1.0");
        }
    }

    private static Path file(String name, String text) throws Exception {
        return Files.writeString(FOLDER.getRoot().toPath().resolve(name), text);
    }

    private static String push(ExitCode expected, String... more) throws Exception {
        return push(source + ":1.0", expected, more);
    }

    private static String push(String from, ExitCode expected, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "push",
                from,
                REGISTRY.host() + "/team/app:1.0",
                "--ca-file",
                REGISTRY.authority().toString()));
        arguments.addAll(List.of(more));
        StringWriter said = new StringWriter();
        PrintWriter both = new PrintWriter(said);
        int code = Main.execute(both, both, arguments.toArray(String[]::new));
        assertEquals(said.toString(), expected.code(), code);
        assertThat(said.toString(), not(containsString("\tat ")));
        return said.toString();
    }

    private static String[] options(String certificate, String key) throws Exception {
        return new String[] {
            "--client-certificate-file", file("client.crt", certificate).toString(),
            "--client-key-file", file("client.key", key).toString()
        };
    }

    @Test
    public void noneIsShown() throws Exception {
        assertThat(push(ExitCode.REGISTRY), containsString("wants a client certificate, and none was given for it"));
    }

    @Test
    public void certificateOfAnotherAuthority() throws Exception {
        TestCertificate stranger = TestCertificate.forName("Strangers").issue("mallory");
        assertThat(
                push(ExitCode.REGISTRY, options(stranger.pem(), stranger.keyPem())),
                containsString("did not take the client certificate \"CN=mallory\""));
    }

    @Test
    public void certificateWithoutItsKey() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        assertThat(
                push(
                        ExitCode.USAGE,
                        "--client-certificate-file",
                        file("client.crt", client.pem()).toString()),
                containsString("need each other: give both"));
    }

    @Test
    public void keyOfAnotherCertificate() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        String said = push(
                ExitCode.USAGE, options(client.pem(), AUTHORITY.issue("other").keyPem()));
        assertThat(said, containsString("is not the key of the client certificate \"CN=builder\""));
    }

    @Test
    public void filesThatAreNoPem() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        assertThat(
                push(ExitCode.USAGE, options("no certificate", client.keyPem())),
                containsString("there is no certificate in PEM where one is expected"));
        String said = push(ExitCode.USAGE, options(client.pem(), "a secret that is no key"));
        assertThat(said, containsString("has no unencrypted private key in PEM"));
        assertThat(said, not(containsString("a secret")));
    }

    @Test
    public void certificateOfTheAuthorityPushes() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        assertThat(
                push(ExitCode.PASS, options(client.pem(), client.keyPem())),
                containsString(REGISTRY.host() + "/team/app:1.0@sha256:"));
    }

    @Test
    public void certificateForOneOfTwoRegistriesIsNotShownToBoth() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        String[] given = options(client.pem(), client.keyPem());
        String other = "docker://" + OTHER.host() + "/team/app:1.0";
        assertThat(push(other, ExitCode.USAGE, given), containsString("are for one registry, and this command names "));

        String[] with = Arrays.copyOf(given, given.length + 4);
        with[given.length] = "--credentials-for";
        with[given.length + 1] = REGISTRY.host();
        with[given.length + 2] = "--ca-file";
        with[given.length + 3] = OTHER.authority().toString();
        assertThat(
                push(other, ExitCode.REGISTRY, with),
                containsString(OTHER.host() + " wants a client certificate, and none was given for it"));
        push(source + ":1.0", ExitCode.PASS, with);
        with[given.length + 1] = OTHER.host();
        assertThat(
                push(source + ":1.0", ExitCode.REGISTRY, with),
                containsString(REGISTRY.host() + " wants a client certificate, and none was given for it"));
    }

    @Test
    public void passwordForOneOfTwoRegistriesIsSentToNeither() throws Exception {
        assertThat(
                push(
                        "docker://" + OTHER.host() + "/team/app:1.0",
                        ExitCode.USAGE,
                        "--user",
                        "builder",
                        "--registry-password-file",
                        file("password", "secret").toString()),
                containsString("say for which with --credentials-for"));
    }

    @Test
    public void folderThatIsNotThereAndAHostThatIsNone() throws Exception {
        assertThat(
                push(ExitCode.USAGE, "--registry-certificates", "nowhere"),
                containsString("--registry-certificates: there is no folder nowhere"));
        TestCertificate client = AUTHORITY.issue("builder");
        String[] given = options(client.pem(), client.keyPem());
        String[] with = Arrays.copyOf(given, given.length + 2);
        with[given.length] = "--credentials-for";
        with[given.length + 1] = "https://" + REGISTRY.host();
        assertThat(push(ExitCode.USAGE, with), containsString("names a host and perhaps a port, not \"https://"));
    }

    @Test
    public void certificatesOfAFolderAsDockerKeepsThem() throws Exception {
        Path folder = FOLDER.newFolder("certs.d").toPath();
        Path host = Files.createDirectories(folder.resolve(REGISTRY.host()));
        TestCertificate client = AUTHORITY.issue("builder");
        Files.writeString(host.resolve("client.cert"), client.pem());
        assertThat(
                push(ExitCode.REGISTRY, "--registry-certificates", folder.toString()),
                containsString("its key client.key is not beside it"));
        Files.writeString(host.resolve("client.key"), client.keyPem());
        push(ExitCode.PASS, "--registry-certificates", folder.toString());
    }
}

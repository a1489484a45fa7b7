package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class DockerConfigTest {

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private DockerConfig config(String json) throws Exception {
        Path file = temporary.getRoot().toPath().resolve("config.json");
        Files.writeString(file, json);
        return DockerConfig.at(file, Map.of("PATH", temporary.getRoot() + ":/usr/bin:/bin"));
    }

    private void helper(String name, String script) throws Exception {
        Path program = temporary.getRoot().toPath().resolve("docker-credential-" + name);
        Files.writeString(program, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private static String auth(String userAndPassword) {
        return "\"auth\":\"" + Base64.getEncoder().encodeToString(userAndPassword.getBytes()) + "\"";
    }

    @Test
    public void loginOfAnotherRegistryIsNotGivenAway() throws Exception {
        DockerConfig config = config("{\"auths\":{\"registry.example.com\":{" + auth("alice:secret") + "}}}");
        for (String other : new String[] {
            "example.com", "registry.example.com:5000", "registry.example.com.evil.org", "evil.org", "docker.io"
        }) {
            assertEquals(other, Optional.empty(), config.loginFor(other));
        }
        assertEquals(
                Login.password("alice", "secret"),
                config.loginFor("registry.example.com").orElseThrow());
    }

    @Test
    public void helperWithAPathInItsNameIsNotRun() throws Exception {
        DockerConfig config = config("{\"credsStore\":\"../../bin/evil\"}");
        String message = assertThrows(RegistryException.class, () -> config.loginFor("registry.example.com"))
                .getMessage();
        assertTrue(message, message.contains("not the name of a credential helper"));
    }

    @Test
    public void helperThatFailsIsNotTakenForNoLogin() throws Exception {
        helper("broken", "cat >/dev/null; echo the vault is locked; exit 1");
        DockerConfig config = config("{\"credHelpers\":{\"registry.example.com\":\"broken\"}}");
        String message = assertThrows(RegistryException.class, () -> config.loginFor("registry.example.com"))
                .getMessage();
        assertTrue(message, message.contains("the vault is locked"));
        DockerConfig missing = config("{\"credsStore\":\"nowhere\"}");
        assertTrue(assertThrows(RegistryException.class, () -> missing.loginFor("registry.example.com"))
                .getMessage()
                .contains("no such program"));
    }

    @Test
    public void configurationThatIsDamagedIsNotTakenForNoLogin() throws Exception {
        DockerConfig damaged = config("{\"auths\":{");
        assertThrows(MalformedManifestException.class, () -> damaged.loginFor("registry.example.com"));
        DockerConfig noBase64 = config("{\"auths\":{\"registry.example.com\":{\"auth\":\"a secret!\"}}}");
        String message = assertThrows(RegistryException.class, () -> noBase64.loginFor("registry.example.com"))
                .getMessage();
        assertFalse(message, message.contains("a secret!"));
    }

    @Test
    public void helperOfTheRegistryComesBeforeAllOthers() throws Exception {
        helper(
                "one",
                "read server; echo '{\"ServerURL\":\"'$server'\",\"Username\":\"of '$server'\",\"Secret\":\"s1\"}'");
        helper("all", "cat >/dev/null; echo credentials not found in native keychain; exit 1");
        DockerConfig config = config("{\"credHelpers\":{\"registry.example.com\":\"one\"},\"credsStore\":\"all\","
                + "\"auths\":{\"registry.example.com\":{" + auth("file:file") + "},\"other.example.com\":{"
                + auth("file:f:ile\0\0") + "}}}");
        assertEquals(
                Login.password("of registry.example.com", "s1"),
                config.loginFor("registry.example.com").orElseThrow());
        assertEquals(
                Login.password("file", "f:ile"),
                config.loginFor("other.example.com").orElseThrow());
        assertEquals(Optional.empty(), config.loginFor("third.example.com"));
    }

    @Test
    public void dockerHubIsKnownByItsOldAddress() throws Exception {
        DockerConfig config = config("{\"auths\":{\"https://index.docker.io/v1/\":{" + auth("alice:secret") + "}}}");
        assertEquals(
                Login.password("alice", "secret"), config.loginFor("docker.io").orElseThrow());
    }

    @Test
    public void identityTokensAreTold() throws Exception {
        helper("vault", "cat >/dev/null; echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'");
        assertEquals(
                Login.identityToken("t"),
                config("{\"credsStore\":\"vault\"}").loginFor("a.example.com").orElseThrow());
        assertEquals(
                Login.identityToken("u"),
                config("{\"auths\":{\"a.example.com\":{\"auth\":\"YTpi\",\"identitytoken\":\"u\"}}}")
                        .loginFor("a.example.com")
                        .orElseThrow());
        assertFalse(Login.password("alice", "secret").toString().contains("secret"));
    }

    @Test
    public void fileThatIsNotThereHasNoLogins() throws Exception {
        assertEquals(
                Optional.empty(),
                DockerConfig.at(temporary.getRoot().toPath().resolve("none")).loginFor("registry.example.com"));
    }
}

package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.ServerProcess;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.rules.ExternalResource;

/** Debian's {@code notary-server} with TLS on a free loopback port, forgetting everything at its end, and the {@code notary} client. */
public final class NotaryServer extends ExternalResource {

    public static final String REPOSITORY_PASSPHRASE = "battery staple";

    private static final Map<String, String> PASSPHRASES = Map.of(
            "NOTARY_ROOT_PASSPHRASE", "correct horse",
            "NOTARY_TARGETS_PASSPHRASE", REPOSITORY_PASSPHRASE,
            "NOTARY_SNAPSHOT_PASSPHRASE", REPOSITORY_PASSPHRASE,
            "NOTARY_DELEGATION_PASSPHRASE", REPOSITORY_PASSPHRASE);

    private Path folder;
    private ServerProcess process;
    private TestCertificate tls;
    private int port;

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("notary-server");
        RealPart.require("notary");
        folder = Files.createTempDirectory("notary-server");
        port = ServerProcess.freePort();
        tls = TestCertificate.forName("localhost");
        Files.writeString(folder.resolve("tls.crt"), tls.pem());
        Files.writeString(folder.resolve("tls.key"), tls.keyPem());
        Path configuration = Files.writeString(folder.resolve("server.json"), """
                {"server": {"http_addr": "localhost:%d", "tls_cert_file": "%2$s/tls.crt", "tls_key_file": "%2$s/tls.key"},
                 "trust_service": {"type": "local", "hostname": "", "port": "", "key_algorithm": "ecdsa"},
                 "logging": {"level": "error"}, "storage": {"backend": "memory"}}""".formatted(port, folder));
        process = ServerProcess.start(
                List.of(program.toString(), "-config", configuration.toString()), port, folder.resolve("log"));
    }

    /** {@code localhost:port} */
    public String host() {
        return "localhost:" + port;
    }

    /** The server's own certificate, in a file. */
    public Path authority() {
        return folder.resolve("tls.crt");
    }

    public RegistryAccess access() throws Exception {
        return RegistryAccess.of(host()).withAuthorities(tls.pem());
    }

    /** Runs the client with the keys that it keeps for this server; every question is answered with yes. */
    public String notary(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo yes | exec notary \"$@\"",
                "notary",
                "-s",
                "https://" + host(),
                "-d",
                folder.resolve("keys").toString(),
                "--tlscacert",
                authority().toString()));
        command.addAll(List.of(arguments));
        return Run.of(PASSPHRASES, folder, command).succeeded();
    }

    /** The file in which the client keeps a repository's key: PKCS#8, encrypted, with Notary's own headers. */
    public byte[] privateKey(String role, String gun) throws Exception {
        try (Stream<Path> files = Files.list(folder.resolve("keys/private"))) {
            for (Path file : files.toList()) {
                String pem = Files.readString(file);
                if (pem.contains("role: " + role) && pem.contains("gun: " + gun)) {
                    return pem.getBytes(StandardCharsets.UTF_8);
                }
            }
        }
        throw new AssertionError("the client has no key of " + role + " for " + gun);
    }

    /** Makes the repository, with the snapshot key at the server as docker does. */
    public void init(String gun) throws Exception {
        notary("init", gun, "--publish");
        notary("key", "rotate", gun, "snapshot", "--server-managed");
    }

    /** Signs the tag for the file's digest and size. */
    public void sign(String gun, String tag, Path manifest, String... roles) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("add", gun, tag, manifest.toString(), "--publish"));
        for (String role : roles) {
            arguments.addAll(List.of("--roles", role));
        }
        notary(arguments.toArray(String[]::new));
    }

    /** Lets the holder of the key sign in the role; the client gets the key, as the signer's would have it. */
    public void delegate(String gun, String role, TestCertificate signer) throws Exception {
        Path certificate = Files.writeString(folder.resolve("signer.crt"), signer.pem());
        Path key = Files.writeString(folder.resolve("signer.key"), signer.keyPem());
        notary("delegation", "add", gun, role, certificate.toString(), "--all-paths", "--publish");
        notary("key", "import", key.toString(), "--role", "user");
    }

    @Override
    public void after() {
        if (process != null) {
            process.close();
        }
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}

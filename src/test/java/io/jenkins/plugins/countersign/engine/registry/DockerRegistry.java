package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.rules.ExternalResource;

/**
 * Debian's {@code docker-registry} (registry:2) on a free loopback port: with TLS from a certificate authority of its own
 * and htpasswd by default, as organisations run it. It has no referrers API.
 */
public final class DockerRegistry extends ExternalResource {

    public static final String USER = "builder";
    public static final String PASSWORD = "correct horse battery staple";

    private boolean tls = true;
    private boolean login = true;
    private TestCertificate authorityOfClients;
    private final List<String> extraConfiguration = new ArrayList<>();
    private Path folder;
    private ServerProcess process;
    private int port;

    /** Without TLS and without a login. */
    public static DockerRegistry plain() {
        DockerRegistry registry = new DockerRegistry();
        registry.tls = false;
        registry.login = false;
        return registry;
    }

    /** TLS, but nobody has to log in. */
    public static DockerRegistry anonymous() {
        DockerRegistry registry = new DockerRegistry();
        registry.login = false;
        return registry;
    }

    /** TLS, and only who has a certificate of the authority comes in; nobody has to log in. */
    public static DockerRegistry demanding(TestCertificate authorityOfClients) {
        DockerRegistry registry = anonymous();
        registry.authorityOfClients = authorityOfClients;
        return registry;
    }

    /** Adds top-level YAML to the registry's configuration, for instance its notifications. */
    public DockerRegistry with(String yaml) {
        extraConfiguration.add(yaml);
        return this;
    }

    /** {@code localhost:port} */
    public String host() {
        return "localhost:" + port;
    }

    /** The certificate of the authority that signed the registry's, in PEM. */
    public Path authority() {
        return folder.resolve("ca.crt");
    }

    /** A folder with the authority's certificate alone, as skopeo, podman and buildah want it ({@code --cert-dir}). */
    public Path certificates() throws IOException {
        Path certificates = Files.createDirectories(folder.resolve("certificates"));
        Files.copy(authority(), certificates.resolve("ca.crt"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        return certificates;
    }

    /** Where the registry keeps its content, to look at or to damage. */
    public Path storage() {
        return folder.resolve("storage");
    }

    @Override
    public void before() throws Throwable {
        Path program = RealPart.require("docker-registry");
        folder = Files.createTempDirectory("docker-registry");
        port = ServerProcess.freePort();
        if (tls) {
            makeCertificates();
        }
        start(program);
    }

    /** Kills the registry; {@link #restart} brings it back on the same port with the same content. */
    public void kill() throws InterruptedException {
        process.kill();
    }

    public void restart() throws Exception {
        start(RealPart.require("docker-registry"));
    }

    private void start(Path program) throws Exception {
        Files.writeString(folder.resolve("config.yml"), configuration());
        process = ServerProcess.start(
                List.of(
                        program.toString(),
                        "serve",
                        folder.resolve("config.yml").toString()),
                port,
                folder.resolve("log"));
    }

    private String configuration() throws Exception {
        StringBuilder yaml =
                new StringBuilder("version: 0.1\nlog: {level: warn}\nstorage:\n  filesystem: {rootdirectory: "
                        + storage() + "}\n  delete: {enabled: true}\nhttp:\n  addr: localhost:" + port + "\n");
        if (tls) {
            yaml.append(
                    "  tls: {certificate: " + folder.resolve("server.crt") + ", key: " + folder.resolve("server.key"));
            if (authorityOfClients != null) {
                yaml.append(", clientcas: ["
                        + Files.writeString(folder.resolve("clients.crt"), authorityOfClients.pem()) + "]");
            }
            yaml.append("}\n");
        }
        if (login) {
            Path htpasswd = folder.resolve("htpasswd");
            if (!Files.exists(htpasswd)) {
                RealPart.require("htpasswd");
                Run.of("htpasswd", "-Bbc", htpasswd.toString(), USER, PASSWORD).succeeded();
            }
            yaml.append("auth:\n  htpasswd: {realm: tests, path: " + htpasswd + "}\n");
        }
        extraConfiguration.forEach(extra -> yaml.append(extra).append('\n'));
        return yaml.toString();
    }

    private void makeCertificates() throws Exception {
        RealPart.require("openssl");
        Run.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-keyout",
                        folder.resolve("ca.key").toString(),
                        "-out",
                        authority().toString(),
                        "-days",
                        "2",
                        "-subj",
                        "/CN=Test authority")
                .succeeded();
        Run.of(
                        "openssl",
                        "req",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-keyout",
                        folder.resolve("server.key").toString(),
                        "-out",
                        folder.resolve("server.csr").toString(),
                        "-subj",
                        "/CN=localhost")
                .succeeded();
        Files.writeString(folder.resolve("san"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
        Run.of(
                        "openssl",
                        "x509",
                        "-req",
                        "-in",
                        folder.resolve("server.csr").toString(),
                        "-CA",
                        authority().toString(),
                        "-CAkey",
                        folder.resolve("ca.key").toString(),
                        "-CAcreateserial",
                        "-days",
                        "2",
                        "-extfile",
                        folder.resolve("san").toString(),
                        "-out",
                        folder.resolve("server.crt").toString())
                .succeeded();
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
            } catch (IOException leftovers) {
                throw new java.io.UncheckedIOException(leftovers);
            }
        }
    }
}

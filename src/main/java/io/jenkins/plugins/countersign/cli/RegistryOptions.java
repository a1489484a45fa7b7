package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ClientCertificate;
import io.jenkins.plugins.countersign.engine.registry.DockerConfig;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.LoginSource;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How registries are reached, for every command that reaches one. */
final class RegistryOptions {

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "A certificate authority (PEM) to trust beside the platform's.")
    private List<Path> authorities = new ArrayList<>();

    @Option(
            names = "--client-certificate-file",
            paramLabel = "FILE",
            description = "A certificate (PEM, with its chain) to show to the registry in TLS.")
    private Path clientCertificate;

    @Option(
            names = "--client-key-file",
            paramLabel = "FILE",
            description = "The client certificate's key, PEM, not encrypted.")
    private Path clientKey;

    @Option(
            names = "--insecure-plain-http",
            paramLabel = "HOST[:PORT]",
            description = "Speak plain HTTP with this registry: anybody on the way reads and changes everything.")
    private List<String> plainHttp = new ArrayList<>();

    @Option(names = "--user", description = "The user of the registry; without it, Docker's config.json is asked.")
    private String user;

    @Option(
            names = "--registry-password-file",
            paramLabel = "FILE",
            description = "The user's password, in the file's first line; else COUNTERSIGN_REGISTRY_PASSWORD.")
    private Path passwordFile;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Opens the repository of a location: a registry's or a layout folder. */
    Repository open(ImageLocation location) throws IOException, Failure {
        return Repositories.open(location.repository(), accesses(location));
    }

    RegistryAccess[] accesses(ImageLocation location) throws IOException, Failure {
        if (location.isLayout()) {
            return new RegistryAccess[0];
        }
        return new RegistryAccess[] {
            access(ImageReference.parse(location.repository()).registry())
        };
    }

    /** For a source that may be in a registry, too. */
    RegistryAccess[] sourceAccesses(String source) throws IOException, Failure {
        String prefix = "docker://";
        return source.startsWith(prefix)
                ? accesses(ImageLocation.parse(source.substring(prefix.length())))
                : new RegistryAccess[0];
    }

    RegistryAccess access(String host) throws IOException, Failure {
        RegistryAccess access = RegistryAccess.of(host);
        List<String> pem = new ArrayList<>();
        for (Path file : authorities) {
            pem.add(Files.readString(file));
        }
        if (!pem.isEmpty()) {
            access = access.withAuthorities(pem.toArray(String[]::new));
        }
        if (clientCertificate != null && clientKey != null) {
            try {
                access = access.withClientCertificate(
                        new ClientCertificate(text(clientCertificate), text(clientKey)).checked());
            } catch (IllegalArgumentException e) {
                throw new Failure(
                        ExitCode.USAGE,
                        "--client-certificate-file " + clientCertificate + " and --client-key-file " + clientKey
                                + " cannot be used: " + e.getMessage());
            }
        } else if (clientCertificate != null || clientKey != null) {
            throw new Failure(
                    ExitCode.USAGE, "--client-certificate-file and --client-key-file need each other: give both");
        }
        if (plainHttp.contains(host)) {
            access = access.insecurePlainHttp();
        }
        return access.withLogin(logins()).withProgress(event -> {
            if (event instanceof Event.Warned warned) {
                command.commandLine().getErr().println("Warning: " + warned.message());
            }
        });
    }

    /** Whatever its bytes are: what is no PEM is told apart later. */
    private static String text(Path pem) throws IOException {
        return Files.readString(pem, StandardCharsets.ISO_8859_1);
    }

    private LoginSource logins() throws IOException, Failure {
        if (user == null) {
            return DockerConfig.ofEnvironment(System.getenv());
        }
        if (passwordFile != null) {
            return LoginSource.of(
                    user,
                    Files.readString(passwordFile, StandardCharsets.UTF_8)
                            .lines()
                            .findFirst()
                            .orElse(""));
        }
        String password = System.getenv("COUNTERSIGN_REGISTRY_PASSWORD");
        if (password == null) {
            throw new Failure(
                    ExitCode.USAGE,
                    "--user needs a password: give --registry-password-file or COUNTERSIGN_REGISTRY_PASSWORD");
        }
        return LoginSource.of(user, password);
    }
}

package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ClientCertificate;
import io.jenkins.plugins.countersign.engine.registry.DockerCertificates;
import io.jenkins.plugins.countersign.engine.registry.DockerConfig;
import io.jenkins.plugins.countersign.engine.registry.EnvironmentProxy;
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
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How registries are reached, for every command that reaches one. */
final class RegistryOptions {

    private static final String REGISTRY = "docker://";
    private static final Set<String> LOCATIONS = Set.of("IMAGE", "REPOSITORY");
    private static final Pattern ELSEWHERE = Pattern.compile("(docker-archive|oci-archive|oci|docker-daemon):");

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

    @Option(
            names = "--credentials-for",
            paramLabel = "HOST[:PORT]",
            description =
                    "The registry that --user and --client-certificate-file are for, where a command reaches several."
                            + " Without it they are for the only one that the command line names.")
    private String credentialsFor;

    @Option(
            names = "--registry-certificates",
            paramLabel = "FOLDER",
            description = "A folder laid out as Docker's certs.d, HOST[:PORT]/{*.crt,*.cert,*.key}, in place of"
                    + " ~/.config/containers/certs.d, /etc/containers/certs.d, ~/.config/docker/certs.d and"
                    + " /etc/docker/certs.d.")
    private Path certificates;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private Set<String> named;

    /** Opens the repository of a location: a registry's or a layout folder. */
    Repository open(ImageLocation location) throws IOException, Failure {
        return Repositories.open(location.repository(), accesses(location));
    }

    RegistryAccess[] accesses(ImageLocation location) throws IOException, Failure {
        if (location.isLayout()) {
            return new RegistryAccess[0];
        }
        String host = ImageReference.parse(location.repository()).registry();
        if (named().isEmpty()) {
            named().add(host);
        }
        return new RegistryAccess[] {access(host)};
    }

    /** For a source that may be in a registry, too. */
    RegistryAccess[] sourceAccesses(String source) throws IOException, Failure {
        return source.startsWith(REGISTRY)
                ? accesses(ImageLocation.parse(source.substring(REGISTRY.length())))
                : new RegistryAccess[0];
    }

    /** The registries that the command line names: what a policy or a Dockerfile names is not shown what was given here. */
    private Set<String> named() {
        if (named == null) {
            named = new TreeSet<>();
            if (command != null) {
                for (ArgSpec argument : command.commandLine().getParseResult().matchedArgs()) {
                    argument.originalStringValues()
                            .forEach(value -> host(argument, value).ifPresent(named::add));
                }
            }
        }
        return named;
    }

    private static Optional<String> host(ArgSpec argument, String value) {
        boolean image = LOCATIONS.contains(argument.paramLabel());
        if (!value.startsWith(REGISTRY) && (!image || ELSEWHERE.matcher(value).lookingAt())) {
            return Optional.empty();
        }
        try {
            String location = value.startsWith(REGISTRY) ? value.substring(REGISTRY.length()) : value;
            return Optional.of(
                    ImageReference.parse(ImageLocation.parse(location).repository())
                            .registry());
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // the command says what is wrong with it
        }
    }

    /** Whether what was given on the command line to show or to log in with is for this registry. */
    private boolean isOwn(String host) throws Failure {
        if (user == null && clientCertificate == null) {
            return false;
        }
        if (credentialsFor != null) {
            requireHost(credentialsFor);
        } else if (named().size() > 1) {
            throw new Failure(
                    ExitCode.USAGE,
                    "--user and --client-certificate-file are for one registry, and this command names "
                            + String.join(", ", named()) + ": say for which with --credentials-for. Logins of several"
                            + " belong into Docker's config.json, client certificates into certs.d.");
        }
        boolean own = credentialsFor == null ? named().contains(host) : host.equals(credentialsFor);
        if (!own && credentialsFor == null) {
            warn(new Event.Warned("what --user and --client-certificate-file give is not for " + host
                    + ", which the command line does not name; if it is, say so with --credentials-for " + host));
        }
        return own;
    }

    private static void requireHost(String text) throws Failure {
        try {
            new ImageReference(text, "a", null, null);
        } catch (IllegalArgumentException e) {
            throw new Failure(
                    ExitCode.USAGE, "--credentials-for names a host and perhaps a port, not \"" + text + "\"");
        }
    }

    RegistryAccess access(String host) throws IOException, Failure {
        boolean own = isOwn(host);
        RegistryAccess access = RegistryAccess.of(host).withProgress(this::warn);
        if (EnvironmentProxy.isNamedIn(System.getenv())) {
            access = access.withProxies(EnvironmentProxy.of(System.getenv()));
        }
        List<String> pem = new ArrayList<>();
        for (Path file : authorities) {
            pem.add(Files.readString(file));
        }
        if (!pem.isEmpty()) {
            access = access.withAuthorities(pem.toArray(String[]::new));
        }
        if (certificates != null && !Files.isDirectory(certificates)) {
            throw new Failure(ExitCode.USAGE, "--registry-certificates: there is no folder " + certificates);
        }
        DockerCertificates kept = certificates == null
                ? DockerCertificates.ofEnvironment(System.getenv())
                : DockerCertificates.in(certificates);
        access = kept.addedTo(access, this::warn);
        if (clientCertificate != null && clientKey != null && own) {
            try {
                access = access.withClientCertificate(
                        new ClientCertificate(text(clientCertificate), text(clientKey)).checked());
            } catch (IllegalArgumentException e) {
                throw new Failure(
                        ExitCode.USAGE,
                        "--client-certificate-file " + clientCertificate + " and --client-key-file " + clientKey
                                + " cannot be used: " + e.getMessage());
            }
        } else if (clientCertificate == null != (clientKey == null)) {
            throw new Failure(
                    ExitCode.USAGE, "--client-certificate-file and --client-key-file need each other: give both");
        }
        if (plainHttp.contains(host)) {
            access = access.insecurePlainHttp();
        }
        return access.withLogin(logins(own));
    }

    private void warn(Event event) {
        if (event instanceof Event.Warned warned && command != null) {
            command.commandLine().getErr().println("Warning: " + warned.message());
        }
    }

    /** Whatever its bytes are: what is no PEM is told apart later. */
    private static String text(Path pem) throws IOException {
        return Files.readString(pem, StandardCharsets.ISO_8859_1);
    }

    private LoginSource logins(boolean own) throws IOException, Failure {
        if (user == null || !own) {
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

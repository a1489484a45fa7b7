package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Certificates of registries as docker, podman, skopeo and buildah keep them: {@code certs.d/<host[:port]>/}, where each
 * {@code *.crt} holds authorities and each {@code *.cert} a client certificate whose key is in the {@code *.key} of the same
 * name. The first place that knows a host is taken, and no other.
 *
 * <p>Source: containers-certs.d(5), and "Verify repository client with certificates" of Docker's manual. As there, the
 * folder's name is what image names say: {@code registry.example.com:443} is another than {@code registry.example.com}.
 */
public final class DockerCertificates {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_FILES = 100;

    private final List<Path> places;

    private DockerCertificates(List<Path> places) {
        this.places = List.copyOf(places);
    }

    /** @param places folders with one folder for each host; those that do not exist know no host */
    public static DockerCertificates in(Path... places) {
        return new DockerCertificates(List.of(places));
    }

    /** The user's, then the machine's; those of podman and skopeo before those of docker. */
    public static DockerCertificates ofEnvironment(Map<String, String> environment) {
        Path home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
        return in(
                home.resolve(".config/containers/certs.d"),
                Path.of("/etc/containers/certs.d"),
                home.resolve(".config/docker/certs.d"), // docker without root
                Path.of("/etc/docker/certs.d"));
    }

    /**
     * The same access, which trusts the host's authorities beside the platform's and shows the host's client certificates.
     *
     * @param progress is warned of a file that may not be read here: it is often the daemon's, which is root
     * @throws RegistryException if what stands there cannot be used
     */
    public RegistryAccess addedTo(RegistryAccess access, Progress progress) throws RegistryException {
        Optional<Path> folder = folder(access.host());
        if (folder.isEmpty()) {
            return access;
        }
        List<String> authorities = new ArrayList<>(access.authorities());
        List<ClientCertificate> clients = new ArrayList<>();
        for (String name : names(folder.get())) {
            Path file = folder.get().resolve(name);
            if (name.endsWith(".crt")) {
                read(file, progress).ifPresent(authorities::add);
            } else if (name.endsWith(".cert")) {
                client(file, progress).ifPresent(clients::add);
            } else if (name.endsWith(".key") && !Files.exists(certificateOf(file))) {
                throw new RegistryException(file + " is a client certificate's key, but there is no "
                        + certificateOf(file).getFileName() + " beside it");
            }
        }
        RegistryAccess trusting =
                authorities.isEmpty() ? access : access.withAuthorities(authorities.toArray(String[]::new));
        return clients.isEmpty()
                ? trusting
                : trusting.withClientCertificates(clients.toArray(ClientCertificate[]::new));
    }

    private Optional<Path> folder(String host) {
        if (host.startsWith(".") || host.contains("/") || host.contains("\\")) {
            return Optional.empty();
        }
        // No file of Windows has a colon in its name; docker leaves it out there.
        String name = File.separatorChar == '\\' ? host.replace(":", "") : host;
        return places.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isDirectory)
                .findFirst();
    }

    private static TreeSet<String> names(Path folder) throws RegistryException {
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.limit(MAX_FILES + 1L)
                    .forEach(file -> names.add(file.getFileName().toString()));
        } catch (AccessDeniedException | NoSuchFileException | NotDirectoryException e) {
            return names; // as if it were not there, as skopeo has it
        } catch (IOException e) {
            throw new RegistryException("tried to read certificates in " + folder + ", but failed: " + e, e);
        }
        if (names.size() > MAX_FILES) {
            throw new LimitExceededException(folder + " has more than " + MAX_FILES + " files");
        }
        return names;
    }

    private static Optional<ClientCertificate> client(Path certificate, Progress progress) throws RegistryException {
        Path key = keyOf(certificate);
        if (!Files.exists(key)) {
            throw new RegistryException(certificate + " is a client certificate, but its key " + key.getFileName()
                    + " is not beside it; an authority's certificate has the ending .crt");
        }
        Optional<String> certificates = read(certificate, progress);
        Optional<String> privateKey = read(key, progress);
        if (certificates.isEmpty() || privateKey.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ClientCertificate(certificates.get(), privateKey.get()).checked());
        } catch (IllegalArgumentException e) {
            throw new RegistryException(certificate + " and " + key + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static Path keyOf(Path certificate) {
        return sibling(certificate, ".cert", ".key");
    }

    private static Path certificateOf(Path key) {
        return sibling(key, ".key", ".cert");
    }

    private static Path sibling(Path file, String ending, String other) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.length() - ending.length()) + other);
    }

    /** Whatever its bytes are: what is no PEM is told apart later. */
    private static Optional<String> read(Path file, Progress progress) throws RegistryException {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new LimitExceededException(
                        file + " has " + Files.size(file) + " bytes, at most " + MAX_BYTES + " are accepted");
            }
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (AccessDeniedException e) {
            progress.on(new Event.Warned(file + " may not be read by this user, so it is not used"));
            return Optional.empty();
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException("tried to read " + file + ", but failed: " + e, e);
        }
    }
}

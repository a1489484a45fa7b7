package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Logins as {@code docker login} keeps them: in {@code config.json} or with a credential helper. Read anew each time.
 *
 * <p>Source: docker/cli, {@code cli/config/configfile}; the helper of one registry ({@code credHelpers}) comes before the
 * one of all ({@code credsStore}), and both before what is written in the file ({@code auths}).
 */
public final class DockerConfig implements LoginSource {

    private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";
    private static final int MAX_BYTES = 4 << 20;

    private final Path file;
    private final Map<String, String> helperEnvironment;

    private DockerConfig(Path file, Map<String, String> helperEnvironment) {
        this.file = file;
        this.helperEnvironment = Map.copyOf(helperEnvironment);
    }

    /** A file that does not exist has no logins. */
    public static DockerConfig at(Path file) {
        return new DockerConfig(file, Map.of());
    }

    /** Helpers are looked for on the {@code PATH} of this environment and run in it. */
    public static DockerConfig at(Path file, Map<String, String> helperEnvironment) {
        return new DockerConfig(file, helperEnvironment);
    }

    /** {@code $DOCKER_CONFIG/config.json}, else {@code ~/.docker/config.json}. */
    public static DockerConfig ofEnvironment(Map<String, String> environment) {
        return ofEnvironment(environment, Path.of(""));
    }

    /** The same for a process in this folder, where a relative {@code $DOCKER_CONFIG} begins. */
    public static DockerConfig ofEnvironment(Map<String, String> environment, Path current) {
        String folder = environment.get("DOCKER_CONFIG");
        Path file = folder != null && !folder.isEmpty()
                ? current.resolve(folder).resolve("config.json")
                : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".docker", "config.json");
        return new DockerConfig(file, environment);
    }

    @Override
    public Optional<Login> loginFor(String registry) throws RegistryException {
        Optional<ObjectNode> config = read();
        if (config.isEmpty()) {
            return Optional.empty();
        }
        for (String key : keys(registry)) {
            String helper = config.get().path("credHelpers").path(key).asText("");
            if (!helper.isEmpty()) {
                return new CredentialHelper(helper, helperEnvironment).loginFor(key);
            }
        }
        String store = config.get().path("credsStore").asText("");
        if (!store.isEmpty()) {
            for (String key : keys(registry)) {
                Optional<Login> login = new CredentialHelper(store, helperEnvironment).loginFor(key);
                if (login.isPresent()) {
                    return login;
                }
            }
        }
        for (String key : keys(registry)) {
            JsonNode entry = config.get().path("auths").path(key);
            Optional<Login> login = login(entry, key);
            if (login.isPresent()) {
                return login;
            }
        }
        return Optional.empty();
    }

    /** How one registry may be called there. */
    private static List<String> keys(String registry) {
        return registry.equals(ImageReference.DOCKER_HUB)
                ? List.of(DOCKER_HUB_KEY, "index.docker.io", "docker.io")
                : List.of(
                        registry,
                        "https://" + registry,
                        "https://" + registry + "/",
                        "https://" + registry + "/v1/",
                        "https://" + registry + "/v2/");
    }

    private Optional<ObjectNode> read() throws RegistryException {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new LimitExceededException(
                        file + " has " + Files.size(file) + " bytes, at most " + MAX_BYTES + " are accepted");
            }
            return Optional.of(RegistryJson.read(Files.readAllBytes(file), file.toString()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException("tried to read logins from " + file + ", but failed: " + e, e);
        }
    }

    private Optional<Login> login(JsonNode entry, String key) throws RegistryException {
        String identityToken = entry.path("identitytoken").asText("");
        if (!identityToken.isEmpty()) {
            return Optional.of(Login.identityToken(identityToken));
        }
        String auth = entry.path("auth").asText("");
        if (!auth.isEmpty()) {
            try {
                String decoded = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
                int colon = decoded.indexOf(':');
                if (colon > 0) {
                    // Docker pads the password with zeros
                    return Optional.of(Login.password(
                            decoded.substring(0, colon),
                            decoded.substring(colon + 1).replaceAll("\0+$", "")));
                }
            } catch (IllegalArgumentException e) {
                // reported below, without its content
            }
            throw new RegistryException("the login for " + key + " in " + file + " is not base64 of user:password");
        }
        String user = entry.path("username").asText("");
        return user.isEmpty()
                ? Optional.empty()
                : Optional.of(Login.password(user, entry.path("password").asText("")));
    }
}

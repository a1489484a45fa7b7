package io.jenkins.plugins.countersign.engine.registry;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * {@code /v2/<GUN>/_trust/tuf/}: what a Notary server keeps about a repository. It is reached and logged in to
 * as a registry is. Source: theupdateframework/notary, {@code server/server.go} and {@code client/repo.go}.
 */
public final class TrustMetadata {

    private static final Pattern GUN = Pattern.compile("[a-zA-Z0-9._:/-]{1,512}");
    private static final Pattern NAME = Pattern.compile("[a-z0-9._/-]{1,400}");

    /** Source: theupdateframework/notary, {@code server/errors/errors.go}, {@code ErrOldVersion}. */
    private static final String OLDER_VERSION = "VERSION";

    private final RegistryAccess access;
    private final String gun;

    /**
     * @param access of the Notary server, by its host
     * @param gun the "globally unique name": the repository with its registry, {@code docker.io/library/alpine}
     * @throws IllegalArgumentException if the name cannot be one
     */
    public TrustMetadata(RegistryAccess access, String gun) {
        if (!GUN.matcher(gun).matches() || hasDots(gun)) {
            throw new IllegalArgumentException("not the name of a repository: \"" + RegistryErrors.clean(gun) + "\"");
        }
        this.access = access;
        this.gun = gun;
    }

    public String gun() {
        return gun;
    }

    public String server() {
        return access.host();
    }

    /**
     * @param name of the file without {@code .json}, for instance {@code targets/releases} or {@code 2.root}
     * @param maxBytes more is refused
     * @return empty when the server knows no such file of the repository
     */
    public Optional<byte[]> read(String name, int maxBytes) throws RegistryException {
        if (!NAME.matcher(name).matches() || hasDots(name)) {
            throw new IllegalArgumentException(
                    "not the name of a metadata file: \"" + RegistryErrors.clean(name) + "\"");
        }
        URI uri = RegistryAddress.of(access).resolve("/v2/" + gun + "/_trust/tuf/" + name + ".json");
        Request request = Request.get(
                "read the trust metadata " + name + " of " + gun + " from " + access.host(),
                uri,
                Set.of("repository:" + gun + ":pull"));
        return access.connection().exchange().call(request, Exchange.Follow.NOWHERE, answer -> {
            if (answer.status() == 404) {
                return Optional.empty();
            }
            if (answer.status() != 200) {
                throw answer.unexpected("status 200");
            }
            return Optional.of(answer.read(maxBytes));
        });
    }

    /**
     * Publishes the files together, or none of them; the server signs snapshot and timestamp.
     *
     * @param files by their roles' names
     * @return false if somebody else published a newer version of one meanwhile
     * @throws RegistryException if the server refuses them, with its reason
     */
    public boolean publish(Map<String, byte[]> files) throws RegistryException {
        String boundary = "countersign-" + UUID.randomUUID();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        files.forEach((role, content) -> {
            body.writeBytes(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" + role
                            + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            body.writeBytes(content);
            body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
        });
        body.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        String action = "publish the trust metadata " + files.keySet() + " of " + gun + " at " + access.host();
        Request request = new Request(
                action,
                "POST",
                RegistryAddress.of(access).resolve("/v2/" + gun + "/_trust/tuf/"),
                Map.of("Content-Type", "multipart/form-data; boundary=" + boundary),
                RequestBody.of(body.toByteArray()),
                Set.of("repository:" + gun + ":pull,push"));
        return access.connection().exchange().call(request, Exchange.Follow.NOWHERE, answer -> {
            if (answer.status() == 200) {
                return true;
            }
            String found = RegistryErrors.describe(answer);
            if (answer.status() == 400 && found.contains(OLDER_VERSION)) {
                return false;
            }
            throw new RegistryException("tried to " + action + ", but it was refused: " + found);
        });
    }

    private static boolean hasDots(String path) {
        return ("/" + path + "/").contains("/../") || ("/" + path + "/").contains("/./") || path.contains("//");
    }
}

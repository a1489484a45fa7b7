package io.jenkins.plugins.countersign.engine.registry;

import java.net.URI;
import java.util.Set;

/**
 * Addresses below one repository of a registry, and what has to be allowed there.
 *
 * @param host as in image names
 * @param repository path below the registry, of the characters that {@link
 *     io.jenkins.plugins.countersign.engine.image.ImageReference} allows
 */
record RepositoryPath(RegistryAccess access, String host, String repository) {

    String name() {
        return host + "/" + repository;
    }

    URI resolve(String path) {
        return RegistryAddress.of(access).resolve("/v2/" + repository + path);
    }

    Set<String> pull() {
        return Set.of("repository:" + repository + ":pull");
    }

    Set<String> push() {
        return Set.of("repository:" + repository + ":pull,push");
    }
}

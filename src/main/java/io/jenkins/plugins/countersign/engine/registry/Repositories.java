package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.nio.file.Path;
import java.util.Arrays;

/** Opens repositories by name. */
public final class Repositories {

    private Repositories() {}

    /**
     * Opens {@code registry/repository} or {@code oci:folder}. No connection is made yet.
     *
     * @param accesses how to reach registries; the one whose host is the name's is used, else the defaults: verified TLS,
     *     no login
     * @throws IllegalArgumentException if the name is neither
     */
    public static Repository open(String name, RegistryAccess... accesses) {
        ImageLocation location = ImageLocation.parse(name);
        if (location.tagOrNull() != null || location.digestOrNull() != null) {
            throw new IllegalArgumentException("expected the name of a repository, without tag and digest: " + name);
        }
        if (location.isLayout()) {
            return LayoutRepository.at(Path.of(location.repository().substring(ImageLocation.LAYOUT.length())));
        }
        ImageReference reference = ImageReference.parse(name);
        RegistryAccess access = Arrays.stream(accesses)
                .filter(some -> some.host().equals(reference.registry()))
                .findFirst()
                .orElseGet(() -> RegistryAccess.of(reference.registry()));
        return new RegistryRepository(access, reference);
    }
}

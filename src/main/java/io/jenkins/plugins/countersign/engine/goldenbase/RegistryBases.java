package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BaseTriggers;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.RepositoryList;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks the registries of base images: what a tag points to, which triggers an image carries, what an organisation holds. */
public final class RegistryBases implements Pinning.Tags, BaseTriggers, GoldenOrganisations {

    /** How a registry is reached. */
    @FunctionalInterface
    public interface Accesses {

        /** @param host as in image names */
        RegistryAccess of(String host) throws IOException;
    }

    private final Accesses accesses;
    private final Map<String, RegistryAccess> opened = new HashMap<>();

    public RegistryBases(Accesses accesses) {
        this.accesses = accesses;
    }

    /** @param host of a registry, or of a server that is reached as one */
    synchronized RegistryAccess access(String host) throws IOException {
        RegistryAccess access = opened.get(host);
        if (access == null) {
            access = accesses.of(host);
            opened.put(host, access);
        }
        return access;
    }

    /** The repository of an image. */
    public Repository repository(ImageReference image) throws IOException {
        return Repositories.open(image.name(), access(image.registry()));
    }

    @Override
    public Optional<Digest> digest(ImageReference image) throws IOException {
        try (Repository repository = repository(image)) {
            return repository.resolve(image.tag().orElse("latest")).map(Descriptor::digest);
        }
    }

    @Override
    public Set<String> repositories(String registry, String namespace) throws IOException {
        return RepositoryList.below(access(registry), namespace);
    }

    @Override
    public boolean isThere(String registry, String repository) throws IOException {
        try (Repository asked = repository(ImageReference.parse(registry + "/" + repository))) {
            return !asked.tags().isEmpty();
        }
    }

    @Override
    public List<String> onbuild(String reference, String platform) throws IOException {
        ImageReference image;
        try {
            image = ImageReference.parse(reference);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        try (Repository repository = repository(image)) {
            Optional<Digest> digest = image.digest();
            if (digest.isEmpty()) {
                digest = repository.resolve(image.tag().orElse("latest")).map(Descriptor::digest);
            }
            return BuiltImage.triggers(
                    repository,
                    digest.orElseThrow(() -> new RegistryException("there is no " + reference)),
                    Platform.parse(platform));
        }
    }
}

package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.ImageConfig;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether an image begins with the layers of another, by the diff ids that their configurations name. That tells which of a
 * build's base images the result stands on; whether the layers are what the configuration says is judged by the golden base's
 * lineage and not here.
 */
public final class BaseLayers {

    private BaseLayers() {}

    private record OfPlatform(String platform, List<String> diffIds) {}

    /**
     * @return whether every platform of the image begins with all layers of the base for that platform
     * @throws RegistryException if one of them cannot be read: unknown is not no
     */
    public static boolean begins(Repository repository, Digest image, Repository baseRepository, Digest base)
            throws RegistryException {
        List<OfPlatform> bases = read(baseRepository, base);
        List<OfPlatform> platforms = read(repository, image);
        return !platforms.isEmpty()
                && platforms.stream()
                        .allMatch(one -> bases.stream()
                                .anyMatch(below -> below.platform().equals(one.platform())
                                        && !below.diffIds().isEmpty()
                                        && below.diffIds().size()
                                                <= one.diffIds().size()
                                        && one.diffIds()
                                                .subList(0, below.diffIds().size())
                                                .equals(below.diffIds())));
    }

    private static List<OfPlatform> read(Repository repository, Digest image) throws RegistryException {
        List<OfPlatform> platforms = new ArrayList<>();
        for (Descriptor manifest : Subjects.of(repository, image)) {
            if (!MediaTypes.isIndex(manifest.mediaType())) {
                Optional<Descriptor> config = repository
                        .manifest(manifest.digest())
                        .orElseThrow(() ->
                                new RegistryException("there is no " + manifest.digest() + " in " + repository.name()))
                        .read()
                        .config();
                if (config.isPresent()) {
                    platforms.add(read(repository, config.get()));
                }
            }
        }
        return platforms;
    }

    private static OfPlatform read(Repository repository, Descriptor config) throws RegistryException {
        ImageConfig read = ImageConfig.read(repository, config);
        JsonNode json = read.json();
        return new OfPlatform(
                json.path("os").asText() + "/" + json.path("architecture").asText() + "/"
                        + json.path("variant").asText(),
                read.diffIds());
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The golden images that were ever seen: tags move, so what a tag pointed to before must be remembered to tell an old golden
 * base from a foreign one. Immutable; whoever keeps it stores {@link #toJson}.
 *
 * @param images in the order in which they were seen
 */
public record GoldenImages(List<GoldenImage> images) implements Serializable {

    public static final GoldenImages NONE = new GoldenImages(List.of());

    public GoldenImages {
        images = List.copyOf(images);
    }

    /**
     * Looks at a tag and remembers what it points to; what it pointed to before becomes replaced. The layers are read and
     * their diff ids verified, once for each digest.
     *
     * @param name what the golden images in this repository are called, {@code registry/repository}
     * @throws RegistryException if the tag is not there or cannot be read; nothing is forgotten then
     */
    public GoldenImages observe(Repository repository, String name, String tag, Instant now) throws RegistryException {
        Descriptor pointed = repository
                .resolve(tag)
                .orElseThrow(() -> new RegistryException("tried to read the golden image " + name + ":" + tag
                        + ", but found no such tag in " + repository.name()));
        String normal = ImageReference.parse(name).name();
        List<GoldenImage> observed = new ArrayList<>();
        boolean known = false;
        for (GoldenImage image : images) {
            if (!image.name().equals(normal) || !image.tag().equals(tag)) {
                observed.add(image);
            } else if (image.digest().equals(pointed.digest())) {
                observed.add(image.replacedBy(null));
                known = true;
            } else {
                observed.add(image.replacedBy(pointed.digest()));
            }
        }
        if (!known) {
            for (BuiltImage built : BuiltImage.read(repository, pointed.digest())) {
                if (built.diffIds().isEmpty()) {
                    throw new RegistryException("the golden image " + normal + ":" + tag
                            + " has no layers: every image would descend from it; take it out of the catalogue");
                }
                built.verify(repository, built.diffIds().size(), List.of());
                observed.add(new GoldenImage(
                        normal,
                        tag,
                        pointed.digest(),
                        built.manifest(),
                        built.platform(),
                        built.layers().stream().map(Descriptor::digest).toList(),
                        built.diffIds(),
                        now,
                        null));
            }
        }
        return new GoldenImages(observed);
    }

    public JsonNode toJson() {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (GoldenImage image : images) {
            ObjectNode node = array.addObject()
                    .put("name", image.name())
                    .put("tag", image.tag())
                    .put("digest", image.digest().toString())
                    .put("manifest", image.manifest().toString())
                    .put("platform", image.platform().toString())
                    .put("seen", image.seen().toString());
            image.replacement().ifPresent(digest -> node.put("replacedBy", digest.toString()));
            ArrayNode layers = node.putArray("layers");
            image.layers().forEach(layer -> layers.add(layer.toString()));
            ArrayNode diffIds = node.putArray("diffIds");
            image.diffIds().forEach(diffId -> diffIds.add(diffId.toString()));
        }
        return array;
    }

    /** @throws CatalogueException if the text is not what {@link #toJson} writes */
    public static GoldenImages read(JsonNode array) throws CatalogueException {
        List<GoldenImage> images = new ArrayList<>();
        try {
            for (JsonNode node : array) {
                images.add(new GoldenImage(
                        node.required("name").asText(),
                        node.required("tag").asText(),
                        Digest.parse(node.required("digest").asText()),
                        Digest.parse(node.required("manifest").asText()),
                        Platform.parse(node.required("platform").asText()),
                        digests(node.required("layers")),
                        digests(node.required("diffIds")),
                        Instant.parse(node.required("seen").asText()),
                        node.hasNonNull("replacedBy")
                                ? Digest.parse(node.get("replacedBy").asText())
                                : null));
            }
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            throw new CatalogueException("the list of golden images cannot be read: " + e.getMessage());
        }
        return new GoldenImages(images);
    }

    private static List<Digest> digests(JsonNode array) {
        List<Digest> digests = new ArrayList<>();
        array.forEach(node -> digests.add(Digest.parse(node.asText())));
        return digests;
    }

    /** The golden images for a platform whose layers are the first of these, the one with most layers first. */
    List<GoldenImage> below(Platform platform, List<Digest> diffIds) {
        return images.stream()
                .filter(image -> BuiltImage.samePlatform(image.platform(), platform))
                .filter(image -> image.isPrefixOf(diffIds))
                .sorted((a, b) -> b.diffIds().size() - a.diffIds().size())
                .toList();
    }

    /** The golden image with which most first layers are shared, though not all of its own. */
    Optional<GoldenImage> nearest(Platform platform, List<Digest> diffIds) {
        return images.stream()
                .filter(image -> BuiltImage.samePlatform(image.platform(), platform))
                .filter(image -> shared(image, diffIds) > 0)
                .max((a, b) -> shared(a, diffIds) - shared(b, diffIds));
    }

    static int shared(GoldenImage image, List<Digest> diffIds) {
        int shared = 0;
        while (shared < Math.min(image.diffIds().size(), diffIds.size())
                && image.diffIds().get(shared).equals(diffIds.get(shared))) {
            shared++;
        }
        return shared;
    }
}

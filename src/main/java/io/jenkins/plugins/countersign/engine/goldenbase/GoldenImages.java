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
import java.util.function.Predicate;

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
     * What one look at a tag found.
     *
     * @param pointed what the tag points to now
     * @param images one for each platform of a digest that was not known before; their diff ids are verified
     */
    public record Observation(String name, String tag, Digest pointed, List<GoldenImage> images) {

        public Observation {
            images = List.copyOf(images);
        }
    }

    /**
     * Looks at a tag and remembers what it points to; what it pointed to before becomes replaced. The layers are read and
     * their diff ids verified, once for each digest.
     *
     * @param name what the golden images in this repository are called, {@code registry/repository}
     * @throws RegistryException if the tag is not there or cannot be read; nothing is forgotten then
     */
    public GoldenImages observe(Repository repository, String name, String tag, Instant now) throws RegistryException {
        return with(look(repository, name, tag, null, now));
    }

    /**
     * The reading half of {@link #observe}.
     *
     * @param digestOrNull what the tag is believed to have pointed to, to be known as golden too; null for what it points to
     */
    public Observation look(Repository repository, String name, String tag, Digest digestOrNull, Instant now)
            throws RegistryException {
        Descriptor pointed = repository
                .resolve(tag)
                .orElseThrow(() -> new RegistryException("tried to read the golden image " + name + ":" + tag
                        + ", but found no such tag in " + repository.name()));
        String normal = ImageReference.parse(name).name();
        Digest digest = digestOrNull == null ? pointed.digest() : digestOrNull;
        boolean known = images.stream()
                .anyMatch(image -> isOf(image, normal, tag) && image.digest().equals(digest));
        List<GoldenImage> fresh = new ArrayList<>();
        if (!known) {
            for (BuiltImage built : BuiltImage.read(repository, digest)) {
                if (built.diffIds().isEmpty()) {
                    throw new RegistryException("the golden image " + normal + ":" + tag
                            + " has no layers: every image would descend from it; take it out of the catalogue");
                }
                built.verify(repository, built.diffIds().size(), List.of());
                fresh.add(new GoldenImage(
                        normal,
                        tag,
                        digest,
                        built.manifest(),
                        built.platform(),
                        built.layers().stream().map(Descriptor::digest).toList(),
                        built.diffIds(),
                        now,
                        null));
            }
        }
        return new Observation(normal, tag, pointed.digest(), fresh);
    }

    /** These and what was observed; whatever the tag does not point to any more is replaced by what it does. */
    public GoldenImages with(Observation observation) {
        List<GoldenImage> all = new ArrayList<>();
        for (GoldenImage image : images) {
            all.add(isOf(image, observation.name(), observation.tag()) ? pointed(image, observation) : image);
        }
        for (GoldenImage image : observation.images()) {
            boolean known = images.stream()
                    .anyMatch(other -> isOf(other, observation.name(), observation.tag())
                            && other.manifest().equals(image.manifest())
                            && other.digest().equals(image.digest()));
            if (!known) {
                all.add(pointed(image, observation));
            }
        }
        return new GoldenImages(all);
    }

    private static GoldenImage pointed(GoldenImage image, Observation observation) {
        return image.replacedBy(image.digest().equals(observation.pointed()) ? null : observation.pointed());
    }

    private static boolean isOf(GoldenImage image, String name, String tag) {
        return image.name().equals(name) && image.tag().equals(tag);
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
        if (!array.isArray()) {
            throw new CatalogueException("the list of golden images is missing");
        }
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

    /** Those of them that are wanted. */
    GoldenImages where(Predicate<GoldenImage> wanted) {
        return new GoldenImages(images.stream().filter(wanted).toList());
    }

    /** Those that the image says it descends from: all that its layers have to be compared with. */
    public GoldenImages basesOf(ImageLayers image) {
        return new GoldenImages(Lineage.bases(image, this));
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

package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a manifest or index says.
 *
 * <p>Source: OCI image specification 1.1, manifest.md and image-index.md; Docker image manifest V2, schema 2.
 *
 * @param mediaType one of {@link MediaTypes#MANIFESTS}
 * @param artifactType empty when there is none
 * @param configOrNull null in an index
 * @param layers empty in an index
 * @param manifests empty in a manifest
 * @param subjectOrNull what this is attached to
 * @param annotations never null
 */
public record ManifestContent(
        String mediaType,
        String artifactType,
        Descriptor configOrNull,
        List<Descriptor> layers,
        List<Descriptor> manifests,
        Descriptor subjectOrNull,
        Map<String, String> annotations) {

    private static final int MAX_ENTRIES = 10_000;

    public ManifestContent {
        artifactType = artifactType == null ? "" : artifactType;
        layers = List.copyOf(layers);
        manifests = List.copyOf(manifests);
        annotations = Map.copyOf(annotations);
    }

    /** An artifact: an OCI manifest of that type, with the empty config, attached to {@code subject} unless it is null. */
    public static ManifestContent artifact(
            String artifactType, Descriptor subject, List<Descriptor> layers, Map<String, String> annotations) {
        return new ManifestContent(
                MediaTypes.OCI_MANIFEST, artifactType, EmptyConfig.DESCRIPTOR, layers, List.of(), subject, annotations);
    }

    public static ManifestContent index(List<Descriptor> manifests) {
        return new ManifestContent(MediaTypes.OCI_INDEX, "", null, List.of(), manifests, null, Map.of());
    }

    public boolean isIndex() {
        return MediaTypes.isIndex(mediaType);
    }

    public Optional<Descriptor> config() {
        return Optional.ofNullable(configOrNull);
    }

    public Optional<Descriptor> subject() {
        return Optional.ofNullable(subjectOrNull);
    }

    /** Config and layers: everything below that is not a manifest. */
    public List<Descriptor> blobs() {
        List<Descriptor> blobs = new ArrayList<>();
        config().ifPresent(blobs::add);
        blobs.addAll(layers);
        return blobs;
    }

    /** How the index of referrers describes this manifest. Source: OCI distribution specification 1.1, "Listing Referrers". */
    Descriptor asReferrer(Manifest manifest) {
        String type = artifactType.isEmpty() && configOrNull != null ? configOrNull.mediaType() : artifactType;
        return new Descriptor(mediaType, manifest.digest(), manifest.content().length, type, annotations, null);
    }

    /**
     * Reads the exact bytes of a manifest.
     *
     * @throws MalformedManifestException if it has not the form of its media type. A document that is a manifest and an
     *     index at once is refused whatever its media type: clients read it differently (CVE-2021-41190).
     */
    public static ManifestContent of(Manifest manifest) throws MalformedManifestException {
        String what = "manifest " + manifest.digest();
        ObjectNode json = RegistryJson.read(manifest.content(), what);
        String mediaType = manifest.mediaType();
        if (!MediaTypes.MANIFESTS.contains(mediaType)) {
            throw new MalformedManifestException(what + " has the media type \"" + mediaType + "\", expected one of "
                    + MediaTypes.MANIFESTS.stream().sorted().toList());
        }
        if (json.path("schemaVersion").asInt() != 2) {
            throw new MalformedManifestException(
                    what + " has schemaVersion " + json.path("schemaVersion") + ", expected 2");
        }
        String inside = json.path("mediaType").asText("");
        if (!inside.isEmpty() && !inside.equals(mediaType)) {
            throw new MalformedManifestException(what + " was served as " + mediaType + " and calls itself " + inside);
        }
        boolean index = MediaTypes.isIndex(mediaType);
        if (index ? json.has("layers") || json.has("config") : json.has("manifests")) {
            throw new MalformedManifestException(what + " is a manifest and an index at once");
        }
        if (index) {
            return new ManifestContent(
                    mediaType,
                    json.path("artifactType").asText(""),
                    null,
                    List.of(),
                    descriptors(json, "manifests", what),
                    json.has("subject") ? descriptor(json.get("subject"), what + " subject") : null,
                    annotations(json, what));
        }
        if (!json.has("config")) {
            throw new MalformedManifestException(what + " has no config");
        }
        return new ManifestContent(
                mediaType,
                json.path("artifactType").asText(""),
                descriptor(json.get("config"), what + " config"),
                descriptors(json, "layers", what),
                List.of(),
                json.hasNonNull("subject") ? descriptor(json.get("subject"), what + " subject") : null,
                annotations(json, what));
    }

    /** Writes it; the same content gives the same bytes. */
    public Manifest toManifest() {
        ObjectNode json = StrictJson.object();
        json.put("schemaVersion", 2);
        json.put("mediaType", mediaType);
        if (!artifactType.isEmpty()) {
            json.put("artifactType", artifactType);
        }
        if (isIndex()) {
            write(json.putArray("manifests"), manifests);
        } else {
            json.set("config", json(configOrNull));
            write(json.putArray("layers"), layers);
        }
        if (subjectOrNull != null) {
            json.set("subject", json(subjectOrNull));
        }
        putAnnotations(json, annotations);
        return new Manifest(mediaType, StrictJson.write(json));
    }

    static List<Descriptor> descriptors(ObjectNode json, String field, String what) throws MalformedManifestException {
        JsonNode array = json.path(field);
        if (array.isNull() || array.isMissingNode()) {
            return List.of();
        }
        if (!array.isArray()) {
            throw new MalformedManifestException(what + " has " + field + " that are not a list");
        }
        if (array.size() > MAX_ENTRIES) {
            throw new MalformedManifestException(
                    what + " has " + array.size() + " " + field + ", at most " + MAX_ENTRIES + " are accepted");
        }
        List<Descriptor> descriptors = new ArrayList<>();
        for (JsonNode entry : array) {
            descriptors.add(descriptor(entry, what + " " + field + "[" + descriptors.size() + "]"));
        }
        return descriptors;
    }

    static Descriptor descriptor(JsonNode json, String what) throws MalformedManifestException {
        JsonNode size = json.path("size");
        if (!json.path("mediaType").isTextual()
                || !json.path("digest").isTextual()
                || !size.isIntegralNumber()
                || !size.canConvertToLong()) {
            throw new MalformedManifestException(what + " is not a descriptor: expected mediaType, digest and size");
        }
        try {
            return new Descriptor(
                    json.get("mediaType").asText(),
                    Digest.parse(json.get("digest").asText()),
                    size.asLong(),
                    json.path("artifactType").asText(""),
                    annotations(json, what),
                    platform(json.path("platform")));
        } catch (IllegalArgumentException e) {
            throw new MalformedManifestException(what + ": " + e.getMessage(), e);
        }
    }

    private static Platform platform(JsonNode json) {
        if (!json.isObject()) {
            return null;
        }
        return new Platform(
                json.path("os").asText(""),
                json.path("architecture").asText(""),
                json.path("variant").asText(""));
    }

    private static Map<String, String> annotations(JsonNode json, String what) throws MalformedManifestException {
        Map<String, String> annotations = new LinkedHashMap<>();
        for (var entry : json.path("annotations").properties()) {
            if (!entry.getValue().isTextual()) {
                throw new MalformedManifestException(what + " has an annotation that is not a text: " + entry.getKey());
            }
            annotations.put(entry.getKey(), entry.getValue().asText());
        }
        return annotations;
    }

    static void write(ArrayNode array, List<Descriptor> descriptors) {
        descriptors.forEach(descriptor -> array.add(json(descriptor)));
    }

    static ObjectNode json(Descriptor descriptor) {
        ObjectNode json = StrictJson.object();
        json.put("mediaType", descriptor.mediaType());
        json.put("digest", descriptor.digest().toString());
        json.put("size", descriptor.size());
        if (!descriptor.artifactType().isEmpty()) {
            json.put("artifactType", descriptor.artifactType());
        }
        putAnnotations(json, descriptor.annotations());
        if (descriptor.platform() != null) {
            ObjectNode platform = json.putObject("platform");
            platform.put("architecture", descriptor.platform().architecture());
            platform.put("os", descriptor.platform().os());
            if (!descriptor.platform().variant().isEmpty()) {
                platform.put("variant", descriptor.platform().variant());
            }
        }
        return json;
    }

    private static void putAnnotations(ObjectNode json, Map<String, String> annotations) {
        if (!annotations.isEmpty()) {
            ObjectNode node = json.putObject("annotations");
            new TreeMap<>(annotations).forEach(node::put);
        }
    }
}

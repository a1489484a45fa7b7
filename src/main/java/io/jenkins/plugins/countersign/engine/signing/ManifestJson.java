package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Manifests as JSON, read strictly. Source: OCI image specification, manifest.md, descriptor.md. */
final class ManifestJson {

    private static final int MAX_LENGTH = 4 * 1024 * 1024;

    private ManifestJson() {}

    static ObjectNode read(Manifest manifest, Digest digest) throws RegistryException {
        try {
            return StrictJson.readObject(manifest.content(), MAX_LENGTH);
        } catch (IOException e) {
            throw new RegistryException("the manifest " + digest + " is refused: " + e.getMessage(), e);
        }
    }

    static Descriptor descriptor(JsonNode json, Digest within) throws RegistryException {
        String digest = json.path("digest").asText();
        JsonNode size = json.path("size");
        if (!Digest.isDigest(digest)
                || !size.isIntegralNumber()
                || !size.canConvertToLong()
                || size.longValue() < 0
                || !json.path("mediaType").isTextual()) {
            throw new RegistryException("the manifest " + within
                    + " has a descriptor without a proper mediaType, digest or size: " + Fields.shown(json.toString()));
        }
        return new Descriptor(
                json.path("mediaType").textValue(),
                Digest.parse(digest),
                size.longValue(),
                json.path("artifactType").asText(),
                texts(json.path("annotations")),
                platform(json.path("platform")));
    }

    static Map<String, String> texts(JsonNode json) {
        Map<String, String> texts = new LinkedHashMap<>();
        json.fields()
                .forEachRemaining(
                        entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    private static Platform platform(JsonNode json) {
        return json.isObject()
                ? new Platform(
                        json.path("os").asText(),
                        json.path("architecture").asText(),
                        json.path("variant").asText(""))
                : null;
    }

    static ObjectNode json(Descriptor descriptor) {
        ObjectNode json = StrictJson.object();
        json.put("mediaType", descriptor.mediaType());
        json.put("digest", descriptor.digest().toString());
        json.put("size", descriptor.size());
        if (!descriptor.annotations().isEmpty()) {
            ObjectNode annotations = json.putObject("annotations");
            new TreeMap<>(descriptor.annotations()).forEach(annotations::put);
        }
        return json;
    }
}

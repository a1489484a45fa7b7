package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A tag of cosign's ({@code sha256-….sig}), whose manifest has a layer for each signature. Where one is already, the layers
 * are added to it: overwriting would take away the signatures that were there. Source: sigstore/cosign,
 * specs/SIGNATURE_SPEC.md.
 */
final class CosignTag {

    private final Repository repository;
    private final String tag;

    CosignTag(Repository repository, String tag) {
        this.repository = repository;
        this.tag = tag;
    }

    /** Adds what the tag has elsewhere; its blobs are here already. */
    void add(ImageTree other, Transfer transfer) throws RegistryException {
        Optional<Descriptor> here = repository.resolve(tag);
        if (here.isPresent() && here.get().digest().equals(other.root().digest())) {
            return;
        }
        transfer.manifests(other.manifests());
        if (here.isEmpty()) {
            transfer.tag(other.root(), tag);
            return;
        }
        Manifest existing = repository
                .manifest(here.get().digest())
                .orElseThrow(() -> new NotFoundException(
                        "manifest " + here.get().digest() + " of " + repository.name() + ":" + tag + " is not there"));
        Optional<Manifest> merged = merged(existing, other.root());
        if (merged.isPresent()) {
            repository.pushManifest(merged.get());
            transfer.tag(merged.get(), tag);
        }
    }

    /** Empty when nothing is to be added. Layers are kept as JSON: the signature is in their annotations. */
    private Optional<Manifest> merged(Manifest existing, Manifest other) throws RegistryException {
        ObjectNode base = RegistryJson.read(existing.content(), "manifest " + existing.digest());
        ObjectNode more = RegistryJson.read(other.content(), "manifest " + other.digest());
        if (!existing.mediaType().equals(MediaTypes.OCI_MANIFEST)
                || !other.mediaType().equals(MediaTypes.OCI_MANIFEST)) {
            throw new MalformedManifestException("the signatures of " + repository.name() + ":" + tag
                    + " cannot be added to each other: expected " + MediaTypes.OCI_MANIFEST + ", found "
                    + existing.mediaType() + " and " + other.mediaType());
        }
        ArrayNode layers = base.withArray("layers");
        Set<JsonNode> known = new HashSet<>();
        layers.forEach(known::add);
        int before = layers.size();
        for (JsonNode layer : more.path("layers")) {
            if (known.add(layer)) {
                layers.add(layer);
            }
        }
        if (layers.size() == before) {
            return Optional.empty();
        }
        byte[] config = config(layers);
        Descriptor descriptor = Descriptor.of(MediaTypes.OCI_CONFIG, config);
        repository.pushBlob(descriptor, ContentSource.of(config));
        base.set("config", ManifestContent.json(descriptor));
        return Optional.of(new Manifest(existing.mediaType(), StrictJson.write(base)));
    }

    private static byte[] config(ArrayNode layers) {
        ObjectNode config = StrictJson.object();
        config.put("architecture", "");
        config.put("created", "0001-01-01T00:00:00Z");
        ArrayNode history = config.putArray("history");
        config.put("os", "");
        ObjectNode rootfs = config.putObject("rootfs");
        rootfs.put("type", "layers");
        ArrayNode diffIds = rootfs.putArray("diff_ids");
        List<JsonNode> all = new ArrayList<>();
        layers.forEach(all::add);
        for (JsonNode layer : all) {
            history.addObject().put("created", "0001-01-01T00:00:00Z");
            diffIds.add(layer.path("digest").asText());
        }
        config.putObject("config");
        return StrictJson.write(config);
    }
}

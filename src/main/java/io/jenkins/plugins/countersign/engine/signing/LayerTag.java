package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * cosign's tags {@code sha256-<hex>.sig} and {@code .att}: one image manifest, a layer for each signature.
 *
 * <p>Source: sigstore/cosign, {@code specs/SIGNATURE_SPEC.md}, {@code pkg/oci/mutate}. Registries offer no conditional write,
 * so a writer that read before us may overwrite us after we looked. Therefore it is looked at again after a pause longer than
 * our own reading and writing took, until the layer stayed; inside one process writers of one tag wait for each other.
 */
final class LayerTag {

    private static final int ATTEMPTS = 12;
    private static final long MAX_PAUSE_MILLIS = 2_000;
    private static final ConcurrentHashMap<String, Object> LOCKS = new ConcurrentHashMap<>();
    private static final String EPOCH = "0001-01-01T00:00:00Z";

    private final Repository repository;
    private final Digest image;
    private final String tag;

    LayerTag(Repository repository, Digest image, String suffix) {
        this.repository = repository;
        this.image = image;
        this.tag = image.algorithm() + "-" + image.hex() + suffix;
    }

    /** What the tag points at; empty when there is clearly no such tag. */
    Optional<Manifest> read() throws RegistryException {
        Optional<Descriptor> target = repository.resolve(tag);
        if (target.isEmpty()) {
            return Optional.empty();
        }
        Manifest manifest = repository
                .manifest(target.get().digest())
                .orElseThrow(() -> new RegistryException("the tag " + tag + " in " + repository.name() + " points at "
                        + target.get().digest() + ", which is not there"));
        if (MediaTypes.isIndex(manifest.mediaType())) {
            throw new RegistryException("the tag " + tag + " in " + repository.name()
                    + " points at an index, expected a manifest with a layer for each signature");
        }
        return Optional.of(manifest);
    }

    void add(String layerType, byte[] content, Map<String, String> annotations) throws RegistryException {
        Descriptor bare = Descriptor.of(layerType, content);
        Descriptor layer = new Descriptor(layerType, bare.digest(), bare.size(), "", annotations, null);
        repository.pushBlob(bare, Repository.ContentSource.of(content));
        synchronized (LOCKS.computeIfAbsent(repository.name() + ":" + tag, key -> new Object())) {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                long start = System.nanoTime();
                Optional<Manifest> current = read();
                if (!holds(current, layer)) {
                    write(current, layer);
                }
                long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                pause(Math.min(
                        MAX_PAUSE_MILLIS, took + ThreadLocalRandom.current().nextLong(1, took + 10)));
                if (holds(read(), layer)) {
                    return;
                }
            }
        }
        throw new RegistryException("the signature of " + image + " was overwritten by others " + ATTEMPTS
                + " times at the tag " + tag + " in " + repository.name());
    }

    private boolean holds(Optional<Manifest> manifest, Descriptor layer) throws RegistryException {
        if (manifest.isEmpty()) {
            return false;
        }
        for (JsonNode entry : ManifestJson.read(manifest.get(), image).path("layers")) {
            if (entry.path("digest").asText().equals(layer.digest().toString())
                    && ManifestJson.texts(entry.path("annotations"))
                            .entrySet()
                            .containsAll(layer.annotations().entrySet())) {
                return true;
            }
        }
        return false;
    }

    private void write(Optional<Manifest> current, Descriptor layer) throws RegistryException {
        ObjectNode json = StrictJson.object();
        ArrayNode layers = StrictJson.object().putArray("layers");
        JsonNode annotations = StrictJson.object();
        if (current.isPresent()) {
            ObjectNode old = ManifestJson.read(current.get(), image);
            old.path("layers").forEach(layers::add);
            annotations = old.path("annotations");
        }
        if (layers.size() >= SignatureStore.MAX_LAYERS) {
            throw new RegistryException("the tag " + tag + " in " + repository.name() + " has " + layers.size()
                    + " signatures already, verifiers read no more");
        }
        layers.add(ManifestJson.json(layer));
        byte[] configuration = configuration(layers);
        Descriptor config = Descriptor.of(MediaTypes.OCI_CONFIG, configuration);
        repository.pushBlob(config, Repository.ContentSource.of(configuration));
        json.put("schemaVersion", 2);
        json.put("mediaType", MediaTypes.OCI_MANIFEST);
        json.set("config", ManifestJson.json(config));
        json.set("layers", layers);
        if (annotations.isObject() && !annotations.isEmpty()) {
            json.set("annotations", annotations);
        }
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, StrictJson.write(json));
        repository.pushManifest(manifest);
        repository.tag(manifest.digest(), tag);
    }

    /** An image configuration without a platform, as go-containerregistry writes it for cosign. */
    private static byte[] configuration(ArrayNode layers) {
        ObjectNode json = StrictJson.object();
        json.put("architecture", "");
        json.put("created", EPOCH);
        ArrayNode history = json.putArray("history");
        json.put("os", "");
        ObjectNode rootfs = json.putObject("rootfs");
        rootfs.put("type", "layers");
        ArrayNode diffIds = rootfs.putArray("diff_ids");
        json.putObject("config");
        for (JsonNode layer : layers) {
            history.addObject().put("created", EPOCH);
            diffIds.add(layer.path("digest").asText());
        }
        return StrictJson.write(json);
    }

    private static void pause(long millis) throws RegistryException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryException("interrupted while a signature was written", e);
        }
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.CancelledException;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Readings;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One reading of everything next to one digest, in three rounds: lists and tags, manifests, content. Each round asks for several
 * things at a time; between the rounds it is decided in the order of the lists what is read, so that neither the outcome nor
 * its reason depends on which answer came first.
 */
final class Collector {

    private static final int MAX_FOUND = SignatureStore.MAX_REFERRERS + 2 * SignatureStore.MAX_LAYERS;

    /** A layer that says it is a signature. */
    private record Layer(
            SignatureFormat format, Digest manifest, Descriptor content, Map<String, String> annotations) {}

    private interface Reading {
        void run() throws RegistryException;
    }

    private final Repository repository;
    private final Digest image;
    private final AtomicLong total;
    private List<Descriptor> referrers = List.of();
    /** What each referrer's manifest holds, in their order, and then the two tags. */
    private final List<List<Layer>> layers = new ArrayList<>();

    private final List<FoundSignature> found = new ArrayList<>();
    private int asked;
    private int failedAt = Integer.MAX_VALUE;
    private RegistryException failure;

    private Collector(Repository repository, Digest image, AtomicLong total) {
        this.repository = repository;
        this.image = image;
        this.total = total;
    }

    static List<Collected> collect(Repository repository, List<Digest> images) throws CancelledException {
        try (Readings readings = new Readings("read what lies next to " + images.get(0) + " in " + repository.name())) {
            return collect(repository, images, readings);
        }
    }

    private static List<Collected> collect(Repository repository, List<Digest> images, Readings readings)
            throws CancelledException {
        AtomicLong total = new AtomicLong();
        List<Collector> collectors = images.stream()
                .map(image -> new Collector(repository, image, total))
                .toList();
        List<List<List<Layer>>> tags = new ArrayList<>();
        List<Runnable> lists = new ArrayList<>();
        for (Collector collector : collectors) {
            List<List<Layer>> ofTags = places(2);
            tags.add(ofTags);
            lists.add(collector.attempt(collector::list));
            lists.add(collector.attempt(() -> ofTags.set(
                    0, collector.tag(".sig", SignatureTypes.SIMPLE_SIGNING, SignatureFormat.SIMPLE_SIGNING))));
            lists.add(collector.attempt(
                    () -> ofTags.set(1, collector.tag(".att", SignatureTypes.DSSE, SignatureFormat.ATTESTATION))));
        }
        readings.all(lists);
        List<Runnable> manifests = new ArrayList<>();
        for (Collector collector : collectors) {
            collector.layers.addAll(places(collector.referrers.size()));
            for (int i = 0; i < collector.referrers.size(); i++) {
                int place = i;
                manifests.add(collector.attempt(() -> collector.layers.set(
                        place, collector.referrer(collector.referrers.get(place).digest()))));
            }
        }
        readings.all(manifests);
        List<Runnable> contents = new ArrayList<>();
        for (int i = 0; i < collectors.size(); i++) {
            collectors.get(i).layers.addAll(tags.get(i));
            collectors.get(i).prepare(contents);
        }
        readings.all(contents);
        return collectors.stream().map(Collector::collected).toList();
    }

    private static List<List<Layer>> places(int count) {
        return Collections.synchronizedList(new ArrayList<>(Collections.nCopies(count, List.of())));
    }

    /** Keeps the failure that comes first in order; what comes after one in order is not begun. */
    private Runnable attempt(Reading reading) {
        int place = asked++;
        return () -> {
            if (hasFailedBefore(place)) {
                return;
            }
            try {
                reading.run();
            } catch (RegistryException e) {
                failed(place, e);
            }
        };
    }

    private synchronized boolean hasFailedBefore(int place) {
        return failedAt < place;
    }

    private synchronized void failed(int place, RegistryException e) {
        if (place < failedAt) {
            failedAt = place;
            failure = e;
        }
    }

    private synchronized Collected collected() {
        return new Collected(image, failure == null ? found : List.of(), Optional.ofNullable(failure));
    }

    private void list() throws RegistryException {
        List<Descriptor> all = repository.referrers(image);
        if (all.size() > SignatureStore.MAX_REFERRERS) {
            throw new RegistryException("there are " + all.size() + " referrers of " + image + " in "
                    + repository.name() + ", at most " + SignatureStore.MAX_REFERRERS + " are read");
        }
        referrers = all;
    }

    /** The list's artifact types are others' hints, and often wrong (formats.md A4): each manifest is read. */
    private List<Layer> referrer(Digest digest) throws RegistryException {
        Manifest manifest = repository
                .manifest(digest)
                .orElseThrow(() -> new RegistryException("the referrers of " + image + " in " + repository.name()
                        + " name " + digest + ", which is not there: whether it was a rejection cannot be told"));
        if (MediaTypes.isIndex(manifest.mediaType())) {
            return List.of();
        }
        ObjectNode json = ManifestJson.read(manifest, digest);
        String type = json.path("artifactType").asText();
        if (type.isEmpty()) {
            type = json.path("config").path("mediaType").asText();
        }
        Map<String, String> annotations = ManifestJson.texts(json.path("annotations"));
        List<Layer> signatures = new ArrayList<>();
        for (JsonNode entry : layers(json, digest)) {
            Optional<SignatureFormat> format =
                    format(type, entry.path("mediaType").asText());
            if (format.isPresent()) {
                Descriptor layer = ManifestJson.descriptor(entry, digest);
                signatures.add(new Layer(
                        format.get(),
                        digest,
                        layer,
                        format.get() == SignatureFormat.SIMPLE_SIGNING ? layer.annotations() : annotations));
            }
        }
        return kept(signatures, manifest);
    }

    private List<Layer> tag(String suffix, String layerType, SignatureFormat format) throws RegistryException {
        Optional<Manifest> manifest = new LayerTag(repository, image, suffix).read();
        if (manifest.isEmpty()) {
            return List.of();
        }
        Digest digest = manifest.get().digest();
        List<Layer> signatures = new ArrayList<>();
        for (JsonNode entry : layers(ManifestJson.read(manifest.get(), digest), digest)) {
            if (entry.path("mediaType").asText().equals(layerType)) {
                Descriptor layer = ManifestJson.descriptor(entry, digest);
                signatures.add(new Layer(format, digest, layer, layer.annotations()));
            }
        }
        return kept(signatures, manifest.get());
    }

    /** What a manifest says is kept until the image is judged. */
    private List<Layer> kept(List<Layer> signatures, Manifest manifest) throws RegistryException {
        if (!signatures.isEmpty()) {
            count(manifest.content().length);
        }
        return signatures;
    }

    private Iterable<JsonNode> layers(ObjectNode json, Digest digest) throws RegistryException {
        JsonNode all = json.path("layers");
        if (all.size() > SignatureStore.MAX_LAYERS) {
            throw new RegistryException("the manifest " + digest + " next to " + image + " has " + all.size()
                    + " layers, at most " + SignatureStore.MAX_LAYERS + " are read");
        }
        return all;
    }

    /** Decides what is read before any of it is. */
    private void prepare(List<Runnable> contents) {
        if (hasFailedBefore(asked)) {
            return;
        }
        List<Layer> all = layers.stream().flatMap(List::stream).toList();
        try {
            if (all.size() > MAX_FOUND) {
                throw new RegistryException("there are " + all.size() + " signatures next to " + image + " in "
                        + repository.name() + ", at most " + MAX_FOUND + " are read");
            }
            for (Layer layer : all) {
                require(layer);
            }
        } catch (RegistryException e) {
            failed(asked++, e);
            return;
        }
        found.addAll(Collections.nCopies(all.size(), null));
        for (int i = 0; i < all.size(); i++) {
            int place = i;
            Layer layer = all.get(i);
            if (layer.content().size() > SignatureStore.MAX_CONTENT) {
                put(place, layer, new byte[0], layer.content().size());
            } else {
                contents.add(attempt(() -> put(place, layer, content(layer.content()), 0)));
            }
        }
    }

    private void require(Layer layer) throws RegistryException {
        long size = layer.content().size();
        if (size <= SignatureStore.MAX_CONTENT) {
            count(size);
        } else if (layer.format() == SignatureFormat.RECORD) {
            throw new RegistryException("the record " + layer.manifest() + " next to " + image + " has " + size
                    + " bytes, at most " + SignatureStore.MAX_CONTENT
                    + " are read: whether it is a rejection cannot be told");
        }
    }

    private void count(long bytes) throws RegistryException {
        if (total.addAndGet(bytes) > SignatureStore.MAX_TOTAL) {
            throw new RegistryException("what lies next to " + image + " in " + repository.name() + " has more than "
                    + SignatureStore.MAX_TOTAL + " bytes");
        }
    }

    private synchronized void put(int place, Layer layer, byte[] content, long oversized) {
        found.set(
                place,
                new FoundSignature(layer.format(), image, layer.manifest(), content, oversized, layer.annotations()));
    }

    private byte[] content(Descriptor layer) throws RegistryException {
        byte[] content;
        try (InputStream in = repository.openBlob(layer)) {
            content = in.readNBytes((int) layer.size() + 1);
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException("reading " + layer.digest() + " from " + repository.name() + " broke off", e);
        }
        if (content.length != layer.size() || !layer.digest().matches(content)) {
            throw new RegistryException("the content of " + layer.digest() + " in " + repository.name()
                    + " has another digest or length than its descriptor says");
        }
        return content;
    }

    private static Optional<SignatureFormat> format(String artifactType, String layerType) {
        if (layerType.startsWith(SignatureTypes.BUNDLE_PREFIX)) {
            return Optional.of(SignatureFormat.BUNDLE);
        }
        if (layerType.equals(SignatureTypes.RECORD)) {
            return Optional.of(SignatureFormat.RECORD);
        }
        if (layerType.equals(SignatureTypes.SIMPLE_SIGNING)) {
            return Optional.of(SignatureFormat.SIMPLE_SIGNING);
        }
        if (artifactType.equals(SignatureTypes.NOTATION)) {
            return layerType.equals(SignatureTypes.JOSE)
                    ? Optional.of(SignatureFormat.NOTATION_JWS)
                    : layerType.equals(SignatureTypes.COSE)
                            ? Optional.of(SignatureFormat.NOTATION_COSE)
                            : Optional.empty();
        }
        return Optional.empty();
    }
}

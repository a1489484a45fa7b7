package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Images and artifacts to put into repositories. */
public final class Samples {

    public static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

    private Samples() {}

    public static byte[] bytes(long seed, int size) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return content;
    }

    public static Descriptor pushBlob(Repository repository, String mediaType, byte[] content)
            throws RegistryException {
        Descriptor descriptor = Descriptor.of(mediaType, content);
        repository.pushBlob(descriptor, ContentSource.of(content));
        return descriptor;
    }

    /** Pushes an image of random layers, without a tag. */
    public static Manifest pushImage(Repository repository, long seed, int... layerSizes) throws RegistryException {
        List<Descriptor> layers = new ArrayList<>();
        for (int i = 0; i < layerSizes.length; i++) {
            layers.add(pushBlob(repository, LAYER, bytes(seed * 1000 + i, layerSizes[i])));
        }
        byte[] config = ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
                        + String.join(
                                ",",
                                layers.stream()
                                        .map(l -> "\"" + l.digest() + "\"")
                                        .toList())
                        + "]},\"config\":{\"Labels\":{\"seed\":\"" + seed + "\"}}}")
                .getBytes(StandardCharsets.UTF_8);
        Manifest manifest = new ManifestContent(
                        MediaTypes.OCI_MANIFEST,
                        "",
                        pushBlob(repository, MediaTypes.OCI_CONFIG, config),
                        layers,
                        List.of(),
                        null,
                        Map.of())
                .toManifest();
        repository.pushManifest(manifest);
        return manifest;
    }

    /** Pushes an index of images for two platforms, without a tag. */
    public static Manifest pushIndex(Repository repository, long seed) throws RegistryException {
        List<Descriptor> entries = new ArrayList<>();
        for (String architecture : List.of("amd64", "arm64")) {
            Descriptor image = pushImage(repository, seed * 10 + entries.size(), 1000, 2000)
                    .descriptor();
            entries.add(new Descriptor(
                    image.mediaType(),
                    image.digest(),
                    image.size(),
                    "",
                    Map.of(),
                    new Platform("linux", architecture, "")));
        }
        Manifest index = ManifestContent.index(entries).toManifest();
        repository.pushManifest(index);
        return index;
    }

    /** A statement about {@code subject} whose content is {@code text}; its blobs are pushed, itself is not. */
    public static Manifest statement(Repository repository, Descriptor subject, String text) throws RegistryException {
        Descriptor layer =
                pushBlob(repository, "application/vnd.example.statement+json", text.getBytes(StandardCharsets.UTF_8));
        pushBlob(repository, MediaTypes.OCI_EMPTY, EmptyConfig.content());
        return ManifestContent.artifact(
                        "application/vnd.example.statement+json", subject, List.of(layer), Map.of("text", text))
                .toManifest();
    }
}

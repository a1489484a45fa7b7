package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.ImageConfig;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A manifest with what its configuration says about its layers.
 *
 * <p>Source: OCI image specification, config.md, "rootfs". Layers are compared by diff id, the digest of the uncompressed
 * content: recompression changes every layer digest and no diff id.
 *
 * @param manifest its digest
 * @param platform from the configuration
 * @param layers the layer blobs
 * @param diffIds as the configuration says; believed only after {@link #verify}
 */
record BuiltImage(Digest manifest, Platform platform, List<Descriptor> layers, List<Digest> diffIds)
        implements Serializable {

    /** The image for each platform; one, if the digest is that of a manifest. Attestations are no images. */
    static List<BuiltImage> read(ImageContent content, Digest digest) throws RegistryException {
        ManifestContent manifest = manifest(content, digest);
        if (!manifest.isIndex()) {
            return List.of(image(content, digest, manifest));
        }
        List<BuiltImage> images = new ArrayList<>();
        for (Descriptor entry : manifest.manifests()) {
            if (isAttestation(entry)) {
                continue;
            }
            ManifestContent child = manifest(content, entry.digest());
            if (child.isIndex()) {
                images.addAll(read(content, entry.digest()));
            } else {
                images.add(image(content, entry.digest(), child));
            }
        }
        if (images.isEmpty()) {
            throw new RegistryException("the index " + digest + " in " + content.name() + " lists no image");
        }
        return images;
    }

    private static boolean isAttestation(Descriptor entry) {
        return Platform.UNKNOWN.equals(entry.platform())
                && "attestation-manifest".equals(entry.annotations().get("vnd.docker.reference.type"));
    }

    private static ManifestContent manifest(ImageContent content, Digest digest) throws RegistryException {
        Manifest manifest = content.manifest(digest)
                .orElseThrow(() -> new RegistryException(
                        "tried to read the manifest " + digest + " in " + content.name() + ", but it is not there"));
        return ManifestContent.of(manifest);
    }

    private static BuiltImage image(ImageContent content, Digest digest, ManifestContent manifest)
            throws RegistryException {
        Descriptor config = manifest.config()
                .orElseThrow(() -> new RegistryException("the manifest " + digest + " has no configuration"));
        ImageConfig read = ImageConfig.read(content, config);
        List<Digest> diffIds = new ArrayList<>();
        try {
            read.diffIds().forEach(diffId -> diffIds.add(Digest.parse(diffId)));
        } catch (IllegalArgumentException e) {
            throw new RegistryException(
                    "the configuration " + config.digest() + " lists no true diff ids: " + e.getMessage());
        }
        if (diffIds.size() != manifest.layers().size()) {
            throw new RegistryException("the manifest " + digest + " has "
                    + manifest.layers().size() + " layers, its configuration lists " + diffIds.size() + " diff ids");
        }
        return new BuiltImage(digest, read.platform(), manifest.layers(), diffIds);
    }

    /** What stands in {@code config.OnBuild} of the image for the platform; of every image, if none is for it. */
    static List<String> triggers(ImageContent content, Digest digest, Platform platform) throws RegistryException {
        ManifestContent manifest = manifest(content, digest);
        List<Digest> manifests = new ArrayList<>();
        if (manifest.isIndex()) {
            manifest.manifests().stream()
                    .filter(entry -> entry.platform() == null || samePlatform(entry.platform(), platform))
                    .forEach(entry -> manifests.add(entry.digest()));
            if (manifests.isEmpty()) {
                manifest.manifests().stream()
                        .filter(entry -> !isAttestation(entry))
                        .forEach(entry -> manifests.add(entry.digest()));
            }
        } else {
            manifests.add(digest);
        }
        List<String> triggers = new ArrayList<>();
        for (Digest one : manifests) {
            ManifestContent image = manifest(content, one);
            if (image.config().isPresent()) {
                ImageConfig.read(content, image.config().get())
                        .json()
                        .path("config")
                        .path("OnBuild")
                        .forEach(trigger -> triggers.add(trigger.asText()));
            }
        }
        return triggers;
    }

    /**
     * Reads the first {@code count} layers, unpacks and hashes them. A layer that is byte for byte one of {@code trusted}
     * is not read again.
     *
     * @throws RegistryException if a layer is not what its diff id says
     */
    void verify(ImageContent content, int count, List<GoldenImage> trusted) throws RegistryException {
        for (int i = 0; i < count; i++) {
            int index = i;
            boolean seenBefore = trusted.stream()
                    .anyMatch(image -> image.layers().size() > index
                            && image.layers()
                                    .get(index)
                                    .equals(layers.get(index).digest())
                            && image.diffIds().get(index).equals(diffIds.get(index)));
            if (!seenBefore) {
                LayerHash.verify(content, layers.get(i), diffIds.get(i));
            }
        }
    }

    static boolean samePlatform(Platform a, Platform b) {
        return plain(a).equals(plain(b));
    }

    /** {@code arm64/v8} and {@code amd64/v1} are what is meant without a variant, {@code arm} is {@code arm/v7}. */
    private static Platform plain(Platform platform) {
        String architecture = platform.architecture().toLowerCase(Locale.ROOT);
        String variant = platform.variant().toLowerCase(Locale.ROOT);
        String standard = Map.of("arm64", "v8", "amd64", "v1", "arm", "v7").getOrDefault(architecture, "");
        return new Platform(
                platform.os().toLowerCase(Locale.ROOT), architecture, variant.equals(standard) ? "" : variant);
    }
}

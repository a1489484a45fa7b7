package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything an image consists of.
 *
 * @param root the manifest or index itself
 * @param manifests every manifest and index, each after all that it refers to, the root last
 * @param blobs every config and layer, once; without those that are not to be distributed
 */
record ImageTree(Manifest root, List<Manifest> manifests, List<Descriptor> blobs) {

    static ImageTree of(ImageContent content, Digest root, Limits limits) throws RegistryException {
        Reading reading = new Reading(content, limits);
        reading.read(root, -1, "the image", 0);
        List<Manifest> manifests = List.copyOf(reading.manifests.values());
        return new ImageTree(manifests.get(manifests.size() - 1), manifests, List.copyOf(reading.blobs.values()));
    }

    private static final class Reading {

        private final ImageContent content;
        private final Limits limits;
        private final Map<Digest, Manifest> manifests = new LinkedHashMap<>();
        private final Map<Digest, Descriptor> blobs = new LinkedHashMap<>();

        Reading(ImageContent content, Limits limits) {
            this.content = content;
            this.limits = limits;
        }

        /** @param size as the index above says, -1 when there is none */
        void read(Digest digest, long size, String parent, int depth) throws RegistryException {
            if (manifests.containsKey(digest)) {
                return;
            }
            if (depth > limits.indexDepth()) {
                throw new LimitExceededException("the indexes of " + content.name() + " are nested more than "
                        + limits.indexDepth() + " deep, at " + digest);
            }
            Manifest manifest = content.manifest(digest)
                    .orElseThrow(() -> new NotFoundException(
                            "manifest " + digest + ", which " + parent + " refers to, is not in " + content.name()));
            if (size >= 0 && size != manifest.content().length) {
                throw new SizeMismatchException(
                        "manifest " + digest + " in " + content.name(), size, "" + manifest.content().length);
            }
            ManifestContent says = manifest.read();
            for (Descriptor below : says.manifests()) {
                if (MediaTypes.MANIFESTS.contains(below.mediaType())) {
                    read(below.digest(), below.size(), "index " + digest, depth + 1);
                } else {
                    add(below);
                }
            }
            for (Descriptor blob : says.blobs()) {
                add(blob);
            }
            manifests.put(digest, manifest);
            if (manifests.size() > limits.manifests()) {
                throw new LimitExceededException(
                        "the image in " + content.name() + " has more than " + limits.manifests() + " manifests");
            }
        }

        private void add(Descriptor blob) throws MalformedManifestException {
            if (NonDistributable.is(blob)) {
                return;
            }
            Descriptor other = blobs.putIfAbsent(blob.digest(), blob);
            if (other != null && other.size() != blob.size()) {
                throw new MalformedManifestException("the image in " + content.name() + " gives blob " + blob.digest()
                        + " two sizes: " + other.size() + " and " + blob.size());
            }
        }
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.io.Serializable;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One golden image for one platform, as it was seen in its registry.
 *
 * @param name {@code registry/repository}
 * @param tag the tag that pointed to it
 * @param digest what the tag pointed to, an index or a manifest
 * @param manifest the manifest for the platform
 * @param platform what it runs on
 * @param layers the blobs of its layers, in order
 * @param diffIds the digests of its layers' content, verified; never empty
 * @param seen when the tag was first seen to point to it
 * @param replacedBy what the tag points to now; null while it points to this
 */
public record GoldenImage(
        String name,
        String tag,
        Digest digest,
        Digest manifest,
        Platform platform,
        List<Digest> layers,
        List<Digest> diffIds,
        Instant seen,
        Digest replacedBy)
        implements Serializable {

    public GoldenImage {
        layers = List.copyOf(layers);
        diffIds = List.copyOf(diffIds);
        if (diffIds.isEmpty() || layers.size() != diffIds.size()) {
            throw new IllegalArgumentException(
                    "a golden image has layers, and a diff id for each: " + name + ":" + tag);
        }
    }

    public Optional<Digest> replacement() {
        return Optional.ofNullable(replacedBy);
    }

    public ImageReference reference() {
        return tagged().withDigest(digest);
    }

    ImageReference tagged() {
        return ImageReference.parse(name).withTag(tag);
    }

    /** Whether its layers are the first of these. */
    boolean isPrefixOf(List<Digest> others) {
        return others.size() >= diffIds.size()
                && others.subList(0, diffIds.size()).equals(diffIds);
    }

    GoldenImage replacedBy(Digest other) {
        return new GoldenImage(name, tag, digest, manifest, platform, layers, diffIds, seen, other);
    }
}

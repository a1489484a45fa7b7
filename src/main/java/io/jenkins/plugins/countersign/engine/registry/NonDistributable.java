package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;

/**
 * Layers that are not in registries but behind a URL of their maker, such as old Windows bases. Sources: OCI image
 * specification, media-types.md; Docker image manifest V2, schema 2.
 */
final class NonDistributable {

    private NonDistributable() {}

    static boolean is(Descriptor blob) {
        return blob.mediaType().startsWith("application/vnd.oci.image.layer.nondistributable.")
                || blob.mediaType().startsWith("application/vnd.docker.image.rootfs.foreign.");
    }
}

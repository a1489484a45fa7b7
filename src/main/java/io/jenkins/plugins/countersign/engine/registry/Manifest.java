package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;

/**
 * A manifest or index as it is stored: its exact bytes, whose digest is its name.
 *
 * @param mediaType the media type of the content
 * @param content the exact bytes
 */
public record Manifest(String mediaType, byte[] content) {

    public Digest digest() {
        return Digest.of(content);
    }

    public Descriptor descriptor() {
        return Descriptor.of(mediaType, content);
    }

    /** What it says. */
    public ManifestContent read() throws MalformedManifestException {
        return ManifestContent.of(this);
    }
}

package io.jenkins.plugins.countersign.engine.image;

import java.io.Serializable;
import java.util.Map;

/**
 * Points at content: its media type, digest and size.
 *
 * <p>Source: OCI image specification, descriptor.md.
 *
 * @param mediaType the media type of the content
 * @param digest the digest of the content
 * @param size the length of the content in bytes
 * @param artifactType the type of the artifact when the content is one; empty when there is none. Never filter by it: what
 *     stands in a fallback index was copied there by clients, some of which copy it wrongly (formats.md A4).
 * @param annotations never null
 * @param platform null when there is none
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        String artifactType,
        Map<String, String> annotations,
        Platform platform)
        implements Serializable {

    public Descriptor {
        if (size < 0) {
            throw new IllegalArgumentException("size of " + digest + " is negative: " + size);
        }
        artifactType = artifactType == null ? "" : artifactType;
        annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
    }

    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, "", Map.of(), null);
    }

    /** The descriptor of {@code content}. */
    public static Descriptor of(String mediaType, byte[] content) {
        return new Descriptor(mediaType, Digest.of(content), content.length);
    }
}

package io.jenkins.plugins.countersign.engine.image;

import java.io.Serializable;
import java.util.Locale;

/**
 * The platform of an image manifest, {@code os/architecture[/variant]}.
 *
 * <p>Source: OCI image specification, image-index.md, "platform" property.
 *
 * @param os for instance {@code linux}
 * @param architecture for instance {@code amd64}
 * @param variant for instance {@code v8}; empty when there is none
 */
public record Platform(String os, String architecture, String variant) implements Serializable {

    /** What BuildKit writes for the attestation manifests in an index; nothing runs on it. */
    public static final Platform UNKNOWN = new Platform("unknown", "unknown", "");

    public Platform {
        variant = variant == null ? "" : variant;
    }

    /** @throws IllegalArgumentException if {@code text} has not two or three non-empty parts */
    public static Platform parse(String text) {
        String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        if (parts.length < 2 || parts.length > 3) {
            throw new IllegalArgumentException("not a platform (expected os/architecture[/variant]): " + text);
        }
        for (String part : parts) {
            if (!part.matches("[a-z0-9_.-]+")) {
                throw new IllegalArgumentException("not a platform (expected os/architecture[/variant]): " + text);
            }
        }
        return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}

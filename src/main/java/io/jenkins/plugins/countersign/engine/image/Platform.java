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

    /**
     * What a builder on this machine builds for unless it is told otherwise. Linux wherever it runs: a Docker Desktop's
     * builder is a Linux machine, and who builds Windows containers has to say so.
     *
     * @param architecture as Java calls it ({@code os.arch})
     * @throws IllegalArgumentException if it is none that is known
     */
    public static Platform ofMachine(String architecture) {
        return switch (architecture.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> new Platform("linux", "amd64", "");
            case "aarch64", "arm64" -> new Platform("linux", "arm64", "");
            case "arm", "arm32" -> new Platform("linux", "arm", "v7");
            case "x86", "i386", "i586", "i686" -> new Platform("linux", "386", "");
            case "ppc64le", "s390x", "riscv64" -> new Platform("linux", architecture.toLowerCase(Locale.ROOT), "");
            case "loongarch64" -> new Platform("linux", "loong64", "");
            default ->
                throw new IllegalArgumentException("this machine's architecture is \"" + architecture
                        + "\", and what a builder makes of that is not known: name the build platform");
        };
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}

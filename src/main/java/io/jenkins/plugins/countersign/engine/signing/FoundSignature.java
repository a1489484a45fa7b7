package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.Map;

/**
 * Something that lies next to an image and says that it is a signature. Nothing about it has been believed yet.
 *
 * @param format in which form
 * @param subject the digest it was found at: what it must be about
 * @param manifest the digest of the manifest that holds it
 * @param content the bytes of the layer: bundle, envelope, payload; empty when {@code oversized}
 * @param oversized how long the content is said to be, in bytes, when it is longer than is read; otherwise 0
 * @param annotations of the layer for {@code .sig} and {@code .att}, of the manifest otherwise; unsigned
 */
public record FoundSignature(
        SignatureFormat format,
        Digest subject,
        Digest manifest,
        byte[] content,
        long oversized,
        Map<String, String> annotations) {

    public FoundSignature {
        annotations = Map.copyOf(annotations);
    }

    public FoundSignature(
            SignatureFormat format, Digest subject, Digest manifest, byte[] content, Map<String, String> annotations) {
        this(format, subject, manifest, content, 0, annotations);
    }

    /**
     * Names one signature among all: the manifest, and what is in it, because a manifest can hold several. Two people's {@code
     * .sig} signatures can have the same payload and differ in the annotation alone.
     */
    public String id() {
        String signature = annotations.getOrDefault(SignatureStore.SIGNATURE_ANNOTATION, "");
        byte[] both = (Digest.of(content) + " " + signature).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return manifest + "/" + Digest.of(both).shortHex();
    }

    @Override
    public String toString() {
        return format + " in " + manifest;
    }
}

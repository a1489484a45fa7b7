package io.jenkins.plugins.countersign.engine.event;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Duration;

/** Something that happened on an image's way. Sizes and counts are in bytes. */
public sealed interface Event extends Serializable {

    /** What is about to be transferred: {@code blobs} of {@code bytes} together, some of which may turn out to be there. */
    record TransferStarted(String from, String to, int manifests, int blobs, long bytes) implements Event {}

    record BlobStarted(Digest digest, long size) implements Event {}

    /** {@code done} bytes of the blob have left; may go down when an upload has to be resumed. */
    record BlobAdvanced(Digest digest, long done, long size) implements Event {}

    record BlobDone(Digest digest, long size, Duration took) implements Event {}

    /** The blob was there already. */
    record BlobSkipped(Digest digest, long size) implements Event {}

    /** The registry took the blob over from another of its repositories; no byte travelled. */
    record BlobMounted(Digest digest, long size, String from) implements Event {}

    record ManifestDone(Digest digest, long size) implements Event {}

    record Tagged(String repository, String tag, Digest digest) implements Event {}

    /** An attempt failed and will be repeated after {@code delay}. */
    record Retried(String what, int attempt, String reason, Duration delay) implements Event {}

    /** Something a person should know although it goes on. */
    record Warned(String message) implements Event {}

    record TransferDone(String to, int skipped, int mounted, int uploaded, long bytesUploaded, Duration took)
            implements Event {}
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Duration;

/**
 * What a push or a copy did.
 *
 * @param repository {@link Repository#name} of where it went
 * @param tag empty when none was given
 * @param digest of the image, the same at both ends
 * @param bytesUploaded of blobs that travelled
 * @param uploaded how many blobs travelled
 * @param skipped how many were there
 * @param mounted how many the registry took from another of its repositories
 * @param attachments how many signatures, statements and other artifacts went with it
 */
public record PushResult(
        String repository,
        String tag,
        Digest digest,
        long bytesUploaded,
        int uploaded,
        int skipped,
        int mounted,
        int attachments,
        Duration duration)
        implements Serializable {

    /** {@code repository[:tag]@digest} */
    public String reference() {
        return repository + (tag.isEmpty() ? "" : ":" + tag) + "@" + digest;
    }
}

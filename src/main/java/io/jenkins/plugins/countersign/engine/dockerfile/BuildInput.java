package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.Serializable;

/**
 * One way in which one external image enters the build.
 *
 * @param kind how it enters
 * @param reference normalised as BuildKit does: registry, repository, and the tag {@code latest} where neither a tag nor a
 *     digest is written
 * @param written what stands in the file, before expansion
 * @param place where it stands
 * @param stage the index of the stage that brings it in, from 0; -1 for a frontend
 * @param stageName the name of that stage; empty when it has none
 * @param platform the value of {@code --platform} after expansion; empty when there is none
 * @param reachable whether the chosen target needs it; the builder contacts the registry only for those
 */
public record BuildInput(
        Kind kind,
        String reference,
        String written,
        Place place,
        int stage,
        String stageName,
        String platform,
        boolean reachable)
        implements Serializable {

    /** How an image enters a build. */
    public enum Kind {
        /** {@code FROM image} */
        BASE,
        /** {@code COPY --from=image} */
        COPY,
        /** {@code RUN --mount=from=image} */
        MOUNT,
        /** {@code # syntax=image}: it is pulled, run, and reads the Dockerfile as it likes */
        FRONTEND
    }

    /** @throws IllegalArgumentException if this is the name of a frontend that is no image reference */
    public ImageReference image() {
        return ImageReference.parse(reference);
    }
}

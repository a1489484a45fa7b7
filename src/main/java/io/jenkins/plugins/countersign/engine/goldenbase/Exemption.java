package io.jenkins.plugins.countersign.engine.goldenbase;

import java.io.Serializable;
import java.time.Instant;

/**
 * An image that is let through for a while although the catalogue does not allow it, or denies it.
 *
 * @param image which images
 * @param owner who answers for it; never empty
 * @param until when it ends; never null
 * @param scope for which builds
 * @param reason why, for people
 */
public record Exemption(ImagePattern image, String owner, Instant until, Scope scope, String reason)
        implements Serializable {

    public Exemption {
        if (owner.isBlank()) {
            throw new IllegalArgumentException("the exception for " + image + " needs an owner");
        }
        if (until == null) {
            throw new IllegalArgumentException("the exception for " + image + " needs an end date (until)");
        }
    }
}

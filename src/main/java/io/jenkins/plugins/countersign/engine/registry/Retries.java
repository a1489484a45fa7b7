package io.jenkins.plugins.countersign.engine.registry;

import java.io.Serializable;
import java.time.Duration;

/**
 * How often and how soon is tried again after a 429, a 5xx or a broken connection. The wait doubles from {@code first} to
 * {@code longest}, shortened at random by up to a half; a {@code Retry-After} of the registry takes its place.
 *
 * @param attempts at most so many in a row without progress, the first included
 * @param retryAfterAtMost a registry that asks for a longer pause is an error at once
 */
public record Retries(int attempts, Duration first, Duration longest, Duration retryAfterAtMost)
        implements Serializable {

    public static final Retries DEFAULT =
            new Retries(7, Duration.ofMillis(300), Duration.ofSeconds(15), Duration.ofMinutes(5));

    public static final Retries NONE = new Retries(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}

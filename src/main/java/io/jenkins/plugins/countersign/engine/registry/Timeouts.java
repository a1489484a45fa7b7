package io.jenkins.plugins.countersign.engine.registry;

import java.io.Serializable;
import java.time.Duration;

/**
 * How long is waited.
 *
 * @param connect until a connection stands
 * @param stall until an answer begins, or between two pieces of a transfer
 * @param deadline for one operation (one blob, one manifest, one listing) with all its repetitions
 */
public record Timeouts(Duration connect, Duration stall, Duration deadline) implements Serializable {

    public static final Timeouts DEFAULT =
            new Timeouts(Duration.ofSeconds(20), Duration.ofSeconds(90), Duration.ofHours(2));
}

package io.jenkins.plugins.countersign.engine.registry;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** When an operation has to be over. */
record Deadline(Instant end, Duration allowed, Clock clock) {

    static Deadline in(Duration allowed, Clock clock) {
        return new Deadline(clock.instant().plus(allowed), allowed, clock);
    }

    Duration left() {
        return Duration.between(clock.instant(), end);
    }

    void check(String action) throws DeadlineException {
        if (left().isNegative()) {
            throw new DeadlineException(
                    "tried to " + action + ", but it was not done after " + allowed.toSeconds() + " s");
        }
    }
}

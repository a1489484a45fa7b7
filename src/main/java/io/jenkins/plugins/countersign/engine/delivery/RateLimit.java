package io.jenkins.plugins.countersign.engine.delivery;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** So many in a second, and at first so many at once. */
public final class RateLimit {

    private final double perSecond;
    private final double burst;
    private final Clock clock;
    private double left;
    private Instant last;

    public RateLimit(double perSecond, int burst, Clock clock) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.clock = clock;
        this.left = burst;
        this.last = clock.instant();
    }

    /** Whether one more may pass now; it has passed then. */
    public synchronized boolean passes() {
        Instant now = clock.instant();
        double seconds = Math.max(0, Duration.between(last, now).toMillis() / 1000.0);
        left = Math.min(burst, left + seconds * perSecond);
        last = now;
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }
}

package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The deliveries that were accepted lately, so that one which is sent again has no effect. Told apart by their bytes: an id in a
 * header is not under the signature, and whoever replays a delivery would write a new one.
 *
 * <p>Bounded: beyond the capacity the oldest is forgotten first.
 */
public final class SeenDeliveries {

    private final int capacity;
    private final Duration window;
    private final Clock clock;
    private final Map<String, Instant> seen = new LinkedHashMap<>();

    public SeenDeliveries(int capacity, Duration window, Clock clock) {
        this.capacity = capacity;
        this.window = window;
        this.clock = clock;
    }

    /** Remembers a delivery; false if it was seen within the window. */
    public synchronized boolean isNew(String source, byte[] body) {
        Instant now = clock.instant();
        Iterator<Instant> times = seen.values().iterator();
        while (times.hasNext() && times.next().plus(window).isBefore(now)) {
            times.remove();
        }
        if (seen.putIfAbsent(key(source, body), now) != null) {
            return false;
        }
        if (seen.size() > capacity) {
            Iterator<String> oldest = seen.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        return true;
    }

    /** Forgets a delivery that could not be kept after all: it may come again. */
    public synchronized void forget(String source, byte[] body) {
        seen.remove(key(source, body));
    }

    synchronized int size() {
        return seen.size();
    }

    private static String key(String source, byte[] body) {
        return source + " " + Digest.of(body).hex();
    }
}

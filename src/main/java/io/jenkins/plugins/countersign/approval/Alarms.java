package io.jenkins.plugins.countersign.approval;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Many alarms on one timer: the earliest is scheduled, the others wait in a queue and cost no thread.
 *
 * <p>Alarms ring by the wall clock. The timer counts elapsed time, so it never sleeps longer than {@link #LONGEST_NAP}: a
 * virtual machine that was suspended, or a clock that was set, delays no deadline by more than that.
 */
final class Alarms {

    static final Duration LONGEST_NAP = Duration.ofMinutes(1);

    private final ScheduledExecutorService timer;
    private final Clock clock;
    private final PriorityQueue<Alarm> queue = new PriorityQueue<>();
    private ScheduledFuture<?> scheduled;
    private Instant scheduledFor = Instant.MAX;
    private long numbers;

    Alarms(ScheduledExecutorService timer, Clock clock) {
        this.timer = timer;
        this.clock = clock;
    }

    /** @param ring must return quickly and not throw */
    synchronized Alarm at(Instant time, Runnable ring) {
        Alarm alarm = new Alarm(time, numbers++, ring);
        queue.add(alarm);
        schedule();
        return alarm;
    }

    synchronized void cancel(Alarm alarmOrNull) {
        if (alarmOrNull != null) {
            // Linear in the number of alarms, some microseconds for ten thousand; once for each gate's end.
            queue.remove(alarmOrNull);
        }
    }

    synchronized int size() {
        return queue.size();
    }

    private void schedule() {
        Alarm next = queue.peek();
        if (next == null || !next.time.isBefore(scheduledFor)) {
            return;
        }
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        Duration nap = Duration.between(clock.instant(), next.time);
        nap = nap.isNegative() ? Duration.ZERO : nap.compareTo(LONGEST_NAP) > 0 ? LONGEST_NAP : nap;
        scheduledFor = next.time;
        // One more millisecond: waking a moment too early would only mean to sleep again.
        scheduled = timer.schedule(this::ring, nap.toMillis() + 1, TimeUnit.MILLISECONDS);
    }

    private void ring() {
        while (true) {
            Alarm due;
            synchronized (this) {
                due = queue.peek();
                if (due == null || due.time.isAfter(clock.instant())) {
                    scheduledFor = Instant.MAX;
                    schedule();
                    return;
                }
                queue.poll();
            }
            due.ring.run();
        }
    }

    /** One of them; equal to itself alone. */
    static final class Alarm implements Comparable<Alarm> {
        private final Instant time;
        private final long number;
        private final Runnable ring;

        private Alarm(Instant time, long number, Runnable ring) {
            this.time = time;
            this.number = number;
            this.ring = ring;
        }

        @Override
        public int compareTo(Alarm other) {
            int byTime = time.compareTo(other.time);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number);
        }
    }
}

package io.jenkins.plugins.countersign.approval;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.Test;

/** When an image is looked at, without Jenkins. */
public class WaitingGatesTest {

    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private int looks;

    @Test
    public void aClockThatWasPutBack_keepsNoGateFromBeingWoken() {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try {
            WaitingGates gates = new WaitingGates(
                    timer,
                    Runnable::run,
                    (repository, digest, told) -> looks++,
                    new Clock() {
                        @Override
                        public Instant instant() {
                            return now;
                        }

                        @Override
                        public ZoneId getZone() {
                            return ZoneOffset.UTC;
                        }

                        @Override
                        public Clock withZone(ZoneId zone) {
                            return this;
                        }
                    },
                    () -> 0.5,
                    Duration.ofMinutes(5));
            Waiting gate = new Waiting();
            gates.add(gate, false);
            assertEquals(1, looks);
            now = now.minus(Duration.ofHours(1));
            gates.wakeImage(gate.repository(), gate.digest());
            assertEquals("an hour would be too long", 2, looks);
            now = now.plus(Duration.ofSeconds(1));
            gates.wakeImage(gate.repository(), gate.digest());
            assertEquals(3, looks);
        } finally {
            timer.shutdownNow();
        }
    }

    private static final class Waiting implements WaitingGate {
        @Override
        public String repository() {
            return "registry.example.com/team/app";
        }

        @Override
        public Digest digest() {
            return Digest.of(new byte[0]);
        }

        @Override
        public String stage() {
            return "qa";
        }

        @Override
        public Instant deadlineOrNull() {
            return null;
        }

        @Override
        public void onLook(ImageReading reading) {}

        @Override
        public void onDeadline() {}

        @Override
        public Set<String> candidates() {
            return Set.of();
        }

        @Override
        public Optional<GatePage> page() {
            return Optional.empty();
        }
    }
}

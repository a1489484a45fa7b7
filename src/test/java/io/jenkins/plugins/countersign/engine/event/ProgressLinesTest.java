package io.jenkins.plugins.countersign.engine.event;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

public class ProgressLinesTest {

    private static final class Hand extends Clock {
        private Instant now = Instant.parse("2026-11-22T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    @Test
    public void logHasFewLinesHoweverManyEventsThereAre() {
        List<String> lines = new ArrayList<>();
        Hand clock = new Hand();
        ProgressLines progress = new ProgressLines(lines::add, clock);
        Digest layer = Digest.of("layer".getBytes());
        progress.on(new Event.TransferStarted("oci:here", "registry.example.com/app", 1, 2, 30 << 20));
        for (int i = 1; i <= 20; i++) {
            clock.now = clock.now.plusSeconds(1);
            progress.on(new Event.BlobAdvanced(layer, (long) i << 20, 20 << 20));
        }
        progress.on(new Event.BlobSkipped(Digest.of("other".getBytes()), 10 << 20));
        progress.on(new Event.Retried("upload blob x", 1, "status 503", Duration.ofMillis(300)));
        progress.on(new Event.Warned("plain HTTP"));
        progress.on(new Event.Tagged("registry.example.com/app", "v1", layer));
        progress.on(new Event.TransferDone("registry.example.com/app", 1, 0, 1, 20 << 20, Duration.ofSeconds(20)));
        assertEquals(
                List.of(
                        "transferring oci:here to registry.example.com/app: 2 blobs, 1 manifests, 30.0 MiB",
                        "10.0 MiB of 30.0 MiB after 10.0 s",
                        "20.0 MiB of 30.0 MiB after 20.0 s",
                        "tries again in 300 ms to upload blob x: status 503",
                        "WARNING: plain HTTP",
                        "tagged registry.example.com/app:v1 as " + layer,
                        "done: 1 uploaded (20.0 MiB, 1.0 MiB/s), 1 were there, 0 mounted, in 20.0 s"),
                lines);
    }

    @Test
    public void sizesAreWrittenForPeople() {
        assertEquals("0 B", ProgressLines.size(0));
        assertEquals("1023 B", ProgressLines.size(1023));
        assertEquals("1.0 KiB", ProgressLines.size(1024));
        assertEquals("1.5 GiB", ProgressLines.size(3L << 29));
        assertEquals("2048.0 TiB", ProgressLines.size(2L << 50));
    }
}

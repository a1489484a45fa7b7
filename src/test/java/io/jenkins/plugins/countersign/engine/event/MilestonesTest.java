package io.jenkins.plugins.countersign.engine.event;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.event.Milestones.Milestone;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.Test;

public class MilestonesTest {

    private static final long LAYER = 20_000_000;

    private long now = 5;
    private final Milestones milestones = new Milestones(() -> now);
    private final List<Milestone> told = new ArrayList<>();

    private void after(long millis, Event event) {
        now += millis * 1_000_000;
        milestones.after(event).ifPresent(told::add);
    }

    private static Digest layer(int number) {
        return Digest.of(new byte[] {(byte) number, (byte) (number >> 8)});
    }

    private static Event.BlobDone done(int number) {
        return new Event.BlobDone(layer(number), LAYER, Duration.ofMillis(10));
    }

    @Test
    public void longLayerHasALineEveryTenSeconds() {
        after(0, new Event.TransferStarted("oci:here", "registry.example.com/app", 1, 3, 3 * LAYER));
        after(0, new Event.BlobSkipped(layer(1), LAYER));
        for (int i = 1; i <= 2500; i++) {
            after(10, new Event.BlobAdvanced(layer(2), i * 1000L, LAYER));
        }
        assertEquals(
                List.of(
                        new Milestone(
                                Optional.empty(),
                                1,
                                3,
                                LAYER + 1_000_000,
                                3 * LAYER,
                                1_000_000,
                                Duration.ofSeconds(10)),
                        new Milestone(
                                Optional.empty(),
                                1,
                                3,
                                LAYER + 2_000_000,
                                3 * LAYER,
                                2_000_000,
                                Duration.ofSeconds(20))),
                told);
    }

    @Test
    public void ofAHundredLayersThatArriveAtOnceNoneHasALine() {
        after(0, new Event.TransferStarted("oci:here", "registry.example.com/app", 1, 100, 100 * LAYER));
        for (int i = 0; i < 100; i++) {
            after(9, done(i));
        }
        assertEquals(List.of(), told);
    }

    @Test
    public void layersThatTakeTheirTimeAreToldAsTheyArrive_exceptTheLastWhichTheSummaryTells() {
        after(0, new Event.TransferStarted("oci:here", "registry.example.com/app", 1, 3, 3 * LAYER));
        after(2000, done(1));
        after(0, new Event.BlobAdvanced(layer(2), 1000, LAYER));
        after(0, new Event.BlobMounted(layer(3), LAYER, "registry.example.com/base"));
        after(2000, done(2));
        assertEquals(
                List.of(new Milestone(Optional.of(done(1)), 1, 3, LAYER, 3 * LAYER, LAYER, Duration.ofSeconds(2))),
                told);
    }

    @Test
    public void nextTransferBeginsAnew() {
        after(0, new Event.TransferStarted("oci:here", "registry.example.com/app", 1, 2, 2 * LAYER));
        after(5000, new Event.BlobAdvanced(layer(1), 1000, LAYER));
        after(5000, new Event.TransferStarted("oci:there", "registry.example.com/other", 1, 2, 2 * LAYER));
        after(1500, done(7));
        assertEquals(
                List.of(new Milestone(Optional.of(done(7)), 1, 2, LAYER, 2 * LAYER, LAYER, Duration.ofMillis(1500))),
                told);
    }

    @Test
    public void numbersAreWrittenForPeople() {
        assertEquals("0 B", ByteCount.text(0));
        assertEquals("999 B", ByteCount.text(999));
        assertEquals("1.0 kB", ByteCount.text(1000));
        assertEquals("1.0 MB", ByteCount.text(999_999));
        assertEquals("1.1 GB", ByteCount.text(20L * 54 << 20));
        assertEquals("9223372.0 TB", ByteCount.text(Long.MAX_VALUE));
        assertEquals("2.0 MB/s", ByteCount.perSecond(1_000_000, Duration.ofMillis(500)));
        assertEquals("", ByteCount.perSecond(1, Duration.ZERO));
        assertEquals("0.3 s", ByteCount.time(Duration.ofMillis(340)));
        assertEquals("59 s", ByteCount.time(Duration.ofMillis(59_999)));
        assertEquals("3 min 5 s", ByteCount.time(Duration.ofSeconds(185)));
        assertEquals("2 h 1 min", ByteCount.time(Duration.ofSeconds(7265)));
    }
}

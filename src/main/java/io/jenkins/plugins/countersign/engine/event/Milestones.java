package io.jenkins.plugins.countersign.engine.event;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Says when a transfer deserves a line in a log, however many layers it has: when a layer arrived, at most once a second; and
 * when nothing was said for ten seconds. A transfer that is done within a second has none.
 */
public final class Milestones {

    private static final long LAYERS_EVERY_NANOS = 1_000_000_000L;
    private static final long EVERY_NANOS = 10_000_000_000L;

    /**
     * Where a transfer stands.
     *
     * @param arrived the layer that arrived just now; empty when only time has passed
     * @param blobs so many of {@code allBlobs} are there
     * @param bytes so many of {@code allBytes} are there, those on their way included
     * @param uploaded how many of the bytes travelled
     * @param since when it began
     */
    public record Milestone(
            Optional<Event.BlobDone> arrived,
            int blobs,
            int allBlobs,
            long bytes,
            long allBytes,
            long uploaded,
            Duration since) {}

    private final LongSupplier nanos;
    private final Map<Digest, Long> onTheirWay = new HashMap<>();
    private long began;
    private long told;
    private int blobs;
    private int allBlobs;
    private long bytes;
    private long allBytes;
    private long uploaded;

    /** @param nanos as {@link System#nanoTime} */
    public Milestones(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** What is to be said after this event, if anything. */
    public synchronized Optional<Milestone> after(Event event) {
        long now = nanos.getAsLong();
        if (event instanceof Event.TransferStarted started) {
            began = now;
            told = now;
            blobs = 0;
            bytes = 0;
            uploaded = 0;
            allBlobs = started.blobs();
            allBytes = started.bytes();
            onTheirWay.clear();
            return Optional.empty();
        }
        if (event instanceof Event.BlobAdvanced advanced) {
            onTheirWay.put(advanced.digest(), advanced.done());
            return milestone(null, now, EVERY_NANOS);
        }
        if (event instanceof Event.BlobSkipped skipped) {
            arrived(skipped.digest(), skipped.size());
        } else if (event instanceof Event.BlobMounted mounted) {
            arrived(mounted.digest(), mounted.size());
        } else if (event instanceof Event.BlobDone done) {
            arrived(done.digest(), done.size());
            uploaded += done.size();
            return milestone(done, now, LAYERS_EVERY_NANOS);
        }
        return Optional.empty();
    }

    private void arrived(Digest digest, long size) {
        onTheirWay.remove(digest);
        blobs++;
        bytes += size;
    }

    private Optional<Milestone> milestone(Event.BlobDone doneOrNull, long now, long after) {
        if (allBlobs == 0 || blobs == allBlobs || now - told < after) {
            return Optional.empty(); // the summary follows
        }
        told = now;
        long moving = onTheirWay.values().stream().mapToLong(Long::longValue).sum();
        return Optional.of(new Milestone(
                Optional.ofNullable(doneOrNull),
                blobs,
                allBlobs,
                bytes + moving,
                allBytes,
                uploaded + moving,
                Duration.ofNanos(now - began)));
    }
}

package io.jenkins.plugins.countersign.engine.event;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Progress as sparse lines, for a build log: what begins, what is done, and in between one line every few seconds that says
 * how much of all there is. Warnings and repetitions at once.
 */
public final class ProgressLines implements Progress {

    private static final Duration EVERY = Duration.ofSeconds(10);

    private final Consumer<String> out;
    private final Clock clock;
    private final Map<Object, Long> done = new LinkedHashMap<>();
    private Instant started;
    private Instant last;
    private long total;

    public ProgressLines(Consumer<String> out, Clock clock) {
        this.out = Objects.requireNonNull(out);
        this.clock = Objects.requireNonNull(clock);
    }

    @Override
    public synchronized void on(Event event) {
        if (event instanceof Event.TransferStarted started) {
            this.started = clock.instant();
            last = this.started;
            total = started.bytes();
            done.clear();
            out.accept("transferring " + started.from() + " to " + started.to() + ": " + started.blobs() + " blobs, "
                    + started.manifests() + " manifests, " + size(started.bytes()));
        } else if (event instanceof Event.BlobAdvanced advanced) {
            done.put(advanced.digest(), advanced.done());
            now();
        } else if (event instanceof Event.BlobDone blob) {
            done.put(blob.digest(), blob.size());
            now();
        } else if (event instanceof Event.BlobSkipped blob) {
            done.put(blob.digest(), blob.size());
        } else if (event instanceof Event.BlobMounted blob) {
            done.put(blob.digest(), blob.size());
        } else if (event instanceof Event.Tagged tagged) {
            out.accept("tagged " + tagged.repository() + ":" + tagged.tag() + " as " + tagged.digest());
        } else if (event instanceof Event.Retried retried) {
            out.accept("tries again in " + retried.delay().toMillis() + " ms to " + retried.what() + ": "
                    + retried.reason());
        } else if (event instanceof Event.Warned warned) {
            out.accept("WARNING: " + warned.message());
        } else if (event instanceof Event.TransferDone end) {
            out.accept("done: " + end.uploaded() + " uploaded (" + size(end.bytesUploaded()) + ", "
                    + speed(end.bytesUploaded(), end.took()) + "), " + end.skipped() + " were there, " + end.mounted()
                    + " mounted, in " + seconds(end.took()));
        }
    }

    private void now() {
        Instant now = clock.instant();
        if (last == null || Duration.between(last, now).compareTo(EVERY) < 0) {
            return;
        }
        last = now;
        long sum = done.values().stream().mapToLong(Long::longValue).sum();
        out.accept(size(sum) + " of " + size(total) + " after " + seconds(Duration.between(started, now)));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private static String speed(long bytes, Duration took) {
        return size(took.isZero() ? bytes : (long) (bytes / Math.max(0.001, took.toMillis() / 1000.0))) + "/s";
    }

    /** In units of 1024. */
    public static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 3) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, new String[] {"KiB", "MiB", "GiB", "TiB"}[unit]);
    }
}

package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.ByteCount;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A line for each layer on its way, which changes in place, above one for the whole; what is done stays. For terminals that
 * know the cursor's movements (ECMA-48: CPL, ED), which are all that are in use.
 */
final class TerminalProgress implements Progress {

    private static final int BAR = 24;
    private static final long REDRAWN_EVERY_NANOS = 100_000_000;

    private record Layer(long done, long size, long since) {}

    private final PrintWriter err;
    private final Progress lines;
    private final LongSupplier nanos;
    private final Map<Digest, Layer> onTheirWay = new LinkedHashMap<>();
    private long allBytes;
    private long arrivedBytes;
    private long began;
    private long drawnAt;
    private int drawn;

    /** @param lines tells what is no layer's progress */
    TerminalProgress(PrintWriter err, Progress lines, LongSupplier nanos) {
        this.err = err;
        this.lines = lines;
        this.nanos = nanos;
    }

    @Override
    public synchronized void on(Event event) {
        long now = nanos.getAsLong();
        if (event instanceof Event.BlobStarted started) {
            onTheirWay.put(started.digest(), new Layer(0, started.size(), now));
        } else if (event instanceof Event.BlobAdvanced advanced) {
            onTheirWay.computeIfPresent(
                    advanced.digest(), (digest, layer) -> new Layer(advanced.done(), layer.size(), layer.since()));
            if (now - drawnAt < REDRAWN_EVERY_NANOS) {
                return;
            }
        } else if (event instanceof Event.BlobDone done) {
            finished(done.digest(), done.size(), "uploaded, " + ByteCount.perSecond(done.size(), done.took()));
        } else if (event instanceof Event.BlobSkipped skipped) {
            finished(skipped.digest(), skipped.size(), "was there");
        } else if (event instanceof Event.BlobMounted mounted) {
            finished(mounted.digest(), mounted.size(), "mounted from " + mounted.from());
        } else {
            if (event instanceof Event.TransferStarted started) {
                allBytes = started.bytes();
                arrivedBytes = 0;
                began = now;
            }
            erase();
            lines.on(event);
        }
        erase();
        draw(now);
        err.flush();
    }

    private void finished(Digest digest, long size, String how) {
        onTheirWay.remove(digest);
        arrivedBytes += size;
        erase();
        err.printf(Locale.ROOT, "%s  %s  %s%n", digest.shortName(), ByteCount.text(size), how);
    }

    private void erase() {
        if (drawn > 0) {
            err.print("\u001b[" + drawn + "F\u001b[J");
            drawn = 0;
        }
    }

    private void draw(long now) {
        drawnAt = now;
        if (onTheirWay.isEmpty()) {
            return;
        }
        long arrived = arrivedBytes;
        for (Map.Entry<Digest, Layer> entry : onTheirWay.entrySet()) {
            Layer layer = entry.getValue();
            arrived += layer.done();
            err.printf(
                    Locale.ROOT,
                    "%s  %s  %s of %s  %s%n",
                    entry.getKey().shortName(),
                    bar(layer.done(), layer.size()),
                    ByteCount.text(layer.done()),
                    ByteCount.text(layer.size()),
                    ByteCount.perSecond(layer.done(), Duration.ofNanos(now - layer.since())));
        }
        err.printf(
                Locale.ROOT,
                "%-19s  %s  %s of %s  %s%n",
                "together",
                bar(arrived, allBytes),
                ByteCount.text(arrived),
                ByteCount.text(allBytes),
                ByteCount.perSecond(arrived, Duration.ofNanos(now - began)));
        drawn = onTheirWay.size() + 1;
    }

    private static String bar(long done, long size) {
        int full = size <= 0 ? BAR : (int) Math.min(BAR, done * BAR / size);
        return "[" + "=".repeat(full) + " ".repeat(BAR - full) + "]";
    }
}

package io.jenkins.plugins.countersign.engine.event;

import java.time.Duration;
import java.util.Locale;

/** Numbers of bytes as people read them, in units of 1000. */
public final class ByteCount {

    private static final String[] UNITS = {"kB", "MB", "GB", "TB"};

    private ByteCount() {}

    public static String text(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes / 1000.0;
        int unit = 0;
        // 999.95 would be written as 1000.0
        while (value >= 999.95 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** {@code text} for a second; empty when no time has passed. */
    public static String perSecond(long bytes, Duration took) {
        long nanos = took.toNanos();
        return nanos <= 0 ? "" : text((long) (bytes * 1e9 / nanos)) + "/s";
    }

    /** Seconds, minutes and hours, as exact as anybody needs: {@code 0.4 s}, {@code 12 s}, {@code 3 min 5 s}. */
    public static String time(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 10) {
            return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
        }
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600
                ? seconds / 60 + " min " + seconds % 60 + " s"
                : seconds / 3600 + " h " + seconds / 60 % 60 + " min";
    }
}

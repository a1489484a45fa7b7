package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The deliveries that were accepted lately, so that one which is sent again has no effect. Told apart by their bytes: an id in a
 * header is not under the signature, and whoever replays a delivery would write a new one.
 *
 * <p>Bounded: beyond the capacity the oldest is forgotten first. With a file, they are known after a restart as well: a line for
 * each, written before the delivery is answered, and the whole file anew when it has grown to twice what is remembered.
 */
public final class SeenDeliveries {

    private final Path fileOrNull;
    private final int capacity;
    private final Duration window;
    private final Clock clock;
    private final Map<String, Instant> seen = new LinkedHashMap<>();
    private int lines;

    public SeenDeliveries(int capacity, Duration window, Clock clock) {
        this.fileOrNull = null;
        this.capacity = capacity;
        this.window = window;
        this.clock = clock;
    }

    /**
     * @param file is made if it is not there; lines that were cut off by a crash are skipped
     * @throws IOException if it is there and cannot be read
     */
    public SeenDeliveries(Path file, int capacity, Duration window, Clock clock) throws IOException {
        this.fileOrNull = file;
        this.capacity = capacity;
        this.window = window;
        this.clock = clock;
        if (Files.exists(file)) {
            String text = Files.readString(file);
            text.lines().forEach(this::remember);
            if (!text.isEmpty() && !text.endsWith("\n")) {
                Files.writeString(file, "\n", StandardOpenOption.APPEND);
            }
            forgetOld(clock.instant());
        }
    }

    /**
     * Remembers a delivery; false if it was seen within the window.
     *
     * @throws IOException if it cannot be written down; it is not remembered then
     */
    public synchronized boolean isNew(String source, byte[] body) throws IOException {
        Instant now = clock.instant();
        forgetOld(now);
        String key = key(source, body);
        if (seen.putIfAbsent(key, now) != null) {
            return false;
        }
        try {
            write(now.toEpochMilli(), key);
        } catch (IOException e) {
            seen.remove(key);
            throw e;
        }
        forgetOld(now);
        return true;
    }

    /** Forgets a delivery that could not be kept after all: it may come again. */
    public synchronized void forget(String source, byte[] body) throws IOException {
        String key = key(source, body);
        if (seen.remove(key) != null) {
            write(0, key);
        }
    }

    synchronized int size() {
        return seen.size();
    }

    private void forgetOld(Instant now) {
        Iterator<Instant> times = seen.values().iterator();
        while (times.hasNext() && (times.next().plus(window).isBefore(now) || seen.size() > capacity)) {
            times.remove();
        }
    }

    private void remember(String line) {
        lines++;
        int space = line.indexOf(' ');
        // Time, source and 64 hexadecimal digits; a source has no space.
        if (space < 1 || line.length() < space + 67 || !line.substring(0, space).matches("\\d{1,18}")) {
            return;
        }
        String key = line.substring(space + 1);
        long time = Long.parseLong(line.substring(0, space));
        if (time == 0) {
            seen.remove(key);
        } else {
            seen.put(key, Instant.ofEpochMilli(time));
        }
    }

    private void write(long time, String key) throws IOException {
        if (fileOrNull == null) {
            return;
        }
        if (lines >= 2 * capacity) {
            List<String> all = new ArrayList<>();
            seen.forEach((known, at) -> all.add(at.toEpochMilli() + " " + known));
            Path temporary = fileOrNull.resolveSibling(fileOrNull.getFileName() + ".tmp");
            Files.write(temporary, all);
            Files.move(temporary, fileOrNull, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            lines = all.size();
            if (time != 0) {
                return;
            }
        }
        Files.writeString(fileOrNull, time + " " + key + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        lines++;
    }

    private static String key(String source, byte[] body) {
        return source + " " + Digest.of(body).hex();
    }
}

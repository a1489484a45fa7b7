package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.disk.DurableFile;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The deliveries that were accepted lately, so that one which is sent again has no effect. Told apart by their bytes: an id in a
 * header is not under the signature, and whoever replays a delivery would write a new one.
 *
 * <p>Bounded: beyond the capacity the oldest is forgotten first. With a file, they are known after a restart as well: a line for
 * each, and the whole file anew when it has grown to twice what is remembered. The line is written after the delivery itself was
 * kept and before it is answered. The other way round a crash in between would lose it: its sender repeats it, and it would be
 * taken for one that is done.
 *
 * <p>A line is in the operating system's hands then, which a killed process does not lose; the power can take it. As long as the
 * delivery itself lies on the disk it speaks for the line, {@link #kept} at the next start; so nobody need wait for the disk a
 * second time, and {@link #sync} before a delivery is deleted is early enough.
 */
public final class SeenDeliveries {

    /** What is known of a delivery that arrives. */
    public enum Seen {
        /** Nothing. Whoever is told so says later whether it was {@link #kept} or has to be {@link #forget forgotten}. */
        NEVER,
        /** The same bytes are being kept at this moment, and may yet fail to be. */
        ARRIVING,
        /** It was kept within the window. */
        BEFORE
    }

    private final Path fileOrNull;
    private final int capacity;
    private final Duration window;
    private final Clock clock;
    private final Map<String, Instant> seen = new LinkedHashMap<>();
    private final Set<String> arriving = new HashSet<>();
    private int lines;
    private boolean isUnsynced;

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

    /** What a delivery is called here and in the file. A source has no space. */
    public static String key(String source, byte[] body) {
        return source + " " + Digest.of(body).hex();
    }

    /** What is known of a delivery that arrives now. */
    public synchronized Seen arrives(String key) {
        forgetOld(clock.instant());
        if (seen.containsKey(key)) {
            return Seen.BEFORE;
        }
        return arriving.add(key) ? Seen.NEVER : Seen.ARRIVING;
    }

    /**
     * Remembers deliveries that are kept.
     *
     * @throws IOException if it cannot be written down; they are remembered all the same, until the next restart
     */
    public synchronized void kept(Collection<String> keys) throws IOException {
        Instant now = clock.instant();
        StringBuilder added = new StringBuilder();
        for (String key : keys) {
            arriving.remove(key);
            if (seen.putIfAbsent(key, now) == null) {
                added.append(now.toEpochMilli()).append(' ').append(key).append('\n');
                lines++;
            }
        }
        forgetOld(now);
        if (fileOrNull == null || added.isEmpty()) {
            return;
        }
        if (lines > 2 * capacity) {
            writeAll();
        } else {
            isUnsynced = true;
            Files.writeString(fileOrNull, added, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    /**
     * Returns when all that was {@link #kept} is on the disk.
     *
     * @throws IOException if that cannot be reached; what was kept may not be deleted then
     */
    public synchronized void sync() throws IOException {
        if (!isUnsynced) {
            return;
        }
        try (FileChannel file = FileChannel.open(fileOrNull, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        DurableFile.syncFolder(fileOrNull.resolveSibling(""));
        isUnsynced = false;
    }

    /** Forgets a delivery that could not be kept: it may come again. */
    public synchronized void forget(String key) {
        arriving.remove(key);
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

    private synchronized void remember(String line) {
        lines++;
        int space = line.indexOf(' ');
        // Time, source and 64 hexadecimal digits; a source has no space.
        if (space < 1 || line.length() < space + 67 || !line.substring(0, space).matches("\\d{1,18}")) {
            return;
        }
        String key = line.substring(space + 1);
        long time = Long.parseLong(line.substring(0, space));
        if (time == 0) {
            // Earlier versions took one back so.
            seen.remove(key);
        } else {
            seen.put(key, Instant.ofEpochMilli(time));
        }
    }

    private synchronized void writeAll() throws IOException {
        List<String> all = new ArrayList<>();
        seen.forEach((known, at) -> all.add(at.toEpochMilli() + " " + known));
        Path temporary = fileOrNull.resolveSibling(fileOrNull.getFileName() + ".tmp");
        Files.write(temporary, all);
        try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            // Before it takes the other's place: an empty file under the right name would have forgotten everything.
            file.force(true);
        }
        isUnsynced = true;
        Files.move(temporary, fileOrNull, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        lines = all.size();
    }
}

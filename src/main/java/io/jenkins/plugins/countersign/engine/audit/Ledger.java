package io.jenkins.plugins.countersign.engine.audit;

import io.jenkins.plugins.countersign.engine.disk.DurableFile;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The ledger of one controller: a file of one JSON line per record, each with the hash of the one before.
 *
 * <p>One process writes it at a time, from any number of threads. {@link #append} returns when the record is on the disk. A
 * process killed at any moment leaves whole records and at most the beginning of one; the next {@link #open} sets that
 * beginning aside, in a file beside the ledger, and says so in the ledger.
 */
public final class Ledger implements LedgerView, AutoCloseable {

    /** How long {@link #open(Path, Clock)} waits for another process that has the ledger open. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    /** The ledgers that this process has open. */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final Path identity;
    private final Clock clock;
    private final FileChannel lockChannel;
    private final FileChannel channel;
    private final LedgerMemory memory;
    private LedgerHead head;
    private String broken;

    private Ledger(
            Path file, Path identity, Clock clock, FileChannel lockChannel, FileChannel channel, LedgerMemory memory) {
        this.file = file;
        this.identity = identity;
        this.clock = clock;
        this.lockChannel = lockChannel;
        this.channel = channel;
        this.memory = memory;
    }

    /** Opens the ledger, and creates it if there is none. */
    public static Ledger open(Path file, Clock clock) throws LedgerException {
        return open(file, clock, PATIENCE);
    }

    /**
     * @throws LedgerException if the chain is broken, if another process still has the ledger open after {@code patience},
     *     or if the file cannot be read or written
     */
    public static Ledger open(Path file, Clock clock, Duration patience) throws LedgerException {
        Path identity = null;
        FileChannel lockChannel = null;
        FileChannel channel = null;
        boolean opened = false;
        try {
            Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
            long deadline = System.nanoTime() + patience.toNanos();
            identity = enter(folder.toRealPath().resolve(file.getFileName()), deadline);
            lockChannel = lock(file, deadline);
            boolean created = Files.notExists(file);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (created) {
                DurableFile.syncFolder(file.toAbsolutePath().getParent());
            }
            LedgerMemory memory = new LedgerMemory();
            LedgerFile.Verified found = LedgerFile.read(file, record -> learn(memory, record));
            Ledger ledger = new Ledger(file, identity, clock, lockChannel, channel, memory);
            ledger.head = found.head().orElse(null);
            ledger.continueAfter(found);
            opened = true;
            return ledger;
        } catch (IOException | UncheckedLedgerException e) {
            throw new LedgerException("opening the ledger " + file + " failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LedgerException("interrupted while waiting for the ledger " + file, e);
        } finally {
            if (!opened) {
                closeQuietly(channel);
                closeQuietly(lockChannel);
                if (identity != null) {
                    OPEN.remove(identity);
                }
            }
        }
    }

    /**
     * Writes a record to the disk.
     *
     * @param kind one of {@link RecordKind}
     * @param fields what happened; no secret, for the ledger is exported
     * @throws LedgerException if it may not be on the disk. The ledger then takes nothing more until it is opened again:
     *     after a failed write nobody knows what the disk holds.
     * @throws IllegalArgumentException if the record would be too long, or lacks what its kind needs; nothing was written
     */
    public synchronized LedgerRecord append(String kind, Map<String, String> fields) throws LedgerException {
        if (broken != null) {
            throw new LedgerException(
                    "the ledger " + file + " takes no more records until it is opened again, because " + broken);
        }
        if (!channel.isOpen()) {
            throw new LedgerException("the ledger " + file + " is closed");
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        LedgerRecord record = head == null
                ? LedgerLine.seal(1, now, LedgerRecord.NONE, kind, fields)
                : LedgerLine.seal(head.sequence() + 1, now, head.hash(), kind, fields);
        byte[] line = LedgerLine.encode(record);
        if (line.length > LedgerLine.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "the record has " + line.length + " bytes, a ledger takes at most " + LedgerLine.MAX_BYTES);
        }
        new LedgerMemory().learn(record);
        try {
            ByteBuffer bytes = ByteBuffer.wrap(line);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            // Not retried when it fails: Linux drops the unwritten pages and the second fsync would say "done".
            channel.force(false);
        } catch (IOException e) {
            broken = "writing record " + record.sequence() + " failed: " + e;
            throw new LedgerException(
                    "writing record " + record.sequence() + " to the ledger " + file + " failed: " + e, e);
        }
        head = record.head(head == null ? record.field("name") : head.ledger());
        memory.learn(record);
        return record;
    }

    /** Records a verified statement, once for each image: a second call changes nothing. */
    public synchronized void statementSeen(
            Digest image, String repository, String stage, String type, String person, String role, Digest statement)
            throws LedgerException {
        if (memory.knows(image, statement)) {
            return;
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("image", image.toString());
        fields.put("repository", repository);
        fields.put("stage", stage);
        fields.put("type", type);
        fields.put("person", person);
        fields.put("role", role);
        fields.put("statement", statement.toString());
        append(RecordKind.STATEMENT, fields);
    }

    /** Records an accepted trust policy, once. */
    public synchronized void policySeen(String name, long version, Digest digest) throws LedgerException {
        Optional<Digest> known = policyDigest(name, version);
        if (known.isPresent() && !known.get().equals(digest)) {
            throw new LedgerException("version " + version + " of the policy \"" + name + "\" was " + known.get()
                    + " when this ledger first saw it and is " + digest + " now: one version, two policies");
        }
        if (known.isEmpty()) {
            append(
                    RecordKind.POLICY,
                    Map.of("name", name, "version", Long.toString(version), "digest", digest.toString()));
        }
    }

    /** The newest record. */
    public synchronized LedgerHead head() {
        return head;
    }

    /** Every statement about any image of the repository, oldest first. */
    public List<KnownStatement> about(String repository) {
        return memory.about(repository);
    }

    public Path file() {
        return file;
    }

    @Override
    public List<KnownStatement> known(Digest image) {
        return memory.known(image);
    }

    @Override
    public Optional<Instant> firstSeen(Digest statement) {
        return memory.firstSeen(statement);
    }

    @Override
    public List<KnownPromotion> promotions(String repository, String stage) {
        return memory.promotions(repository, stage);
    }

    @Override
    public OptionalLong highestPolicyVersion(String policy) {
        return memory.highestPolicyVersion(policy);
    }

    @Override
    public Optional<Digest> policyDigest(String policy, long version) {
        return memory.policyDigest(policy, version);
    }

    @Override
    public Instant latestTime() {
        return memory.latestTime();
    }

    @Override
    public synchronized void close() throws LedgerException {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.close();
            lockChannel.close();
            OPEN.remove(identity);
        } catch (IOException e) {
            throw new LedgerException("closing the ledger " + file + " failed: " + e, e);
        }
    }

    private void continueAfter(LedgerFile.Verified found) throws IOException, LedgerException {
        Map<String, String> torn = new LinkedHashMap<>();
        if (found.tail() > 0) {
            torn = setAside(found);
        }
        channel.position(found.length());
        if (head == null) {
            byte[] name = new byte[16];
            new SecureRandom().nextBytes(name);
            append(RecordKind.LEDGER, Map.of("name", HexFormat.of().formatHex(name), "format", "1"));
        } else if (found.length() > 0 && !endsWithLineFeed(found.length())) {
            ByteBuffer lineFeed = ByteBuffer.wrap(new byte[] {'\n'});
            channel.write(lineFeed);
            channel.force(false);
        }
        if (!torn.isEmpty()) {
            append(RecordKind.TORN, torn);
        }
    }

    /** Copies the beginning of a record to a file of its own before it is cut off: evidence is never thrown away. */
    private Map<String, String> setAside(LedgerFile.Verified found) throws IOException {
        ByteBuffer tail = ByteBuffer.allocate((int) found.tail());
        while (tail.hasRemaining() && channel.read(tail, found.length() + tail.position()) >= 0) {
            // read on
        }
        Digest digest = Digest.of(tail.array());
        Path aside = file.resolveSibling(file.getFileName() + ".torn-" + digest.shortHex());
        try (FileChannel to = FileChannel.open(
                aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            tail.flip();
            while (tail.hasRemaining()) {
                to.write(tail);
            }
            to.force(true);
        }
        DurableFile.syncFolder(file.toAbsolutePath().getParent());
        channel.truncate(found.length());
        channel.force(true);
        return Map.of(
                "bytes",
                Long.toString(found.tail()),
                "digest",
                digest.toString(),
                "file",
                aside.getFileName().toString());
    }

    private boolean endsWithLineFeed(long length) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        channel.read(last, length - 1);
        return last.get(0) == '\n';
    }

    /**
     * POSIX drops all of a process's locks on a file when the process closes any descriptor of it. Hence a second opener in
     * this process must not touch the lock file at all, and the lock lies in a file of its own: a thread that merely read
     * the ledger would unlock it.
     */
    private static Path enter(Path identity, long deadline) throws LedgerException, InterruptedException {
        while (!OPEN.add(identity)) {
            pause(identity, deadline);
        }
        return identity;
    }

    private static FileChannel lock(Path file, long deadline)
            throws IOException, LedgerException, InterruptedException {
        FileChannel lockChannel = FileChannel.open(
                file.resolveSibling(file.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            while (lockChannel.tryLock() == null) {
                pause(file, deadline);
            }
            locked = true;
            return lockChannel;
        } finally {
            if (!locked) {
                lockChannel.close();
            }
        }
    }

    private static void pause(Path file, long deadline) throws LedgerException, InterruptedException {
        if (System.nanoTime() >= deadline) {
            throw new LedgerException(
                    "the ledger " + file + " is open elsewhere: one writer has a ledger at a time. Give each"
                            + " controller and each command line a ledger of its own");
        }
        TimeUnit.MILLISECONDS.sleep(20);
    }

    private static void learn(LedgerMemory memory, LedgerRecord record) {
        try {
            memory.learn(record);
        } catch (IllegalArgumentException e) {
            throw new UncheckedLedgerException(
                    "record " + record.sequence() + " lacks what a \"" + record.kind() + "\" needs: " + e.getMessage());
        }
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException theFirstErrorMatters) {
                // nothing was written through it
            }
        }
    }

    private static final class UncheckedLedgerException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        UncheckedLedgerException(String message) {
            super(message);
        }
    }
}

package io.jenkins.plugins.countersign.engine.audit;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Reads a ledger without writing to it: a running controller's, a copy of one, or an export. */
public final class LedgerFile {

    private LedgerFile() {}

    /**
     * What a ledger was found to be.
     *
     * @param head of the last complete record; empty when there is none
     * @param length of all complete records, in bytes
     * @param tail what follows the last complete record, in bytes: the beginning of a record whose writer was killed, or was
     *     still writing
     */
    public record Verified(Optional<LedgerHead> head, long length, long tail) {}

    /**
     * Reads the whole chain.
     *
     * @throws LedgerException with the record where the chain breaks
     */
    public static Verified verify(Path file) throws LedgerException {
        return read(file, record -> {});
    }

    /**
     * Reads the whole chain and checks that it still has the record that {@code known} once was the head of.
     *
     * @throws LedgerException with the record where the chain breaks, or if records up to {@code known} are gone or others
     */
    public static Verified verify(Path file, LedgerHead known) throws LedgerException {
        boolean[] met = {false};
        Verified verified = read(file, record -> {
            if (record.sequence() == known.sequence() && record.hash().equals(known.hash())) {
                met[0] = true;
            }
        });
        String name = verified.head().map(LedgerHead::ledger).orElse("");
        if (!name.equals(known.ledger())) {
            throw new LedgerException(file + " is the ledger \"" + name + "\", the known head is of the ledger \""
                    + known.ledger() + "\"");
        }
        if (!met[0]) {
            long last = verified.head().map(LedgerHead::sequence).orElse(0L);
            throw new LedgerException(
                    last < known.sequence()
                            ? file + " ends with record " + last + ", but record " + known.sequence()
                                    + " was once its newest: records are gone"
                            : "record " + known.sequence() + " of " + file + " has not the hash " + known.hash()
                                    + " that it once had: the ledger was rewritten");
        }
        return verified;
    }

    /**
     * Writes the records that are wanted as JSON lines, each exactly as it stands in the ledger.
     *
     * @throws LedgerException with the record where the chain breaks; what stands before it has been written
     */
    public static Verified export(Path file, Predicate<LedgerRecord> wanted, OutputStream to)
            throws LedgerException, IOException {
        BufferedOutputStream out = new BufferedOutputStream(to);
        try {
            return read(file, record -> {
                if (wanted.test(record)) {
                    try {
                        out.write(LedgerLine.encode(record));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        } finally {
            out.flush();
        }
    }

    /** Hands every complete record to {@code each}, in order, its place in the chain verified. */
    public static Verified read(Path file, Consumer<LedgerRecord> each) throws LedgerException {
        String name = "";
        LedgerRecord last = null;
        long length = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
            // A machine that lost its power may leave a record's last page without its first: zeros, then a line feed.
            boolean nul = false;
            boolean ended = false;
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (ended) {
                    throw broken(file, last, "is damaged (it has zero bytes), and records follow it");
                }
                if (b != '\n' || nul) {
                    nul |= b == 0;
                    ended = b == '\n';
                    line.write(b);
                    if (line.size() > LedgerLine.MAX_BYTES) {
                        throw broken(file, last, "is longer than " + LedgerLine.MAX_BYTES + " bytes");
                    }
                    continue;
                }
                last = next(file, line.toByteArray(), last);
                if (last.sequence() == 1) {
                    name = nameOf(file, last);
                }
                each.accept(last);
                length += line.size() + 1L;
                line.reset();
            }
            if (line.size() > 0 && !nul && isWhole(line.toByteArray(), last)) {
                last = next(file, line.toByteArray(), last);
                if (last.sequence() == 1) {
                    name = nameOf(file, last);
                }
                each.accept(last);
                length += line.size();
                line.reset();
            }
            String ledger = name;
            return new Verified(Optional.ofNullable(last).map(r -> r.head(ledger)), length, line.size());
        } catch (IOException e) {
            throw new LedgerException("reading the ledger " + file + " failed: " + e, e);
        }
    }

    private static LedgerRecord next(Path file, byte[] line, LedgerRecord last) throws LedgerException {
        try {
            return last == null
                    ? LedgerLine.decode(line, 1, LedgerRecord.NONE)
                    : LedgerLine.decode(line, last.sequence() + 1, last.hash());
        } catch (LedgerException e) {
            throw new LedgerException("the ledger " + file + " is broken: " + e.getMessage(), e);
        }
    }

    /** A writer killed between a record's last byte and its line feed has written the record. */
    private static boolean isWhole(byte[] line, LedgerRecord last) {
        try {
            LedgerLine.decode(
                    line, last == null ? 1 : last.sequence() + 1, last == null ? LedgerRecord.NONE : last.hash());
            return true;
        } catch (LedgerException torn) {
            return false;
        }
    }

    private static String nameOf(Path file, LedgerRecord first) throws LedgerException {
        if (!first.kind().equals(RecordKind.LEDGER) || first.field("name").isEmpty()) {
            throw new LedgerException("the ledger " + file + " is broken: its first record does not name it");
        }
        return first.field("name");
    }

    private static LedgerException broken(Path file, LedgerRecord last, String how) {
        return new LedgerException(
                "the ledger " + file + " is broken: record " + (last == null ? 1 : last.sequence() + 1) + " " + how);
    }
}

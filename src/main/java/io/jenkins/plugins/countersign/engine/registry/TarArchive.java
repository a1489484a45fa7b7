package io.jenkins.plugins.countersign.engine.registry;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A tar archive whose entries are read where they lie, in any order, by several threads. Only what image archives need:
 * regular files, and links to them, which Docker writes for layers that occur twice.
 *
 * <p>Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format"
 * (long names, sizes in base 256). Own, because of the libraries none is in both of the command line and Jenkins, and none
 * tells a cut archive from a whole one.
 */
final class TarArchive implements AutoCloseable {

    private static final int BLOCK = 512;
    private static final int MAX_ENTRIES = 100_000;
    private static final int MAX_NAME = 64 << 10;
    private static final int MAX_LINKS = 5;

    /** Where the content of a regular file lies. */
    record Entry(long offset, long size) {}

    private final Path file;
    private final FileChannel channel;
    private final long length;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();

    private TarArchive(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        this.length = channel.size();
    }

    /** Reads the headers of the whole archive. */
    static TarArchive open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            TarArchive archive = new TarArchive(file, channel);
            archive.index();
            return archive;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Empty when there is no regular file of that name, nor a link to one. */
    Optional<Entry> entry(String name) {
        String current = name;
        for (int i = 0; i < MAX_LINKS; i++) {
            Entry entry = entries.get(current);
            if (entry != null) {
                return Optional.of(entry);
            }
            String target = links.get(current);
            if (target == null) {
                return Optional.empty();
            }
            current = target;
        }
        return Optional.empty();
    }

    Path file() {
        return file;
    }

    InputStream open(Entry entry, long offset) {
        return new EntryStream(entry.offset() + offset, entry.offset() + entry.size());
    }

    /** The content of a small file. */
    Optional<byte[]> read(String name, int limit) throws IOException {
        Optional<Entry> entry = entry(name);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        if (entry.get().size() > limit) {
            throw new LimitExceededException(
                    name + " in " + file + " has " + entry.get().size() + " bytes, at most " + limit + " are accepted");
        }
        return Optional.of(open(entry.get(), 0).readNBytes(limit));
    }

    private void index() throws IOException {
        long position = 0;
        String longName = null;
        String longLink = null;
        long paxSize = -1;
        while (true) {
            if (position + BLOCK > length) {
                throw cutOff("it has no end mark after " + length + " bytes");
            }
            byte[] header = bytes(position, BLOCK);
            if (isZero(header)) {
                return;
            }
            checkSum(header, position);
            long size = number(header, 124, 12, position);
            byte type = header[156];
            position += BLOCK;
            boolean describesNext = type == 'x' || type == 'g' || type == 'L' || type == 'K';
            if (paxSize >= 0 && !describesNext) {
                size = paxSize;
            }
            if (size < 0 || position + size > length || position + size < 0) {
                throw cutOff("entry \"" + name(header) + "\" has " + size + " bytes from byte " + position
                        + " on, but the archive has " + length);
            }
            switch (type) {
                case 'L' -> longName = text(position, size);
                case 'K' -> longLink = text(position, size);
                case 'x' -> {
                    Map<String, String> pax = pax(position, size);
                    longName = pax.getOrDefault("path", longName);
                    longLink = pax.getOrDefault("linkpath", longLink);
                    paxSize = pax.containsKey("size") ? parse(pax.get("size"), position) : -1;
                }
                case 'g' -> {
                    // for all that follow: comments in practice
                }
                default -> {
                    String name = normal(longName != null ? longName : name(header));
                    String link = longLink != null ? longLink : field(header, 157, 100);
                    add(type, name, link, new Entry(position, size));
                    longName = null;
                    longLink = null;
                    paxSize = -1;
                }
            }
            position += (size + BLOCK - 1) / BLOCK * BLOCK;
        }
    }

    private void add(byte type, String name, String link, Entry entry) throws ArchiveException {
        if (type == '0' || type == 0 || type == '7') {
            entries.put(name, entry);
            links.remove(name);
        } else if (type == '1') {
            links.put(name, normal(link));
        } else if (type == '2') {
            int slash = name.lastIndexOf('/');
            links.put(name, normal(slash < 0 ? link : name.substring(0, slash + 1) + link));
        }
        if (entries.size() + links.size() > MAX_ENTRIES) {
            throw new ArchiveException(file + " has more than " + MAX_ENTRIES + " entries");
        }
    }

    /** Without "." and "..": names here are keys and never become paths of this machine. */
    private static String normal(String name) {
        java.util.ArrayDeque<String> parts = new java.util.ArrayDeque<>();
        for (String part : name.split("/")) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    private static String name(byte[] header) {
        String name = field(header, 0, 100);
        boolean ustar = new String(header, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
        String prefix = ustar && header[262] == 0 ? field(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String field(byte[] header, int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    private void checkSum(byte[] header, long position) throws ArchiveException {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (sum != number(header, 148, 8, position)) {
            throw new ArchiveException(file + " is not a tar archive, or is damaged: the header at byte " + position
                    + " has a wrong checksum");
        }
    }

    private long number(byte[] header, int offset, int length, long position) throws ArchiveException {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x7f;
            for (int i = 1; i < length; i++) {
                if (value > Long.MAX_VALUE >> 8) {
                    throw new ArchiveException(
                            file + " is damaged: the header at byte " + position + " has a number that is too large");
                }
                value = value << 8 | header[offset + i] & 0xff;
            }
            return value;
        }
        String text = field(header, offset, length).trim();
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text, 8);
        } catch (NumberFormatException e) {
            throw new ArchiveException(file + " is not a tar archive, or is damaged: the header at byte " + position
                    + " has a number that is none");
        }
    }

    private long parse(String decimal, long position) throws ArchiveException {
        try {
            return Long.parseLong(decimal);
        } catch (NumberFormatException e) {
            throw new ArchiveException(
                    file + " is damaged: the extended header at byte " + position + " has a size that is none");
        }
    }

    private String text(long position, long size) throws IOException {
        if (size > MAX_NAME) {
            throw new ArchiveException(
                    file + " has a name of " + size + " bytes, at most " + MAX_NAME + " are accepted");
        }
        byte[] text = bytes(position, (int) size);
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    private Map<String, String> pax(long position, long size) throws IOException {
        if (size > MAX_NAME) {
            throw new ArchiveException(
                    file + " has an extended header of " + size + " bytes, at most " + MAX_NAME + " are accepted");
        }
        byte[] content = bytes(position, (int) size);
        Map<String, String> records = new HashMap<>();
        int at = 0;
        while (at < content.length) {
            int space = at;
            while (space < content.length && content[space] != ' ') {
                space++;
            }
            long recordLength = parse(new String(content, at, space - at, StandardCharsets.US_ASCII), position);
            if (recordLength <= space - at + 1 || at + recordLength > content.length) {
                throw new ArchiveException(file + " is damaged: the extended header at byte " + position
                        + " has a record of a wrong length");
            }
            String record =
                    new String(content, space + 1, (int) recordLength - (space - at) - 2, StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals > 0) {
                records.put(record.substring(0, equals), record.substring(equals + 1));
            }
            at += (int) recordLength;
        }
        return records;
    }

    private byte[] bytes(long position, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException(
                        file + " ended at byte " + (position + buffer.position()) + " while it was read");
            }
        }
        return buffer.array();
    }

    private static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private ArchiveException cutOff(String how) {
        return new ArchiveException(file + " is not a whole tar archive, it seems to be cut off: " + how);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private final class EntryStream extends InputStream {

        private long position;
        private final long end;

        EntryStream(long position, long end) {
            this.position = position;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            if (position >= end) {
                return -1;
            }
            int read = channel.read(ByteBuffer.wrap(buffer, offset, (int) Math.min(count, end - position)), position);
            if (read < 0) {
                throw new EOFException(file + " ended at byte " + position + " while it was read");
            }
            position += read;
            return read;
        }

        @Override
        public long skip(long count) {
            long skipped = Math.max(0, Math.min(count, end - position));
            position += skipped;
            return skipped;
        }
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A blob's content as it is uploaded, in one or several pieces, some of them twice: every byte is hashed once, when it is
 * first read, and the last one is not handed out before the digest is right.
 *
 * <p>Two kinds are not hashed here: what lies in a file and leaves it through the kernel, because it is not read at all, and
 * what comes from another registry, which took it by this digest. The registry that takes it now compares it with the digest
 * that the upload's end names (OCI distribution specification, "Pushing blobs"); when it finds a difference, {@link #blame}
 * says whether the content is at fault.
 */
final class CheckedContent {

    private final Descriptor blob;
    private final ContentSource source;
    private final String what;
    private final MessageDigest digest;
    private long hashed;
    private long reached;
    private int generation;

    CheckedContent(Descriptor blob, ContentSource source, String what) throws DigestMismatchException {
        this.blob = blob;
        this.source = source;
        this.what = what;
        this.digest = blob.digest().newMessageDigest();
        if (blob.size() == 0) {
            verify(digest);
        }
    }

    void prepare() throws RegistryException {
        source.prepare();
    }

    /** How far it was read; no registry can have more. */
    synchronized long reached() {
        return reached;
    }

    /**
     * Called when the registry says that other bytes arrived than the digest says.
     *
     * @throws DigestMismatchException if they were other bytes already here
     */
    void blame() throws IOException {
        synchronized (this) {
            if (hashed == blob.size()) {
                return; // they were verified on the way out
            }
        }
        MessageDigest found = blob.digest().newMessageDigest();
        try (InputStream in = source.open()) {
            byte[] buffer = new byte[1 << 17];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                found.update(buffer, 0, read);
            }
        }
        verify(found);
    }

    RequestBody piece(long from, long length) {
        return new RequestBody() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public InputStream open() throws IOException {
                return openAt(from, from + length);
            }

            @Override
            public Optional<FileRange> file() {
                return source.file().map(range -> new FileRange(range.file(), range.offset() + from));
            }

            @Override
            public void sent(long count) {
                reach(from + count);
                source.sent(from + count);
            }
        };
    }

    private InputStream openAt(long from, long to) throws IOException {
        int mine;
        synchronized (this) {
            mine = ++generation;
        }
        return new Piece(from == 0 ? source.open() : source.openAt(from), from, to, mine);
    }

    private synchronized void reach(long position) {
        reached = Math.max(reached, position);
    }

    private void verify(MessageDigest computed) throws DigestMismatchException {
        String found = HexFormat.of().formatHex(computed.digest());
        if (!found.equals(blob.digest().hex())) {
            throw new DigestMismatchException(what, blob.digest(), blob.digest().algorithm() + ":" + found);
        }
    }

    /** A piece that an aborted request still reads must not disturb the hash: only the newest one may read. */
    private final class Piece extends InputStream {

        private final InputStream in;
        private final long end;
        private final int mine;
        private long position;

        Piece(InputStream in, long from, long end, int mine) {
            this.in = in;
            this.position = from;
            this.end = end;
            this.mine = mine;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            synchronized (CheckedContent.this) {
                if (mine != generation) {
                    throw new IOException("the attempt was given up");
                }
                if (position == end || length == 0) {
                    return length == 0 ? 0 : -1;
                }
                int read = in.read(buffer, offset, (int) Math.min(length, end - position));
                if (read < 0) {
                    throw new SizeMismatchException(what, blob.size(), "an end after " + position);
                }
                long known = Math.min(read, hashed - position);
                position += read;
                reach(position);
                if (position == blob.size() && in.read() >= 0) {
                    throw new SizeMismatchException(what, blob.size(), "more");
                }
                // less than none: what is missing left through the kernel
                if (known >= 0 && known < read && !source.leftToReceiver()) {
                    digest.update(buffer, offset + (int) known, read - (int) known);
                    hashed = position;
                    if (hashed == blob.size()) {
                        verify(digest);
                    }
                }
                return read;
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}

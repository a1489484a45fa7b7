package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A blob's content as it is uploaded, in one or several pieces, some of them twice: every byte is hashed once, when it is
 * first read, and the last one is not handed out before the digest is right.
 */
final class CheckedContent {

    private final Descriptor blob;
    private final ContentSource source;
    private final String what;
    private final MessageDigest digest;
    private long hashed;
    private int generation;

    CheckedContent(Descriptor blob, ContentSource source, String what) throws DigestMismatchException {
        this.blob = blob;
        this.source = source;
        this.what = what;
        this.digest = blob.digest().newMessageDigest();
        if (blob.size() == 0) {
            verify();
        }
    }

    /** How far it was read; no registry can have more. */
    synchronized long hashed() {
        return hashed;
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
        };
    }

    private InputStream openAt(long from, long to) throws IOException {
        int mine;
        synchronized (this) {
            mine = ++generation;
        }
        return new Piece(from == 0 ? source.open() : source.openAt(from), from, to, mine);
    }

    private void verify() throws DigestMismatchException {
        String found = HexFormat.of().formatHex(digest.digest());
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
                int known = (int) Math.max(0, Math.min(read, hashed - position));
                position += read;
                if (known < read) {
                    digest.update(buffer, offset + known, read - known);
                    hashed = position;
                    if (hashed == blob.size()) {
                        if (in.read() >= 0) {
                            throw new SizeMismatchException(what, blob.size(), "more");
                        }
                        verify();
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

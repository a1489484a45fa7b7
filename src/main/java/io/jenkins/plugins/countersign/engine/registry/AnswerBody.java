package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.io.InputStream;

/** An answer's body on a connection of ours; its end makes the connection free for the next request. */
final class AnswerBody extends InputStream {

    static final long CHUNKED = -1;
    static final long UNTIL_CLOSED = -2;

    private static final int DRAINED_FOR_REUSE = 64 << 10;
    private static final int DRAINED_WITHIN_MS = 1000;
    private static final int MAX_CHUNK_LINE = 1024;
    private static final int MAX_TRAILERS = 16;

    private final HttpConnection connection;
    private final String action;
    private final boolean chunked;
    private final boolean untilClosed;
    private long left;
    private boolean ended;

    /** @param length in bytes, or one of the constants */
    AnswerBody(HttpConnection connection, String action, long length) {
        this.connection = connection;
        this.action = action;
        this.chunked = length == CHUNKED;
        this.untilClosed = length == UNTIL_CLOSED;
        this.left = Math.max(0, length);
        if (length == 0) {
            end();
        } else if (chunked) {
            left = -1; // no chunk has begun
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (ended) {
            return -1;
        }
        boolean read = false;
        try {
            int count = readSome(buffer, offset, length);
            read = true;
            return count;
        } catch (IOException e) {
            throw connection.told(e, action);
        } finally {
            if (!read) {
                giveUp();
            }
        }
    }

    private int readSome(byte[] buffer, int offset, int length) throws IOException {
        if (chunked && left <= 0 && !nextChunk()) {
            end();
            return -1;
        }
        int count = connection.in().read(buffer, offset, untilClosed ? length : (int) Math.min(length, left));
        if (untilClosed) {
            if (count < 0) {
                end();
            }
            return count;
        }
        if (count < 0) {
            throw new IOException("the connection was closed before the answer's end");
        }
        left -= count;
        if (left == 0 && !chunked) {
            end();
        }
        return count;
    }

    /** Source: RFC 9112, section 7.1. */
    private boolean nextChunk() throws IOException {
        if (left == 0 && !connection.line(MAX_CHUNK_LINE).isEmpty()) {
            throw new IOException("a piece of the answer does not end where it said");
        }
        String line = connection.line(MAX_CHUNK_LINE);
        int semicolon = line.indexOf(';');
        String size = (semicolon < 0 ? line : line.substring(0, semicolon)).trim();
        if (!size.matches("[0-9a-fA-F]{1,15}")) {
            throw new IOException("a piece of the answer does not say how long it is");
        }
        left = Long.parseLong(size, 16);
        if (left > 0) {
            return true;
        }
        for (int i = 0; i < MAX_TRAILERS; i++) {
            if (connection.line(MAX_CHUNK_LINE).isEmpty()) {
                return false;
            }
        }
        throw new IOException("the answer's trailers have no end");
    }

    private void end() {
        ended = true;
        connection.finished();
    }

    private void giveUp() {
        ended = true;
        connection.close();
    }

    /** Reads a short rest, because the connection can be used again only at the body's end; gives a long one up. */
    @Override
    public void close() {
        if (ended) {
            return;
        }
        if (untilClosed || left > DRAINED_FOR_REUSE) {
            giveUp();
            return;
        }
        try {
            connection.hurry(DRAINED_WITHIN_MS);
            byte[] rest = readNBytes(DRAINED_FOR_REUSE);
            if (!ended && rest.length < DRAINED_FOR_REUSE && read(new byte[1], 0, 1) >= 0) {
                giveUp();
                return;
            }
        } catch (IOException e) {
            // given up below
        }
        if (!ended) {
            giveUp();
        }
    }
}

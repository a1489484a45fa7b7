package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Hands out content and compares it with its descriptor. The read that would hand out the last byte throws instead when
 * the digest is another or more bytes follow, so that nobody has had the whole of false content, even if they stop reading
 * at the announced size.
 */
final class VerifyingInputStream extends FilterInputStream {

    private final Descriptor expected;
    private final String what;
    private final MessageDigest digest;
    private long count;
    private boolean verified;

    VerifyingInputStream(InputStream in, Descriptor expected, String what) {
        super(in);
        this.expected = expected;
        this.what = what;
        this.digest = expected.digest().newMessageDigest();
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
        if (verified) {
            return -1;
        }
        int read = 0;
        if (count < expected.size()) {
            read = in.read(buffer, offset, (int) Math.min(length, expected.size() - count));
            if (read < 0) {
                throw new SizeMismatchException(what, expected.size(), "an end after " + count);
            }
            digest.update(buffer, offset, read);
            count += read;
        }
        if (count == expected.size()) {
            verifyEnd();
        }
        return read == 0 && verified ? -1 : read;
    }

    private void verifyEnd() throws IOException {
        if (in.read() >= 0) {
            throw new SizeMismatchException(what, expected.size(), "more");
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(expected.digest().hex())) {
            throw new DigestMismatchException(
                    what, expected.digest(), expected.digest().algorithm() + ":" + found);
        }
        verified = true;
    }

    @Override
    public long skip(long n) throws IOException {
        byte[] skipped = new byte[(int) Math.min(n, 1 << 16)];
        return Math.max(0, read(skipped, 0, skipped.length));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.airlift.compress.zstd.ZstdInputStream;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/** Unpacks a layer, gzip, Zstandard or plain, and compares its digest with the diff id. In a stream, bounded in size. */
final class LayerHash {

    /** No layer may unpack to more: a few bytes can be made to unpack for ever. */
    static final long MAX_UNPACKED = 64L << 30;

    private static final int BUFFER = 1 << 16;

    private LayerHash() {}

    static void verify(ImageContent content, Descriptor layer, Digest diffId) throws RegistryException {
        MessageDigest hash = diffId.newMessageDigest();
        long unpacked = 0;
        try (InputStream blob = content.openBlob(layer);
                BufferedInputStream raw = new BufferedInputStream(blob, BUFFER);
                InputStream plain = unpacked(raw)) {
            byte[] buffer = new byte[BUFFER];
            int read;
            while ((read = plain.read(buffer)) >= 0) {
                hash.update(buffer, 0, read);
                unpacked += read;
                if (unpacked > MAX_UNPACKED) {
                    throw new RegistryException(
                            "the layer " + layer.digest() + " unpacks to more than " + MAX_UNPACKED + " bytes");
                }
            }
            // what lies behind the packed data is read too, so that the blob's own digest is checked to its end
            raw.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (RegistryException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new RegistryException(
                    "tried to unpack the layer " + layer.digest() + " of " + content.name() + ", but failed: "
                            + e.getMessage(),
                    e);
        }
        String found = HexFormat.of().formatHex(hash.digest());
        if (!found.equals(diffId.hex())) {
            throw new RegistryException("the configuration says that the layer " + layer.digest() + " unpacks to "
                    + diffId + ", but it unpacks to " + diffId.algorithm() + ":" + found
                    + ": its diff ids are not true");
        }
    }

    private static InputStream unpacked(BufferedInputStream raw) throws IOException {
        raw.mark(4);
        byte[] head = raw.readNBytes(4);
        raw.reset();
        if (head.length >= 2 && head[0] == 0x1F && (head[1] & 0xFF) == 0x8B) {
            return new GZIPInputStream(new Available(raw), BUFFER);
        }
        if (head.length == 4 && isZstandard(head)) {
            return new ZstdInputStream(new Frames(raw));
        }
        return raw;
    }

    private static boolean isZstandard(byte[] head) {
        return magic(head) == 0xFD2FB528 || isSkippable(magic(head));
    }

    private static int magic(byte[] head) {
        return (head[0] & 0xFF) | (head[1] & 0xFF) << 8 | (head[2] & 0xFF) << 16 | (head[3] & 0xFF) << 24;
    }

    private static boolean isSkippable(int magic) {
        return (magic & 0xFFFFFFF0) == 0x184D2A50;
    }

    /**
     * The JDK looks for a further gzip member only when {@code available} says that there is more, and eStargz layers have
     * one for each file.
     */
    private static final class Available extends FilterInputStream {
        Available(BufferedInputStream in) {
            super(in);
        }

        @Override
        public int available() throws IOException {
            in.mark(1);
            int next = in.read();
            in.reset();
            return next < 0 ? 0 : Math.max(1, in.available());
        }
    }

    /** Leaves out skippable frames before the first data, which the library does not know. */
    private static final class Frames extends FilterInputStream {
        Frames(BufferedInputStream in) throws IOException {
            super(in);
            while (true) {
                in.mark(8);
                byte[] head = in.readNBytes(8);
                if (head.length < 8 || !isSkippable(magic(head))) {
                    in.reset();
                    return;
                }
                long length = magic(new byte[] {head[4], head[5], head[6], head[7]}) & 0xFFFFFFFFL;
                in.skipNBytes(length);
            }
        }
    }
}

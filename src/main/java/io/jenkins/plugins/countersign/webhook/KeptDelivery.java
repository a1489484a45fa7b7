package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.engine.disk.DurableFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * An accepted delivery as it lies on the disk: a line with id, source and length, then the bytes as they came, then a line break.
 *
 * @param id begins with the time of its arrival, sixteen digits of milliseconds since 1970
 */
record KeptDelivery(String id, String source, byte[] body) {

    private static final int MAX_HEADER = 256;

    /** When it arrived, in milliseconds since 1970. */
    long time() {
        return Long.parseLong(id.substring(0, 16));
    }

    /** Returns when they are on the disk. A new file of its own name: what is cut off by a crash was not answered yet. */
    static void write(Path file, List<KeptDelivery> deliveries) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (KeptDelivery delivery : deliveries) {
            all.writeBytes((delivery.id + " " + delivery.source + " " + delivery.body.length + "\n")
                    .getBytes(StandardCharsets.US_ASCII));
            all.writeBytes(delivery.body);
            all.write('\n');
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer content = ByteBuffer.wrap(all.toByteArray());
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
            // A file whose name the power takes is lost all the same.
            DurableFile.syncFolder(file.resolveSibling(""));
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /** Leaves these alone in the file. */
    static void replace(Path file, List<KeptDelivery> left) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        write(temporary, left);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Those that are there whole. */
    static List<KeptDelivery> read(Path file) throws IOException {
        byte[] all = Files.readAllBytes(file);
        List<KeptDelivery> deliveries = new ArrayList<>();
        int at = 0;
        while (at < all.length) {
            int end = at;
            while (end < all.length && all[end] != '\n' && end - at < MAX_HEADER) {
                end++;
            }
            String[] header = new String(all, at, end - at, StandardCharsets.US_ASCII).split(" ");
            if (header.length != 3
                    || !header[0].matches("\\d{16}-\\d{8,}")
                    || !header[1].matches(WebhookSource.ID)
                    || !header[2].matches("\\d{1,8}")) {
                break;
            }
            int start = end + 1;
            int length = Integer.parseInt(header[2]);
            if (start + length + 1 > all.length) {
                break;
            }
            byte[] body = new byte[length];
            System.arraycopy(all, start, body, 0, length);
            deliveries.add(new KeptDelivery(header[0], header[1], body));
            at = start + length + 1;
        }
        return deliveries;
    }
}

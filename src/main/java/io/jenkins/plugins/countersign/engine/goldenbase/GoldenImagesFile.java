package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * {@link GoldenImages} in one JSON file. It is replaced as a whole, after the new one is on the disk; a file that cannot be read
 * is an error and never an empty memory: an old golden base would seem to be a stranger.
 */
public final class GoldenImagesFile {

    private static final long MAX_LENGTH = 256L << 20;
    private static final Object LOCK = new Object();
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(8).build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private final Path file;

    public GoldenImagesFile(Path file) {
        this.file = file;
    }

    /** @throws RegistryException if the file is there and cannot be read */
    public GoldenImages read() throws RegistryException {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw new IOException("it has more than " + MAX_LENGTH + " bytes");
            }
            return GoldenImages.read(JSON.readTree(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return GoldenImages.NONE;
        } catch (IOException | CatalogueException e) {
            throw new RegistryException(
                    "cannot read which golden images were seen before, in " + file.getFileName() + ": " + e.getMessage()
                            + "; restore the file from a backup",
                    e);
        }
    }

    /** Adds what was observed to what the file says at that moment. */
    GoldenImages remember(GoldenImages.Observation observation) throws RegistryException {
        synchronized (LOCK) {
            try {
                Files.createDirectories(file.toAbsolutePath().getParent());
                Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
                try (FileChannel channel =
                                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    GoldenImages before = read();
                    GoldenImages after = before.with(observation);
                    if (!after.equals(before)) {
                        replace(after.toJson().toString().getBytes(StandardCharsets.UTF_8));
                    }
                    return after;
                }
            } catch (RegistryException e) {
                throw e;
            } catch (IOException e) {
                throw new RegistryException(
                        "cannot remember the golden image " + observation.name() + ":" + observation.tag() + " in "
                                + file.getFileName() + ": " + e.getMessage(),
                        e);
            }
        }
    }

    private void replace(byte[] content) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            out.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.disk.DurableFile;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What was seen before, as one JSON object in one file, for any number of threads and processes. It is replaced as a whole,
 * after the new one is on the disk; a file that cannot be read is an error and never an empty memory.
 */
public final class MemoryFile {

    private static final int USUAL_LENGTH = 4 * 1024 * 1024;
    private static final Object LOCK = new Object();

    /** The file is there and holds no memory. */
    public static final class UnreadableException extends IOException {

        private static final long serialVersionUID = 1L;

        UnreadableException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Changes what is remembered. */
    @FunctionalInterface
    public interface Change<E extends Exception> {

        /** @return whether anything was changed and has to be written */
        boolean apply(ObjectNode all) throws E;
    }

    private final Path file;
    private final int maxLength;
    private final String listOrNull;

    public MemoryFile(Path file) {
        this(file, USUAL_LENGTH, null);
    }

    /**
     * @param maxLength in bytes
     * @param listOrNull a file that holds but a list, as an earlier version wrote it, is read as an object with this list in it;
     *     null where there was no such version
     */
    public MemoryFile(Path file, int maxLength, String listOrNull) {
        this.file = file;
        this.maxLength = maxLength;
        this.listOrNull = listOrNull;
    }

    /** For messages. */
    public String name() {
        return file.getFileName().toString();
    }

    /** Empty when there is no file yet. */
    public ObjectNode read() throws UnreadableException {
        try {
            byte[] content = Files.readAllBytes(file);
            boolean list = listOrNull != null && content.length > 0 && content[0] == '[';
            return StrictJson.readObject(list ? withName(content) : content, maxLength);
        } catch (NoSuchFileException e) {
            return StrictJson.object();
        } catch (IOException e) {
            throw new UnreadableException(e);
        }
    }

    private byte[] withName(byte[] list) {
        ByteArrayOutputStream object = new ByteArrayOutputStream(list.length + listOrNull.length() + 5);
        object.writeBytes(("{\"" + listOrNull + "\":").getBytes(StandardCharsets.UTF_8));
        object.writeBytes(list);
        object.write('}');
        return object.toByteArray();
    }

    /** Reads, changes and writes, while nobody else does. */
    public <E extends Exception> void change(Change<E> change) throws IOException, E {
        synchronized (LOCK) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                ObjectNode all = read();
                if (change.apply(all)) {
                    DurableFile.replace(file, StrictJson.write(all));
                }
            }
        }
    }
}

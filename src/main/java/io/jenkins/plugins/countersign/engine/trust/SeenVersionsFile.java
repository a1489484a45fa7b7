package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@link SeenVersions} in one JSON file. It is replaced as a whole, after the new one is on the disk; a file that cannot be
 * read is an error and never an empty memory.
 */
public final class SeenVersionsFile implements SeenVersions {

    private static final int MAX_LENGTH = 4 * 1024 * 1024;
    private static final Object LOCK = new Object();

    private final Path file;

    public SeenVersionsFile(Path file) {
        this.file = file;
    }

    @Override
    public Optional<Seen> newest(String policyName) throws PolicyException {
        JsonNode entry = read().path(policyName);
        if (entry.isMissingNode()) {
            return Optional.empty();
        }
        try {
            List<PolicyKey> keys = new ArrayList<>();
            for (JsonNode pem : entry.path("root").path("keys")) {
                keys.add(new PolicyKey("", PublicKeys.read(pem.asText()), false, null, null, null));
            }
            return Optional.of(new Seen(
                    entry.path("version").asLong(),
                    Digest.parse(entry.path("digest").asText()),
                    new Root(entry.path("root").path("threshold").asInt(), keys)));
        } catch (KeyException | IllegalArgumentException e) {
            throw unreadable(e);
        }
    }

    @Override
    public void remember(String policyName, Seen accepted) throws PolicyException {
        synchronized (LOCK) {
            Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
            try {
                Files.createDirectories(file.toAbsolutePath().getParent());
            } catch (IOException e) {
                throw unwritable(accepted, e);
            }
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                Optional<Seen> before = newest(policyName);
                SeenVersions.requireNotOlder(policyName, accepted, before);
                if (before.isPresent() && before.get().version() == accepted.version()) {
                    return;
                }
                ObjectNode all = read();
                ObjectNode entry = all.putObject(policyName);
                entry.put("version", accepted.version());
                entry.put("digest", accepted.digest().toString());
                ObjectNode root = entry.putObject("root");
                root.put("threshold", accepted.root().threshold());
                var keys = root.putArray("keys");
                accepted.root().keys().forEach(key -> keys.add(PublicKeys.pem(key.key())));
                replace(StrictJson.write(all));
            } catch (IOException e) {
                throw unwritable(accepted, e);
            }
        }
    }

    private PolicyException unwritable(Seen accepted, IOException cause) {
        return new PolicyException(
                PolicyException.Reason.MEMORY_UNREADABLE,
                "cannot remember that version " + accepted.version() + " of the trust policy was accepted, in "
                        + file.getFileName() + ": " + cause,
                cause);
    }

    private ObjectNode read() throws PolicyException {
        try {
            return StrictJson.readObject(Files.readAllBytes(file), MAX_LENGTH);
        } catch (NoSuchFileException e) {
            return StrictJson.object();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private PolicyException unreadable(Exception cause) {
        return new PolicyException(
                PolicyException.Reason.MEMORY_UNREADABLE,
                "cannot read which policy versions were accepted before, in " + file.getFileName() + ": "
                        + cause.getMessage() + "; restore the file from a backup",
                cause);
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

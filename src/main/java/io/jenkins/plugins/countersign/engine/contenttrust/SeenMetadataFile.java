package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.trust.MemoryFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** {@link SeenMetadata} in one file. */
public final class SeenMetadataFile implements SeenMetadata {

    private final MemoryFile file;

    public SeenMetadataFile(Path file) {
        this.file = new MemoryFile(file);
    }

    @Override
    public long highest(String server, String gun, String role) throws ContentTrustException {
        try {
            return version(file.read().path(name(server, gun)), role);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void remember(String server, String gun, Map<String, Long> versions) throws ContentTrustException {
        try {
            file.change(all -> {
                JsonNode before = all.path(name(server, gun)).deepCopy();
                ObjectNode now = all.withObjectProperty(name(server, gun));
                for (Map.Entry<String, Long> role : versions.entrySet()) {
                    now.put(role.getKey(), Math.max(version(before, role.getKey()), role.getValue()));
                }
                return !now.equals(before);
            });
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private long version(JsonNode repository, String role) throws ContentTrustException {
        JsonNode version = repository.path(role);
        if (version.isMissingNode()) {
            return 0;
        }
        if (!version.isIntegralNumber() || version.longValue() < 1) {
            throw failed(new IOException("the version of " + role + " is none"));
        }
        return version.longValue();
    }

    private static String name(String server, String gun) {
        return server + " " + gun;
    }

    private ContentTrustException failed(IOException cause) {
        return new ContentTrustException(
                Reason.MEMORY,
                "cannot read or write which trust metadata was seen before, in " + file.name() + ": "
                        + cause.getMessage(),
                cause);
    }
}

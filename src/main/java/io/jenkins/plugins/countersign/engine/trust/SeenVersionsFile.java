package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SeenVersions} in one file. */
public final class SeenVersionsFile implements SeenVersions {

    private final MemoryFile file;

    public SeenVersionsFile(Path file) {
        this.file = new MemoryFile(file);
    }

    @Override
    public Optional<Seen> newest(String policyName) throws PolicyException {
        try {
            return seen(file.read(), policyName);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private Optional<Seen> seen(ObjectNode all, String policyName) throws PolicyException {
        JsonNode entry = all.path(policyName);
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
        try {
            file.change(all -> {
                Optional<Seen> before = seen(all, policyName);
                SeenVersions.requireNotOlder(policyName, accepted, before);
                if (before.isPresent() && before.get().version() == accepted.version()) {
                    return false;
                }
                ObjectNode entry = all.putObject(policyName);
                entry.put("version", accepted.version());
                entry.put("digest", accepted.digest().toString());
                ObjectNode root = entry.putObject("root");
                root.put("threshold", accepted.root().threshold());
                var keys = root.putArray("keys");
                accepted.root().keys().forEach(key -> keys.add(PublicKeys.pem(key.key())));
                return true;
            });
        } catch (MemoryFile.UnreadableException e) {
            throw unreadable(e);
        } catch (IOException e) {
            throw new PolicyException(
                    PolicyException.Reason.MEMORY_UNREADABLE,
                    "cannot remember that version " + accepted.version() + " of the trust policy was accepted, in "
                            + file.name() + ": " + e,
                    e);
        }
    }

    private PolicyException unreadable(Exception cause) {
        return new PolicyException(
                PolicyException.Reason.MEMORY_UNREADABLE,
                "cannot read which policy versions were accepted before, in " + file.name() + ": " + cause.getMessage()
                        + "; restore the file from a backup",
                cause);
    }
}

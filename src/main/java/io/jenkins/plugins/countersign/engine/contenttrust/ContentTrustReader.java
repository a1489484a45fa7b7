package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads and verifies a repository's trust metadata: root, timestamp, snapshot, targets and delegations, each signed by keys
 * that the one before names, each with the content that the one before names, none expired, none older than seen before.
 *
 * <p>Source: theupdateframework/notary, {@code client/tufclient.go} and {@code tuf/builder.go}. Stricter than those: the first
 * root has to be pinned, nothing is trusted on first use.
 */
public final class ContentTrustReader {

    private static final int MAX_ROLES = 256;

    private final TrustMetadata server;
    private final PinnedRoot pinned;
    private final SeenMetadata seen;
    private final Clock clock;

    public ContentTrustReader(TrustMetadata server, PinnedRoot pinned, SeenMetadata seen, Clock clock) {
        this.server = server;
        this.pinned = pinned;
        this.seen = seen;
        this.clock = clock;
    }

    /**
     * @throws ContentTrustException if anything of it cannot be believed
     * @throws RegistryException if the server cannot be asked
     */
    public ContentTrust read() throws ContentTrustException, RegistryException {
        return walk().trust();
    }

    /** With the files, for whoever goes on from them. */
    Walk walk() throws ContentTrustException, RegistryException {
        Walk walk = new Walk();
        walk.read();
        return walk;
    }

    /** The root keys that the server offers, to compare them with what the publisher says and pin one of them. */
    public static List<OfferedRoot> offeredRoots(TrustMetadata server) throws ContentTrustException, RegistryException {
        return RootChain.offered(server);
    }

    /** One reading. */
    final class Walk {

        private final Instant now = clock.instant();
        private final Map<String, Long> versions = new LinkedHashMap<>();
        private final List<SignedTag> tags = new ArrayList<>();
        private Instant expires = Instant.MAX;
        private JsonNode snapshotMeta;
        private final Map<TrustRole, Optional<SignedMetadata>> targets = new LinkedHashMap<>();

        /** {@code targets} and its delegations with their files; empty where nobody has signed yet. */
        Map<TrustRole, Optional<SignedMetadata>> targets() {
            return targets;
        }

        ContentTrust trust() {
            return new ContentTrust(server.gun(), expires, tags);
        }

        private void read() throws ContentTrustException, RegistryException {
            SignedMetadata root = new RootChain(server, pinned, now).newest();
            current(TrustRole.ROOT, root);
            SignedMetadata timestamp = required(TrustRole.TIMESTAMP, TrustRole.TIMESTAMP, "Timestamp");
            timestamp.requireSigned(TrustRole.ofRoot(root.signed(), TrustRole.TIMESTAMP));
            current(TrustRole.TIMESTAMP, timestamp);

            JsonNode named = timestamp.signed().path("meta").path(TrustRole.SNAPSHOT);
            SignedMetadata snapshot = fixed(TrustRole.SNAPSHOT, "Snapshot", named, TrustRole.TIMESTAMP);
            snapshot.requireSigned(TrustRole.ofRoot(root.signed(), TrustRole.SNAPSHOT));
            current(TrustRole.SNAPSHOT, snapshot);
            snapshotMeta = snapshot.signed().path("meta");
            root.requireNamed(snapshotMeta.path(TrustRole.ROOT), TrustRole.SNAPSHOT);

            targets(TrustRole.ofRoot(root.signed(), TrustRole.TARGETS));
            seen.remember(server.server(), server.gun(), versions);
        }

        private void targets(TrustRole role) throws ContentTrustException, RegistryException {
            if (targets.size() == MAX_ROLES) {
                throw new ContentTrustException(
                        Reason.MALFORMED, server.gun() + " has more than " + MAX_ROLES + " delegations");
            }
            JsonNode named = snapshotMeta.path(role.name());
            if (named.isMissingNode() && !role.name().equals(TrustRole.TARGETS)) {
                targets.put(role, Optional.empty());
                return;
            }
            SignedMetadata file = fixed(role.name(), "Targets", named, TrustRole.SNAPSHOT);
            targets.put(role, Optional.of(file));
            Set<String> signers = file.requireSigned(role);
            current(role.name(), file);
            for (Map.Entry<String, JsonNode> entry :
                    file.signed().path("targets").properties()) {
                tag(role, entry.getKey(), entry.getValue(), List.copyOf(signers));
            }
            for (TrustRole delegation : TrustRole.delegations(file.signed(), role)) {
                targets(within(delegation, role));
            }
        }

        /** A delegation passes on no more than its own paths. */
        private TrustRole within(TrustRole delegation, TrustRole parent) {
            List<String> paths = delegation.paths().stream()
                    .filter(path -> parent.paths().stream().anyMatch(path::startsWith))
                    .toList();
            return new TrustRole(delegation.name(), delegation.keys(), delegation.threshold(), paths);
        }

        private void tag(TrustRole role, String tag, JsonNode target, List<String> signers)
                throws ContentTrustException {
            if (!ImageReference.isTag(tag) || !role.maySign(tag)) {
                return; // Notary signs other things, too; and a name outside a delegation's paths is not its to sign
            }
            Digest digest = SignedMetadata.digest(
                    "sha256", target.path("hashes").path("sha256"), role.name() + " of " + server.gun());
            tags.add(new SignedTag(tag, digest, target.path("length").asLong(-1), role.name(), signers));
        }

        private void current(String role, SignedMetadata metadata) throws ContentTrustException {
            metadata.requireCurrent(now);
            long before = seen.highest(server.server(), server.gun(), role);
            if (metadata.version() < before) {
                throw new ContentTrustException(
                        Reason.ROLLED_BACK,
                        metadata.what() + " has version " + metadata.version() + ", and version " + before
                                + " was seen before; the server shows an old state");
            }
            versions.put(role, metadata.version());
            if (metadata.expires().isBefore(expires)) {
                expires = metadata.expires();
            }
        }

        /** The file by the digest that another names; the server keeps each under its own. */
        private SignedMetadata fixed(String role, String type, JsonNode meta, String by)
                throws ContentTrustException, RegistryException {
            Digest digest =
                    SignedMetadata.digest("sha256", meta.path("hashes").path("sha256"), by + " of " + server.gun());
            SignedMetadata metadata = required(role + "." + digest.hex(), role, type);
            metadata.requireNamed(meta, by);
            return metadata;
        }

        private SignedMetadata required(String file, String role, String type)
                throws ContentTrustException, RegistryException {
            byte[] content = server.read(file, SignedMetadata.MAX_BYTES)
                    .orElseThrow(() -> new ContentTrustException(
                            Reason.NO_TRUST_DATA,
                            server.server() + " has no trust metadata " + role + " of " + server.gun()));
            return SignedMetadata.read(content, type, role + " of " + server.gun() + " at " + server.server());
        }
    }
}

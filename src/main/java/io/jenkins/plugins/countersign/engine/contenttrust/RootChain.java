package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From a pinned key to the newest root. A root whose keys were changed is signed by the old and by the new ones; the versions
 * in between stay at the server. Source: theupdateframework/notary, {@code client/tufclient.go}, {@code updateRoot}.
 */
final class RootChain {

    private static final int MAX_ROTATIONS = 100;
    private static final int MAX_BYTES = 1 << 20;

    private final TrustMetadata server;
    private final PinnedRoot pinned;
    private final Instant now;

    RootChain(TrustMetadata server, PinnedRoot pinned, Instant now) {
        this.server = server;
        this.pinned = pinned;
        this.now = now;
    }

    SignedMetadata newest() throws ContentTrustException, RegistryException {
        SignedMetadata newest = read(TrustRole.ROOT).orElseThrow(() -> noTrustData(server));
        Deque<SignedMetadata> later = new ArrayDeque<>();
        SignedMetadata root = newest;
        while (!isPinned(root)) {
            later.push(root);
            long before = root.version() - 1;
            Optional<SignedMetadata> older =
                    later.size() > MAX_ROTATIONS ? Optional.empty() : read(before + "." + TrustRole.ROOT);
            if (older.isEmpty()) {
                throw notPinned(newest);
            }
            root = older.get();
            if (root.version() != before) {
                throw SignedMetadata.malformed(root.what(), "it has another version than its name", null);
            }
        }
        while (!later.isEmpty()) {
            SignedMetadata next = later.pop();
            next.requireSigned(keysForThisRepository(root));
            next.requireSigned(keysForThisRepository(next));
            root = next;
        }
        return newest;
    }

    /** Whether a pinned key is a root key there, and all of the root's threshold signed it, the pinned key among them. */
    private boolean isPinned(SignedMetadata root) throws ContentTrustException {
        TrustRole role = keysForThisRepository(root);
        List<String> fitting = role.keys().values().stream()
                .filter(key -> pinned.fits(key, now))
                .map(TrustKey::id)
                .toList();
        return !fitting.isEmpty() && !Collections.disjoint(root.requireSigned(role), fitting);
    }

    /**
     * Publishers use one root key for all their repositories, and nothing but the name in its certificate tells one's metadata
     * from another's: without it a server could answer with those of another repository.
     */
    private TrustRole keysForThisRepository(SignedMetadata root) throws ContentTrustException {
        TrustRole role = TrustRole.ofRoot(root.signed(), TrustRole.ROOT);
        Map<String, TrustKey> own = new LinkedHashMap<>(role.keys());
        own.values().removeIf(key -> !key.isFor(server.gun()));
        return new TrustRole(role.name(), own, role.threshold(), role.paths());
    }

    /** What the server offers as the repository's root keys; anybody can offer any. */
    static List<OfferedRoot> offered(TrustMetadata server) throws ContentTrustException, RegistryException {
        SignedMetadata root =
                new RootChain(server, null, null).read(TrustRole.ROOT).orElseThrow(() -> noTrustData(server));
        List<OfferedRoot> offered = new ArrayList<>();
        for (TrustKey key :
                TrustRole.ofRoot(root.signed(), TrustRole.ROOT).keys().values()) {
            offered.add(new OfferedRoot(key.fingerprint(), key.commonName(), PublicKeys.pem(key.key())));
        }
        return offered;
    }

    private static ContentTrustException noTrustData(TrustMetadata server) {
        return new ContentTrustException(
                Reason.NO_TRUST_DATA, server.server() + " has no trust metadata of " + server.gun());
    }

    private Optional<SignedMetadata> read(String file) throws ContentTrustException, RegistryException {
        Optional<byte[]> content = server.read(file, MAX_BYTES);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                SignedMetadata.read(content.get(), "Root", file + " of " + server.gun() + " at " + server.server()));
    }

    private ContentTrustException notPinned(SignedMetadata newest) throws ContentTrustException {
        return new ContentTrustException(
                Reason.ROOT_NOT_PINNED,
                "no root key of " + server.gun() + " at " + server.server()
                        + " with a certificate of that name is one that was given, or was signed in by one; its root keys"
                        + " are "
                        + TrustRole.ofRoot(newest.signed(), TrustRole.ROOT).keys().values().stream()
                                .map(TrustKey::describe)
                                .toList()
                        + ", given were " + pinned.describe()
                        + ". Compare with the publisher, not with the server");
    }
}

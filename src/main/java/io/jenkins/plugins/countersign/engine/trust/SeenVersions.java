package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers the newest policy that was accepted, so that an older one is never accepted again, and the root keys of that
 * time, so that keys that were replaced cannot sign a new one.
 */
public interface SeenVersions {

    /**
     * @param version the highest that was accepted
     * @param digest of that document
     * @param root its root keys
     */
    record Seen(long version, Digest digest, Root root) implements Serializable {}

    /** @throws PolicyException if the memory cannot be read: unknown is not none */
    Optional<Seen> newest(String policyName) throws PolicyException;

    /**
     * Remembers the policy unless a newer one was remembered meanwhile.
     *
     * @throws PolicyException if a newer or another document of this version was remembered, or it cannot be written
     */
    void remember(String policyName, Seen accepted) throws PolicyException;

    /** Refuses what the rule refuses. */
    static void requireNotOlder(String policyName, Seen accepted, Optional<Seen> before) throws PolicyException {
        if (before.isEmpty()) {
            return;
        }
        Seen seen = before.get();
        if (accepted.version() < seen.version()) {
            throw new PolicyException(
                    PolicyException.Reason.OLDER_THAN_SEEN,
                    "the trust policy \"" + policyName + "\" offered has version " + accepted.version()
                            + ", and version " + seen.version()
                            + " was accepted before; publish the newer one again, or a version above it");
        }
        if (accepted.version() == seen.version() && !accepted.digest().equals(seen.digest())) {
            throw new PolicyException(
                    PolicyException.Reason.OTHER_THAN_SEEN,
                    "the trust policy \"" + policyName + "\" offered has version " + accepted.version()
                            + " as the one accepted before, and another content: " + accepted.digest() + " instead of "
                            + seen.digest() + "; whoever signs must raise the version with every change");
        }
    }

    /** Knows what the other knows and remembers nothing: for whoever only asks what would be accepted. */
    static SeenVersions unchanged(SeenVersions known) {
        return new SeenVersions() {
            @Override
            public Optional<Seen> newest(String policyName) throws PolicyException {
                return known.newest(policyName);
            }

            @Override
            public void remember(String policyName, Seen accepted) throws PolicyException {
                requireNotOlder(policyName, accepted, newest(policyName));
            }
        };
    }

    /** Forgets with the process: for the command line, which starts from pinned root keys each time, and for tests. */
    static SeenVersions inMemory() {
        Map<String, Seen> seen = new ConcurrentHashMap<>();
        return new SeenVersions() {
            @Override
            public Optional<Seen> newest(String policyName) {
                return Optional.ofNullable(seen.get(policyName));
            }

            @Override
            public synchronized void remember(String policyName, Seen accepted) throws PolicyException {
                requireNotOlder(policyName, accepted, newest(policyName));
                seen.put(policyName, accepted);
            }
        };
    }
}

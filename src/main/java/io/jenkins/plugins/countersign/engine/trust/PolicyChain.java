package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.trust.PolicyException.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Follows signed policies from root keys that are trusted to the newest policy.
 *
 * <p>Each version needs the threshold of the root before it; one with new root keys needs the threshold of its own root as
 * well. Expired versions may be links of the chain, only the last must be in force. Source: The Update Framework
 * specification, 5.3.
 */
public final class PolicyChain {

    private PolicyChain() {}

    /**
     * @param documents of one source, in any order: the newest, and those that brought new root keys
     * @param pinned the root keys that an administrator pinned; once a policy was accepted, the root of that one counts
     * @param name the policy that is expected; empty for whatever the documents are
     * @param source where the documents came from, for messages
     * @throws PolicyException with the reason; nothing is remembered then
     */
    public static TrustedPolicy accept(
            List<SignedPolicy> documents, Root pinned, String name, String source, SeenVersions seen, Instant now)
            throws PolicyException {
        if (documents.isEmpty()) {
            throw new PolicyException(Reason.NOT_FOUND, "there is no trust policy in " + source);
        }
        List<SignedPolicy> ordered = new ArrayList<>(documents);
        ordered.sort(Comparator.comparingLong(document -> document.policy().version()));
        TrustPolicy newest = ordered.get(ordered.size() - 1).policy();
        requireOneName(ordered, name, source);
        Optional<SeenVersions.Seen> before = seen.newest(newest.name());
        SeenVersions.requireNotOlder(
                newest.name(), new SeenVersions.Seen(newest.version(), newest.digest(), newest.root()), before);

        Root root = before.map(SeenVersions.Seen::root).orElse(pinned);
        long from = before.map(SeenVersions.Seen::version).orElse(0L);
        List<PolicyKey> signers = List.of();
        TrustPolicy last = null;
        for (SignedPolicy document : ordered) {
            TrustPolicy policy = document.policy();
            boolean isNewest = policy.version() == newest.version();
            if (policy.version() < from) {
                continue;
            }
            if (last != null
                    && last.version() == policy.version()
                    && !last.digest().equals(policy.digest())) {
                throw new PolicyException(
                        Reason.OTHER_THAN_SEEN,
                        source + " has two different policies \"" + policy.name() + "\" of version "
                                + policy.version());
            }
            signers = document.signedBy(root);
            if (signers.size() < root.threshold()) {
                // Versions from before the pinned root's time are not signed by it; they are no links of this chain.
                if (last == null && before.isEmpty() && !isNewest) {
                    continue;
                }
                throw tooFew(Reason.THRESHOLD, policy, source, signers, root, "root keys in force");
            }
            if (!policy.root().isSameAs(root)) {
                List<PolicyKey> own = document.signedBy(policy.root());
                if (own.size() < policy.root().threshold()) {
                    throw tooFew(
                            Reason.NEW_ROOT_THRESHOLD, policy, source, own, policy.root(), "new root keys it brings");
                }
                root = policy.root();
            }
            last = policy;
        }
        if (!now.isBefore(newest.expires())) {
            throw new PolicyException(
                    Reason.EXPIRED,
                    "the trust policy \"" + newest.name() + "\" version " + newest.version() + " from " + source
                            + " has expired at " + newest.expires() + " (it is " + now
                            + "); sign and publish a new version");
        }
        seen.remember(newest.name(), new SeenVersions.Seen(newest.version(), newest.digest(), newest.root()));
        return new TrustedPolicy(newest, signers, source);
    }

    private static void requireOneName(List<SignedPolicy> documents, String name, String source)
            throws PolicyException {
        String expected = name.isEmpty() ? documents.get(0).policy().name() : name;
        for (SignedPolicy document : documents) {
            if (!document.policy().name().equals(expected)) {
                throw new PolicyException(
                        Reason.OTHER_NAME,
                        source + " has the trust policy \"" + document.policy().name() + "\", expected \"" + expected
                                + "\"");
            }
        }
    }

    private static PolicyException tooFew(
            Reason reason, TrustPolicy policy, String source, List<PolicyKey> signers, Root root, String which) {
        String by = signers.isEmpty()
                ? "none"
                : signers.size() + " (" + signers.stream().map(PolicyKey::shown).collect(Collectors.joining(", "))
                        + ")";
        String open = root.keys().stream()
                .filter(key -> !signers.contains(key))
                .map(PolicyKey::shown)
                .collect(Collectors.joining(", "));
        return new PolicyException(
                reason,
                "the trust policy \"" + policy.name() + "\" version " + policy.version() + " from " + source
                        + " is signed by " + by + " of the " + which + ", needed are " + root.threshold()
                        + "; these have not signed: " + open);
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * The root keys, which stay offline, and how many of them a policy needs.
 *
 * @param threshold how many different keys must sign, at least 1
 * @param keys no key twice
 */
public record Root(int threshold, List<PolicyKey> keys) implements Serializable {

    public Root {
        keys = List.copyOf(keys);
        if (threshold < 1 || threshold > keys.size()) {
            throw new IllegalArgumentException(
                    "the threshold is " + threshold + ", expected 1 to " + keys.size() + ", the number of root keys");
        }
        if (keys.stream().map(PolicyKey::fingerprint).distinct().count() != keys.size()) {
            throw new IllegalArgumentException("a root key stands twice");
        }
    }

    /**
     * The root as an administrator pins it.
     *
     * @param pem public keys, one after the other
     */
    public static Root ofPem(int threshold, String pem) throws PolicyException {
        List<PolicyKey> keys = new ArrayList<>();
        try {
            for (String block : pem.split("(?<=-----END PUBLIC KEY-----)")) {
                if (!block.isBlank()) {
                    keys.add(new PolicyKey("", PublicKeys.read(block.strip()), false, null, null, null));
                }
            }
            return new Root(threshold, keys);
        } catch (KeyException | IllegalArgumentException e) {
            throw new PolicyException(PolicyException.Reason.MALFORMED, "the pinned root keys: " + e.getMessage());
        }
    }

    /** Whether both ask the same keys with the same threshold; order and names do not matter. */
    public boolean isSameAs(Root other) {
        return threshold == other.threshold && fingerprints(this).equals(fingerprints(other));
    }

    private static java.util.Set<?> fingerprints(Root root) {
        return root.keys.stream().map(PolicyKey::fingerprint).collect(java.util.stream.Collectors.toSet());
    }
}

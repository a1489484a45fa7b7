package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a root has signed a policy.
 *
 * @param which for people: the root in force, or the policy's own
 * @param threshold how many keys must sign
 * @param signed the keys that did
 * @param open the keys that did not
 */
public record RootSignatures(String which, int threshold, List<PolicyKey> signed, List<PolicyKey> open)
        implements Serializable {

    /**
     * What the document needs: its own root's signatures, and if another root is in force, that one's as well.
     *
     * @param inForceOrNull the root of the version before; null when there is none or it is not known
     */
    public static List<RootSignatures> of(SignedPolicy document, Root inForceOrNull) {
        List<RootSignatures> all = new ArrayList<>();
        Root own = document.policy().root();
        if (inForceOrNull != null && !inForceOrNull.isSameAs(own)) {
            all.add(of(document, inForceOrNull, "root in force"));
            all.add(of(document, own, "new root"));
        } else {
            all.add(of(document, own, "root"));
        }
        return all;
    }

    private static RootSignatures of(SignedPolicy document, Root root, String which) {
        List<PolicyKey> signed = document.signedBy(root);
        List<PolicyKey> open =
                root.keys().stream().filter(key -> !signed.contains(key)).toList();
        return new RootSignatures(which, root.threshold(), signed, open);
    }

    public boolean isComplete() {
        return signed.size() >= threshold;
    }

    /** One line for people. */
    @Override
    public String toString() {
        return which + ": " + signed.size() + " of " + threshold + " signed"
                + (signed.isEmpty() ? "" : " (" + names(signed) + ")")
                + (isComplete() ? "" : "; " + (threshold - signed.size()) + " more of " + names(open));
    }

    private static String names(List<PolicyKey> keys) {
        return String.join(", ", keys.stream().map(PolicyKey::shown).toList());
    }
}

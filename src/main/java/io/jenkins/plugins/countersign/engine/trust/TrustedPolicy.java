package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;
import java.util.List;

/**
 * A policy that may be believed: enough root keys signed it, and no newer one was seen. Made by {@link PolicyChain} alone, so
 * that a gate cannot be given a policy that nobody checked. Whether it has expired meanwhile, the gate asks itself.
 */
public final class TrustedPolicy implements Serializable {

    private static final long serialVersionUID = 1L;

    private final TrustPolicy policy;
    private final List<PolicyKey> signedBy;
    private final String source;

    TrustedPolicy(TrustPolicy policy, List<PolicyKey> signedBy, String source) {
        this.policy = policy;
        this.signedBy = List.copyOf(signedBy);
        this.source = source;
    }

    /**
     * Believes a policy that nobody signed: for tests and for trying a draft out. Whoever can write the document then decides
     * who may approve.
     *
     * @param source where it came from, for messages
     */
    public static TrustedPolicy insecureAcceptUnsigned(TrustPolicy policy, String source) {
        return new TrustedPolicy(policy, List.of(), source);
    }

    public TrustPolicy policy() {
        return policy;
    }

    /** The root keys that signed it; empty when it was accepted unsigned. */
    public List<PolicyKey> signedBy() {
        return signedBy;
    }

    /** Where it came from: the name of a repository, or of a configuration. */
    public String source() {
        return source;
    }

    public Sentence sentence() {
        return Sentence.of("trust.policy", policy.name(), policy.version(), source);
    }

    /** In English. */
    @Override
    public String toString() {
        return sentence().text();
    }
}

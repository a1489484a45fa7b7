package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.Names;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/** Signs approvals and records, and puts them next to the image. */
public final class Approvals {

    private Approvals() {}

    /** Signs an approval. The signer's signature is verified with the signer's public key before this returns. */
    public static SigstoreBundle sign(Approval approval, Signer signer) throws KeyException {
        return SigstoreBundle.sign(approval.toStatement(), signer);
    }

    /** Signs a rejection, withdrawal, block, override or rollback approval. */
    public static DsseEnvelope sign(GateRecord record, Signer signer) throws KeyException {
        return DsseEnvelope.sign(GateRecord.PAYLOAD_TYPE, record.payload(), signer);
    }

    /**
     * Attaches a signed approval to the image.
     *
     * @param image the index, or the manifest when there is no index
     * @return the digest of the manifest that holds it
     */
    public static Digest attach(SignatureStore store, Descriptor image, SigstoreBundle signed, Instant created)
            throws RegistryException {
        return store.attachBundle(image, signed, Approval.PREDICATE_TYPE, created);
    }

    /** Attaches a signed record to the image. */
    public static Digest attach(SignatureStore store, Descriptor image, DsseEnvelope signed, Instant created)
            throws RegistryException {
        return store.attachRecord(image, signed, created);
    }

    /** The sequence of a person's next statement in a stage and role: one more than the highest that is there. */
    public static long nextSequence(Collection<SignedStatement> statements, String person, String stage, String role) {
        return 1
                + statements.stream()
                        .filter(s -> Names.same(s.person().name(), person)
                                && s.stage().equals(stage)
                                && s.role().equals(role))
                        .mapToLong(SignedStatement::sequence)
                        .max()
                        .orElse(0);
    }

    /**
     * Says before the signature, not after it, that it would not count.
     *
     * @param role empty for a withdrawal
     * @throws StatementException if the key is not this person's, is not good now, or the person is not in the role
     */
    public static void requireEntitled(TrustPolicy policy, String person, String role, PublicKey key, Instant now)
            throws StatementException {
        Person found = policy.person(person)
                .orElseThrow(() -> new StatementException(Sentence.of(
                        "approval.personNotInPolicy",
                        policy.name(),
                        policy.version(),
                        StatementMembers.shown(person))));
        PolicyKey policyKey = found.keys().stream()
                .filter(k -> k.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new StatementException(
                        Sentence.of("approval.notTheirKey", PublicKeys.fingerprint(key), found.name())));
        Optional<KeyTimes.Fault> fault = KeyTimes.check(policyKey, now, Optional.empty(), now);
        if (fault.isPresent()) {
            throw new StatementException(
                    Sentence.of("approval.wouldNotCount", fault.get().sentence()));
        }
        if (!role.isEmpty() && !policy.isInRole(found.name(), role)) {
            throw new StatementException(
                    Sentence.of("approval.notInThatRole", found.name(), StatementMembers.shown(role)));
        }
    }
}

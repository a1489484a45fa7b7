package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/**
 * A statement whose signature was verified with a key of the person it names, or with one of a Jenkins that may vouch for people. Whether that key was still good, and whether
 * the person may say this, the gate judges.
 *
 * @param digest of the signed payload: the same wherever it is stored
 * @param manifest digest of the manifest that holds it
 * @param person who signed
 * @param key with which of the person's keys, or with which identity key of the policy
 * @param approvalOrNull either this
 * @param recordOrNull or this
 */
public record SignedStatement(
        Digest digest, Digest manifest, Person person, PolicyKey key, Approval approvalOrNull, GateRecord recordOrNull)
        implements Serializable {

    public Optional<Approval> approval() {
        return Optional.ofNullable(approvalOrNull);
    }

    public Optional<GateRecord> record() {
        return Optional.ofNullable(recordOrNull);
    }

    /** Whether a Jenkins vouches for the person, who signed nothing. */
    public boolean isByIdentity() {
        return !person.keys().contains(key);
    }

    /** {@code approval}, {@code rejection}… */
    public String kind() {
        return approvalOrNull != null ? "approval" : recordOrNull.kind().word();
    }

    public ApprovedImage image() {
        return approvalOrNull != null ? approvalOrNull.image() : recordOrNull.image();
    }

    /** Empty for a block. */
    public String stage() {
        return approvalOrNull != null ? approvalOrNull.stage() : recordOrNull.stage();
    }

    /** Empty for a withdrawal. */
    public String role() {
        return approvalOrNull != null ? approvalOrNull.role() : recordOrNull.role();
    }

    public PolicyReference policy() {
        return approvalOrNull != null ? approvalOrNull.policy() : recordOrNull.policy();
    }

    /** What the signer claims. */
    public Instant issuedAt() {
        return approvalOrNull != null ? approvalOrNull.issuedAt() : recordOrNull.issuedAt();
    }

    public Optional<Instant> expiresAt() {
        return approvalOrNull != null ? approvalOrNull.expiresAt() : recordOrNull.expiresAt();
    }

    public long sequence() {
        return approvalOrNull != null ? approvalOrNull.sequence() : recordOrNull.sequence();
    }

    SetAside setAside(SetAsideReason reason, Sentence sentence) {
        return new SetAside(digest, manifest, kind(), person.name(), role(), reason, sentence);
    }
}

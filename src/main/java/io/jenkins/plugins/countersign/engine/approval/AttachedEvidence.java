package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement;
import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;

/**
 * Evidence attached to the image, its signature verified with a key of the person named.
 *
 * @param kind what sort of evidence
 * @param statement digest of the signed payload: what approvals name
 * @param signer a person of the trust policy
 * @param time when the signer says it was made
 * @param result in the predicate's words; empty for kinds that have none
 * @param worstOrNull the worst finding of a scan; null when the scan does not say, which satisfies no limit
 */
public record AttachedEvidence(
        EvidenceRequirement.Kind kind,
        Digest statement,
        String signer,
        Instant time,
        String result,
        EvidenceRequirement.Severity worstOrNull)
        implements Serializable {

    public Optional<EvidenceRequirement.Severity> worst() {
        return Optional.ofNullable(worstOrNull);
    }
}

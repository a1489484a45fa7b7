package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;

/**
 * A person in a place.
 *
 * @param requirement index of the stage's requirement
 * @param person who approved
 * @param role in which role
 * @param key fingerprint of the key that signed
 * @param token whether the policy says that this key lives in a hardware token
 * @param issuedAt when the approver says it was signed
 * @param policyVersion which version of the policy the approver saw
 * @param statement digest of the signed payload: what summaries and seals list
 * @param manifest digest of the manifest that holds it
 */
public record Counted(
        int requirement,
        String person,
        String role,
        Digest key,
        boolean token,
        Instant issuedAt,
        long policyVersion,
        Digest statement,
        Digest manifest)
        implements Serializable {}

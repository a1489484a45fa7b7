package io.jenkins.plugins.countersign.engine.approval;

import java.util.Locale;

/** Why a statement does not count. The words are stable: they stand in JSON, in the ledger and in docs/approvals.md. */
public enum SetAsideReason {
    /** Not a statement of ours: a seal, a summary, evidence, somebody else's signature. */
    NOT_AN_APPROVAL,
    /** Larger than is read. */
    TOO_LARGE,
    /** Not what docs/statements.md says. */
    MALFORMED,
    /** The same signed content was found more than once. */
    DUPLICATE,
    OTHER_DIGEST,
    OTHER_REPOSITORY,
    OTHER_STAGE,
    /** The policy has no such person. */
    UNKNOWN_PERSON,
    /** The policy has no such role. */
    UNKNOWN_ROLE,
    /** The stage has no place for the role. */
    ROLE_NOT_NEEDED,
    /** The person is not in the role. */
    NOT_IN_ROLE,
    /** Made by none of the person's keys. */
    BAD_SIGNATURE,
    KEY_NOT_YET_VALID,
    KEY_EXPIRED,
    KEY_COMPROMISED,
    /** The key's time is over, and nothing proves that the statement is older than that. */
    TIME_NOT_PROVEN,
    /** It claims to have been signed after it was already there. */
    CLAIMED_TIME_DISPROVED,
    NOT_YET_VALID,
    EXPIRED,
    /** Older than the stage's maxAge. */
    TOO_OLD,
    OTHER_POLICY,
    /** It names a newer version of the policy than the gate has. */
    POLICY_NEWER,
    /** It names this version of the policy with another content. */
    POLICY_DIFFERS,
    SUPERSEDED,
    WITHDRAWN,
    OVERRIDDEN,
    COMMIT_AUTHOR,
    BUILD_STARTER,
    /** Counted in a stage that this one must be distinct from. */
    APPROVED_BEFORE,
    /** It names no evidence of a kind that must have been seen. */
    EVIDENCE_NOT_NAMED,
    /** A Jenkins vouches for the person, and the stage asks for a key of their own. */
    IDENTITY_NOT_ENOUGH,
    /** All places that the role could fill need a hardware token. */
    TOKEN_NEEDED,
    /** Good, and every place that it could fill is filled. */
    NOT_NEEDED,
    /** A withdrawal, override or rollback that concerns nothing here. */
    NOTHING_TO_DO;

    /** As it is written: {@code key-expired}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

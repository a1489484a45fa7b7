package io.jenkins.plugins.countersign.engine.approval;

import java.util.Locale;

/** Why a gate holds. The words are stable: they stand in JSON, in the ledger and in docs/approvals.md. */
public enum HoldReason {
    /** The policy has no such stage. */
    UNKNOWN_STAGE,
    POLICY_EXPIRED,
    /** The ledger knows a newer policy, or another one of this version. */
    POLICY_OLDER_THAN_SEEN,
    /** The policy came from the repository that it would judge. */
    POLICY_FROM_JUDGED_REPOSITORY,
    /** The clock is behind what the ledger or a seal proves. */
    CLOCK_MOVED_BACK,
    /** The statements may not be complete. */
    UNKNOWN,
    TOO_MANY_STATEMENTS,
    /** The ledger knows a rejection, block or withdrawal that is not found any more. */
    RECORD_VANISHED,
    REJECTED,
    BLOCKED,
    /** A stage before has no seal. */
    NOT_SEALED,
    /** The head of a stage before is too old. */
    SEAL_STALE,
    /** An approval that a stage before had counted was withdrawn. */
    SEALED_APPROVAL_WITHDRAWN,
    /** An approval that a stage before had counted is not found any more, and its person must be known. */
    SEALED_APPROVAL_UNKNOWN,
    /** Somebody is to be excluded, and who that is is not known. */
    ORIGIN_UNKNOWN,
    EVIDENCE_MISSING,
    /** It is not proven that the image stands on a golden base image, and it must be. */
    LINEAGE,
    /** An older image would take the place of a newer one. */
    ROLLBACK,
    APPROVALS_MISSING;

    /** As it is written: {@code policy-expired}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

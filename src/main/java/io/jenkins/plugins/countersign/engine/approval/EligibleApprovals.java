package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which approvals can fill a place. */
final class EligibleApprovals {

    private static final Comparator<SignedStatement> NEWEST_FIRST = Comparator.comparingLong(SignedStatement::sequence)
            .thenComparing(SignedStatement::issuedAt)
            .thenComparing(SignedStatement::digest)
            .reversed();

    private final Judgement judgement;
    private final GateRecords records;
    private final Exclusions exclusions;
    private final EvidenceCheck evidence;

    EligibleApprovals(Judgement judgement, GateRecords records, Exclusions exclusions, EvidenceCheck evidence) {
        this.judgement = judgement;
        this.records = records;
        this.exclusions = exclusions;
        this.evidence = evidence;
    }

    List<SignedStatement> eligible() {
        // By person and role: the newest speaks, even if it has ended meanwhile or was withdrawn. What a
        // Jenkins says for somebody displaces nothing that they signed.
        Map<String, List<SignedStatement>> byPersonAndRole = new TreeMap<>();
        for (SignedStatement statement : judgement.statements.values()) {
            if (statement.approval().isPresent() && isEntitled(statement) && judgement.isGood(statement)) {
                byPersonAndRole
                        .computeIfAbsent(
                                statement.person().name() + " " + statement.role() + " " + statement.isByIdentity(),
                                key -> new ArrayList<>())
                        .add(statement);
            }
        }
        List<SignedStatement> eligible = new ArrayList<>();
        for (List<SignedStatement> ofOne : byPersonAndRole.values()) {
            ofOne.sort(NEWEST_FIRST);
            SignedStatement newest = ofOne.get(0);
            for (SignedStatement older : ofOne.subList(1, ofOne.size())) {
                judgement.setAside(
                        older,
                        SetAsideReason.SUPERSEDED,
                        Sentence.of(
                                "approval.superseded", newest.person().name(), newest.issuedAt(), newest.sequence()));
            }
            if (isStanding(newest) && exclusions.allow(newest) && evidence.isNamed(newest)) {
                eligible.add(newest);
            }
        }
        records.setAsideIneffective();
        return withoutVouchedTwice(eligible);
    }

    /** What somebody signed with a key of their own says all that a Jenkins says for them, and more. */
    private List<SignedStatement> withoutVouchedTwice(List<SignedStatement> eligible) {
        List<SignedStatement> kept = new ArrayList<>();
        for (SignedStatement statement : eligible) {
            Optional<SignedStatement> own = eligible.stream()
                    .filter(other -> statement.isByIdentity()
                            && !other.isByIdentity()
                            && other.person().equals(statement.person())
                            && other.role().equals(statement.role()))
                    .findFirst();
            if (own.isEmpty()) {
                kept.add(statement);
            } else {
                judgement.setAside(
                        statement,
                        SetAsideReason.SUPERSEDED,
                        Sentence.of(
                                "approval.supersededByKey",
                                statement.person().name(),
                                own.get().issuedAt()));
            }
        }
        return kept;
    }

    private boolean isEntitled(SignedStatement statement) {
        if (!judgement.isOfThisImage(statement) || !judgement.isOfThisRepository(statement)) {
            return false;
        }
        if (!statement.stage().equals(judgement.stage.name())) {
            judgement.setAside(
                    statement,
                    SetAsideReason.OTHER_STAGE,
                    Sentence.of(
                            "approval.forOtherStage",
                            StatementMembers.shown(statement.stage()),
                            judgement.stage.name()));
            return false;
        }
        if (!judgement.isInRole(statement)) {
            return false;
        }
        if (!judgement.stage.needsRole(statement.role())) {
            judgement.setAside(
                    statement,
                    SetAsideReason.ROLE_NOT_NEEDED,
                    Sentence.of("approval.stageHasNoPlace", judgement.stage.name(), statement.role()));
            return false;
        }
        return judgement.isSignedAsNeeded(statement);
    }

    private boolean isStanding(SignedStatement statement) {
        Optional<SignedStatement> rejection = records.rejectionAfter(statement);
        if (rejection.isPresent()) {
            judgement.setAside(
                    statement,
                    SetAsideReason.SUPERSEDED,
                    Sentence.of(
                            "approval.supersededByRejection",
                            statement.person().name(),
                            rejection.get().issuedAt()));
            return false;
        }
        if (records.isWithdrawn(statement, false)) {
            return false;
        }
        return isInTime(judgement, statement);
    }

    static boolean isInTime(Judgement judgement, SignedStatement statement) {
        Instant now = judgement.in.now();
        if (statement.expiresAt().isPresent()
                && !now.isBefore(statement.expiresAt().get())) {
            judgement.setAside(
                    statement,
                    SetAsideReason.EXPIRED,
                    Sentence.of("approval.expired", statement.expiresAt().get()));
            return false;
        }
        Optional<Instant> tooOldAt =
                judgement.stage.maxAge().map(age -> statement.issuedAt().plus(age));
        if (tooOldAt.isPresent() && !now.isBefore(tooOldAt.get())) {
            judgement.setAside(
                    statement,
                    SetAsideReason.TOO_OLD,
                    Sentence.of(
                            "approval.tooOld",
                            statement.issuedAt(),
                            judgement.stage.maxAge().get()));
            return false;
        }
        return true;
    }

    /** What was counted makes the gate's answer as short-lived as itself. */
    static void limit(Judgement judgement, SignedStatement counted) {
        counted.expiresAt().ifPresent(judgement::openUntil);
        judgement
                .stage
                .maxAge()
                .ifPresent(age -> judgement.openUntil(counted.issuedAt().plus(age)));
        counted.key().notAfter().ifPresent(notAfter -> {
            Optional<Instant> proven = judgement.proven(counted.digest());
            if (proven.isEmpty() || proven.get().isAfter(notAfter)) {
                judgement.openUntil(notAfter);
            }
        });
    }
}

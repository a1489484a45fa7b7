package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.approval.GateRecord.Kind;
import io.jenkins.plugins.countersign.engine.audit.KnownStatement;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Rejections and blocks, and what lifts them: withdrawals by their authors, overrides by the override role. */
final class GateRecords {

    private final Judgement judgement;
    /** By what they take back; only those whose key is believed enough to hold a gate. */
    private final Map<Digest, List<SignedStatement>> withdrawals = new HashMap<>();
    /** Withdrawals whose key is believed enough to open one. */
    private final Set<Digest> goodWithdrawals = new HashSet<>();

    private final Map<Digest, List<SignedStatement>> overrides = new HashMap<>();
    /** Withdrawals and overrides that changed something. */
    private final Set<Digest> effective = new HashSet<>();
    /** Rejections of this stage that are authentic, live or not. */
    private final List<SignedStatement> rejectionsHere = new ArrayList<>();

    GateRecords(Judgement judgement) {
        this.judgement = judgement;
    }

    List<SignedStatement> of(Kind kind) {
        return judgement.statements.values().stream()
                .filter(s -> s.record().isPresent() && s.record().get().kind() == kind)
                .toList();
    }

    /** Sorts the withdrawals. */
    void judge() {
        for (SignedStatement withdrawal : of(Kind.WITHDRAWAL)) {
            if (!judgement.concernsThisImage(withdrawal)) {
                continue;
            }
            Optional<KeyTimes.Fault> fault = judgement.negativeTimeFault(withdrawal);
            if (fault.isPresent()) {
                judgement.setAside(withdrawal, fault.get().reason(), fault.get().sentence());
                continue;
            }
            if (judgement.timeFault(withdrawal).isEmpty()) {
                goodWithdrawals.add(withdrawal.digest());
            }
            for (Digest target : withdrawal.record().orElseThrow().targets()) {
                withdrawals.computeIfAbsent(target, digest -> new ArrayList<>()).add(withdrawal);
            }
        }
    }

    void judgeOverrides(Exclusions exclusions) {
        for (SignedStatement override : of(Kind.OVERRIDE)) {
            if (!judgement.isOfThisImage(override) || !judgement.isOfThisRepository(override)) {
                continue;
            }
            if (!judgement.stagesUpToHere.contains(override.stage())) {
                otherStage(override);
                continue;
            }
            if (!override.role().equals(judgement.policy.overrideRole().orElse(null))) {
                judgement.setAside(
                        override,
                        SetAsideReason.ROLE_NOT_NEEDED,
                        judgement
                                .policy
                                .overrideRole()
                                .map(role -> Sentence.of("approval.onlyRoleOverrides", role))
                                .orElse(Sentence.of("approval.nobodyOverrides")));
                continue;
            }
            if (judgement.isInRole(override)
                    && judgement.isGood(override)
                    && exclusions.allow(override)
                    && !isWithdrawn(override, false)) {
                for (Digest target : override.record().orElseThrow().targets()) {
                    overrides
                            .computeIfAbsent(target, digest -> new ArrayList<>())
                            .add(override);
                }
            }
        }
    }

    void judgeNegatives() {
        of(Kind.REJECTION).forEach(this::rejection);
        of(Kind.BLOCK).forEach(this::block);
        vanished();
    }

    /** After all rules have looked: what changed nothing is said to have changed nothing. */
    void setAsideIneffective() {
        for (Kind kind : List.of(Kind.WITHDRAWAL, Kind.OVERRIDE)) {
            Map<Digest, List<SignedStatement>> sorted = kind == Kind.WITHDRAWAL ? withdrawals : overrides;
            sorted.values().stream()
                    .flatMap(List::stream)
                    .distinct()
                    .filter(s -> !effective.contains(s.digest()))
                    .forEach(s -> {
                        Optional<KeyTimes.Fault> fault = judgement.timeFault(s);
                        judgement.setAside(
                                s,
                                fault.map(KeyTimes.Fault::reason).orElse(SetAsideReason.NOTHING_TO_DO),
                                fault.map(KeyTimes.Fault::sentence)
                                        .orElse(Sentence.of(
                                                "approval.concernsNothing",
                                                Kinds.sentence(kind.word()),
                                                s.person().name())));
                    });
        }
    }

    private void rejection(SignedStatement rejection) {
        if (!judgement.concernsThisImage(rejection) || !judgement.isOfThisRepository(rejection)) {
            return;
        }
        if (!judgement.stagesUpToHere.contains(rejection.stage())) {
            otherStage(rejection);
            return;
        }
        if (!judgement.isInRole(rejection)) {
            return;
        }
        if (!mayReject(rejection.stage(), rejection.role())) {
            judgement.setAside(
                    rejection,
                    SetAsideReason.ROLE_NOT_NEEDED,
                    Sentence.of("approval.stageHasNoPlace", rejection.stage(), rejection.role()));
            return;
        }
        if (judgement.isSignedAsNeeded(rejection) && isBelieved(rejection)) {
            if (rejection.stage().equals(judgement.stage.name())) {
                rejectionsHere.add(rejection);
            }
            if (!isLifted(rejection)) {
                judgement.hold(
                        HoldReason.REJECTED,
                        Sentence.of(
                                "approval.rejected",
                                rejection.person().name(),
                                rejection.role(),
                                rejection.stage(),
                                rejection.issuedAt(),
                                reason(rejection),
                                lifting(rejection.person().name(), rejection.digest())));
            }
        }
    }

    private void block(SignedStatement block) {
        if (!judgement.concernsThisImage(block) || !judgement.isInRole(block)) {
            return;
        }
        if (!mayBlock(block.role())) {
            judgement.setAside(
                    block, SetAsideReason.ROLE_NOT_NEEDED, Sentence.of("approval.noStageHasPlace", block.role()));
            return;
        }
        if (isBelieved(block) && !isLifted(block)) {
            judgement.hold(
                    HoldReason.BLOCKED,
                    Sentence.of(
                            "approval.blocked",
                            block.person().name(),
                            block.role(),
                            block.issuedAt(),
                            reason(block),
                            lifting(block.person().name(), block.digest())));
        }
    }

    private boolean mayReject(String stage, String role) {
        return judgement.policy.stage(stage).map(s -> s.needsRole(role)).orElse(false)
                || role.equals(judgement.policy.overrideRole().orElse(null));
    }

    private boolean mayBlock(String role) {
        return judgement.policy.stages().keySet().stream().anyMatch(stage -> mayReject(stage, role));
    }

    private boolean isBelieved(SignedStatement negative) {
        Optional<KeyTimes.Fault> fault = judgement.negativeTimeFault(negative);
        fault.ifPresent(f -> judgement.setAside(negative, f.reason(), f.sentence()));
        return fault.isEmpty();
    }

    /** A registry that hides a rejection must not open a gate: what the ledger has seen once must be found again. */
    private void vanished() {
        for (KnownStatement known :
                judgement.in.ledger().known(judgement.in.image().digest())) {
            if (judgement.statements.containsKey(known.statement()) || !wouldHold(known)) {
                continue;
            }
            boolean lifted = known.kind().equals(Kind.WITHDRAWAL.word())
                    ? isOverridden(known.statement(), known.stage(), false)
                    : withdrawnBy(known.statement(), known.person(), true).isPresent()
                            || isOverridden(
                                    known.statement(),
                                    known.stage(),
                                    known.kind().equals(Kind.BLOCK.word()));
            if (!lifted) {
                judgement.hold(
                        HoldReason.RECORD_VANISHED,
                        Sentence.of(
                                "approval.recordVanished",
                                Kinds.sentence(known.kind()),
                                known.person(),
                                known.firstSeen(),
                                known.statement(),
                                lifting(known.person(), known.statement())));
            }
        }
    }

    private boolean wouldHold(KnownStatement known) {
        Kind kind = Kind.of(known.kind()).orElse(null);
        if (kind == Kind.BLOCK) {
            return judgement.policy.isInRole(known.person(), known.role()) && mayBlock(known.role());
        }
        boolean here =
                judgement.stagesUpToHere.contains(known.stage()) && judgement.isThisRepository(known.repository());
        if (kind == Kind.REJECTION) {
            return here
                    && judgement.policy.isInRole(known.person(), known.role())
                    && mayReject(known.stage(), known.role());
        }
        // An approval whose withdrawal is hidden would count again.
        return kind == Kind.WITHDRAWAL && here;
    }

    private boolean isLifted(SignedStatement negative) {
        if (isWithdrawn(negative, true)) {
            return true;
        }
        boolean block = negative.record().orElseThrow().kind() == Kind.BLOCK;
        if (isOverridden(negative.digest(), negative.stage(), block)) {
            SignedStatement override = overrides.get(negative.digest()).get(0);
            judgement.setAside(
                    negative,
                    SetAsideReason.OVERRIDDEN,
                    Sentence.of("approval.overridden", override.person().name(), reason(override)));
            return true;
        }
        return false;
    }

    /**
     * A rejection is overridden for its own stage, and so for those after; a block only for the stage that the override names.
     */
    private boolean isOverridden(Digest target, String stage, boolean block) {
        boolean found = false;
        for (SignedStatement override : overrides.getOrDefault(target, List.of())) {
            if (override.stage().equals(block ? judgement.stage.name() : stage)) {
                effective.add(override.digest());
                found = true;
            }
        }
        return found;
    }

    /**
     * Whether its author took it back; sets it aside then.
     *
     * @param opening whether that could open a gate, so that the withdrawal's key must be believed for certain
     */
    boolean isWithdrawn(SignedStatement statement, boolean opening) {
        Optional<SignedStatement> withdrawal =
                withdrawnBy(statement.digest(), statement.person().name(), opening);
        withdrawal.ifPresent(w -> judgement.setAside(
                statement,
                SetAsideReason.WITHDRAWN,
                Sentence.of("approval.withdrawn", w.person().name(), w.issuedAt(), reason(w))));
        return withdrawal.isPresent();
    }

    Optional<SignedStatement> withdrawnBy(Digest target, String person, boolean opening) {
        for (SignedStatement withdrawal : withdrawals.getOrDefault(target, List.of())) {
            if (Judgement.same(withdrawal.person().name(), person)
                    && (!opening || goodWithdrawals.contains(withdrawal.digest()) && mayTakeBack(withdrawal, target))) {
                effective.add(withdrawal.digest());
                return Optional.of(withdrawal);
            }
        }
        return Optional.empty();
    }

    /** What somebody signed with a key of their own, a Jenkins does not take back for them; nor what is gone, and may have been. */
    private boolean mayTakeBack(SignedStatement withdrawal, Digest target) {
        SignedStatement statement = judgement.statements.get(target);
        return !withdrawal.isByIdentity() || statement != null && statement.isByIdentity();
    }

    /** The person's own rejection in this stage and role that makes the approval a thing of the past. */
    Optional<SignedStatement> rejectionAfter(SignedStatement approval) {
        return rejectionsHere.stream()
                .filter(rejection -> rejection.person().equals(approval.person())
                        && rejection.role().equals(approval.role())
                        && rejection.sequence() >= approval.sequence())
                .findFirst();
    }

    private void otherStage(SignedStatement statement) {
        judgement.setAside(
                statement,
                SetAsideReason.OTHER_STAGE,
                Sentence.of(
                        "approval.aboutOtherStage", StatementMembers.shown(statement.stage()), judgement.stage.name()));
    }

    private Sentence lifting(String person, Digest statement) {
        return judgement
                .policy
                .overrideRole()
                .map(role -> Sentence.of("approval.liftedByOverride", person, role, statement))
                .orElse(Sentence.of("approval.liftedByWithdrawal", person));
    }

    private static String reason(SignedStatement statement) {
        return statement.record().orElseThrow().reason();
    }
}

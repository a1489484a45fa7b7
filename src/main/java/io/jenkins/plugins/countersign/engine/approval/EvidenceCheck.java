package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement;
import io.jenkins.plugins.countersign.engine.trust.Names;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The evidence that the stage asks for. Of each signer the newest counts, and all of them must be good: a second scanner that
 * finds nothing does not outvote the first that found something.
 */
final class EvidenceCheck {

    private final Judgement judgement;

    EvidenceCheck(Judgement judgement) {
        this.judgement = judgement;
    }

    void judge() {
        for (EvidenceRequirement requirement : judgement.stage.evidence()) {
            List<Sentence> faults = new ArrayList<>();
            int good = 0;
            for (AttachedEvidence newest : newestOfEachSigner(requirement)) {
                if (isTooOld(requirement, newest)) {
                    continue;
                }
                Optional<Sentence> fault = fault(requirement, newest);
                if (fault.isEmpty()) {
                    good++;
                    requirement
                            .maxAge()
                            .ifPresent(age -> judgement.openUntil(newest.time().plus(age)));
                } else {
                    faults.add(Sentence.of("approval.evidenceFault", newest.time(), newest.signer(), fault.get()));
                }
            }
            if (good == 0 || !faults.isEmpty()) {
                judgement.hold(
                        HoldReason.EVIDENCE_MISSING,
                        faults.isEmpty()
                                ? Sentence.of("approval.noEvidence", requirement.sentence())
                                : Sentence.of(
                                        "approval.noGoodEvidence",
                                        requirement.sentence(),
                                        Sentence.semicolons(faults)));
            }
        }
    }

    /** Of the newest moment all, because two of one moment have no order. */
    private Collection<AttachedEvidence> newestOfEachSigner(EvidenceRequirement requirement) {
        Map<String, List<AttachedEvidence>> newest = new HashMap<>();
        for (AttachedEvidence evidence : judgement.in.evidence()) {
            if (!isOfKind(requirement, evidence)
                    || evidence.time().isAfter(judgement.in.now().plus(KeyTimes.SKEW))) {
                continue;
            }
            List<AttachedEvidence> best = newest.computeIfAbsent(Names.fold(evidence.signer()), s -> new ArrayList<>());
            Instant bestTime = best.isEmpty() ? Instant.MIN : best.get(0).time();
            if (evidence.time().isAfter(bestTime)) {
                best.clear();
            }
            if (!evidence.time().isBefore(bestTime)) {
                best.add(evidence);
            }
        }
        return newest.values().stream().flatMap(List::stream).toList();
    }

    private boolean isOfKind(EvidenceRequirement requirement, AttachedEvidence evidence) {
        return evidence.kind() == requirement.kind()
                && judgement.policy.isInRole(evidence.signer(), requirement.signedByRole());
    }

    private boolean isTooOld(EvidenceRequirement requirement, AttachedEvidence evidence) {
        return requirement
                .maxAge()
                .map(age -> !judgement.in.now().isBefore(evidence.time().plus(age)))
                .orElse(false);
    }

    private static Optional<Sentence> fault(EvidenceRequirement requirement, AttachedEvidence evidence) {
        if (!requirement.results().isEmpty() && !requirement.results().contains(evidence.result())) {
            return Optional.of(
                    evidence.result().isEmpty()
                            ? Sentence.of("approval.evidenceSaysNothing")
                            : Sentence.of("approval.evidenceSays", evidence.result()));
        }
        if (requirement.highestSeverity().isPresent()) {
            if (evidence.worst().isEmpty()) {
                return Optional.of(Sentence.of("approval.evidenceWithoutSeverity"));
            }
            if (evidence.worst().get().compareTo(requirement.highestSeverity().get()) > 0) {
                return Optional.of(Sentence.of(
                        "approval.evidenceTooSevere", evidence.worst().get().sentence()));
            }
        }
        return Optional.empty();
    }

    /** Whether the approver saw good evidence of every kind that must be seen; what came later does not make it unseen. */
    boolean isNamed(SignedStatement statement) {
        Approval approval = statement.approval().orElseThrow();
        for (EvidenceRequirement requirement : judgement.stage.evidence()) {
            boolean named = !requirement.named()
                    || judgement.in.evidence().stream()
                            .anyMatch(evidence -> isOfKind(requirement, evidence)
                                    && fault(requirement, evidence).isEmpty()
                                    && approval.evidence().contains(evidence.statement()));
            if (!named) {
                judgement.setAside(
                        statement,
                        SetAsideReason.EVIDENCE_NOT_NAMED,
                        Sentence.of(
                                "approval.evidenceNotNamed", requirement.kind().sentence()));
                return false;
            }
        }
        return true;
    }
}

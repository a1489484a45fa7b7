package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.approval.GateRecord.Kind;
import io.jenkins.plugins.countersign.engine.audit.KnownPromotion;
import io.jenkins.plugins.countersign.engine.audit.KnownStatement;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Assignment;
import io.jenkins.plugins.countersign.engine.trust.Requirement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An older image takes the place of a newer one only with a rollback approval, which names both, so that it cannot be used
 * again for another way back.
 */
final class Rollback {

    private final Judgement judgement;
    private final GateRecords records;
    private final Exclusions exclusions;

    Rollback(Judgement judgement, GateRecords records, Exclusions exclusions) {
        this.judgement = judgement;
        this.records = records;
        this.exclusions = exclusions;
    }

    void judge() {
        List<KnownPromotion> promotions =
                judgement.in.ledger().promotions(judgement.in.destination(), judgement.stage.name());
        Optional<Sentence> older = promotions.isEmpty()
                ? Optional.empty()
                : older(promotions, promotions.get(promotions.size() - 1).image());
        if (older.isEmpty()) {
            records.of(Kind.ROLLBACK)
                    .forEach(rollback -> judgement.setAside(
                            rollback, SetAsideReason.NOTHING_TO_DO, Sentence.of("approval.nothingNewerPromoted")));
            return;
        }
        Digest last = promotions.get(promotions.size() - 1).image();
        List<Requirement> needs = judgement.stage.rollback().isEmpty()
                ? judgement
                        .policy
                        .overrideRole()
                        .map(role -> List.of(new Requirement(role, 1, false)))
                        .orElse(List.of())
                : judgement.stage.rollback();
        Map<String, Set<Integer>> fits = new TreeMap<>();
        for (SignedStatement rollback : records.of(Kind.ROLLBACK)) {
            if (counts(rollback, last)) {
                for (int i = 0; i < needs.size(); i++) {
                    if (needs.get(i).role().equals(rollback.role())
                            && (!needs.get(i).token() || rollback.key().token())) {
                        fits.computeIfAbsent(rollback.person().name(), name -> new TreeSet<>())
                                .add(i);
                    }
                }
                EligibleApprovals.limit(judgement, rollback);
            }
        }
        if (needs.isEmpty() || !Assignment.of(needs, true, fits).isComplete()) {
            judgement.hold(
                    HoldReason.ROLLBACK, Sentence.of("approval.rollback", older.get(), wayBack(needs, fits.keySet())));
        }
    }

    private Optional<Sentence> older(List<KnownPromotion> promotions, Digest last) {
        Digest image = judgement.in.image().digest();
        if (image.equals(last)) {
            return Optional.empty();
        }
        if (promotions.stream().anyMatch(promotion -> promotion.image().equals(image))) {
            return Optional.of(Sentence.of("approval.promotedBefore", image, last));
        }
        Map<Digest, Instant> builtAt = judgement.in.build().builtAt();
        if (builtAt.containsKey(image) && builtAt.containsKey(last)) {
            return builtAt.get(image).isBefore(builtAt.get(last))
                    ? Optional.of(Sentence.of("approval.builtBefore", image, last))
                    : Optional.empty();
        }
        Optional<Instant> imageSeen = firstSeen(image);
        Optional<Instant> lastSeen = firstSeen(last);
        return imageSeen.isPresent() && lastSeen.isPresent() && imageSeen.get().isBefore(lastSeen.get())
                ? Optional.of(Sentence.of("approval.knownBefore", image, last))
                : Optional.empty();
    }

    private static Sentence wayBack(List<Requirement> needs, Set<String> approved) {
        if (needs.isEmpty()) {
            return Sentence.of("approval.nobodyGoesBack");
        }
        Sentence people =
                Sentence.commaAnd(needs.stream().map(Requirement::sentence).toList());
        return approved.isEmpty()
                ? Sentence.of("approval.rollbackNeeds", people)
                : Sentence.of("approval.rollbackNeedsMore", people, Sentence.commas(approved));
    }

    private Optional<Instant> firstSeen(Digest image) {
        return judgement.in.ledger().known(image).stream()
                .map(KnownStatement::firstSeen)
                .min(Instant::compareTo);
    }

    private boolean counts(SignedStatement rollback, Digest last) {
        if (!judgement.isOfThisImage(rollback) || !judgement.isOfThisRepository(rollback)) {
            return false;
        }
        if (!rollback.stage().equals(judgement.stage.name())) {
            judgement.setAside(
                    rollback,
                    SetAsideReason.OTHER_STAGE,
                    Sentence.of(
                            "approval.forOtherStage",
                            StatementMembers.shown(rollback.stage()),
                            judgement.stage.name()));
            return false;
        }
        Digest from = rollback.record().orElseThrow().from().orElseThrow();
        if (!from.equals(last)) {
            judgement.setAside(rollback, SetAsideReason.OTHER_DIGEST, Sentence.of("approval.leavesOther", from, last));
            return false;
        }
        return judgement.isInRole(rollback)
                && judgement.isGood(rollback)
                && EligibleApprovals.isInTime(judgement, rollback)
                && exclusions.allow(rollback)
                && !records.isWithdrawn(rollback, false);
    }
}

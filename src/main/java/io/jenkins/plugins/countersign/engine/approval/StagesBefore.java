package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Stage;
import java.time.Instant;
import java.util.Optional;

/** The seals of the stages that the image must have passed. */
final class StagesBefore {

    private final Judgement judgement;
    private final GateRecords records;

    StagesBefore(Judgement judgement, GateRecords records) {
        this.judgement = judgement;
        this.records = records;
    }

    void judge() {
        for (String name : judgement.stagesBefore) {
            StageSeal seal = judgement.in.seals().get(name);
            if (seal == null
                    || !seal.stage().equals(name)
                    || !seal.image().equals(judgement.in.image().digest())) {
                judgement.hold(
                        HoldReason.NOT_SEALED,
                        Sentence.of(
                                "approval.notSealed", name, judgement.in.image().digest()));
            } else {
                judge(judgement.policy.stage(name).orElseThrow(), seal);
            }
        }
    }

    private void judge(Stage stage, StageSeal seal) {
        Instant now = judgement.in.now();
        Instant newest = seal.confirmedAt().isAfter(seal.sealedAt()) ? seal.confirmedAt() : seal.sealedAt();
        if (newest.isAfter(now.plus(KeyTimes.SKEW))) {
            judgement.hold(
                    HoldReason.CLOCK_MOVED_BACK, Sentence.of("approval.clockBehindSeal", now, stage.name(), newest));
        }
        if (stage.freshness().isPresent()) {
            Instant until = seal.confirmedAt().plus(stage.freshness().get());
            if (!now.isBefore(until)) {
                judgement.hold(
                        HoldReason.SEAL_STALE,
                        Sentence.of(
                                "approval.sealStale",
                                stage.name(),
                                seal.confirmedAt(),
                                stage.freshness().get()));
            }
            judgement.openUntil(until);
        }
        for (Digest counted : seal.counted()) {
            String person = judgement.personOf(counted).orElse("");
            Optional<SignedStatement> withdrawal = records.withdrawnBy(counted, person, false);
            if (withdrawal.isPresent()) {
                judgement.hold(
                        HoldReason.SEALED_APPROVAL_WITHDRAWN,
                        Sentence.of(
                                "approval.sealedApprovalWithdrawn",
                                withdrawal.get().person().name(),
                                counted,
                                stage.name()));
            }
        }
    }
}

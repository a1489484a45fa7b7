package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.trust.Stage;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether an image may pass a stage: a pure function of its input, without clock, network or file.
 *
 * <p>Source of the rules: docs/approvals.md. In short: who is entitled, with a key that is believed, for exactly these bytes,
 * this repository and this stage, and not superseded, withdrawn or excluded, can fill a place; nobody fills two; and nothing
 * that says no may be overlooked.
 */
public final class Gate {

    /** More statements than this are an attack or an accident, and hold unread. */
    public static final int MAX_STATEMENTS = 4096;

    private Gate() {}

    /** How statements are read and their signatures verified. */
    interface Reading {
        StatementReader read(List<FoundSignature> found, TrustPolicy policy);
    }

    public static Decision decide(GateInput input) {
        return decide(input, StatementReader::read);
    }

    static Decision decide(GateInput input, Reading reading) {
        Optional<Stage> stage = input.policy().policy().stage(input.stage());
        if (stage.isEmpty()) {
            return new Decision(
                    input.stage(),
                    input.image(),
                    PolicyReference.to(input.policy().policy()),
                    input.now(),
                    List.of(new Hold(
                            HoldReason.UNKNOWN_STAGE,
                            Sentence.of(
                                    "approval.unknownStage",
                                    input.policy().sentence(),
                                    input.stage(),
                                    Sentence.commas(
                                            input.policy().policy().stages().keySet())))),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    null);
        }
        return new Judgement(input, stage.get(), reading).decide();
    }
}

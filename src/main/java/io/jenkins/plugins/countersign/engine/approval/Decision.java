package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the gate says: open, or held with every reason.
 *
 * @param stage whose gate
 * @param image about which image
 * @param policy by which policy
 * @param decidedAt when
 * @param holds why it is held; empty when it is open
 * @param counted who fills the places, in the order of the requirements
 * @param missing which places are empty
 * @param enough approvals that would fill every empty place, as an example; with distinct people there is no smaller one. Empty
 *     when none are missing, or when no approvals could fill them all
 * @param setAside what does not count, each with its reason
 * @param openUntilOrNull until when the decision to open stays good if nothing is added; null when held
 */
public record Decision(
        String stage,
        ApprovedImage image,
        PolicyReference policy,
        Instant decidedAt,
        List<Hold> holds,
        List<Counted> counted,
        List<Missing> missing,
        List<Candidate> enough,
        List<SetAside> setAside,
        Instant openUntilOrNull)
        implements Serializable {

    /** Of the JSON form; raised when a member changes its meaning. */
    public static final int SCHEMA_VERSION = 1;

    public Decision {
        holds = List.copyOf(holds);
        counted = List.copyOf(counted);
        missing = List.copyOf(missing);
        enough = List.copyOf(enough);
        setAside = List.copyOf(setAside);
    }

    public boolean isOpen() {
        return holds.isEmpty();
    }

    public boolean isHeldBy(HoldReason reason) {
        return holds.stream().anyMatch(hold -> hold.reason() == reason);
    }

    public Optional<Instant> openUntil() {
        return Optional.ofNullable(openUntilOrNull);
    }

    /** Digests of the payloads of the approvals counted: for the seal and the summary. */
    public List<Digest> countedStatements() {
        return counted.stream().map(Counted::statement).distinct().toList();
    }

    /** For machines. */
    public com.fasterxml.jackson.databind.node.ObjectNode toJson() {
        return DecisionReport.json(this);
    }

    /** For people. */
    public String toText() {
        return DecisionReport.text(this);
    }
}

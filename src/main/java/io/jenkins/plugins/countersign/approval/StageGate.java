package io.jenkins.plugins.countersign.approval;

import hudson.model.Item;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.io.IOException;

/** Asks the gate of a stage once, outside any build. */
public final class StageGate {

    private StageGate() {}

    /** For forms that need a stage: whether the trust policy has it. */
    public static FormValidation check(Item itemOrNull, String stage) {
        return FormChecks.stage(itemOrNull, stage);
    }

    /** The same where none may be given. */
    public static FormValidation checkOptional(Item itemOrNull, String stage) {
        return FieldChecks.optional(itemOrNull, stage, FormChecks::stage);
    }

    /**
     * Whether the image has passed the stage. Of the build behind it nothing is known, so a stage that excludes people by their
     * part in the build holds.
     *
     * @param repository {@code registry/repository}
     * @throws IOException if that is unknown: the registry, the policy or the ledger gives no clear answer
     */
    public static boolean isOpen(String repository, Digest digest, String tag, String stage) throws IOException {
        try (Repository opened = Registries.open(new ImageLocation(repository, null, digest), Progress.NONE)) {
            ImageReading reading = ImageReading.of(opened, digest, tag);
            if (reading.isUnknown()) {
                throw new IOException(reading.unknown());
            }
            return Gate.decide(reading.input(GatePolicy.current(), stage, BuildFacts.UNKNOWN))
                    .isOpen();
        } catch (PolicyException | LedgerException | IllegalArgumentException e) {
            throw new IOException("the gate of " + stage + " cannot decide: " + e.getMessage(), e);
        }
    }
}

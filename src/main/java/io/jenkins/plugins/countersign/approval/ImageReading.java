package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Gathering;
import io.jenkins.plugins.countersign.engine.promotion.Judging;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import io.jenkins.plugins.countersign.goldenbase.GoldenLineages;
import java.time.Instant;
import java.util.Set;

/**
 * One look at the registry, which serves every gate of an image. It may be used while the repository is open.
 *
 * @param repository where it looked; null when it could not
 * @param gathering what lies next to the image; null when the image could not be read
 * @param unknown why there may be more; empty when there is not. Unknown is never none.
 */
record ImageReading(Repository repository, Gathering gathering, String unknown) {

    static ImageReading of(Repository repository, Digest digest, String tag) {
        try {
            Gathering gathering = Gathering.of(repository, digest, tag);
            return new ImageReading(repository, gathering, gathering.unknown());
        } catch (RegistryException e) {
            return unknown(e.getMessage());
        }
    }

    static ImageReading unknown(String why) {
        return new ImageReading(null, null, why);
    }

    boolean isUnknown() {
        return !unknown.isEmpty();
    }

    /** What the gate of a stage decides from; the ledger learns what is seen for the first time. */
    GateInput input(TrustedPolicy policy, String stage, BuildFacts build) throws RegistryException, LedgerException {
        Ledger ledger = ControllerLedger.get();
        return new Judging(
                        policy,
                        stage,
                        gathering.image().digest(),
                        repository.name(),
                        build,
                        ledger,
                        ledger,
                        Instant.now(),
                        GoldenLineages.ofGates())
                .input(repository, gathering, Set.of());
    }
}

package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Hold;
import io.jenkins.plugins.countersign.engine.approval.HoldReason;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.audit.LedgerView;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.NotFoundException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The gate's answer, given again from the registry and the trust policy alone: no ledger, no controller, nothing believed but
 * signatures.
 *
 * <p>Approvals end, and an image that was rightly promoted stays so. Hence two decisions: the one at the moment of the seal,
 * which must be open, and the one of now, in which nothing may speak against the image: no rejection, no block, no unknown.
 *
 * @param atSeal the decision at the moment that the gate's own seal names; the one of now when there is no seal
 * @param now the decision of this moment
 * @param sealOrNull the stage's seal; null when there is none that is believed
 * @param sealIncomplete what of the seal other verifiers would miss; empty when nothing
 * @param refused seals that are not believed, each with its reason
 */
public record Verification(
        Decision atSeal,
        Decision now,
        VerificationSummary sealOrNull,
        List<String> sealIncomplete,
        List<String> refused) {

    /** What may change with time without speaking against the image. */
    private static final Set<HoldReason> TIME =
            EnumSet.of(HoldReason.APPROVALS_MISSING, HoldReason.EVIDENCE_MISSING, HoldReason.SEAL_STALE);

    public Verification {
        sealIncomplete = List.copyOf(sealIncomplete);
        refused = List.copyOf(refused);
    }

    /** Resolves the tag once and verifies what it means. */
    public static Verification of(
            Repository repository, String tag, TrustedPolicy policy, String stage, Set<String> alsoKnownAs, Instant now)
            throws RegistryException {
        Digest image = repository
                .resolve(tag)
                .map(Descriptor::digest)
                .orElseThrow(() -> new NotFoundException("there is no tag " + tag + " in " + repository.name()));
        return of(repository, image, policy, stage, alsoKnownAs, now);
    }

    /**
     * @param alsoKnownAs other names of the repository; where the image was promoted from need not be among them, for the
     *     gate's seal says so
     */
    public static Verification of(
            Repository repository,
            Digest image,
            TrustedPolicy policy,
            String stage,
            Set<String> alsoKnownAs,
            Instant now)
            throws RegistryException {
        return of(repository, image, policy, stage, alsoKnownAs, Lineages.NOT_LOOKED_AT, now);
    }

    /** @param lineages finds out what an image stands on that is not sealed yet; for one that is, its seal says so */
    public static Verification of(
            Repository repository,
            Digest image,
            TrustedPolicy policy,
            String stage,
            Set<String> alsoKnownAs,
            Lineages lineages,
            Instant now)
            throws RegistryException {
        return of(repository, image, policy, stage, alsoKnownAs, LedgerView.NOTHING, lineages, now);
    }

    static Verification of(
            Repository repository,
            Digest image,
            TrustedPolicy policy,
            String stage,
            Set<String> alsoKnownAs,
            LedgerView known,
            Lineages lineages,
            Instant now)
            throws RegistryException {
        Gathering gathering = Gathering.of(repository, image, "");
        Set<String> own = new HashSet<>(alsoKnownAs);
        own.add(repository.name());
        Seals seals = Seals.read(gathering.atImage(), policy.policy(), own, known::firstSeen, now);
        VerificationSummary seal = seals.newest().get(stage);
        BuildFacts build = seal == null ? BuildFacts.UNKNOWN : seal.build();
        Set<String> names = new HashSet<>(alsoKnownAs);
        names.addAll(seals.origins());
        names.remove(repository.name());
        try {
            Decision today = new Judging(
                            policy,
                            stage,
                            image,
                            repository.name(),
                            build,
                            known,
                            null,
                            now,
                            seal == null ? lineages : Lineages.SEALED)
                    .decide(repository, gathering, names);
            if (seal == null) {
                return new Verification(today, today, null, List.of(), seals.refused());
            }
            // The ledger of today knows what nobody could know then; what it forbids, it forbids today.
            Decision then = new Judging(
                            policy,
                            stage,
                            image,
                            repository.name(),
                            build,
                            LedgerView.NOTHING,
                            null,
                            seal.verifiedAt(),
                            Lineages.SEALED)
                    .decide(repository, gathering, names);
            List<String> missing = gathering.unknown().isEmpty()
                    ? new SealWriter(repository, image, policy.policy()).missing(seal, now)
                    : List.of("unknown: " + gathering.unknown());
            return new Verification(then, today, seal, missing, seals.refused());
        } catch (LedgerException e) {
            throw new IllegalStateException("no ledger was to be written", e);
        }
    }

    public Optional<VerificationSummary> seal() {
        return Optional.ofNullable(sealOrNull);
    }

    /** Why not; empty when the image is what the policy asks for. */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        for (Hold hold : atSeal.holds()) {
            faults.add(hold.text());
        }
        for (Hold hold : now.holds()) {
            if (!TIME.contains(hold.reason()) && !faults.contains(hold.text())) {
                faults.add(hold.text());
            }
        }
        if (sealOrNull == null) {
            faults.add("the stage " + now.stage() + " is not sealed for "
                    + now.image().digest()
                    + (refused.isEmpty() ? "" : "; not believed: " + String.join("; ", refused)));
        } else if (!sealIncomplete.isEmpty()) {
            faults.add("the seal of stage " + now.stage() + " is not complete, missing is "
                    + String.join(", ", sealIncomplete));
        }
        return faults;
    }

    public boolean isGood() {
        return faults().isEmpty();
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.audit.LedgerView;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a decision depends on.
 *
 * @param policy whose signatures and version were checked
 * @param stage whose gate decides
 * @param image under judgement; its tag plays no part
 * @param alsoKnownAs other repositories that are this one under another name, as an administrator says: a mirror, the
 *     repository that the image was promoted from. Never taken from a statement.
 * @param destination the repository that the image would be promoted to, in which the ledger looks for newer ones
 * @param statements everything found at the image and its platform manifests, in any order; foreign signatures may be among
 *     them
 * @param unknown why the statements may not be complete; empty when they are. Unknown is never none: it holds.
 * @param provenTimes when a payload existed at the latest, by digest, as a trusted timestamp or an earlier seal proves; the
 *     ledger's own times need not be here
 * @param seals of stages before, by stage
 * @param evidence attached to the image
 * @param build who made the image
 * @param ledger what this controller knows
 * @param now the time of the decision
 * @param baseOrNull what the image stands on; null when nobody looked, which holds where the policy requires it
 */
public record GateInput(
        TrustedPolicy policy,
        String stage,
        ApprovedImage image,
        Set<String> alsoKnownAs,
        String destination,
        List<FoundSignature> statements,
        String unknown,
        Map<Digest, Instant> provenTimes,
        Map<String, StageSeal> seals,
        List<AttachedEvidence> evidence,
        BuildFacts build,
        LedgerView ledger,
        Instant now,
        BaseLineage baseOrNull) {

    /** Nobody looked what the image stands on. */
    public GateInput(
            TrustedPolicy policy,
            String stage,
            ApprovedImage image,
            Set<String> alsoKnownAs,
            String destination,
            List<FoundSignature> statements,
            String unknown,
            Map<Digest, Instant> provenTimes,
            Map<String, StageSeal> seals,
            List<AttachedEvidence> evidence,
            BuildFacts build,
            LedgerView ledger,
            Instant now) {
        this(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                now,
                null);
    }

    public GateInput {
        alsoKnownAs = Set.copyOf(alsoKnownAs);
        statements = List.copyOf(statements);
        provenTimes = Map.copyOf(provenTimes);
        seals = Map.copyOf(seals);
        evidence = List.copyOf(evidence);
    }

    /** A decision about an image that was found complete, with nothing else known; thicken it with the {@code with} methods. */
    public static GateInput of(
            TrustedPolicy policy, String stage, ApprovedImage image, List<FoundSignature> statements, Instant now) {
        return new GateInput(
                policy,
                stage,
                image,
                Set.of(),
                image.repository(),
                statements,
                "",
                Map.of(),
                Map.of(),
                List.of(),
                BuildFacts.UNKNOWN,
                LedgerView.NOTHING,
                now);
    }

    public GateInput withAlsoKnownAs(Set<String> repositories) {
        return new GateInput(
                policy,
                stage,
                image,
                repositories,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withDestination(String repository) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                repository,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                now,
                baseOrNull);
    }

    /** The collection did not end with a clear answer. */
    public GateInput withUnknown(String why) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                why,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withProvenTimes(Map<Digest, Instant> times) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                times,
                seals,
                evidence,
                build,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withSeals(Map<String, StageSeal> before) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                before,
                evidence,
                build,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withEvidence(List<AttachedEvidence> attached) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                attached,
                build,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withBuild(BuildFacts facts) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                facts,
                ledger,
                now,
                baseOrNull);
    }

    public GateInput withLedger(LedgerView view) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                view,
                now,
                baseOrNull);
    }

    public GateInput at(Instant time) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                time,
                baseOrNull);
    }

    public GateInput withBase(BaseLineage found) {
        return new GateInput(
                policy,
                stage,
                image,
                alsoKnownAs,
                destination,
                statements,
                unknown,
                provenTimes,
                seals,
                evidence,
                build,
                ledger,
                now,
                found);
    }
}

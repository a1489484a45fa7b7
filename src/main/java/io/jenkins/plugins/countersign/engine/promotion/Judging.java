package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.approval.SignedStatement;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.audit.LedgerView;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceReading;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One question to the gate: everything it depends on is gathered, what is new is told to the ledger, and the gate answers.
 *
 * @param known what the gate may know besides the registry
 * @param toldOrNull the ledger that is told what was seen; null for whoever keeps none
 * @param lineages finds out what the image stands on
 */
public record Judging(
        TrustedPolicy policy,
        String stage,
        Digest image,
        String destination,
        BuildFacts build,
        LedgerView known,
        Ledger toldOrNull,
        Instant now,
        Lineages lineages) {

    Decision decide(Repository repository, String tag, Set<String> alsoKnownAs)
            throws RegistryException, LedgerException {
        return decide(repository, Gathering.of(repository, image, tag), alsoKnownAs);
    }

    Decision decide(Repository repository, Gathering gathering, Set<String> alsoKnownAs)
            throws RegistryException, LedgerException {
        return Gate.decide(input(repository, gathering, alsoKnownAs));
    }

    /** Everything that the decision depends on: for whoever shows it, or asks for several stages at once. */
    public GateInput input(Repository repository, Gathering gathering, Set<String> alsoKnownAs)
            throws RegistryException, LedgerException {
        TrustPolicy trust = policy.policy();
        if (toldOrNull != null) {
            tell(gathering);
        }
        Set<String> names = new HashSet<>(alsoKnownAs);
        names.add(repository.name());
        Seals seals = Seals.read(gathering.atImage(), trust, names, known::firstSeen, now);
        Map<Digest, Instant> proven = new HashMap<>(seals.provenTimes());
        EvidenceReading evidence = EvidenceReading.read(gathering.atImage(), trust, proven, now);
        return GateInput.of(policy, stage, gathering.image(), gathering.statements(), now)
                .withUnknown(gathering.unknown())
                .withAlsoKnownAs(alsoKnownAs)
                .withDestination(destination)
                .withProvenTimes(proven)
                .withSeals(seals.forGate(repository, image, trust, now))
                .withEvidence(evidence.attached())
                .withBase(lineages.of(repository, image))
                .withBuild(joined(evidence.buildFacts(trust, stage, image)))
                .withLedger(heads(repository, gathering).with(known));
    }

    /** An image whose own neighbourhood could not be read is held anyway. */
    private LedgerHeads heads(Repository repository, Gathering gathering) throws RegistryException {
        return gathering.unknown().isEmpty()
                ? LedgerHeads.read(repository, policy.policy())
                : new LedgerHeads(List.of());
    }

    /** Only what a key of the policy signed: whoever can write to the registry must not be able to fill the ledger. */
    private void tell(Gathering gathering) throws LedgerException {
        TrustPolicy trust = policy.policy();
        if (known.highestPolicyVersion(trust.name()).orElse(0) <= trust.version()
                && known.policyDigest(trust.name(), trust.version()).isEmpty()) {
            toldOrNull.policySeen(trust.name(), trust.version(), trust.digest());
        }
        for (SignedStatement statement :
                StatementReader.read(gathering.statements(), trust).statements()) {
            toldOrNull.statementSeen(
                    image,
                    statement.image().repository(),
                    statement.stage(),
                    statement.kind(),
                    statement.person().name(),
                    statement.role(),
                    statement.digest());
        }
    }

    /** What Jenkins knows and what provenance says: everybody whom one of them names is excluded. */
    private BuildFacts joined(BuildFacts provenance) {
        Map<Digest, Instant> builtAt = new HashMap<>(provenance.builtAt());
        builtAt.putAll(build.builtAt());
        return new BuildFacts(
                joined(build.startersOrNull(), provenance.startersOrNull()),
                joined(build.commitAuthorsOrNull(), provenance.commitAuthorsOrNull()),
                builtAt,
                build.startersExcluded());
    }

    private static Set<String> joined(Set<String> one, Set<String> other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        Set<String> all = new HashSet<>(one);
        all.addAll(other);
        return all;
    }
}

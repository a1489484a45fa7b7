package io.jenkins.plugins.countersign.engine.evidence;

import io.jenkins.plugins.countersign.engine.approval.AttachedEvidence;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.KeyTimes;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Kind;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The evidence among what was found at one digest: whose it is, and what it says.
 *
 * @param attached what a key of the policy signed, for the gate
 * @param claims what each says, by the digest of its payload
 * @param refused what is no evidence although it says so, each with its reason
 */
public record EvidenceReading(List<AttachedEvidence> attached, Map<Digest, Claim> claims, List<Refused> refused) {

    /**
     * Evidence that does not count.
     *
     * @param manifest digest of the manifest that holds it
     * @param reason for people
     */
    public record Refused(Digest manifest, String reason) {}

    public EvidenceReading {
        attached = List.copyOf(attached);
        claims = Map.copyOf(claims);
        refused = List.copyOf(refused);
    }

    /**
     * Reads everything that was found at one digest, in any order.
     *
     * @param provenTimes when a payload existed at the latest, by its digest
     */
    public static EvidenceReading read(
            List<FoundSignature> found, TrustPolicy policy, Map<Digest, Instant> provenTimes, Instant now) {
        Map<PublicKey, Person> owners = new HashMap<>();
        Map<PublicKey, PolicyKey> keys = new HashMap<>();
        for (Person person : policy.people().values()) {
            for (PolicyKey key : person.keys()) {
                owners.put(key.key(), person);
                keys.put(key.key(), key);
            }
        }
        Verifier verifier = Verifier.withKeys(keys.keySet());
        List<AttachedEvidence> attached = new ArrayList<>();
        Map<Digest, Claim> claims = new HashMap<>();
        List<Refused> refused = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (FoundSignature signature : found) {
            Optional<Statement> statement = statement(signature);
            try {
                Optional<Claim> claim = statement.isEmpty() ? Optional.empty() : Claim.read(statement.get());
                if (claim.isEmpty()) {
                    continue;
                }
                var evidence = verifier.verify(signature);
                Digest payload = evidence.payloadDigest();
                // Of one person once; the same words of somebody else do not hide them.
                if (!seen.add(payload + " " + owners.get(evidence.key()).name())) {
                    continue;
                }
                Optional<Instant> proven = Optional.ofNullable(provenTimes.get(payload));
                // Evidence that does not say when it was made is as new as its proof, or as the moment in which it is
                // read.
                Instant claimed = claim.get().time().orElse(proven.orElse(now));
                Optional<KeyTimes.Fault> fault = KeyTimes.check(keys.get(evidence.key()), claimed, proven, now);
                if (fault.isPresent()) {
                    refused.add(new Refused(signature.manifest(), fault.get().text()));
                    continue;
                }
                claims.put(payload, claim.get());
                attached.add(new AttachedEvidence(
                        claim.get().kind(),
                        payload,
                        owners.get(evidence.key()).name(),
                        claim.get().time().orElse(Instant.EPOCH),
                        claim.get().result(),
                        claim.get().severityOrNull()));
            } catch (EvidenceException | VerificationException e) {
                refused.add(new Refused(signature.manifest(), e.getMessage()));
            }
        }
        return new EvidenceReading(attached, claims, refused);
    }

    /**
     * Who made the image, from provenance that the stage asks for: signed by somebody in the role that the stage names. Other
     * provenance is not believed, and when two disagree both are: more people are excluded then, never fewer.
     */
    public BuildFacts buildFacts(TrustPolicy policy, String stage, Digest image) {
        Set<String> starters = null;
        Set<String> authors = null;
        Map<Digest, Instant> builtAt = new HashMap<>();
        for (AttachedEvidence evidence : attached) {
            if (evidence.kind() != Kind.PROVENANCE || !isAskedFor(policy, stage, evidence)) {
                continue;
            }
            Claim claim = claims.get(evidence.statement());
            starters = joined(starters, claim.startersOrNull());
            authors = joined(authors, claim.commitAuthorsOrNull());
            claim.time().ifPresent(time -> builtAt.merge(image, time, (a, b) -> a.isBefore(b) ? a : b));
        }
        return new BuildFacts(starters, authors, builtAt);
    }

    private static boolean isAskedFor(TrustPolicy policy, String stage, AttachedEvidence evidence) {
        List<EvidenceRequirement> requirements =
                policy.stage(stage).map(s -> s.evidence()).orElse(List.of());
        return requirements.stream()
                .anyMatch(r -> r.kind() == Kind.PROVENANCE && policy.isInRole(evidence.signer(), r.signedByRole()));
    }

    private static Set<String> joined(Set<String> known, Set<String> more) {
        if (more == null) {
            return known;
        }
        Set<String> all = new HashSet<>(more);
        if (known != null) {
            all.addAll(known);
        }
        return all;
    }

    /** Unverified: only to see whether it is worth verifying. */
    private static Optional<Statement> statement(FoundSignature signature) {
        try {
            if (signature.oversized() > 0) {
                return Optional.empty();
            }
            if (signature.format() == SignatureFormat.BUNDLE) {
                return Optional.of(Statement.read(
                        SigstoreBundle.read(signature.content()).envelope().payload()));
            }
            if (signature.format() == SignatureFormat.ATTESTATION) {
                return Optional.of(
                        Statement.read(DsseEnvelope.read(signature.content()).payload()));
            }
            return Optional.empty();
        } catch (VerificationException notAStatement) {
            return Optional.empty();
        }
    }
}

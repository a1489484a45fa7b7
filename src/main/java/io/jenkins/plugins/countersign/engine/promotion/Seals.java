package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.KeyTimes;
import io.jenkins.plugins.countersign.engine.approval.StageSeal;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
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
import java.util.function.Function;

/**
 * The stages that an image has passed, as the gate's own key says in summaries next to it.
 *
 * @param newest the newest summary of each stage
 * @param digest of the manifest that holds it, by stage
 * @param refused summaries that are not believed, each with its reason
 */
public record Seals(Map<String, VerificationSummary> newest, Map<String, Digest> manifests, List<String> refused) {

    public Seals {
        newest = Map.copyOf(newest);
        manifests = Map.copyOf(manifests);
        refused = List.copyOf(refused);
    }

    /**
     * Reads what lies next to an image.
     *
     * @param names what the image's repository is called: a seal for another repository is none here
     * @param proven when a payload existed at the latest, by its digest
     */
    static Seals read(
            List<FoundSignature> atImage,
            TrustPolicy policy,
            Set<String> names,
            Function<Digest, Optional<Instant>> proven,
            Instant now) {
        Map<PublicKey, PolicyKey> keys = new HashMap<>();
        policy.gateKeys().forEach(key -> keys.put(key.key(), key));
        Verifier verifier = Verifier.withKeys(keys.keySet());
        Map<String, VerificationSummary> newest = new HashMap<>();
        Map<String, Digest> manifests = new HashMap<>();
        List<String> refused = new ArrayList<>();
        for (FoundSignature found : atImage) {
            if (!isSummary(found)) {
                continue;
            }
            try {
                var evidence = verifier.verify(found);
                VerificationSummary summary =
                        VerificationSummary.read(evidence.inTotoStatement().orElseThrow());
                Optional<KeyTimes.Fault> fault = KeyTimes.check(
                        keys.get(evidence.key()), summary.verifiedAt(), proven.apply(evidence.payloadDigest()), now);
                if (fault.isPresent()) {
                    throw new PromotionException(fault.get().text());
                }
                if (!names.contains(summary.repository()) && !names.contains(summary.destination())) {
                    throw new PromotionException("is about the repositories " + summary.repository() + " and "
                            + summary.destination() + ", this is " + names);
                }
                if (!summary.policy().name().equals(policy.name())) {
                    throw new PromotionException("was made under the trust policy \""
                            + summary.policy().name() + "\", this is \"" + policy.name() + "\"");
                }
                VerificationSummary known = newest.get(summary.stage());
                if (known == null || summary.verifiedAt().isAfter(known.verifiedAt())) {
                    newest.put(summary.stage(), summary);
                    manifests.put(summary.stage(), found.manifest());
                }
            } catch (VerificationException | PromotionException e) {
                refused.add("the summary in " + found.manifest() + ": " + e.getMessage());
            }
        }
        return new Seals(newest, manifests, refused);
    }

    /** For the gate. The stage's head says since when nobody has confirmed that this is still the stage's image. */
    Map<String, StageSeal> forGate(Repository repository, Digest image, TrustPolicy policy, Instant now)
            throws RegistryException {
        Map<String, StageSeal> seals = new HashMap<>();
        for (VerificationSummary summary : newest.values()) {
            Instant confirmedAt = summary.verifiedAt();
            if (policy.stage(summary.stage())
                    .flatMap(stage -> stage.freshness())
                    .isPresent()) {
                for (String tag : summary.tags()) {
                    Optional<StageHead> head = StageHead.read(repository, summary.stage(), tag, policy, now);
                    if (head.isPresent()
                            && head.get().image().equals(image)
                            && head.get().issuedAt().isAfter(confirmedAt)) {
                        confirmedAt = head.get().issuedAt();
                    }
                }
            }
            seals.put(
                    summary.stage(),
                    new StageSeal(
                            summary.stage(),
                            image,
                            summary.verifiedAt(),
                            confirmedAt,
                            summary.inputs().stream()
                                    .map(VerificationSummary.Input::payload)
                                    .toList()));
        }
        return seals;
    }

    /** That an approval was counted proves that it was there. */
    Map<Digest, Instant> provenTimes() {
        Map<Digest, Instant> times = new HashMap<>();
        for (VerificationSummary summary : newest.values()) {
            for (VerificationSummary.Input input : summary.inputs()) {
                times.merge(input.payload(), summary.verifiedAt(), (a, b) -> a.isBefore(b) ? a : b);
            }
        }
        return times;
    }

    /** Where the gates of the stages before looked: repositories that this one is the successor of. */
    Set<String> origins() {
        Set<String> origins = new HashSet<>();
        newest.values().forEach(summary -> {
            origins.add(summary.repository());
            origins.add(summary.destination());
        });
        return origins;
    }

    /** Unverified: only to see whether it is worth verifying. */
    private static boolean isSummary(FoundSignature found) {
        if (found.format() != SignatureFormat.BUNDLE || found.oversized() > 0) {
            return false;
        }
        try {
            return Statement.read(
                            SigstoreBundle.read(found.content()).envelope().payload())
                    .predicateType()
                    .equals(VerificationSummary.PREDICATE_TYPE);
        } catch (VerificationException notAStatement) {
            return false;
        }
    }
}

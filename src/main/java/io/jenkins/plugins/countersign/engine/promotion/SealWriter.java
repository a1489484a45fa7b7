package io.jenkins.plugins.countersign.engine.promotion;

import com.fasterxml.jackson.databind.node.TextNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.Evidence;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.SimpleSigning;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes a stage's seal: what cosign 1 to 3, podman, skopeo, CRI-O, Kyverno, Connaisseur and Ratify accept as a signature by
 * the gate's key, and the summary for everybody who asks what it rests on.
 *
 * <p>The same seal is not written twice, so an interrupted writer is simply run again. The summary comes last: a stage counts
 * as sealed by its summary, and has all the rest then.
 */
final class SealWriter {

    private final Repository repository;
    private final Digest image;
    private final TrustPolicy policy;
    private final Verifier verifier;

    SealWriter(Repository repository, Digest image, TrustPolicy policy) {
        this.repository = repository;
        this.image = image;
        this.policy = policy;
        this.verifier =
                Verifier.withKeys(policy.gateKeys().stream().map(PolicyKey::key).toList());
    }

    /** What of a seal is not there yet, in words for people; empty when it is complete. */
    List<String> missing(VerificationSummary wanted, Instant now) throws RegistryException {
        Gathering gathering = complete(wanted);
        List<String> missing = new ArrayList<>();
        for (Descriptor subject : gathering.subjects()) {
            if (!hasBundle(gathering, subject, wanted.stage())) {
                missing.add("the bundle at " + subject.digest());
            }
            for (String reference : references(wanted)) {
                if (!hasSimple(gathering, subject, wanted.stage(), reference)) {
                    missing.add("the .sig signature for " + reference + " at " + subject.digest());
                }
            }
        }
        if (summary(gathering, wanted, now).isEmpty()) {
            missing.add("the summary at " + gathering.image().digest());
        }
        return missing;
    }

    /** @return the summary that is there at the end: this one, or an earlier one that says the same */
    VerificationSummary write(VerificationSummary wanted, Signer gate, Instant now)
            throws RegistryException, KeyException {
        Gathering gathering = complete(wanted);
        SignatureStore store = new SignatureStore(repository);
        SigstoreBundle bundle = null;
        for (Descriptor subject : gathering.subjects()) {
            for (String reference : references(wanted)) {
                if (!hasSimple(gathering, subject, wanted.stage(), reference)) {
                    byte[] payload = new SimpleSigning(
                                    reference, subject.digest(), Map.of("stage", TextNode.valueOf(wanted.stage())))
                            .toBytes();
                    store.addSimpleSignature(subject.digest(), payload, gate.sign(payload));
                }
            }
            if (!hasBundle(gathering, subject, wanted.stage())) {
                if (bundle == null) {
                    bundle = SigstoreBundle.sign(statement(gathering, wanted), gate);
                }
                store.attachBundle(subject, bundle, SignatureTypes.COSIGN_SIGN_PREDICATE, now);
            }
        }
        Optional<VerificationSummary> known = summary(gathering, wanted, now);
        if (known.isPresent()) {
            return known.get();
        }
        SigstoreBundle summary = SigstoreBundle.sign(wanted.toStatement(gathering.image()), gate);
        store.attachBundle(gathering.subjects().get(0), summary, VerificationSummary.PREDICATE_TYPE, now);
        return wanted;
    }

    private Gathering complete(VerificationSummary wanted) throws RegistryException {
        Gathering gathering = Gathering.of(repository, image, "");
        if (!gathering.unknown().isEmpty()) {
            throw new RegistryException(
                    "what lies next to " + image + " in " + repository.name() + " cannot be read, so the seal of stage "
                            + wanted.stage() + " is not written: " + gathering.unknown());
        }
        return gathering;
    }

    private Optional<VerificationSummary> summary(Gathering gathering, VerificationSummary wanted, Instant now) {
        Seals seals = Seals.read(
                gathering.atImage(),
                policy,
                new TreeSet<>(List.of(repository.name(), wanted.repository(), wanted.destination())),
                payload -> Optional.empty(),
                now);
        VerificationSummary there = seals.newest().get(wanted.stage());
        boolean same = there != null
                && there.policy().equals(wanted.policy())
                && there.repository().equals(wanted.repository())
                && there.destination().equals(wanted.destination())
                && there.tags().equals(wanted.tags())
                && payloads(there).equals(payloads(wanted));
        return same ? Optional.of(there) : Optional.empty();
    }

    private static Set<String> payloads(VerificationSummary summary) {
        Set<String> payloads = new TreeSet<>();
        summary.inputs().forEach(input -> payloads.add(input.payload().toString()));
        return payloads;
    }

    private static List<String> references(VerificationSummary wanted) {
        return wanted.tags().isEmpty()
                ? List.of(wanted.destination())
                : wanted.tags().stream()
                        .map(tag -> wanted.destination() + ":" + tag)
                        .toList();
    }

    private static Statement statement(Gathering gathering, VerificationSummary wanted) {
        List<Statement.Subject> subjects = gathering.subjects().stream()
                .map(subject ->
                        new Statement.Subject(wanted.destination(), subject.digest(), Map.of("stage", wanted.stage())))
                .toList();
        return new Statement(subjects, SignatureTypes.COSIGN_SIGN_PREDICATE, StrictJson.object());
    }

    private boolean hasBundle(Gathering gathering, Descriptor subject, String stage) {
        return verified(gathering, subject, SignatureFormat.BUNDLE).stream()
                .anyMatch(evidence -> evidence.statement().predicateType().equals(SignatureTypes.COSIGN_SIGN_PREDICATE)
                        && stage.equals(evidence.annotations().get("stage")));
    }

    private boolean hasSimple(Gathering gathering, Descriptor subject, String stage, String reference) {
        return verified(gathering, subject, SignatureFormat.SIMPLE_SIGNING).stream()
                .anyMatch(evidence -> evidence.simpleSigning().dockerReference().equals(reference)
                        && stage.equals(evidence.annotations().get("stage")));
    }

    private List<Evidence> verified(Gathering gathering, Descriptor subject, SignatureFormat format) {
        List<Evidence> evidence = new ArrayList<>();
        for (FoundSignature found : gathering.statements()) {
            if (found.format() == format && found.subject().equals(subject.digest())) {
                try {
                    evidence.add(verifier.verify(found));
                } catch (VerificationException notOurs) {
                    // Somebody else's signature; it is neither taken nor touched.
                }
            }
        }
        return evidence;
    }
}

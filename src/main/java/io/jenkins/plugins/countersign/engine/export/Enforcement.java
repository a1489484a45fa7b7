package io.jenkins.plugins.countersign.engine.export;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.Stage;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What is to be enforced where images run: in these repositories only what was sealed for this stage.
 *
 * @param policy the trust policy
 * @param stage whose seal is required
 * @param repositories {@code registry/repository}, each without tag and digest
 * @param keys PEM of the gate keys that a verifier without a sense of time may believe
 * @param leftOut what of the policy no verifier of seals can check
 */
public record Enforcement(
        TrustPolicy policy, String stage, List<String> repositories, List<String> keys, List<String> leftOut) {

    public Enforcement {
        repositories = List.copyOf(repositories);
        keys = List.copyOf(keys);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * @throws ExportException if the stage is not in the policy, or no gate key is good now
     * @throws IllegalArgumentException if a repository's name is none
     */
    public static Enforcement of(TrustPolicy policy, String stageName, List<String> repositories, Instant now)
            throws ExportException {
        Stage stage = policy.stage(stageName)
                .orElseThrow(
                        () -> new ExportException("the trust policy " + policy.name() + " version " + policy.version()
                                + " has no stage \"" + stageName + "\"; it has "
                                + String.join(", ", policy.stages().keySet())));
        if (repositories.isEmpty()) {
            throw new ExportException("no repository was named whose images are to be sealed");
        }
        List<String> names = new ArrayList<>();
        for (String repository : repositories) {
            ImageReference name = ImageReference.parse(repository);
            if (name.tag().isPresent() || name.digest().isPresent()) {
                throw new IllegalArgumentException("expected a repository without tag and digest: " + repository);
            }
            names.add(name.name());
        }
        List<String> keys = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        for (PolicyKey key : policy.gateKeys()) {
            if (key.compromisedSince().isPresent()) {
                leftOut.add("The gate key " + key.shown() + " is compromised since "
                        + key.compromisedSince().get()
                        + ". This verifier cannot tell older seals from newer ones, so the key is left out: what it sealed is"
                        + " refused until it is sealed again.");
            } else if (key.notAfter().filter(now::isAfter).isPresent()
                    || key.notBefore().filter(now::isBefore).isPresent()) {
                leftOut.add("The gate key " + key.shown() + " is not valid now and is left out.");
            } else {
                keys.add(PublicKeys.pem(key.key()));
                key.notAfter()
                        .ifPresent(end -> leftOut.add("The gate key " + key.shown() + " is valid until " + end
                                + ". This verifier believes it for ever: export again before then."));
            }
        }
        if (keys.isEmpty()) {
            throw new ExportException("the trust policy " + policy.name() + " version " + policy.version()
                    + " has no gate key that is good now, so there is no seal to require"
                    + (leftOut.isEmpty() ? "" : ": " + String.join(" ", leftOut)));
        }
        leftOut.addAll(unseen(policy, stage));
        return new Enforcement(policy, stageName, names, keys, leftOut);
    }

    private static List<String> unseen(TrustPolicy policy, Stage stage) {
        List<String> unseen = new ArrayList<>();
        unseen.add("Who approved is not looked at (" + needs(stage)
                + "): the gate did, and its seal is what is required here."
                + " \"countersign verify\" looks at the approvals themselves.");
        unseen.add("A rejection, block or withdrawal after the promotion is not seen: the seal stays.");
        unseen.add("The seal does not end: neither the approvals' age"
                + stage.maxAge().map(age -> " (" + age + ")").orElse("")
                + " nor the end of the trust policy (" + policy.expires() + ") is looked at.");
        unseen.add("That a newer image has taken this one's place is not seen: an older tag or digest stays admitted.");
        if (stage.freshness().isPresent()) {
            unseen.add(
                    "The stage's head and its freshness (" + stage.freshness().get() + ") are not looked at.");
        }
        if (!stage.evidence().isEmpty()) {
            unseen.add("Evidence is not looked at: "
                    + String.join(
                            "; ",
                            stage.evidence().stream().map(Object::toString).toList()) + ".");
        }
        if (!policy.golden().isEmpty()) {
            unseen.add("The catalogue of golden images and the lineage are not looked at.");
        }
        unseen.add("A later version of the trust policy changes nothing here until it is exported again.");
        return unseen;
    }

    private static String needs(Stage stage) {
        return stage.needs().isEmpty()
                ? "nobody"
                : String.join(", ", stage.needs().stream().map(Object::toString).toList());
    }

    /** {@code main version 7, stage production} */
    String title() {
        return "trust policy " + policy.name() + " version " + policy.version() + " (" + policy.digest() + "), stage "
                + stage;
    }
}

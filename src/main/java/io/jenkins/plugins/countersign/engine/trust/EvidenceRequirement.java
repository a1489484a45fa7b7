package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Evidence that must be attached to the image before people are asked.
 *
 * @param kind what sort of evidence
 * @param signedByRole the role one of whose people must have signed it; evidence that anybody may sign is none
 * @param results the results that are accepted, in the words of the predicate; empty for kinds that have none
 * @param highestSeverityOrNull the worst finding that a scan may have; null when findings do not matter
 * @param maxAgeOrNull how old the evidence may be; null when its age does not matter
 * @param named whether an approval counts only if it names such evidence: the approver saw it
 */
public record EvidenceRequirement(
        Kind kind,
        String signedByRole,
        List<String> results,
        Severity highestSeverityOrNull,
        Duration maxAgeOrNull,
        boolean named)
        implements Serializable {

    public EvidenceRequirement {
        results = List.copyOf(results);
    }

    public Optional<Severity> highestSeverity() {
        return Optional.ofNullable(highestSeverityOrNull);
    }

    public Optional<Duration> maxAge() {
        return Optional.ofNullable(maxAgeOrNull);
    }

    @Override
    public String toString() {
        return kind.word() + " signed by role " + signedByRole
                + (results.isEmpty() ? "" : ", result " + String.join(" or ", results))
                + (highestSeverityOrNull == null ? "" : ", nothing worse than " + highestSeverityOrNull.word())
                + (maxAgeOrNull == null ? "" : ", not older than " + maxAgeOrNull);
    }

    /** The sorts of evidence. */
    public enum Kind {
        TEST_RESULT("test-result"),
        SCAN("scan"),
        SBOM("sbom"),
        PROVENANCE("provenance");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        static Optional<Kind> of(String word) {
            return Arrays.stream(values()).filter(k -> k.word.equals(word)).findFirst();
        }
    }

    /** How bad a finding is, the least first. */
    public enum Severity {
        NONE,
        LOW,
        MEDIUM,
        HIGH,
        CRITICAL;

        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static Optional<Severity> of(String word) {
            return Arrays.stream(values()).filter(s -> s.word().equals(word)).findFirst();
        }
    }
}

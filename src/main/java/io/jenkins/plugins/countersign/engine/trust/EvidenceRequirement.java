package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
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

    public Sentence sentence() {
        List<Sentence> parts = new ArrayList<>();
        parts.add(Sentence.of("trust.evidenceSignedBy", kind.sentence(), signedByRole));
        if (!results.isEmpty()) {
            parts.add(Sentence.of("trust.evidenceResult", Sentence.or(results)));
        }
        if (highestSeverityOrNull != null) {
            parts.add(Sentence.of("trust.evidenceSeverity", highestSeverityOrNull.sentence()));
        }
        if (maxAgeOrNull != null) {
            parts.add(Sentence.of("trust.evidenceAge", maxAgeOrNull));
        }
        return Sentence.clauses(parts);
    }

    /** In English. */
    @Override
    public String toString() {
        return sentence().text();
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

        public Sentence sentence() {
            return switch (this) {
                case TEST_RESULT -> Sentence.of("trust.testResult");
                case SCAN -> Sentence.of("trust.scan");
                case SBOM -> Sentence.of("trust.sbom");
                case PROVENANCE -> Sentence.of("trust.provenance");
            };
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

        public Sentence sentence() {
            return switch (this) {
                case NONE -> Sentence.of("trust.severityNone");
                case LOW -> Sentence.of("trust.severityLow");
                case MEDIUM -> Sentence.of("trust.severityMedium");
                case HIGH -> Sentence.of("trust.severityHigh");
                case CRITICAL -> Sentence.of("trust.severityCritical");
            };
        }

        public static Optional<Severity> of(String word) {
            return Arrays.stream(values()).filter(s -> s.word().equals(word)).findFirst();
        }
    }
}

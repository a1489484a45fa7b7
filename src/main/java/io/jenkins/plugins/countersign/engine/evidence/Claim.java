package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Kind;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a piece of evidence says, as far as a stage may ask. Whether its signer may say it is the gate's question.
 *
 * @param kind what sort of evidence
 * @param predicateType of the statement
 * @param result {@code PASSED}, {@code WARNED} or {@code FAILED} of a test result; empty for other kinds
 * @param severityOrNull the worst finding of a scan; null for other kinds
 * @param timeOrNull when it was made, as the signer says; null when the statement does not say
 * @param goldenBases of provenance: digests of the bases that are called golden
 * @param startersOrNull of provenance: who started the build; empty for nobody, null when it does not say
 * @param commitAuthorsOrNull of provenance: who wrote the commits; null when it does not say
 */
public record Claim(
        Kind kind,
        String predicateType,
        String result,
        Severity severityOrNull,
        Instant timeOrNull,
        List<Digest> goldenBases,
        Set<String> startersOrNull,
        Set<String> commitAuthorsOrNull) {

    private static final Set<String> RESULTS = Set.of("PASSED", "WARNED", "FAILED");

    public Claim {
        goldenBases = List.copyOf(goldenBases);
        startersOrNull = startersOrNull == null ? null : Set.copyOf(startersOrNull);
        commitAuthorsOrNull = commitAuthorsOrNull == null ? null : Set.copyOf(commitAuthorsOrNull);
    }

    private Claim(Kind kind, String predicateType, String result, Severity severityOrNull, Instant timeOrNull) {
        this(kind, predicateType, result, severityOrNull, timeOrNull, List.of(), null, null);
    }

    public Optional<Severity> highestSeverity() {
        return Optional.ofNullable(severityOrNull);
    }

    public Optional<Instant> time() {
        return Optional.ofNullable(timeOrNull);
    }

    /**
     * Reads a statement whose signature was verified.
     *
     * @return empty when the statement is no evidence, for instance an approval
     * @throws EvidenceException if it is of a kind of evidence but lacks what the kind says
     */
    public static Optional<Claim> read(Statement statement) throws EvidenceException {
        String type = statement.predicateType();
        JsonNode predicate = statement.predicate();
        if (type.equals(PredicateTypes.TEST_RESULT)) {
            return Optional.of(testResult(type, predicate));
        }
        if (type.equals(PredicateTypes.VULNS) || type.equals(PredicateTypes.VULNS_V01)) {
            return Optional.of(scan(type, predicate));
        }
        if (isVersionOf(PredicateTypes.CYCLONEDX, type)) {
            return Optional.of(sbom(
                    type,
                    predicate.path("bomFormat").asText().equals("CycloneDX"),
                    predicate.path("metadata").path("timestamp")));
        }
        if (isVersionOf(PredicateTypes.SPDX, type)) {
            return Optional.of(sbom(
                    type,
                    predicate.path("spdxVersion").asText().startsWith("SPDX-"),
                    predicate.path("creationInfo").path("created")));
        }
        if (type.equals(PredicateTypes.PROVENANCE)) {
            return Optional.of(provenance(type, predicate));
        }
        return Optional.empty();
    }

    private static boolean isVersionOf(String base, String type) {
        return type.equals(base) || type.startsWith(base + "/");
    }

    private static Claim testResult(String type, JsonNode predicate) throws EvidenceException {
        String result = predicate.path("result").asText();
        if (!RESULTS.contains(result)) {
            throw new EvidenceException("the test result is \"" + result + "\", expected PASSED, WARNED or FAILED");
        }
        if (!result.equals("FAILED") && predicate.path("failedTests").size() > 0) {
            throw new EvidenceException("the test result is " + result + " and lists "
                    + predicate.path("failedTests").size() + " failed tests: it contradicts itself");
        }
        return new Claim(Kind.TEST_RESULT, type, result, null, ReportFile.time(predicate.path("finishedOn")));
    }

    private static Claim scan(String type, JsonNode predicate) throws EvidenceException {
        JsonNode results = predicate.path("scanner").path("result");
        if (!results.isArray()) {
            throw new EvidenceException(
                    "the scan has no list of results: an empty list means that nothing was found, none"
                            + " means nothing");
        }
        Severity worst = Severity.NONE;
        for (JsonNode result : results) {
            Severity rank = severity(result.path("severity"));
            worst = rank.compareTo(worst) > 0 ? rank : worst;
        }
        return new Claim(
                Kind.SCAN,
                type,
                "",
                worst,
                ReportFile.time(predicate.path("metadata").path("scanFinishedOn")));
    }

    /** The worst of what the methods say; a score that cannot be read is the worst there is. */
    private static Severity severity(JsonNode methods) {
        Severity worst = null;
        for (JsonNode method : methods) {
            JsonNode score = method.path("score");
            Severity rank = score.isNumber() || score.asText().matches("\\d{1,2}(\\.\\d{1,4})?")
                    ? ScanReport.rank(Double.parseDouble(score.asText()))
                    : ScanReport.rank(score.asText());
            worst = worst == null || rank.compareTo(worst) > 0 ? rank : worst;
        }
        return worst == null ? Severity.CRITICAL : worst;
    }

    private static Claim sbom(String type, boolean wellFormed, JsonNode time) throws EvidenceException {
        if (!wellFormed) {
            throw new EvidenceException("the statement says it is a " + type + " and is none");
        }
        return new Claim(Kind.SBOM, type, "", null, ReportFile.time(time));
    }

    private static Claim provenance(String type, JsonNode predicate) throws EvidenceException {
        JsonNode definition = predicate.path("buildDefinition");
        if (definition.path("buildType").asText().isEmpty()
                || predicate
                        .path("runDetails")
                        .path("builder")
                        .path("id")
                        .asText()
                        .isEmpty()) {
            throw new EvidenceException("the provenance says neither how nor by whom the image was built");
        }
        List<Digest> golden = new ArrayList<>();
        for (JsonNode dependency : definition.path("resolvedDependencies")) {
            String sha256 = "sha256:" + dependency.path("digest").path("sha256").asText();
            if (dependency
                            .path("annotations")
                            .path("countersign.golden")
                            .asText()
                            .equals("true")
                    && Digest.isDigest(sha256)) {
                golden.add(Digest.parse(sha256));
            }
        }
        return new Claim(
                Kind.PROVENANCE,
                type,
                "",
                null,
                ReportFile.time(predicate.path("runDetails").path("metadata").path("finishedOn")),
                golden,
                names(definition.path("internalParameters").path("startedBy")),
                names(definition.path("internalParameters").path("commitAuthors")));
    }

    private static Set<String> names(JsonNode list) {
        if (!list.isArray()) {
            return null;
        }
        Set<String> names = new TreeSet<>();
        list.forEach(name -> names.add(name.asText()));
        return names;
    }
}

package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a scanner found, from Trivy's JSON, Grype's JSON, or SARIF.
 *
 * @param scanner {@code trivy}, {@code grype}, or the name of the tool in SARIF
 * @param version of the scanner; empty when the report does not say
 * @param databaseUpdated when the vulnerability data was made; null when the report does not say
 * @param started when the scan started or ended; null when the report does not say
 * @param images digests of manifests and configurations that the report says it is about; empty when it says none
 * @param findings everything found
 */
public record ScanReport(
        String scanner,
        String version,
        Instant databaseUpdated,
        Instant started,
        Set<Digest> images,
        List<Finding> findings) {

    private static final int MAX_FINDINGS = 10_000;

    /**
     * One finding.
     *
     * @param id CVE, GHSA, or the rule's name
     * @param where the package or file, for people
     * @param severity in the scanner's word
     * @param rank what that word means here
     */
    public record Finding(String id, String where, String severity, Severity rank) {}

    public ScanReport {
        images = java.util.Collections.unmodifiableSet(new TreeSet<>(images));
        findings = List.copyOf(findings);
    }

    /** @throws EvidenceException if the report is of none of the three formats */
    public static ScanReport read(byte[] content) throws EvidenceException {
        ObjectNode json = ReportFile.json(content, "the scan report");
        ScanReport report;
        if (json.has("runs")) {
            report = sarif(json);
        } else if (json.has("matches") && json.has("descriptor")) {
            report = grype(json);
        } else if (json.has("SchemaVersion") && json.has("ArtifactName")) {
            report = trivy(json);
        } else {
            throw new EvidenceException("the scan report is neither Trivy's JSON (SchemaVersion), nor Grype's (matches,"
                    + " descriptor), nor SARIF (runs): run the scanner with --format json or -o json");
        }
        if (report.findings.size() > MAX_FINDINGS) {
            throw new EvidenceException("the scan report has " + report.findings.size() + " findings, at most "
                    + MAX_FINDINGS + " are read");
        }
        return report;
    }

    /** The worst finding. */
    public Severity highestSeverity() {
        return findings.stream().map(Finding::rank).max(Severity::compareTo).orElse(Severity.NONE);
    }

    /**
     * @param of digests of the image, its platform manifests and their configurations
     * @throws EvidenceException if the report says that it is about another image
     */
    public void requireAbout(Collection<Digest> of) throws EvidenceException {
        if (!images.isEmpty() && images.stream().noneMatch(of::contains)) {
            throw new EvidenceException("the scan report is about " + images + ", not about this image (" + of + ")");
        }
    }

    /**
     * The predicate {@link PredicateTypes#VULNS}. {@code scanner.db.lastUpdate} is left out when the report does not say it,
     * although the specification asks for it: Trivy's report has none, and a time that nobody knows is not written.
     */
    public ObjectNode predicate(Instant finishedOn) {
        ObjectNode json = StrictJson.object();
        ObjectNode by = json.putObject("scanner");
        by.put("uri", "pkg:generic/" + scanner + (version.isEmpty() ? "" : "@" + version));
        if (!version.isEmpty()) {
            by.put("version", version);
        }
        if (databaseUpdated != null) {
            by.putObject("db").put("lastUpdate", databaseUpdated.toString());
        }
        ArrayNode result = by.putArray("result");
        for (Finding finding : findings) {
            ObjectNode entry = result.addObject().put("id", finding.id());
            ArrayNode severity = entry.putArray("severity");
            severity.addObject().put("method", scanner).put("score", finding.severity());
            severity.addObject()
                    .put("method", "countersign")
                    .put("score", finding.rank().word());
            entry.putArray("annotations").addObject().put("where", finding.where());
        }
        json.putObject("metadata")
                .put("scanStartedOn", (started == null ? finishedOn : started).toString())
                .put("scanFinishedOn", finishedOn.toString());
        return json;
    }

    /**
     * What a scanner's word means here. A word that is not known, or that says that the severity is not known, is the worst:
     * unknown is never none.
     */
    static Severity rank(String word) {
        return switch (word.toLowerCase(java.util.Locale.ROOT)) {
            case "none", "info", "informational" -> Severity.NONE;
            case "low", "negligible", "note", "minor" -> Severity.LOW;
            case "medium", "moderate", "warning" -> Severity.MEDIUM;
            case "high", "important", "error" -> Severity.HIGH;
            default -> Severity.CRITICAL;
        };
    }

    /** CVSS, "Qualitative Severity Rating Scale". */
    static Severity rank(double score) {
        return score >= 9 || Double.isNaN(score)
                ? Severity.CRITICAL
                : score >= 7 ? Severity.HIGH : score >= 4 ? Severity.MEDIUM : score > 0 ? Severity.LOW : Severity.NONE;
    }

    private static ScanReport trivy(ObjectNode json) throws EvidenceException {
        require(json, "trivy", json.path("SchemaVersion").asInt() == 2, "SchemaVersion is not 2");
        List<Finding> findings = new ArrayList<>();
        for (JsonNode result : json.path("Results")) {
            String target = result.path("Target").asText();
            for (JsonNode found : result.path("Vulnerabilities")) {
                findings.add(finding(
                        found.path("VulnerabilityID"),
                        found.path("PkgName").asText() + " "
                                + found.path("InstalledVersion").asText(),
                        found.path("Severity")));
            }
            for (JsonNode found : result.path("Misconfigurations")) {
                if (!found.path("Status").asText("FAIL").equals("PASS")) {
                    findings.add(finding(found.path("ID"), target, found.path("Severity")));
                }
            }
            for (JsonNode found : result.path("Secrets")) {
                findings.add(finding(found.path("RuleID"), target, found.path("Severity")));
            }
            for (JsonNode found : result.path("Licenses")) {
                findings.add(finding(
                        found.path("Name"), target + " " + found.path("PkgName").asText(), found.path("Severity")));
            }
        }
        Set<Digest> images = new TreeSet<>();
        addDigest(images, json.path("Metadata").path("ImageID").asText());
        json.path("Metadata").path("RepoDigests").forEach(name -> addDigest(images, name.asText()));
        return new ScanReport(
                "trivy",
                json.path("Trivy").path("Version").asText(),
                null,
                ReportFile.time(json.path("CreatedAt")),
                images,
                findings);
    }

    private static ScanReport grype(ObjectNode json) throws EvidenceException {
        require(json, "grype", json.path("matches").isArray(), "\"matches\" is not a list");
        List<Finding> findings = new ArrayList<>();
        for (JsonNode match : json.path("matches")) {
            findings.add(finding(
                    match.path("vulnerability").path("id"),
                    match.path("artifact").path("name").asText() + " "
                            + match.path("artifact").path("version").asText(),
                    match.path("vulnerability").path("severity")));
        }
        JsonNode descriptor = json.path("descriptor");
        JsonNode database = descriptor.path("db");
        Set<Digest> images = new TreeSet<>();
        JsonNode target = json.path("source").path("target");
        addDigest(images, target.path("imageID").asText());
        addDigest(images, target.path("manifestDigest").asText());
        target.path("repoDigests").forEach(name -> addDigest(images, name.asText()));
        return new ScanReport(
                "grype",
                descriptor.path("version").asText(),
                ReportFile.time(
                        database.has("built")
                                ? database.path("built")
                                : database.path("status").path("built")),
                ReportFile.time(descriptor.path("timestamp")),
                images,
                findings);
    }

    private static ScanReport sarif(ObjectNode json) throws EvidenceException {
        require(json, "SARIF", json.path("version").asText().equals("2.1.0"), "its version is not 2.1.0");
        require(json, "SARIF", json.path("runs").size() > 0, "it has no run");
        List<Finding> findings = new ArrayList<>();
        Set<Digest> images = new TreeSet<>();
        JsonNode first = json.path("runs").path(0);
        for (JsonNode run : json.path("runs")) {
            for (JsonNode invocation : run.path("invocations")) {
                require(
                        json,
                        "SARIF",
                        invocation.path("executionSuccessful").asBoolean(true),
                        "a scan did not succeed");
            }
            require(json, "SARIF", run.path("results").isArray(), "a run has no \"results\": it was not completed");
            Map<String, JsonNode> rules = new HashMap<>();
            run.path("tool")
                    .path("driver")
                    .path("rules")
                    .forEach(rule -> rules.put(rule.path("id").asText(), rule));
            for (JsonNode result : run.path("results")) {
                if (!isSuppressed(result)) {
                    findings.add(sarifFinding(result, rules));
                }
            }
            addDigest(images, run.path("properties").path("imageID").asText());
            run.path("properties").path("repoDigests").forEach(name -> addDigest(images, name.asText()));
        }
        JsonNode driver = first.path("tool").path("driver");
        return new ScanReport(
                driver.path("name").asText("sarif").toLowerCase(java.util.Locale.ROOT),
                driver.path("version").asText(),
                null,
                ReportFile.time(first.path("invocations").path(0).path("startTimeUtc")),
                images,
                findings);
    }

    private static boolean isSuppressed(JsonNode result) {
        boolean suppressed = result.path("suppressions").size() > 0;
        for (JsonNode suppression : result.path("suppressions")) {
            suppressed &= suppression.path("status").asText("accepted").equals("accepted");
        }
        return suppressed;
    }

    /** Source: SARIF 2.1.0, 3.27.9 to 3.27.10 (kind, level); {@code security-severity} is GitHub's, Trivy and Grype write it. */
    private static Finding sarifFinding(JsonNode result, Map<String, JsonNode> rules) {
        String id = result.path("ruleId").asText(result.path("rule").path("id").asText("(unnamed)"));
        JsonNode rule = rules.get(id);
        String where = result.path("locations")
                .path(0)
                .path("physicalLocation")
                .path("artifactLocation")
                .path("uri")
                .asText();
        String score = result.path("properties").path("security-severity").asText();
        if (score.isEmpty() && rule != null) {
            score = rule.path("properties").path("security-severity").asText();
        }
        if (!score.isEmpty()) {
            double value;
            try {
                value = Double.parseDouble(score);
            } catch (NumberFormatException e) {
                value = Double.NaN;
            }
            return new Finding(id, where, score, rank(value));
        }
        if (!result.path("kind").asText("fail").equals("fail")) {
            return new Finding(id, where, "none", Severity.NONE);
        }
        String level = result.path("level").asText();
        if (level.isEmpty() && rule != null) {
            level = rule.path("defaultConfiguration").path("level").asText();
        }
        String word = level.isEmpty() ? "warning" : level;
        return new Finding(id, where, word, rank(word));
    }

    private static Finding finding(JsonNode id, String where, JsonNode severity) {
        String word = severity.asText("").isEmpty() ? "UNKNOWN" : severity.asText();
        return new Finding(id.asText("(unnamed)"), where.trim(), word, rank(word));
    }

    private static void addDigest(Set<Digest> to, String text) {
        String digest = text.substring(text.lastIndexOf('@') + 1);
        if (Digest.isDigest(digest)) {
            to.add(Digest.parse(digest));
        }
    }

    private static void require(ObjectNode json, String format, boolean condition, String otherwise)
            throws EvidenceException {
        if (!condition) {
            throw new EvidenceException("the scan report looks like " + format + ", but " + otherwise);
        }
    }
}

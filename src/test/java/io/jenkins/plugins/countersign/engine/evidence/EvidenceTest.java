package io.jenkins.plugins.countersign.engine.evidence;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Kind;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Severity;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.Test;

public class EvidenceTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Digest IMAGE = Digest.of(new byte[] {1});
    private static final Digest OTHER = Digest.of(new byte[] {2});

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static TestReport junit(String xml) throws EvidenceException {
        return TestReport.readJUnit(Map.of("TEST-a.xml", bytes(xml)));
    }

    private static String refusedJUnit(String xml) {
        return assertThrows(EvidenceException.class, () -> junit(xml)).getMessage();
    }

    private static Claim claim(String type, ObjectNode predicate) throws EvidenceException {
        return Claim.read(statement(type, predicate)).orElseThrow();
    }

    private static Statement statement(String type, ObjectNode predicate) {
        return new Statement(List.of(new Statement.Subject("app", IMAGE, Map.of())), type, predicate);
    }

    private static String refusedClaim(String type, String predicate) {
        return assertThrows(
                        EvidenceException.class,
                        () -> Claim.read(statement(type, StrictJson.readObject(bytes(predicate), 10_000))))
                .getMessage();
    }

    // Test results

    @Test
    public void aReportThatReadsOtherFilesIsRefused() {
        assertThat(
                refusedJUnit("<!DOCTYPE t [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><testsuite><testcase name=\"a\"/>"
                        + "&x;</testsuite>"),
                containsString("cannot be read"));
        String bomb = "<!DOCTYPE t [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">]>";
        assertThat(
                refusedJUnit(bomb + "<testsuite><testcase name=\"&b;\"/></testsuite>"),
                containsString("cannot be read"));
    }

    @Test
    public void noTestsAreNotGoodTests() {
        assertThat(
                refusedJUnit("<testsuite tests=\"0\"/>"), containsString("no test ran: 1 reports were read, with 0"));
        assertThat(
                refusedJUnit("<testsuite><testcase name=\"a\"><skipped/></testcase></testsuite>"),
                containsString("with 1 skipped tests"));
        assertThat(
                assertThrows(EvidenceException.class, () -> TestReport.readJUnit(Map.of()))
                        .getMessage(),
                containsString("no test ran: 0 reports"));
        assertThat(refusedJUnit("<html/>"), containsString("its root is <html>"));
        assertThat(refusedJUnit("<testsuite><testcase name=\"cut off"), containsString("cannot be read"));
    }

    @Test
    public void failuresAreFoundWhereverToolsWriteThem() throws Exception {
        assertEquals(
                List.of("x.A.fails", "x.A.breaks"),
                junit(
                                "<testsuites><testsuite><testcase classname=\"x.A\" name=\"fails\"><failure>no</failure></testcase>"
                                        + "<testcase classname=\"x.A\" name=\"breaks\"><system-out/><error/></testcase>"
                                        + "<testcase classname=\"x.A\" name=\"ok\"/></testsuite></testsuites>")
                        .failed());
        assertEquals(
                "a suite that could not start",
                "FAILED",
                junit("<testsuite><error>no database</error><testcase name=\"a\"/></testsuite>")
                        .result());
        assertEquals(
                "skipped and failed is failed",
                "FAILED",
                junit("<testsuite><testcase name=\"a\"><skipped/><failure/></testcase></testsuite>")
                        .result());
        TestReport flaky =
                junit("<testsuite><testcase name=\"a\"><flakyFailure/></testcase><testcase name=\"b\"/></testsuite>");
        assertEquals("WARNED", flaky.result());
        assertEquals(
                "a failure that stays is no flake",
                "FAILED",
                junit("<testsuite><testcase name=\"a\"><failure/><rerunFailure/><flakyFailure/></testcase></testsuite>")
                        .result());
    }

    @Test
    public void aTestReportBecomesAClaim() throws Exception {
        TestReport report = junit("<testsuite><testcase classname=\"x.A\" name=\"ok\"/>"
                + "<testcase name=\"later\"><skipped/></testcase></testsuite>");
        ObjectNode predicate = report.predicate("https://jenkins.example.com/job/app/1/", NOON);
        assertEquals("PASSED", predicate.path("result").asText());
        assertEquals("x.A.ok", predicate.path("passedTests").path(0).asText());
        assertEquals(1, predicate.path("summary").path("skipped").asInt());
        assertEquals(
                report.files().get("TEST-a.xml").hex(),
                predicate
                        .path("configuration")
                        .path(0)
                        .path("digest")
                        .path("sha256")
                        .asText());
        Claim claim = claim(PredicateTypes.TEST_RESULT, predicate);
        assertEquals(Kind.TEST_RESULT, claim.kind());
        assertEquals("PASSED", claim.result());
        assertEquals(NOON, claim.timeOrNull());
    }

    @Test
    public void aResultThatContradictsItselfIsRefused() {
        assertThat(
                refusedClaim(PredicateTypes.TEST_RESULT, "{\"result\":\"PASSED\",\"failedTests\":[\"a\"]}"),
                containsString("contradicts itself"));
        assertThat(
                refusedClaim(PredicateTypes.TEST_RESULT, "{\"result\":\"passed\"}"),
                containsString("\"passed\", expected"));
        assertThat(refusedClaim(PredicateTypes.TEST_RESULT, "{}"), containsString("the test result is \"\""));
    }

    // Scans

    private static final String TRIVY =
            "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-22T11:00:00Z\",\"ArtifactName\":\"app\","
                    + "\"Metadata\":{\"ImageID\":\"" + OTHER + "\",\"RepoDigests\":[\"registry.example.com/app@" + IMAGE
                    + "\"]},\"Results\":[{\"Target\":\"debian\",\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-1\",\"PkgName\":"
                    + "\"zlib\",\"InstalledVersion\":\"1.2\",\"Severity\":\"MEDIUM\"}]},{\"Target\":\"app.jar\"}%s]}";
    private static final String GRYPE = "{\"matches\":[{\"vulnerability\":{\"id\":\"CVE-1\",\"severity\":\"%s\"},"
            + "\"artifact\":{\"name\":\"zlib\",\"version\":\"1.2\"}}],\"source\":{\"type\":\"image\",\"target\":{"
            + "\"imageID\":\"" + OTHER + "\",\"manifestDigest\":\"" + IMAGE + "\",\"repoDigests\":[]}},\"descriptor\":{"
            + "\"name\":\"grype\",\"version\":\"0.99\",\"db\":{\"status\":{\"built\":\"2026-11-21T06:00:00Z\"}}}}";
    private static final String SARIF =
            "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"Trivy\",\"rules\":["
                    + "{\"id\":\"CVE-1\",\"properties\":{\"security-severity\":\"9.8\"}},"
                    + "{\"id\":\"CVE-2\",\"defaultConfiguration\":{\"level\":\"note\"}}]}},\"results\":[%s]}]}";

    @Test
    public void aSeverityThatIsNotKnownIsTheWorst() throws Exception {
        assertEquals(
                Severity.CRITICAL,
                ScanReport.read(bytes(String.format(GRYPE, "Unknown"))).highestSeverity());
        assertEquals(
                Severity.CRITICAL,
                ScanReport.read(bytes(String.format(
                                TRIVY, ",{\"Target\":\"x\",\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-2\"}]}")))
                        .highestSeverity());
        assertEquals(
                Severity.CRITICAL,
                ScanReport.read(bytes(String.format(
                                SARIF, "{\"ruleId\":\"x\",\"properties\":{\"security-severity\":\"very\"}}")))
                        .highestSeverity());
        ObjectNode predicate = StrictJson.object();
        predicate.putObject("scanner").putArray("result").addObject().put("id", "CVE-1");
        assertEquals(
                "a finding without a severity",
                Severity.CRITICAL,
                claim(PredicateTypes.VULNS, predicate).severityOrNull());
    }

    @Test
    public void theWorstOfSeveralScoresCounts() throws Exception {
        ObjectNode predicate = StrictJson.object();
        var severity = predicate
                .putObject("scanner")
                .putArray("result")
                .addObject()
                .put("id", "CVE-1")
                .putArray("severity");
        severity.addObject().put("method", "nvd").put("score", "medium");
        severity.addObject().put("method", "cvss_score").put("score", "9.1");
        assertEquals(Severity.CRITICAL, claim(PredicateTypes.VULNS, predicate).severityOrNull());
    }

    @Test
    public void aScanWithoutAListOfResultsProvesNothing() {
        assertThat(refusedClaim(PredicateTypes.VULNS, "{\"scanner\":{}}"), containsString("has no list of results"));
        assertThat(
                assertThrows(
                                EvidenceException.class,
                                () -> ScanReport.read(bytes("{\"version\":\"2.1.0\",\"runs\":[{}]}")))
                        .getMessage(),
                containsString("it was not completed"));
        assertThat(
                assertThrows(EvidenceException.class, () -> ScanReport.read(bytes("{\"a\":1}")))
                        .getMessage(),
                containsString("neither Trivy's JSON"));
        assertThat(
                assertThrows(EvidenceException.class, () -> ScanReport.read(bytes("{\"runs\":[],\"runs\":[]}")))
                        .getMessage(),
                containsString("Duplicate field"));
    }

    @Test
    public void aReportAboutAnotherImageIsRefused() throws Exception {
        ScanReport report = ScanReport.read(bytes(String.format(TRIVY, "")));
        assertThat(
                assertThrows(EvidenceException.class, () -> report.requireAbout(Set.of(Digest.of(new byte[] {3}))))
                        .getMessage(),
                containsString("not about this image"));
        report.requireAbout(Set.of(IMAGE));
        report.requireAbout(Set.of(OTHER));
        ScanReport.read(bytes(String.format(GRYPE, "Low"))).requireAbout(Set.of(IMAGE));
    }

    @Test
    public void secretsAndMisconfigurationsAreFindingsToo() throws Exception {
        assertEquals(
                Severity.HIGH,
                ScanReport.read(
                                bytes(
                                        String.format(
                                                TRIVY,
                                                ",{\"Target\":\"/key\",\"Secrets\":[{\"RuleID\":\"private-key\",\"Severity\":\"HIGH\"}]}")))
                        .highestSeverity());
        assertEquals(
                Severity.MEDIUM,
                ScanReport.read(bytes(String.format(
                                TRIVY,
                                ",{\"Target\":\"Dockerfile\",\"Misconfigurations\":[{\"ID\":\"DS1\",\"Status\":\"PASS\","
                                        + "\"Severity\":\"HIGH\"}]}")))
                        .highestSeverity());
    }

    @Test
    public void threeFormatsBecomeTheSameClaim() throws Exception {
        for (String text : List.of(
                String.format(TRIVY, ""),
                String.format(GRYPE, "Medium"),
                String.format(
                        SARIF,
                        "{\"ruleId\":\"CVE-2\"},{\"ruleId\":\"CVE-3\"},{\"ruleId\":\"CVE-1\",\"suppressions\":[{}]}"))) {
            ScanReport report = ScanReport.read(bytes(text));
            assertEquals(text, Severity.MEDIUM, report.highestSeverity());
            Claim claim = claim(PredicateTypes.VULNS, report.predicate(NOON));
            assertEquals(Kind.SCAN, claim.kind());
            assertEquals(Severity.MEDIUM, claim.severityOrNull());
            assertEquals(NOON, claim.timeOrNull());
        }
        assertEquals(
                Severity.CRITICAL,
                ScanReport.read(bytes(String.format(SARIF, "{\"ruleId\":\"CVE-1\"}")))
                        .highestSeverity());
        assertEquals(
                Severity.NONE, ScanReport.read(bytes(String.format(SARIF, ""))).highestSeverity());
        assertEquals(
                Instant.parse("2026-11-21T06:00:00Z"),
                ScanReport.read(bytes(String.format(GRYPE, "Low"))).databaseUpdated());
    }

    // Bills of materials and provenance

    @Test
    public void aBillOfMaterialsIsOneOfTheTwo() throws Exception {
        Sbom cyclone =
                Sbom.read(bytes("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":{\"timestamp\":"
                        + "\"2026-11-22T12:00:00+00:00\"},\"components\":[{},{}]}"));
        assertEquals(PredicateTypes.CYCLONEDX, cyclone.predicateType());
        assertEquals(2, cyclone.components());
        assertEquals(NOON, claim(cyclone.predicateType(), cyclone.document()).timeOrNull());
        Sbom spdx = Sbom.read(bytes("{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{}],\"creationInfo\":{\"created\":"
                + "\"2026-11-22T12:00:00Z\"}}"));
        assertEquals(
                Kind.SBOM,
                claim(spdx.predicateType() + "/v2.3", spdx.document()).kind());
        assertThat(
                assertThrows(EvidenceException.class, () -> Sbom.read(bytes("{\"packages\":[]}")))
                        .getMessage(),
                containsString("neither CycloneDX"));
        assertThat(refusedClaim(PredicateTypes.SPDX, "{\"bomFormat\":\"CycloneDX\"}"), containsString("and is none"));
        String large = "{\"bomFormat\":\"CycloneDX\",\"x\":\"" + "y".repeat(4_000_000) + "\"}";
        assertThat(
                assertThrows(EvidenceException.class, () -> Sbom.read(bytes(large)))
                        .getMessage(),
                containsString("fit into a statement"));
    }

    @Test
    public void provenanceNamesTheGoldenBaseAndWhoMadeTheImage() throws Exception {
        Provenance provenance = new Provenance(
                "https://jenkins.example.com/",
                Map.of("job", "team/app"),
                List.of(
                        Provenance.Dependency.source("https://git.example.com/app", "refs/heads/main", "abc123"),
                        Provenance.Dependency.baseImage(
                                ImageReference.parse("registry.example.com/golden/java:21"),
                                OTHER,
                                Platform.parse("linux/amd64"),
                                true),
                        Provenance.Dependency.baseImage(ImageReference.parse("alpine:3"), IMAGE, null, false)),
                "https://jenkins.example.com/job/app/1/",
                List.of(),
                List.of("dave <dave@example.com>"),
                NOON.minusSeconds(60),
                NOON);
        ObjectNode predicate = provenance.predicate();
        assertEquals(
                "pkg:docker/registry.example.com/golden/java@21?platform=linux%2Famd64",
                predicate
                        .path("buildDefinition")
                        .path("resolvedDependencies")
                        .path(1)
                        .path("uri")
                        .asText());
        Claim claim = claim(PredicateTypes.PROVENANCE, predicate);
        assertEquals(List.of(OTHER), claim.goldenBases());
        assertEquals("nobody started it, and that is known", Set.of(), claim.startersOrNull());
        assertEquals(Set.of("dave <dave@example.com>"), claim.commitAuthorsOrNull());
        assertEquals(NOON, claim.timeOrNull());
        assertThat(refusedClaim(PredicateTypes.PROVENANCE, "{}"), containsString("neither how nor by whom"));
    }

    @Test
    public void anApprovalIsNoEvidence() throws Exception {
        assertTrue(Claim.read(statement("https://plugins.jenkins.io/countersign/approval/v1", StrictJson.object()))
                .isEmpty());
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.Test;

/** What is refused first, then what is read. */
public class PolicyReaderTest {

    @Test
    public void oneKeyForTwoPeopleIsAnErrorBecauseTheyCouldBeOne() {
        assertProblem(
                PolicyText.example().key("erin", "carol", ""),
                "people.erin.keys[1].pem",
                "this key is already that of carol");
    }

    @Test
    public void aKeyStandsOnlyOnceAtItsOwner() {
        assertProblem(
                PolicyText.example().key("carol", "carol", "token: true"),
                "people.carol.keys[1].pem",
                "this key of carol stands twice");
    }

    @Test
    public void aRootKeyIsNobodysKey() {
        assertProblem(
                PolicyText.example().key("carol", "root-1", ""),
                "people.carol.keys[1].pem",
                "already that of the root");
    }

    @Test
    public void theGatesKeyIsNobodysKey() {
        assertProblem(
                PolicyText.example().with("gate: {keys: [{pem: " + TestKeys.quoted("carol") + "}]}"),
                "people.carol.keys[0].pem",
                "already that of the gate");
    }

    @Test
    public void namesThatDifferInCaseAreOnePerson() {
        assertProblem(
                PolicyText.example().people("Carol2", "cAROL2"), "people.cAROL2", "is the same as a name of Carol2");
    }

    @Test
    public void namesThatDifferInWidthOfLettersAreOnePerson() {
        assertProblem(PolicyText.example().people("ｃａｒｏｌ"), "people.ｃａｒｏｌ", "is the same as a name of carol");
    }

    @Test
    public void namesThatDifferInSharpSAreOnePerson() {
        assertProblem(
                PolicyText.example().people("strauß", "STRAUSS"), "people.STRAUSS", "is the same as a name of strauß");
    }

    @Test
    public void namesThatMixScriptsAreRefused() {
        assertProblem(PolicyText.example().people("\u0430lice"), "people.\u0430lice", "mixes CYRILLIC and LATIN");
    }

    @Test
    public void anAliasOfTwoPeopleIsRefused() {
        assertProblem(
                PolicyText.example().alias("carol", "x@example.com").alias("erin", "X@Example.com"),
                "people.erin.aliases",
                "is the same as a name of carol");
    }

    @Test
    public void anUnknownFieldIsRefusedBecauseItMayBeAMisspeltRestriction() {
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [{role: qa, count: 1}], exlude: [commit-author]}"),
                "stages.qa.exlude",
                "unknown field; known here are after, distinctFrom, distinctPeople, evidence, exclude");
    }

    @Test
    public void aDuplicateFieldIsRefused() {
        PolicyException e = refused(PolicyText.example().with("version: 8").text());
        assertThat(e.getMessage(), containsString("Duplicate field 'version'"));
    }

    @Test
    public void aDuplicateFieldOfJsonIsRefused() {
        PolicyException e = refused("{\"name\": \"a\", \"name\": \"b\"}");
        assertThat(e.getMessage(), containsString("Duplicate field 'name'"));
    }

    @Test
    public void anchorsAndAliasesAreRefused() {
        PolicyException e = refused("roles: &x {}\nname: a\nstages: *x\n");
        assertThat(e.getMessage(), containsString("anchors and aliases are not accepted"));
        assertEquals(1, e.problems().get(0).line());
    }

    @Test
    public void aBombOfAliasesIsRefusedAtItsFirstAnchor() {
        StringBuilder bomb = new StringBuilder("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (char c = 'b'; c < 'k'; c++) {
            bomb.append(c).append(": &").append(c).append(" [");
            for (int i = 0; i < 10; i++) {
                bomb.append(i == 0 ? "*" : ", *").append((char) (c - 1));
            }
            bomb.append("]\n");
        }
        assertThat(refused(bomb.toString()).getMessage(), containsString("anchors and aliases are not accepted"));
    }

    @Test
    public void mergeKeysAreRefused() {
        assertThat(refused("x: {<<: *base}").getMessage(), containsString("anchors and aliases are not accepted"));
    }

    @Test
    public void tagsAreRefused() {
        assertThat(
                refused("name: &x acme\nversion: 1\nexpires: *x\n").getMessage(),
                containsString("line 3, column 10: expires: anchors and aliases are not accepted"));
        assertThat(refused("name: !!java.net.URL acme").getMessage(), containsString("tags (!…) are not accepted"));
    }

    @Test
    public void aLargeDocumentIsRefusedUnread() {
        PolicyException e = refused("# " + "x".repeat(1024 * 1024) + "\n");
        assertEquals(PolicyException.Reason.TOO_LARGE, e.reason());
    }

    @Test
    public void aDeepDocumentIsRefused() {
        assertThat(refused("name: " + "[".repeat(5000)).getMessage(), containsString("nesting depth"));
        assertThat(refused("{\"name\": " + "[".repeat(5000)).getMessage(), containsString("nesting depth"));
    }

    @Test
    public void manyValuesAreRefused() {
        PolicyException e = refused("name: [" + "a,".repeat(200_000) + "a]");
        assertEquals(PolicyException.Reason.TOO_LARGE, e.reason());
    }

    @Test
    public void twoDocumentsAreRefused() {
        assertThat(
                refused(PolicyText.example().text() + "---\nname: other\n").getMessage(),
                containsString("more than one document"));
    }

    @Test
    public void anEmptyDocumentIsRefused() {
        assertThat(refused("# nothing\n").getMessage(), containsString("the document is empty"));
        assertThat(refused("").getMessage(), containsString("the document is empty"));
    }

    @Test
    public void aListInPlaceOfTheDocumentIsRefused() {
        assertThat(
                refused("- name: acme").getMessage(), containsString("expected an object (name: value), found a list"));
    }

    @Test
    public void brokenUtf8IsRefused() {
        PolicyException e = assertThrows(
                PolicyException.class, () -> PolicyReader.read(new byte[] {'n', ':', ' ', (byte) 0xC3, (byte) 0x28}));
        assertThat(e.getMessage(), containsString("not UTF-8"));
    }

    @Test
    public void aPrivateKeyIsRefusedAndNotShown() {
        PolicyException e = refused(PolicyText.example()
                .text()
                .replace(
                        TestKeys.quoted("carol"),
                        "\"-----BEGIN PRIVATE KEY-----\\nc2VjcmV0\\n-----END PRIVATE KEY-----\""));
        assertThat(e.getMessage(), containsString("people.carol.keys[0].pem: this is a private key"));
        assertFalse(e.getMessage().contains("c2VjcmV0"));
    }

    @Test
    public void aThresholdAboveTheNumberOfRootKeysIsRefused() {
        assertProblem(
                PolicyText.example().root(3, "root-1", "root-2"), "root.threshold", "is 3, and there are 2 usable");
        assertProblem(PolicyText.example().root(0, "root-1"), "root.threshold", "is 0, expected 1 to");
    }

    @Test
    public void aStageThatNoTeamCanOpenIsRefused() {
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [{role: qa, count: 3}]}"),
                "stages.qa.needs[0].count",
                "is 3, and the role \"qa\" has 2 people");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [{role: qa, count: 1, token: true}]}"),
                "stages.qa.needs[0].count",
                "is 1, and the role \"qa\" has 0 people with a hardware token");
    }

    @Test
    public void stagesInACircleAreRefused() {
        PolicyText text = PolicyText.example().stage("qa", "{after: production, needs: [{role: qa, count: 1}]}");
        assertProblem(text, "stages.qa", "comes after itself");
    }

    @Test
    public void unknownNamesAreRefused() {
        assertProblem(
                PolicyText.example().role("qa", "carol, mallory"), "roles.qa[1]", "there is no person \"mallory\"");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [{role: testers, count: 1}]}"),
                "stages.qa.needs[0].role",
                "there is no role \"testers\"");
        assertProblem(
                PolicyText.example().stage("qa", "{after: build, needs: []}"), "stages.qa", "there is no such stage");
        assertProblem(PolicyText.example().with("overrideRole: boss"), "overrideRole", "there is no role \"boss\"");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], exclude: [author]}"),
                "stages.qa.exclude[0]",
                "is not commit-author or build-starter");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], distinctFrom: [production]}"),
                "stages.qa",
                "is not a stage before this one");
    }

    @Test
    public void anAliasIsNoNameForARole() {
        assertProblem(
                PolicyText.example().alias("carol", "cc").role("qa", "cc, erin"),
                "roles.qa[0]",
                "there is no person \"cc\"");
    }

    @Test
    public void aPersonTwiceInARoleIsRefused() {
        assertProblem(PolicyText.example().role("qa", "carol, Carol"), "roles.qa", "\"carol\" stands twice");
    }

    @Test
    public void timesAndDurationsAreExact() {
        assertProblem(
                PolicyText.example().expires("2027-02-01"), "expires", "is not a time such as 2027-02-01T00:00:00Z");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], maxAge: 14d}"),
                "stages.qa.maxAge",
                "is not a duration such");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], maxAge: P-1D}"),
                "stages.qa.maxAge",
                "is not a duration such");
        assertProblem(
                PolicyText.example()
                        .key("carol", "carol-2", "notBefore: 2027-01-01T00:00:00Z, notAfter: 2026-01-01T00:00:00Z"),
                "people.carol.keys[1].notAfter",
                "lies before notBefore");
    }

    @Test
    public void whatYamlTakesForNumbersAndTruthsMustBeQuoted() {
        assertProblem(PolicyText.example().name("7"), "name", "expected text, found a whole number; put it in quotes");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], distinctPeople: yes}"),
                "stages.qa.distinctPeople",
                "\"yes\" means different things to different readers");
        assertProblem(PolicyText.example().role("qa", "carol, no"), "roles.qa[1]", "\"no\" means different things");
        assertThat(
                refused(PolicyText.example().text().replace("version: 7", "version: 010"))
                        .getMessage(),
                containsString("version: \"010\" means different things"));
        assertProblem(
                PolicyText.example().role("qa", "carol, true"),
                "roles.qa[1]",
                "expected text, found true or false; put it in");
        assertProblem(PolicyText.example().with("overrideRole:"), "overrideRole", "is empty");
    }

    @Test
    public void evidenceThatAnybodyCouldSignIsRefused() {
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], evidence: [{kind: scan, highestSeverity: high}]}"),
                "stages.qa.evidence[0]",
                "the field \"signedBy\" is missing");
        assertProblem(
                PolicyText.example().stage("qa", "{needs: [], evidence: [{kind: scan, signedBy: qa}]}"),
                "stages.qa.evidence[0]",
                "say the worst finding a scan may have");
        assertProblem(
                PolicyText.example()
                        .stage("qa", "{needs: [], evidence: [{kind: sbom, signedBy: qa, highestSeverity: low}]}"),
                "stages.qa.evidence[0].highestSeverity",
                "only a scan has findings");
    }

    @Test
    public void allProblemsAreReportedAtOnceWithTheirPlaces() {
        PolicyException e =
                refused("name: acme\nversion: -1\nexpires: soon\nroot: {threshold: 1, keys: []}\npeople: []\n"
                        + "roles: {}\nstages: {}\nfoo: bar\n");
        assertEquals(PolicyException.Reason.MALFORMED, e.reason());
        assertEquals(
                List.of("version 2:10", "expires 3:10", "root.threshold 4:19", "people 5:9", "foo 8:6"),
                e.problems().stream()
                        .map(p -> p.path() + " " + p.line() + ":" + p.column())
                        .collect(Collectors.toList()));
        assertThat(
                e.getMessage(), containsString("the trust policy has 5 errors\n  line 2, column 10: version: is -1"));
    }

    @Test
    public void theExampleIsRead() {
        TrustPolicy policy =
                PolicyText.example().alias("grace", "grace@example.com").policy();
        assertEquals("acme", policy.name());
        assertEquals(7, policy.version());
        assertEquals(Instant.parse("2027-02-01T00:00:00Z"), policy.expires());
        assertEquals(2, policy.root().threshold());
        assertThat(policy.root().keys(), hasSize(3));
        assertEquals(
                List.of("qa", "security", "production"),
                List.copyOf(policy.stages().keySet()));
        Stage production = policy.stage("production").orElseThrow();
        assertEquals(
                List.of(new Requirement("release", 2, false), new Requirement("security", 1, false)),
                production.needs());
        assertTrue(production.distinctPeople());
        assertEquals(Set.of(Exclusion.COMMIT_AUTHOR, Exclusion.BUILD_STARTER), production.exclude());
        assertEquals(Set.of("security", "qa"), policy.stagesBefore("production"));
        assertEquals(
                Duration.ofDays(14),
                policy.stage("security").orElseThrow().maxAge().orElseThrow());
        assertTrue(policy.isInRole("CAROL", "qa"));
        assertFalse(policy.isInRole("carol", "release"));
        assertEquals(
                "grace", policy.personKnownAs("Grace@Example.COM").orElseThrow().name());
        assertEquals(
                "alice",
                policy.ownerOf(policy.people().get("alice").keys().get(1).fingerprint())
                        .orElseThrow()
                        .name());
        assertTrue(policy.people().get("alice").keys().get(1).token());
        assertEquals("required", policy.golden().path("lineage").asText());
        assertEquals(
                Digest.of(
                        PolicyText.example().alias("grace", "grace@example.com").bytes()),
                policy.digest());
    }

    @Test
    public void peopleAreDistinctUnlessThePolicySaysOtherwise() {
        assertTrue(PolicyText.example().policy().stage("qa").orElseThrow().distinctPeople());
        assertFalse(PolicyText.example()
                .stage("qa", "{needs: [], distinctPeople: false}")
                .policy()
                .stage("qa")
                .orElseThrow()
                .distinctPeople());
    }

    @Test
    public void theSamePolicyCanBeWrittenInJson() throws Exception {
        String json =
                "{\"name\":\"acme\",\"version\":1,\"expires\":\"2027-02-01T01:00:00+01:00\",\"root\":{\"threshold\":1,"
                        + "\"keys\":[{\"pem\":" + TestKeys.quoted("root-1")
                        + "}]},\"people\":{\"carol\":{\"keys\":[{\"pem\":"
                        + TestKeys.quoted("carol")
                        + "}]}},\"roles\":{\"qa\":[\"Carol\"]},\"stages\":{\"qa\":{\"needs\":[{\"role\":"
                        + "\"qa\",\"count\":1}]}}}";
        TrustPolicy policy = PolicyReader.read(json.getBytes(StandardCharsets.UTF_8));
        assertEquals(Instant.parse("2027-02-01T00:00:00Z"), policy.expires());
        assertEquals(List.of("carol"), policy.roles().get("qa"));
    }

    private static void assertProblem(PolicyText text, String path, String problem) {
        PolicyException e = refused(text.text());
        assertEquals(PolicyException.Reason.MALFORMED, e.reason());
        assertTrue(
                "expected \"" + path + ": " + problem + "\" in: " + e.getMessage(),
                e.problems().stream()
                        .anyMatch(p ->
                                p.path().equals(path) && p.text().contains(problem) && p.line() > 0 && p.column() > 0));
    }

    private static PolicyException refused(String text) {
        return assertThrows(PolicyException.class, () -> PolicyReader.read(text.getBytes(StandardCharsets.UTF_8)));
    }
}

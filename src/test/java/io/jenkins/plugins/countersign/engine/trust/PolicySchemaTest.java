package io.jenkins.plugins.countersign.engine.trust;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Test;

/** The schema that editors use and the reader that decides say the same. */
public class PolicySchemaTest {

    /** Uses every field there is. */
    static final PolicyText EVERYTHING = PolicyText.example()
            .alias("carol", "carol@example.com", "Carol C.")
            .key(
                    "carol",
                    "carol-2",
                    "token: true, notBefore: 2026-01-01T00:00:00Z, notAfter: 2027-01-01T00:00:00+01:00,"
                            + " compromisedSince: 2026-12-01T00:00:00.5Z")
            .people("ci")
            .role("ci", "ci")
            .stage(
                    "canary",
                    "{after: [qa, security], needs: [{role: release, count: 1, token: false}],"
                            + " rollback: [{role: release, count: 2}], maxAge: PT12H, freshness: P1D, distinctPeople: false,"
                            + " distinctFrom: qa, exclude: [build-starter], evidence: ["
                            + "{kind: test-result, signedBy: ci, results: [PASSED, WARNED], maxAge: P7D, named: false},"
                            + " {kind: scan, signedBy: ci, highestSeverity: medium}, {kind: sbom, signedBy: ci},"
                            + " {kind: provenance, signedBy: ci}]}")
            .with("overrideRole: security")
            .with("gate: {keys: [{pem: " + TestKeys.quoted("gate") + ", notAfter: 2028-01-01T00:00:00Z}]}");

    @Test
    public void whatTheSchemaRefusesTheReaderRefuses() throws Exception {
        List<String[]> changes = List.of(
                new String[] {"version: 7", "version: 0"},
                new String[] {"version: 7", "version: seven"},
                new String[] {"version: 7\n", ""},
                new String[] {"name: acme", "name: Acme"},
                new String[] {"expires: 2027-02-01T00:00:00Z", "expires: 2027-02-01"},
                new String[] {"threshold: 2", "threshold: 0"},
                new String[] {"threshold: 2", "threshold: 2\n  extra: 1"},
                new String[] {"count: 1", "count: 0"},
                new String[] {"count: 1", "count: many"},
                new String[] {"kind: scan", "kind: scam"},
                new String[] {"highestSeverity: medium", "highestSeverity: worse"},
                new String[] {"exclude: [build-starter]", "exclude: [starter]"},
                new String[] {"exclude: [build-starter]", "exclude: build-starter"},
                new String[] {"token: true", "token: \"true\""},
                new String[] {"maxAge: PT12H", "maxAge: 12h"},
                new String[] {"distinctFrom: qa", "distinctFrom: [qa, qa]"},
                new String[] {"distinctPeople: false", "distinctPeople: 0"},
                new String[] {"  qa: {needs", "  QA: {needs"},
                new String[] {"BEGIN PUBLIC KEY", "BEGIN CERTIFICATE"},
                new String[] {"golden: {", "golden: [{}]\nunknown: {"},
                new String[] {"needs: [{role: qa, count: 1}]", "need: [{role: qa, count: 1}]"},
                new String[] {"signedBy: ci, ", ""});
        for (String[] change : changes) {
            String text = EVERYTHING.text().replaceFirst(Pattern.quote(change[0]), Matcher.quoteReplacement(change[1]));
            assertFalse(change[0] + " is not in the document", text.equals(EVERYTHING.text()));
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertFalse(
                    change[1] + " passes the schema",
                    schema().faults(json(bytes)).isEmpty());
            assertThrows(change[1], PolicyException.class, () -> PolicyReader.read(bytes));
        }
    }

    @Test
    public void whatTheReaderReadsTheSchemaAllows() throws Exception {
        for (PolicyText text : List.of(EVERYTHING, PolicyText.example())) {
            PolicyReader.read(text.bytes());
            assertEquals(List.of(), schema().faults(json(text.bytes())));
        }
    }

    @Test
    public void theReaderKnowsExactlyTheFieldsOfTheSchema() throws Exception {
        JsonNode schema = schemaJson();
        assertKnown(fields(schema), "unknown: 1", "");
        assertKnown(fields(schema.at("/properties/root")), "  threshold: 2\n  unknown: 1", "  threshold: 2");
        for (String[] part : new String[][] {
            {"/$defs/stage", "{unknown: 1, after: qa, needs", "{after: qa, needs"},
            {"/$defs/requirement", "{unknown: 1, role: security", "{role: security"},
            {"/$defs/evidence", "{unknown: 1, kind: scan", "{kind: scan"},
            {"/$defs/key", "{unknown: 1, name: carol,", "{name: carol,"},
            {"/$defs/rootKey", "{unknown: 1, name: root-1", "{name: root-1"}
        }) {
            assertKnown(fields(schema.at(part[0])), part[1], part[2]);
        }
    }

    private static Set<String> fields(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.path("properties").fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static void assertKnown(Set<String> fields, String changed, String original) {
        String text = original.isEmpty()
                ? EVERYTHING.text() + changed + "\n"
                : EVERYTHING.text().replaceFirst(Pattern.quote(original), Matcher.quoteReplacement(changed));
        PolicyException e =
                assertThrows(PolicyException.class, () -> PolicyReader.read(text.getBytes(StandardCharsets.UTF_8)));
        assertEquals(
                "unknown field; known here are " + String.join(", ", fields),
                e.problems().get(0).text());
    }

    private static PlainSchema schema() throws Exception {
        return new PlainSchema(schemaJson());
    }

    private static JsonNode schemaJson() throws Exception {
        return new ObjectMapper().readTree(PolicyReader.class.getResourceAsStream("trust-policy.schema.json"));
    }

    private static JsonNode json(byte[] document) throws Exception {
        return PolicyNode.read(document).toJson();
    }
}

package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.cli.Documentation.Kind;
import io.jenkins.plugins.countersign.cli.Documentation.Shown;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * What the documentation shows of our own formats is read by the readers that the gate uses. {@code …} and what stands between
 * two of them is a digest that the page cut off, {@code NAME.pub} the text of a file.
 */
public class DocumentedFormatsTest {

    /** What a page that shows a part of the policy takes for given, besides the sample policy. */
    private static final String GIVEN = "{roles: {ci: [scanner], platform: [alice]}}";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void theSamplePolicyIsOne() throws Exception {
        TrustPolicy policy = PolicyReader.read(bytes(samplePolicy()));
        assertEquals("acme", policy.name());
        Catalogue.read(policy.golden());
        PolicyException misspelt = assertThrows(
                PolicyException.class,
                () -> PolicyReader.read(bytes(samplePolicy().replace("distinctPeople:", "distinctPersons:"))));
        assertThat(misspelt.getMessage(), containsString("stages.production.distinctPersons"));
    }

    @Test
    public void partsOfAPolicyFitIntoTheSample() throws Exception {
        List<Shown> parts = Documentation.blocks(Kind.TRUST_POLICY_PART);
        for (Shown part : parts) {
            TrustPolicy policy = read(part.text(), part);
            if (part.text().contains("golden:")) {
                Catalogue.read(policy.golden());
            }
            AssertionError refused = assertThrows(
                    AssertionError.class, () -> read(part.text().replaceFirst("(?m)^(\\w+):", "$1s:"), part));
            assertThat(refused.getMessage(), containsString("unknown field"));
        }
        assertTrue("too few: " + parts, !parts.isEmpty());
    }

    private static TrustPolicy read(String part, Shown from) throws Exception {
        JsonNode whole = Documentation.YAML.readTree(samplePolicy());
        merge(whole, Documentation.YAML.readTree(GIVEN));
        merge(whole, Documentation.YAML.readTree(withKeys(part)));
        try {
            return PolicyReader.read(Documentation.JSON.writeValueAsBytes(whole));
        } catch (PolicyException e) {
            throw new AssertionError(from + ": " + e.getMessage(), e);
        }
    }

    private static void merge(JsonNode into, JsonNode part) {
        part.properties().forEach(field -> {
            JsonNode there = into.get(field.getKey());
            if (there != null && there.isObject() && field.getValue().isObject()) {
                merge(there, field.getValue());
            } else {
                ((ObjectNode) into).set(field.getKey(), field.getValue());
            }
        });
    }

    private static String samplePolicy() throws Exception {
        List<Shown> policies = Documentation.blocks(Kind.TRUST_POLICY);
        assertEquals(policies.toString(), 1, policies.size());
        return withKeys(policies.get(0).text());
    }

    private static String withKeys(String policy) {
        return Pattern.compile("pem: ([\\w-]+)\\.pub")
                .matcher(policy)
                .replaceAll(pem -> "pem: " + Matcher.quoteReplacement(TestKeys.quoted(pem.group(1))));
    }

    /** The rest of Configuration as Code is checked where a Jenkins is. */
    @Test
    public void cataloguesInTheConfigurationAreRead() throws Exception {
        int checked = 0;
        for (Shown block : Documentation.blocks(Kind.CONFIGURATION_AS_CODE)) {
            JsonNode catalogue = Documentation.YAML.readTree(block.text()).at("/unclassified/countersign/catalogue");
            if (!catalogue.isMissingNode()) {
                Catalogue.read(PolicyReader.readGolden(bytes(catalogue.asText())));
                checked++;
            }
        }
        assertTrue("none", checked > 0);
    }

    @Test
    public void statementsAreRead() throws Exception {
        for (Shown block : Documentation.blocks(Kind.APPROVAL)) {
            Approval.read(bytes(withDigests(block.text())));
            assertThrows(
                    StatementException.class,
                    () -> Approval.read(bytes(withDigests(block.text()).replace("\"approver\"", "\"approvedBy\""))));
        }
        for (Shown block : Documentation.blocks(Kind.RECORD)) {
            GateRecord.read(bytes(withDigests(block.text())));
            assertThrows(
                    StatementException.class,
                    () -> GateRecord.read(bytes(withDigests(block.text()).replace("\"author\"", "\"approver\""))));
        }
    }

    /** The same word in a cut digest is the same digest; a digest without a word is another one each time. */
    private static String withDigests(String json) {
        int[] unnamed = {0};
        return Pattern.compile("\"(sha256:)?…((\\w+)…)?\"").matcher(json).replaceAll(cut -> {
            String word = cut.group(3) == null ? String.valueOf(unnamed[0]++) : cut.group(3);
            String digest = Digest.of(bytes(word)).toString();
            return "\"" + (cut.group(1) == null ? digest.substring("sha256:".length()) : digest) + "\"";
        });
    }

    /** Written anew by a ledger, it has the same members in the same places. */
    @Test
    public void linesOfTheLedgerAreAsALedgerWritesThem() throws Exception {
        for (Shown block : Documentation.blocks(Kind.LEDGER_LINE)) {
            JsonNode shown = Documentation.JSON.readTree(block.text().replace(",…", ""));
            Path file = folder.newFolder().toPath().resolve("ledger.jsonl");
            Map<String, String> fields = new TreeMap<>();
            shown.get("fields")
                    .properties()
                    .forEach(
                            field -> fields.put(field.getKey(), field.getValue().asText()));
            Clock clock = Clock.fixed(Instant.parse(shown.get("time").asText()), ZoneOffset.UTC);
            try (Ledger ledger = Ledger.open(file, clock)) {
                ledger.append(shown.get("kind").asText(), fields);
            }
            List<String> lines = Files.readAllLines(file);
            JsonNode written = Documentation.JSON.readTree(lines.get(lines.size() - 1));
            for (String changing : List.of("sequence", "previous", "hash")) {
                ((ObjectNode) shown).replace(changing, written.get(changing));
            }
            assertEquals(block.toString(), written.toString(), shown.toString());
        }
    }

    @Test
    public void urisOfTokensAreRead() throws Exception {
        List<String> uris = new ArrayList<>();
        for (Shown block : Documentation.blocks(Kind.TOKEN_URI)) {
            uris.addAll(block.text().lines().toList());
        }
        for (Shown code : Documentation.inline()) {
            // Without an attribute it is the scheme's name.
            if (code.text().matches("pkcs11:.*=.*")) {
                uris.add(code.text());
            }
        }
        for (String uri : uris) {
            TokenRequest.parse(uri.replace("…", "some"));
        }
        assertThrows(KeyException.class, () -> TokenRequest.parse(uris.get(0).replace("token=", "tokens=")));
        assertTrue("too few: " + uris, uris.size() >= 5);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

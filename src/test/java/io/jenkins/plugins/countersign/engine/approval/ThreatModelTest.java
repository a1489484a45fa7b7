package io.jenkins.plugins.countersign.engine.approval;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.Test;

/** The documents say what is so: named tests exist, samples can be read, codes are complete. */
public class ThreatModelTest {

    private static final Pattern NAMED = Pattern.compile("`(\\w+Test)#(\\w+)`");

    @Test
    public void everyTestThatTheThreatModelNamesExists() throws Exception {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder("src/test/java"))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
                sources.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        List<String> missing = new ArrayList<>();
        int named = 0;
        Matcher matcher = NAMED.matcher(doc("threat-model.md"));
        while (matcher.find()) {
            named++;
            String source = sources.getOrDefault(matcher.group(1) + ".java", "");
            Pattern test = Pattern.compile("@Test[^{;]*?public void " + matcher.group(2) + "\\(", Pattern.DOTALL);
            if (!test.matcher(source).find()) {
                missing.add(matcher.group());
            }
        }
        assertEquals(List.of(), missing);
        assertTrue("only " + named + " tests are named", named > 80);
    }

    @Test
    public void everyAttackHasAProof() throws Exception {
        List<String> without = doc("threat-model.md")
                .lines()
                .takeWhile(line -> !line.startsWith("## Holes of other systems"))
                .filter(line -> line.startsWith("| ") && !line.startsWith("| attack") && !line.startsWith("| class"))
                .filter(line -> !NAMED.matcher(line).find())
                .toList();
        assertEquals(List.of(), without);
    }

    @Test
    public void theSampleOfTheTrustPolicyCanBeRead() throws Exception {
        Matcher sample = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(doc("trust-policy.md"));
        assertTrue(sample.find());
        String text = Pattern.compile("pem: ([\\w-]+)\\.pub")
                .matcher(sample.group(1))
                .replaceAll(key -> Matcher.quoteReplacement("pem: " + TestKeys.quoted(key.group(1))));
        TrustPolicy policy = PolicyReader.read(text.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                List.of("qa", "security", "production"),
                List.copyOf(policy.stages().keySet()));
    }

    @Test
    public void everyCodeIsDocumented() throws Exception {
        String text = doc("approvals.md");
        assertEquals(
                List.of(),
                Stream.concat(
                                Arrays.stream(HoldReason.values()).map(HoldReason::word),
                                Arrays.stream(SetAsideReason.values()).map(SetAsideReason::word))
                        .filter(word -> !text.contains("`" + word + "`"))
                        .collect(Collectors.toList()));
    }

    /** The samples of statements.md have the members that are written, in the same order. */
    @Test
    public void theSamplesOfTheStatementsHaveTheirMembers() throws Exception {
        PolicyReference policy = PolicyReference.to(PolicyText.example().policy());
        Approval approval = Approval.of(Scene.IMAGE, "qa", "qa", "carol", policy, Scene.NOW, 3)
                .withRequest("r-1")
                .withEvidence(List.of(Scene.digest("scan")))
                .withExpiry(Scene.NOW.plusSeconds(60))
                .withOrigin(new Origin("https://ci.example.com/42/", "abc", List.of("grace@example.com")))
                .withComment("tried it myself");
        GateRecord rejection = new GateRecord(
                GateRecord.Kind.REJECTION,
                Scene.IMAGE,
                "qa",
                "qa",
                "erin",
                policy,
                List.of(),
                null,
                "no",
                "r-1",
                Scene.NOW,
                null,
                4);
        Matcher samples = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(doc("statements.md"));
        for (byte[] payload : List.of(approval.payload(), rejection.payload())) {
            assertTrue(samples.find());
            assertEquals(members(new String(payload, StandardCharsets.UTF_8)), members(samples.group(1)));
        }
    }

    private static List<String> members(String json) {
        return Pattern.compile("\"(\\w+)\"\\s*:")
                .matcher(json)
                .results()
                .map(r -> r.group(1))
                .toList();
    }

    private static String doc(String name) throws Exception {
        return Files.readString(folder("docs").resolve(name));
    }

    /** The command line's build runs one folder below. */
    private static Path folder(String name) {
        return Files.isDirectory(Path.of(name)) ? Path.of(name) : Path.of("..", name);
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Test;

/** Dockerfiles that pass a check of their FROM lines and bring a foreign image in all the same. Each is refused. */
public class BypassTest {

    private static final String GOLDEN = "registry.corp/golden/java:17";

    /** What many a check does: the word behind each FROM at the start of a line. */
    private static final Pattern NAIVE = Pattern.compile("(?m)^FROM +(?:--\\S+ +)*(\\S+)");

    private static final Map<String, String> BYPASSES = new LinkedHashMap<>();

    static {
        BYPASSES.put("copied from", "FROM golden\nCOPY --from=evil.example/x / /\n");
        BYPASSES.put("mounted", "FROM golden\nRUN --mount=from=evil.example/x,target=/x cp -a /x/. /\n");
        BYPASSES.put(
                "mounted as a cache",
                "FROM golden\nRUN --mount=type=cache,from=evil.example/x,target=/x cp -a /x/. /\n");
        BYPASSES.put("keyword over two lines", "FROM golden\nFR\\\nOM evil.example/x\n");
        BYPASSES.put("keyword indented", "FROM golden\n  FROM evil.example/x\n");
        BYPASSES.put("keyword in small letters", "FROM golden\nfrom evil.example/x\n");
        BYPASSES.put("tab behind the keyword", "FROM golden\nFROM\tevil.example/x\n");
        BYPASSES.put("stage named like the golden image", "ARG B=evil.example/x\nfrom $B AS java\nFROM java\n");
        BYPASSES.put("stage named scratch", "fROM evil.example/x AS scratch\nFROM scratch\n");
        BYPASSES.put("frontend of its own", "# syntax=evil.example/frontend\nFROM golden\n");
        BYPASSES.put(
                "old frontend that knows no heredocs",
                "# syntax=docker/dockerfile:1.2\nFROM golden\nRUN <<CMD\n true\nCMD\n");
        BYPASSES.put("frontend in slashes", "// syntax=evil.example/frontend\nFROM golden\n");
        BYPASSES.put("trigger of a local stage", "FROM golden AS a\nONBUILD COPY --from=evil.example/x / /\nfrom a\n");
        BYPASSES.put("end of a heredoc that is none", "FROM golden\nCMD <<EOF\nfrom evil.example/x\n#EOF\n");
        BYPASSES.put("heredoc switched off by a quote", "FROM golden\nRUN it's <<EOF\n\tFROM evil.example/x\n#EOF\n");
        BYPASSES.put("quoted flag", "FROM golden\nCOPY --\"from=evil.example/x\" / /\n");
        BYPASSES.put("escaped flag", "FROM golden\nCOPY --fr\\om=evil.example/x / /\n");
        BYPASSES.put("backquote for escape", "# escape=`\nFROM golden\nFR`\nOM evil.example/x\n");
        BYPASSES.put("another spelling of the registry", "FROM golden\nFROM\fRegistry.Corp/golden/java:17\n");
        BYPASSES.put("carriage returns for blanks", "FROM golden\nFROM\revil.example/x\n");
        BYPASSES.put("byte order mark before the image", "FROM golden\nFROM\t\uFEFFevil.example/x\n");
    }

    @Test
    public void naiveCheckPassesAndOursRefuses() throws Exception {
        List<String> walkedAround = new ArrayList<>();
        for (Map.Entry<String, String> bypass : BYPASSES.entrySet()) {
            String file = bypass.getValue().replace("golden\n", GOLDEN + "\n").replace("golden AS", GOLDEN + " AS");
            if (!naiveAllows(file)) {
                throw new AssertionError("the naive check sees through it, it proves nothing: " + bypass.getKey());
            }
            BaseReport report = check(file, BuildOptions.defaults());
            if (report.passed()) {
                walkedAround.add(bypass.getKey() + ": " + report);
            }
        }
        assertTrue("at least eight ways", BYPASSES.size() >= 8);
        assertEquals(List.of(), walkedAround);
    }

    @Test
    public void buildOptionsAreNoWayAroundEither() throws Exception {
        String file = "ARG VERSION=17\nFROM registry.corp/golden/java:$VERSION\n";
        assertTrue(check(file, BuildOptions.defaults()).passed());

        assertFalse(check(file, BuildOptions.defaults().withBuildArgs(Map.of("VERSION", "17@sha256:x")))
                .passed());
        assertFalse(check(file, BuildOptions.defaults().withContexts(Map.of(GOLDEN, "docker-image://evil.example/x")))
                .passed());
        assertFalse(check(file, BuildOptions.defaults().withContexts(Map.of(GOLDEN, "./folder")))
                .passed());
        assertFalse(check(file, BuildOptions.defaults().withBuildArgs(Map.of("BUILDKIT_SYNTAX", "evil.example/x")))
                .passed());
    }

    @Test
    public void triggersOfTheGoldenImageItselfAreFollowed() throws Exception {
        BuildInputs inputs = BuildInputs.of(
                ("FROM " + GOLDEN + "\n").getBytes(StandardCharsets.UTF_8),
                "Dockerfile",
                BuildOptions.defaults(),
                (reference, platform) -> List.of("COPY --from=evil.example/x / /"));
        assertFalse(BaseCheck.check(inputs, catalogue(), context()).passed());
    }

    @Test
    public void honestFilePasses() throws Exception {
        BaseReport report = check(
                "# syntax=docker/dockerfile:1\nFROM " + GOLDEN + " AS build\nRUN <<EOF\nFROM evil.example/x\nEOF\n"
                        + "FROM " + GOLDEN + "\nCOPY --from=build /app /app\n",
                BuildOptions.defaults());
        assertTrue(TextReport.render(List.of(report)), report.passed());
        assertThat(report.inputs().stream().map(input -> input.reference()).toList(), hasItem(GOLDEN));
    }

    @Test
    public void findingSaysWhereWhatWhichRuleAndWhatInstead() throws Exception {
        Finding finding = check(
                        "FROM " + GOLDEN + "\n\nCOPY --chown=1 --from=evil.example/x / /\n", BuildOptions.defaults())
                .findings()
                .get(0);
        assertEquals(3, finding.line());
        assertEquals(23, finding.column());
        assertEquals("not-golden", finding.rule());
        assertEquals("evil.example/x:latest", finding.reference());
        assertThat(finding.suggestion(), containsString("registry.corp/golden/**"));
    }

    private static boolean naiveAllows(String file) {
        Matcher froms = NAIVE.matcher(file);
        boolean found = false;
        while (froms.find()) {
            found = true;
            String image = froms.group(1);
            if (!image.startsWith("registry.corp/golden/") && !image.equals("java") && !image.equals("scratch")) {
                return false;
            }
        }
        return found;
    }

    private static BaseReport check(String file, BuildOptions options) throws Exception {
        return BaseCheck.check(
                BuildInputs.of(file.getBytes(StandardCharsets.UTF_8), "Dockerfile", options), catalogue(), context());
    }

    private static Catalogue catalogue() throws CatalogueException {
        return Catalogue.allowing("registry.corp/golden/**");
    }

    private static CheckContext context() {
        return CheckContext.offline(Clock.fixed(Instant.parse("2026-11-22T00:00:00Z"), ZoneOffset.UTC));
    }
}

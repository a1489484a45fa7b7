package io.jenkins.plugins.countersign.engine.dockerfile;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.Timeout;

/** Files made to hang the reader, or to use up its memory or its stack. */
public class DockerfileLimitsTest {

    @Rule
    public final Timeout bound = Timeout.seconds(60);

    @Test
    public void argumentsThatDoubleEachOtherAreRefused() {
        StringBuilder file = new StringBuilder("ARG A0=xxxxxxxx\n");
        for (int i = 1; i < 60; i++) {
            file.append("ARG A")
                    .append(i)
                    .append("=$A")
                    .append(i - 1)
                    .append("$A")
                    .append(i - 1)
                    .append('\n');
        }
        assertThat(refusal(file + "FROM $A59\n"), containsString("grows beyond"));
    }

    @Test
    public void variablesOfAStageThatDoubleEachOtherAreRefused() {
        StringBuilder file = new StringBuilder("FROM scratch\nENV A0=xxxxxxxx\n");
        for (int i = 1; i < 60; i++) {
            file.append("ENV A")
                    .append(i)
                    .append("=$A")
                    .append(i - 1)
                    .append("$A")
                    .append(i - 1)
                    .append('\n');
        }
        assertThat(refusal(file.toString()), containsString("grows beyond"));
    }

    @Test
    public void substitutionsNestedWithoutEndAreRefused() {
        assertThat(
                refusal("FROM " + "${A:-".repeat(10_000) + "x" + "}".repeat(10_000) + "\n"),
                containsString("nested more than"));
        assertThat(
                refusal("FROM a\nRUN <<EOF " + "${A:-\\\n".repeat(100_000) + "\nEOF\n"),
                containsString("nested more than"));
    }

    @Test
    public void patternsMadeToBacktrackDoNot() {
        String value = "a".repeat(60_000);
        assertThat(
                refusal("ARG A=" + value + "\nFROM ${A%%" + "*a".repeat(2_000) + "b}\n"),
                containsString("failed to parse stage name"));
        assertEquals(
                "docker.io/library/x:latest",
                of("ARG A=" + "a".repeat(500) + "x\nFROM ${A##" + "*a".repeat(20) + "}\n")
                        .images()
                        .first());
    }

    @Test
    public void chainsOfTriggersAreRefused() {
        assertThat(refusal("FROM a\n" + "ONBUILD ".repeat(8_000) + "RUN x\n"), containsString("ONBUILD"));
        assertThat(refusal("FROM a\n" + "ONBUILD \\\n".repeat(200_000) + "RUN x\n"), containsString("ONBUILD"));
    }

    @Test
    public void triggersThatSetThemselvesOffAreRefused() {
        BuildInputs inputs = BuildInputs.of(
                "FROM a\n".getBytes(StandardCharsets.UTF_8),
                "Dockerfile",
                BuildOptions.defaults(),
                (reference, platform) -> List.of("COPY --from=a / /"));
        assertThat(inputs.refusal().message(), containsString("set each other off"));
    }

    @Test
    public void manyStagesInAChainDoNotUseUpTheStack() {
        StringBuilder file = new StringBuilder("FROM a AS s0\n");
        for (int i = 1; i < 5_000; i++) {
            file.append("FROM s")
                    .append(i - 1)
                    .append(" AS s")
                    .append(i)
                    .append("\nCOPY --from=s")
                    .append(i - 1)
                    .append(" / /\n");
        }
        assertEquals(
                "[docker.io/library/a:latest]", of(file.toString()).images().toString());
    }

    @Test
    public void circleOfManyStagesIsFoundWithoutTheStack() {
        StringBuilder file = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            file.append("FROM a AS s")
                    .append(i)
                    .append("\nCOPY --from=s")
                    .append((i + 1) % 20_000)
                    .append(" / /\n");
        }
        assertThat(refusal(file.toString()), containsString("circular"));
    }

    @Test
    public void deepJsonDoesNotUseUpTheStack() {
        assertTrue(of("FROM a\nRUN " + "[".repeat(60_000) + "\n").refused().isEmpty());
        assertTrue(of("{\"x\":" + "[".repeat(60_000) + "\n").refused().isPresent());
    }

    @Test
    public void linesAndFilesHaveTheBuildersLimits() {
        assertTrue(of("FROM a\n#" + "x".repeat(65_534) + "\n").refused().isEmpty());
        assertThat(refusal("FROM a\n#" + "x".repeat(65_535) + "\n"), containsString("greater than max allowed size"));
        assertThat(
                BuildInputs.of(new byte[(16 << 20) + 1], "Dockerfile", BuildOptions.defaults())
                        .refusal()
                        .message(),
                containsString("at most 16777216"));
    }

    @Test
    public void wideFilesAreReadInOneGo() {
        StringBuilder file = new StringBuilder("FROM a\nRUN ");
        for (int i = 0; i < 100_000; i++) {
            file.append("--mount=type=cache,target=/").append(i).append(" \\\n");
        }
        assertTrue(of(file + "true\n").refused().isEmpty());
        assertTrue(of("FROM a\nRUN echo '" + "<< \\\n".repeat(200_000) + "'\n")
                .refused()
                .isEmpty());
        assertTrue(
                of("FROM a\n" + "COPY --from=b / /\n".repeat(100_000)).refused().isEmpty());
    }

    @Test
    public void whatTheFuzzerKeptIsStillAnswered() throws Exception {
        List<String> inputs = Files.readAllLines(
                Path.of(DockerfileLimitsTest.class.getResource("fuzz.txt").toURI()));
        assertTrue(inputs.size() > 100);
        for (String input : inputs) {
            DockerfileFuzz.fuzzerTestOneInput(Base64.getDecoder().decode(input));
        }
    }

    private static BuildInputs of(String file) {
        return BuildInputs.of(
                file.getBytes(StandardCharsets.UTF_8),
                "Dockerfile",
                BuildOptions.defaults().withBuildArgs(Map.of()));
    }

    private static String refusal(String file) {
        return of(file).refused().orElseThrow().message();
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.junit.Test;

/** Digests are written and moved; every other byte stays. */
public class PinningTest {

    private static final String OLD = "sha256:" + "0".repeat(64);
    private static final String NEW = "sha256:" + "1".repeat(64);
    private static final Pinning.Tags ONE = image -> Optional.of(Digest.parse(NEW));

    @Test
    public void whatIsNotInOnePieceIsLeftAndNamed() throws Exception {
        String file =
                "ARG TAG=1\nFROM a:$TAG AS x\nFROM reg.corp\\\n.example/b:1\nFROM \"c:1\"\nCOPY --\"from=d:1\" / /\n"
                        + "RUN --mount=target=/x,\"from=e:1\" true\n# FROM f:1\nFROM x\n";
        Pinning.Result result = pin(file, BuildOptions.defaults().withAllStages(true));
        assertEquals(file, text(result));
        assertEquals(5, result.left().size());
        assertThat(result.left().get(0).reason(), containsString("a variable"));
    }

    @Test
    public void everythingElseStays() throws Exception {
        String file =
                "# syntax=docker/dockerfile:1\r\n# base\r\n  FROM   alpine   AS  x  \r\nRUN --mount=from=b/c:2,target=/x \\\r\n"
                        + " --mount=type=cache,from=evil.example/d,target=/y true # alpine\r\nCOPY --chown=1 --from=b/c:2 /a /b\r\n"
                        + "ONBUILD COPY --from=never /a /b\r\nFROM x\r\nCOPY <<EOF /f\r\nFROM alpine\r\nEOF\r\nCOPY --from=x / /";
        Pinning.Result result = pin(file, BuildOptions.defaults());
        assertEquals(
                file.replace("FROM   alpine", "FROM   alpine:latest@" + NEW)
                        .replace("from=b/c:2", "from=b/c:2@" + NEW)
                        .replace("from=evil.example/d", "from=evil.example/d:latest@" + NEW),
                text(result));
        assertEquals(4, result.changes().size());
        assertEquals("alpine", result.changes().get(0).before());
        BuildInputs pinned = BuildInputs.of(result.content(), "Dockerfile", BuildOptions.defaults());
        assertEquals(Optional.empty(), pinned.refused());
        assertEquals(
                0,
                pinned.images().stream()
                        .filter(image ->
                                !image.contains("@") && !image.contains("dockerfile:1") && !image.contains("never"))
                        .count());
    }

    @Test
    public void pinnedTwiceIsPinnedOnce() throws Exception {
        byte[] once = pin("FROM a:1\n", BuildOptions.defaults()).content();
        assertArrayEquals(
                once,
                pin(new String(once, StandardCharsets.UTF_8), BuildOptions.defaults())
                        .content());
    }

    @Test
    public void missingTagWritesNothing() {
        byte[] content = "FROM a:1\n".getBytes(StandardCharsets.UTF_8);
        BuildInputs inputs = BuildInputs.of(content, "Dockerfile", BuildOptions.defaults());
        IOException failure =
                assertThrows(IOException.class, () -> Pinning.pin(content, inputs, image -> Optional.empty()));
        assertThat(failure.getMessage(), containsString("docker.io/library/a:1"));
    }

    @Test
    public void updateMovesToWhatTheTagPointsToNow() throws Exception {
        assertEquals("FROM  a:1@" + NEW + "\n# c\n", update("FROM  a:1@" + OLD + "\n# c\n", "{\"allow\":[\"a\"]}"));
    }

    @Test
    public void updateMovesOnlyToWhatIsAllowed() throws Exception {
        String file = "FROM a:1@" + OLD + "\n";
        assertEquals(file, update(file, "{\"allow\":[{\"image\":\"a\",\"digests\":[\"" + OLD + "\"]}]}"));
        String other = "sha256:" + "2".repeat(64);
        assertEquals(
                "FROM a:1@" + other + "\n",
                update(file, "{\"allow\":[{\"image\":\"a\",\"digests\":[\"" + OLD + "\",\"" + other + "\"]}]}"));
        assertEquals("FROM a@" + OLD + "\n", update("FROM a@" + OLD + "\n", "{\"allow\":[\"a\"]}"));
    }

    private static Pinning.Result pin(String file, BuildOptions options) throws IOException {
        byte[] content = file.getBytes(StandardCharsets.UTF_8);
        return Pinning.pin(content, BuildInputs.of(content, "Dockerfile", options), ONE);
    }

    private static String update(String file, String catalogue) throws Exception {
        byte[] content = file.getBytes(StandardCharsets.UTF_8);
        return text(Pinning.update(
                content,
                BuildInputs.of(content, "Dockerfile", BuildOptions.defaults()),
                ONE,
                Catalogue.read(new ObjectMapper().readTree(catalogue)),
                CheckContext.offline(Clock.systemUTC())));
    }

    private static String text(Pinning.Result result) {
        return new String(result.content(), StandardCharsets.UTF_8);
    }
}

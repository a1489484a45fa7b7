package io.jenkins.plugins.countersign.engine.image;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.List;
import org.junit.Test;

public class ImageReferenceTest {

    private static final String HEX = "0123456789abcdef".repeat(4);
    private static final String DIGEST = "sha256:" + HEX;

    @Test
    public void everyGoodCombinationIsReadAndWrittenBack() {
        for (String registry : List.of(
                "localhost",
                "localhost:5000",
                "registry.example.com",
                "registry.example.com:443",
                "[::1]:5000",
                "UPPER")) {
            for (String repository : List.of("a", "team/app", "a__b/c-d/e.f", "x--y")) {
                for (String tag : List.of("", ":1", ":latest", ":v1.2_3-x")) {
                    for (String digest : List.of("", "@" + DIGEST)) {
                        String text = registry + "/" + repository + tag + digest;
                        ImageReference reference = ImageReference.parse(text);
                        assertEquals(text, reference.toString());
                        assertEquals(registry, reference.registry());
                        assertEquals(repository, reference.repository());
                    }
                }
            }
        }
    }

    @Test
    public void namesAreNormalisedAsDockerDoesIt() {
        assertEquals("docker.io/library/alpine", ImageReference.parse("alpine").toString());
        assertEquals(
                "docker.io/library/alpine:3",
                ImageReference.parse("index.docker.io/alpine:3").toString());
        assertEquals(
                "docker.io/library/alpine",
                ImageReference.parse("docker.io/alpine").toString());
        assertEquals("docker.io/team/app", ImageReference.parse("team/app").toString());
        assertEquals(
                "docker.io/library/sha256:" + HEX,
                ImageReference.parse("sha256:" + HEX).toString());
    }

    @Test
    public void badNamesAreRefusedWithTheirDefect() {
        for (List<String> bad : List.of(
                List.of("", "is empty"),
                List.of(HEX, "image id"),
                List.of("Team", "lower case"),
                List.of("registry.example.com/Team/app", "lower case"),
                List.of("registry.example.com/", "not a repository"),
                List.of("a//b", "not a repository"),
                List.of("a:", "not a tag"),
                List.of("a:" + "t".repeat(129), "not a tag"),
                List.of("a:b c", "not a tag"),
                List.of("a@sha256:12", "expected 64"),
                List.of("a@md5:" + HEX, "expected sha256"),
                List.of("a@" + DIGEST.toUpperCase(java.util.Locale.ROOT), "expected sha256"),
                List.of("-a.b/c", "not a registry"),
                List.of("a.b/" + "c".repeat(256), "characters"),
                List.of("../../etc/passwd", "not a"),
                List.of("a\nb", "not a repository"))) {
            String message = assertThrows(
                            bad.get(0), IllegalArgumentException.class, () -> ImageReference.parse(bad.get(0)))
                    .getMessage();
            assertTrue(bad.get(0) + ": " + message, message.contains(bad.get(1)));
        }
    }

    @Test(timeout = 10_000)
    public void longHostileNamesAreReadInLinearTime() {
        String hostile = "a.b/" + "a-".repeat(1900) + "!";
        assertThrows(IllegalArgumentException.class, () -> ImageReference.parse(hostile));
        String domain = "a-".repeat(2000) + "./x";
        assertThrows(IllegalArgumentException.class, () -> ImageReference.parse(domain));
    }
}

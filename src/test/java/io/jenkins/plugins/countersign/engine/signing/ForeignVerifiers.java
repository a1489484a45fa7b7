package io.jenkins.plugins.countersign.engine.signing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.Assume;

/** Where {@code src/test/verifiers} is: packages of other registries, named there with their versions, installed by CI. */
public final class ForeignVerifiers {

    private ForeignVerifiers() {}

    public static Path folder() {
        return List.of(Path.of("src/test/verifiers"), Path.of("../src/test/verifiers")).stream()
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow()
                .toAbsolutePath()
                .normalize();
    }

    /** The same rule as {@code RealPart}: skipped on a developer's machine, a failure in CI. */
    public static Path require(Path file, String how) {
        if (!Files.exists(file)) {
            String message = file + " is not there: " + how;
            if (Boolean.parseBoolean(System.getenv("COUNTERSIGN_REQUIRE_REAL_PARTS"))) {
                throw new AssertionError(message);
            }
            Assume.assumeTrue(message, false);
        }
        return file;
    }
}

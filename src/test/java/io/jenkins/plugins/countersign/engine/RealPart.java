package io.jenkins.plugins.countersign.engine;

import static org.junit.Assume.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A program that tests run for real: a registry, a builder, a token, somebody else's verifier. Where it is missing the test
 * is skipped on a developer's machine and fails in CI, which sets {@code COUNTERSIGN_REQUIRE_REAL_PARTS=true}.
 */
public final class RealPart {

    private RealPart() {}

    /** The absolute path of the program; skips or fails the test when it is not there. */
    public static Path require(String program) {
        Optional<Path> found = find(program);
        if (found.isEmpty()) {
            String message = "the real part \"" + program + "\" is not on the PATH of this machine";
            if (Boolean.parseBoolean(System.getenv("COUNTERSIGN_REQUIRE_REAL_PARTS"))) {
                throw new AssertionError(message);
            }
            assumeTrue(message, false);
        }
        return found.orElseThrow();
    }

    private static Optional<Path> find(String program) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
            Path candidate = Path.of(folder, program);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                return Optional.of(candidate.toAbsolutePath());
            }
        }
        return Optional.empty();
    }
}

package io.jenkins.plugins.countersign.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A finished run of a real part.
 *
 * @param exitCode as the program returned it
 * @param output standard output and standard error, as they came
 */
public record Run(int exitCode, String output) {

    private static final long LIMIT_SECONDS = 180;

    /** Runs a command to its end. */
    public static Run of(Map<String, String> environment, Path folder, List<String> command)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile("run", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
            if (folder != null) {
                builder.directory(folder.toFile());
            }
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(
                        command + " still ran after " + LIMIT_SECONDS + " s: " + Files.readString(log));
            }
            return new Run(process.exitValue(), new String(Files.readAllBytes(log), StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(log);
        }
    }

    public static Run of(String... command) throws IOException, InterruptedException {
        return of(Map.of(), null, List.of(command));
    }

    /** The output of a run that must have succeeded. */
    public String succeeded() {
        if (exitCode != 0) {
            throw new AssertionError("exit code " + exitCode + ": " + output);
        }
        return output;
    }
}

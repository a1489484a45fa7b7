package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.List;
import java.util.Map;

/**
 * The target of Jazzer, started by {@code bench/dockerfile-fuzz}: whatever the bytes, the reader answers, in time, within
 * its memory. What it found is kept in {@code src/test/resources/…/dockerfile/fuzz} and read again by every test run.
 */
public final class DockerfileFuzz {

    private DockerfileFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        BuildOptions options = BuildOptions.defaults()
                .withBuildArgs(Map.of("A", "x/y:$1", "TARGETARCH", "\u00E9*", "BASE", ""))
                .withContexts(Map.of("alpine", "docker-image://evil.example/x"));
        verify(BuildInputs.of(
                input,
                "Dockerfile",
                options,
                (reference, platform) ->
                        reference.contains("trigger") ? List.of() : List.of("COPY --from=x/trigger /a /b")));
        verify(BuildInputs.of(
                input, "Dockerfile", options.withAllStages(true).withBuilder(BuildOptions.Builder.KANIKO)));
    }

    private static void verify(BuildInputs inputs) {
        for (BuildInput found : inputs.inputs()) {
            if (found.reference().isEmpty()
                    || found.place().line() < 0
                    || found.place().column() < 0) {
                throw new IllegalStateException("an input that is nothing or nowhere: " + found);
            }
        }
        if (inputs.refusal() != null && inputs.refusal().message().isEmpty()) {
            throw new IllegalStateException("a refusal without a reason");
        }
    }
}

package io.jenkins.plugins.countersign.engine.dockerfile;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.util.List;
import java.util.Map;

/** One question to the reader and to the oracle; the members are those of {@code src/test/oracle/main.go}. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record DockerfileCase(
        String name,
        byte[] file,
        String target,
        Map<String, String> args,
        String platform,
        Map<String, String> contexts,
        boolean allStages,
        Map<String, List<String>> onbuild) {

    DockerfileCase {
        file = file == null ? new byte[0] : file;
    }

    /** What the oracle says; of an image set it is the whole set. */
    record Answer(String name, List<String> images, String frontend, String error) {}

    BuildOptions options() {
        BuildOptions options = BuildOptions.defaults()
                .withTarget(target == null ? "" : target)
                .withBuildArgs(args == null ? Map.of() : args)
                .withContexts(contexts == null ? Map.of() : contexts)
                .withAllStages(allStages);
        return platform == null || platform.isEmpty()
                ? options
                : options.on(List.of(Platform.parse(platform)), "linux/amd64", "", Map.of());
    }

    BuildInputs ours() {
        return BuildInputs.of(
                file,
                name,
                options(),
                (reference, platform) -> onbuild == null ? List.of() : onbuild.getOrDefault(reference, List.of()));
    }
}

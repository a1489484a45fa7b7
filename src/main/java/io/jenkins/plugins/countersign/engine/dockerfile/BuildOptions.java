package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.image.Platform;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the builder is told besides the file. It decides over images as much as the file does, so it must be what the build
 * really gets.
 *
 * @param target {@code --target}; empty for the last stage
 * @param buildArgs {@code --build-arg}
 * @param platforms {@code --platform}; one evaluation for each, the inputs are the union
 * @param buildPlatform the platform the builder runs on
 * @param contexts {@code --build-context name=value}
 * @param allStages also what the target does not reach, as the classic builder and Kaniko build it
 * @param builder whose rules apply
 */
public record BuildOptions(
        String target,
        Map<String, String> buildArgs,
        List<Platform> platforms,
        Platform buildPlatform,
        Map<String, String> contexts,
        boolean allStages,
        Builder builder)
        implements Serializable {

    /** Who builds. All but BuildKit read some files otherwise; what they would read otherwise becomes an {@link Unknown}. */
    public enum Builder {
        BUILDKIT,
        /** Docker's builder before BuildKit, for instance with {@code DOCKER_BUILDKIT=0} or Windows containers. */
        CLASSIC,
        BUILDAH,
        KANIKO
    }

    /** Names the platforms of a build that is not told any. Source: docs.docker.com, "CLI environment variables". */
    private static final String DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM";

    private static final Platform LINUX_AMD64 = new Platform("linux", "amd64", "");

    public BuildOptions {
        target = target == null ? "" : target;
        buildArgs = new TreeMap<>(buildArgs);
        platforms = platforms.isEmpty() ? List.of(LINUX_AMD64) : List.copyOf(platforms);
        contexts = new TreeMap<>(contexts);
    }

    /** The last stage, no build arguments, {@code linux/amd64}, BuildKit. */
    public static BuildOptions defaults() {
        return new BuildOptions("", Map.of(), List.of(LINUX_AMD64), LINUX_AMD64, Map.of(), false, Builder.BUILDKIT);
    }

    public BuildOptions withTarget(String target) {
        return new BuildOptions(target, buildArgs, platforms, buildPlatform, contexts, allStages, builder);
    }

    public BuildOptions withBuildArgs(Map<String, String> buildArgs) {
        return new BuildOptions(target, buildArgs, platforms, buildPlatform, contexts, allStages, builder);
    }

    /**
     * Where it is built, and for what, with what the builder would take for what it is not told.
     *
     * @param platforms what is built for; when empty, what the environment says, else the platform of the builder
     * @param buildPlatform the platform that the builder runs on; empty for this machine's
     * @param machine this machine's architecture, as Java calls it
     * @param environment of the build
     * @throws IllegalArgumentException if one of them is no platform
     */
    public BuildOptions on(
            List<Platform> platforms, String buildPlatform, String machine, Map<String, String> environment) {
        Platform builder = buildPlatform.isEmpty() ? Platform.ofMachine(machine) : Platform.parse(buildPlatform);
        String named = environment.getOrDefault(DEFAULT_PLATFORM, "").trim();
        List<Platform> all =
                !platforms.isEmpty() ? platforms : List.of(named.isEmpty() ? builder : Platform.parse(named));
        return new BuildOptions(target, buildArgs, all, builder, contexts, allStages, this.builder);
    }

    public BuildOptions withContexts(Map<String, String> contexts) {
        return new BuildOptions(target, buildArgs, platforms, buildPlatform, contexts, allStages, builder);
    }

    public BuildOptions withAllStages(boolean allStages) {
        return new BuildOptions(target, buildArgs, platforms, buildPlatform, contexts, allStages, builder);
    }

    public BuildOptions withBuilder(Builder builder) {
        return new BuildOptions(target, buildArgs, platforms, buildPlatform, contexts, allStages, builder);
    }
}

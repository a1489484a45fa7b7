package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions.Builder;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.List;

/**
 * What builders other than BuildKit read otherwise. Their rules are known from their sources only in part, so where a file
 * uses one of these constructs the answer for them is: not known.
 */
final class BuilderDifferences {

    private BuilderDifferences() {}

    /** The classic builder and Kaniko build every stage, needed or not. */
    static BuildOptions completed(BuildOptions options) {
        boolean all = options.builder() == Builder.CLASSIC || options.builder() == Builder.KANIKO;
        return all ? options.withAllStages(true) : options;
    }

    static List<Unknown> of(Dockerfile file, BuildOptions options, List<BuildInput> inputs) {
        Builder builder = options.builder();
        List<Unknown> unknowns = new ArrayList<>();
        if (builder == Builder.BUILDKIT) {
            return unknowns;
        }
        boolean simple = builder == Builder.CLASSIC || builder == Builder.KANIKO;
        for (Dockerfile.Stage stage : file.stages()) {
            String base = stage.from().base().text();
            boolean nearlyAStage = file.stages().stream()
                    .map(other -> other.from().name())
                    .anyMatch(name -> !name.equals(base) && name.equalsIgnoreCase(base));
            if (builder == Builder.KANIKO && nearlyAStage) {
                add(
                        unknowns,
                        builder,
                        stage.from().node(),
                        Sentence.of("dockerfile.takesForStage", name(builder), GoText.shown(base)));
            }
            for (Instruction command : stage.commands()) {
                if (simple && !command.node().heredocs().isEmpty()) {
                    add(unknowns, builder, command.node(), Sentence.of("dockerfile.knowsNoHeredocs", name(builder)));
                }
                if (simple
                        && command instanceof Instruction.Run run
                        && !run.mounts().isEmpty()) {
                    add(unknowns, builder, command.node(), Sentence.of("dockerfile.knowsNoMounts", name(builder)));
                }
            }
        }
        for (BuildInput input : inputs) {
            if (builder == Builder.BUILDAH
                    && input.reference().startsWith("docker.io/")
                    && !input.written().contains("docker.io/")) {
                unknowns.add(new Unknown(
                        Unknown.Kind.OTHER_BUILDER,
                        input.written(),
                        Sentence.of("dockerfile.shortName", input.written()),
                        input.place()));
            }
        }
        return unknowns;
    }

    private static void add(List<Unknown> unknowns, Builder builder, Node node, Sentence sentence) {
        unknowns.add(new Unknown(Unknown.Kind.OTHER_BUILDER, name(builder), sentence, node.place()));
    }

    private static String name(Builder builder) {
        return builder.name().toLowerCase(java.util.Locale.ROOT);
    }
}

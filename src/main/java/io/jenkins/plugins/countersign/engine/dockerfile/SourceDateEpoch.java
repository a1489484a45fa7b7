package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/**
 * The argument {@code SOURCE_DATE_EPOCH}, which BuildKit rewrites before it resolves names, and which may name a stage whose
 * remote {@code ADD} it then asks for a date.
 *
 * <p>Source: {@code dockerfile2llb/epoch.go}.
 */
final class SourceDateEpoch {

    private static final String NAME = "SOURCE_DATE_EPOCH";

    private SourceDateEpoch() {}

    static void apply(Resolution resolution, Dockerfile file) throws DockerfileException, TooMuchException {
        String value = resolution.buildArgs().get(NAME);
        if (value == null) {
            value = resolution.globals().get(NAME);
            if (value == null || value.isEmpty()) {
                return;
            }
        }
        Long seconds = GoNumbers.integer(value);
        if (seconds != null) {
            resolution.replaceGlobal(NAME, Long.toString(seconds));
            return;
        }
        if (!value.isEmpty()) {
            // the date of a stage's or context's content, which only the builder can find out
            if (!value.equals("context") && !resolution.hasContext(value)) {
                stage(resolution, file, value);
            }
            resolution.unknown(
                    Unknown.Kind.VARIABLE,
                    NAME,
                    Sentence.of("dockerfile.dateUnknown", NAME, GoText.shown(value)),
                    Place.NOWHERE);
        }
        resolution.replaceGlobal(NAME, "");
    }

    private static void stage(Resolution resolution, Dockerfile file, String value)
            throws DockerfileException, TooMuchException {
        for (Dockerfile.Stage stage : file.stages()) {
            if (!stage.from().name().isEmpty() && stage.from().name().equals(GoText.lower(value))) {
                Place place = stage.from().node().place();
                String base = resolution.expandGlobal(stage.from().base().text(), place, new java.util.TreeSet<>());
                if (!base.equals("scratch")) {
                    throw new DockerfileException(place, "SOURCE_DATE_EPOCH stage must use FROM scratch");
                }
                long remotes = stage.commands().stream()
                        .filter(command -> command instanceof Instruction.Copy copy && copy.add())
                        .count();
                for (Instruction command : stage.commands()) {
                    if (!(command instanceof Instruction.Arg)
                            && !(command instanceof Instruction.Copy copy && copy.add())) {
                        throw new DockerfileException(
                                place,
                                "SOURCE_DATE_EPOCH stage does not meet source-only requirements: unsupported "
                                        + GoText.shown(command.node().keyword()) + " instruction");
                    }
                }
                if (remotes != 1) {
                    throw new DockerfileException(place, "SOURCE_DATE_EPOCH stage must contain exactly one remote ADD");
                }
                return;
            }
        }
        throw new DockerfileException(Place.NOWHERE, "invalid SOURCE_DATE_EPOCH: " + GoText.shown(value));
    }
}

package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.image.Platform;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Everything that a build of one Dockerfile brings in.
 *
 * @param file the name of the file, for messages
 * @param inputs every external image, in the order of the file
 * @param unknowns what enters and cannot be known
 * @param refusal why the builder would refuse the file; null when it would not. The inputs are then those that it pulls
 *     before it refuses.
 */
public record BuildInputs(String file, List<BuildInput> inputs, List<Unknown> unknowns, Refusal refusal)
        implements Serializable {

    /** Why and where the builder stops. */
    public record Refusal(String message, Place place) implements Serializable {}

    /** Without a registry: whether base images carry triggers stays unsaid; {@link #of(byte[], String, BuildOptions)}. */
    private static final BaseTriggers NOT_ASKED = (reference, platform) -> List.of();

    private static final String SYNTAX_ARGUMENT = "BUILDKIT_SYNTAX";

    public BuildInputs {
        inputs = List.copyOf(inputs);
        unknowns = List.copyOf(unknowns);
    }

    /**
     * Reads the file and resolves it; a file that the builder would refuse is an answer, not an exception. The registry is
     * not asked, so images that {@code ONBUILD} triggers of the base images bring in are not seen.
     */
    public static BuildInputs of(byte[] content, String name, BuildOptions options) {
        return of(content, name, options, NOT_ASKED);
    }

    /** As above, and follows the {@code ONBUILD} triggers of the base images. */
    public static BuildInputs of(byte[] content, String name, BuildOptions options, BaseTriggers triggers) {
        try {
            return of(Dockerfile.parse(content, name), options, triggers);
        } catch (DockerfileException e) {
            Collector collector = new Collector(name);
            if (content.length <= Budget.MAX_FILE) {
                collector.frontend(GoText.of(content), options);
            }
            collector.refuse(new Refusal(e.getMessage(), e.place()));
            return collector.inputs();
        }
    }

    public static BuildInputs of(Dockerfile file, BuildOptions options) {
        return of(file, options, NOT_ASKED);
    }

    public static BuildInputs of(Dockerfile file, BuildOptions given, BaseTriggers triggers) {
        BuildOptions options = BuilderDifferences.completed(given);
        Collector collector = new Collector(file.name());
        collector.frontend(file.text(), options);
        Budget budget = new Budget();
        for (Platform platform : options.platforms()) {
            Resolution resolution = new Resolution(file, options, Platforms.normalised(platform), triggers, budget);
            try {
                resolution.run();
            } catch (TooMuchException e) {
                collector.refuse(new Refusal(e.getMessage(), Place.NOWHERE));
            }
            collector.add(resolution);
        }
        collector.unknowns.addAll(BuilderDifferences.of(file, options, List.copyOf(collector.inputs.values())));
        return collector.inputs();
    }

    public Optional<Refusal> refused() {
        return Optional.ofNullable(refusal);
    }

    /** The references of all inputs that the build reaches, each once, frontends included. */
    public SortedSet<String> images() {
        SortedSet<String> images = new TreeSet<>();
        inputs.stream().filter(BuildInput::reachable).map(BuildInput::reference).forEach(images::add);
        return images;
    }

    /** Gathers the answers for several platforms. */
    private static final class Collector {
        private record Key(BuildInput.Kind kind, String reference, Place place, int stage, String platform) {}

        private final String file;
        private final Map<Key, BuildInput> inputs = new LinkedHashMap<>();
        private final Set<Unknown> unknowns = new LinkedHashSet<>();
        private Refusal refusal;

        Collector(String file) {
            this.file = file;
        }

        void refuse(Refusal found) {
            if (refusal == null) {
                refusal = found;
            }
        }

        void frontend(String text, BuildOptions options) {
            String argument = options.buildArgs().get(SYNTAX_ARGUMENT);
            Directives.Syntax syntax = Directives.syntax(text);
            String written;
            Place place = Place.NOWHERE;
            if (argument != null) {
                String value = GoText.trim(GoText.from(argument));
                int blank = value.indexOf(' ');
                written = blank < 0 ? value : value.substring(0, blank);
            } else if (syntax != null) {
                written = syntax.image();
                place = syntax.start() < 0
                        ? Place.line(syntax.line())
                        : place(text, syntax.line(), syntax.start(), written.length());
            } else {
                return;
            }
            try {
                put(new BuildInput(
                        BuildInput.Kind.FRONTEND,
                        ImageNames.normalise(written),
                        GoText.shown(written),
                        place,
                        -1,
                        "",
                        "",
                        true));
            } catch (ImageNames.NameException e) {
                refuse(new Refusal(
                        "the frontend \"" + GoText.shown(written) + "\" is not the name of an image: "
                                + GoText.shown(e.getMessage()),
                        place));
            }
        }

        private static Place place(String text, int line, int start, int length) {
            Source source = new Source(text, line);
            source.piece(0, start, line);
            return source.place(0, length);
        }

        void add(Resolution resolution) {
            for (StageState state : resolution.states()) {
                if (state.image) {
                    put(new BuildInput(
                            state.kind,
                            GoText.shown(state.reference),
                            state.written,
                            state.place,
                            state.owner.index,
                            GoText.shown(state.owner.name),
                            state.platformText,
                            state.reachable));
                }
            }
            unknowns.addAll(resolution.unknowns());
            if (resolution.refusal() != null) {
                refuse(resolution.refusal());
            }
        }

        private void put(BuildInput input) {
            Key key = new Key(input.kind(), input.reference(), input.place(), input.stage(), input.platform());
            inputs.merge(key, input, (old, added) -> old.reachable() ? old : added);
        }

        BuildInputs inputs() {
            List<BuildInput> sorted = new ArrayList<>(inputs.values());
            sorted.sort(
                    Comparator.comparingInt((BuildInput input) -> input.place().line())
                            .thenComparingInt(input -> input.place().column()));
            return new BuildInputs(file, sorted, List.copyOf(unknowns), refusal);
        }
    }
}

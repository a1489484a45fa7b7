package io.jenkins.plugins.countersign.engine.dockerfile;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
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

    public BuildInputs {
        inputs = List.copyOf(inputs);
        unknowns = List.copyOf(unknowns);
    }

    /** Reads the file and resolves it; a file that the builder would refuse is an answer, not an exception. */
    public static BuildInputs of(byte[] content, String name, BuildOptions options) {
        throw new UnsupportedOperationException("lands next");
    }

    public static BuildInputs of(Dockerfile file, BuildOptions options) {
        throw new UnsupportedOperationException("lands next");
    }

    public static BuildInputs of(Dockerfile file, BuildOptions options, BaseTriggers triggers) {
        throw new UnsupportedOperationException("lands next");
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
}

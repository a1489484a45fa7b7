package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import java.io.Serializable;
import java.util.List;
import java.util.Set;

/**
 * For which builds an entry counts. An empty member means all.
 *
 * @param targets patterns of build targets ({@code --target})
 * @param folders patterns of Jenkins folders or jobs, by full name
 * @param repositories patterns of the repository that the built image goes to
 * @param inputs the ways in which an image enters
 */
public record Scope(List<String> targets, List<String> folders, List<String> repositories, Set<BuildInput.Kind> inputs)
        implements Serializable {

    public static final Scope EVERYWHERE = new Scope(List.of(), List.of(), List.of(), Set.of());

    public Scope {
        targets = List.copyOf(targets);
        folders = List.copyOf(folders);
        repositories = List.copyOf(repositories);
        inputs = Set.copyOf(inputs);
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import java.io.Serializable;
import java.util.List;
import java.util.Set;

/**
 * For which builds an entry counts. An empty member means all. In the patterns {@code *} stands for any characters inside a
 * component, {@code **} at the end for everything below.
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

    /** An entry for certain repositories does not count where the repository is not known. */
    boolean covers(BuildInput.Kind input, CheckContext context) {
        return (inputs.isEmpty() || inputs.contains(input))
                && covers(targets, context.target())
                && covers(folders, context.folder())
                && covers(repositories, context.repository());
    }

    private static boolean covers(List<String> patterns, String name) {
        return patterns.isEmpty() || patterns.stream().anyMatch(pattern -> path(pattern.split("/"), name.split("/")));
    }

    private static boolean path(String[] pattern, String[] name) {
        if (pattern.length > 0 && pattern[pattern.length - 1].equals("**")) {
            return name.length >= pattern.length && same(pattern, name, pattern.length - 1);
        }
        return name.length == pattern.length && same(pattern, name, pattern.length);
    }

    private static boolean same(String[] pattern, String[] name, int count) {
        for (int i = 0; i < count; i++) {
            if (!ImagePattern.glob(pattern[i], name[i])) {
                return false;
            }
        }
        return true;
    }
}

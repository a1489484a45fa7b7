package io.jenkins.plugins.countersign.engine.goldenbase;

import java.io.IOException;
import java.util.Set;

/** Lists the repositories of a registry's organisation, all of which are golden. */
@FunctionalInterface
public interface GoldenOrganisations {

    /** Used where no registry can be asked. */
    GoldenOrganisations UNREACHABLE = (registry, namespace) -> {
        throw new IOException("no registry can be asked here");
    };

    /**
     * @param registry for instance {@code registry.example.com}
     * @param namespace for instance {@code golden}
     * @return repositories below the registry, {@code golden/java}, never null
     * @throws IOException if it cannot be known
     */
    Set<String> repositories(String registry, String namespace) throws IOException;

    /**
     * Whether a repository is there and may be read.
     *
     * @param repository {@code golden/java}
     * @throws IOException if it cannot be known
     */
    default boolean isThere(String registry, String repository) throws IOException {
        return false;
    }

    /**
     * Whether a repository is one of the organisation's. Where a registry lists nothing (Docker Hub has no list, Harbor gives it
     * to administrators alone), the repository itself is asked for: whatever is there below the namespace is the organisation's.
     *
     * @throws IOException why the organisation could not be listed, if the repository is not known to be there either
     */
    default boolean contains(String registry, String namespace, String repository) throws IOException {
        try {
            return repositories(registry, namespace).contains(repository);
        } catch (IOException notListed) {
            try {
                if (repository.startsWith(namespace + "/") && isThere(registry, repository)) {
                    return true;
                }
            } catch (IOException e) {
                notListed.addSuppressed(e);
            }
            throw notListed;
        }
    }
}

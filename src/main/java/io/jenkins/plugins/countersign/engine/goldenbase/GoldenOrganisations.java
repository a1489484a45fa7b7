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
}

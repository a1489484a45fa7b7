package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.util.List;
import java.util.Optional;

/**
 * What lies next to one digest.
 *
 * @param at the digest
 * @param found in the order of the registry's list, then the tags; empty if there is a failure
 * @param failure why nobody knows; empty if everything was read. Unknown is never none.
 */
public record Collected(Digest at, List<FoundSignature> found, Optional<RegistryException> failure) {

    public Collected {
        found = List.copyOf(found);
    }

    /** @throws RegistryException if it is not known to be complete */
    public List<FoundSignature> complete() throws RegistryException {
        if (failure.isPresent()) {
            throw failure.get();
        }
        return found;
    }
}

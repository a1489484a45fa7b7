package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.io.InputStream;
import java.util.Optional;

/** Content whose bytes can be had unverified, by somebody who verifies them anyway: nothing is hashed twice. */
interface RawContent {

    /** @param offset how many bytes to leave out */
    InputStream openUnverified(Descriptor blob, long offset) throws RegistryException;

    /** As {@link Repository.ContentSource#prepare}. */
    default void prepare(Descriptor blob) throws RegistryException {}

    /** Where the blob lies on disk as it is, with the size that it should have; empty if it does not. */
    default Optional<FileRange> file(Descriptor blob) {
        return Optional.empty();
    }
}

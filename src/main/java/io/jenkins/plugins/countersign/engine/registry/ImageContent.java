package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.InputStream;
import java.util.Optional;

/** Where manifests and blobs can be read from by digest: a repository, or an archive. What is read is checked. */
public interface ImageContent {

    /** What it is called in messages. */
    String name();

    /** The manifest or index with this digest; empty when there is clearly none. */
    Optional<Manifest> manifest(Digest digest) throws RegistryException;

    /**
     * Opens a blob. Reading past the end verifies it: the last read throws {@link RegistryException} if the bytes have
     * another digest or length than the descriptor says.
     */
    InputStream openBlob(Descriptor blob) throws RegistryException;
}

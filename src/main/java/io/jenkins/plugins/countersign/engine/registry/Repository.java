package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A repository of images, in a registry or in an OCI layout folder. Everything that is read is checked by digest and size
 * before the caller sees its end.
 *
 * <p>All methods throw {@link RegistryException} when the answer is anything but a clear yes or a clear "not found".
 */
public interface Repository extends ImageContent, AutoCloseable {

    /** What an image here is called before its tag and digest: {@code registry/repository}, or {@code oci:folder}. */
    @Override
    String name();

    /** What the tag points at now; empty when there is clearly no such tag. */
    Optional<Descriptor> resolve(String tag) throws RegistryException;

    /** Whether the blob is there. */
    boolean hasBlob(Digest digest) throws RegistryException;

    /** Uploads a blob unless it is there. {@code source} may be opened more than once, after a break. */
    BlobArrival pushBlob(Descriptor blob, ContentSource source) throws RegistryException;

    /**
     * Takes the blob over from another repository without a byte travelling through here.
     *
     * @return false if that is not possible between the two; nothing has changed then
     */
    default boolean mountBlob(Descriptor blob, Repository from) throws RegistryException {
        return false;
    }

    /** Uploads a manifest or index by its digest, without a tag. What it refers to must be there. */
    void pushManifest(Manifest manifest) throws RegistryException;

    /** Points the tag at a manifest that is there. */
    void tag(Digest digest, String tag) throws RegistryException;

    /** The tags of the repository, sorted. */
    List<String> tags() throws RegistryException;

    /**
     * What was attached to the digest: by the referrers API, and by the fallback tag. Complete, or an exception. The
     * entries' artifact types and annotations are hints of others; read each manifest.
     */
    List<Descriptor> referrers(Digest subject) throws RegistryException;

    /**
     * Uploads a manifest that has a {@code subject}, so that {@link #referrers} of the subject lists it; on a registry
     * without the referrers API this maintains the fallback tag and loses no concurrent writer's entry.
     */
    void attach(Manifest artifact) throws RegistryException;

    /** Says something to whoever watches this repository being used; to nobody where nobody does. */
    default void warn(String message) {}

    @Override
    default void close() {}

    /** Content that can be opened again, to be uploaded again. */
    interface ContentSource {
        InputStream open() throws IOException;

        /** Opens it from a byte on, to go on with an upload that broke there. */
        default InputStream openAt(long offset) throws IOException {
            InputStream in = open();
            try {
                in.skipNBytes(offset);
                return in;
            } catch (IOException e) {
                in.close();
                throw e;
            }
        }

        /** Called before it is sent, and not when nobody wants it; may take its time, for nobody waits on a connection. */
        default void prepare() throws RegistryException {}

        /** Where it lies on disk as it is, with just this length; empty if it does not. */
        default Optional<FileRange> file() {
            return Optional.empty();
        }

        /**
         * Whether comparing it with its digest is left to the registry that takes it, as content that another registry has
         * taken by this digest before; else it is hashed on its way out.
         */
        default boolean leftToReceiver() {
            return false;
        }

        /** Is told how far it was sent from there. */
        default void sent(long position) {}

        static ContentSource of(byte[] content) {
            return () -> new java.io.ByteArrayInputStream(content);
        }
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** A repository in a registry. Source: OCI distribution specification 1.1; every request is a class of its own. */
final class RegistryRepository implements Repository, RawContent {

    private final RepositoryPath path;
    private Exchange exchange;

    RegistryRepository(RegistryAccess access, ImageReference name) {
        this.path = new RepositoryPath(access, name.registry(), name.repository());
    }

    private synchronized Exchange exchange() throws RegistryException {
        if (exchange == null) {
            exchange = path.access().connection().exchange();
        }
        return exchange;
    }

    @Override
    public String name() {
        return path.name();
    }

    @Override
    public void warn(String message) {
        path.access().progress().on(new Event.Warned(message));
    }

    @Override
    public Optional<Descriptor> resolve(String tag) throws RegistryException {
        checkTag(tag);
        return new ManifestHead(path, tag).from(exchange());
    }

    @Override
    public Optional<Manifest> manifest(Digest digest) throws RegistryException {
        return new ManifestPull(path, digest).from(exchange());
    }

    @Override
    public boolean hasBlob(Digest digest) throws RegistryException {
        return new BlobHead(path, digest, path.pull()).from(exchange()).isPresent();
    }

    @Override
    public InputStream openBlob(Descriptor blob) throws RegistryException {
        return new VerifyingInputStream(openUnverified(blob, 0), blob, "blob " + blob.digest() + " of " + path.name());
    }

    @Override
    public InputStream openUnverified(Descriptor blob, long offset) throws RegistryException {
        return new BlobPull(path, exchange(), blob, offset);
    }

    @Override
    public BlobArrival pushBlob(Descriptor blob, ContentSource source) throws RegistryException {
        return new BlobPush(path, exchange(), blob, source, Optional.empty()).run();
    }

    /**
     * Mounts if {@code from} is another repository of this registry, else or if the registry does not want to, uploads.
     *
     * @param mountFirst before it is looked for here; that one blob was not {@link BlobArrival#MOUNTED} then says that others
     *     will not be either, or are there
     */
    BlobArrival pushBlob(Descriptor blob, ContentSource source, ImageContent from, boolean mountFirst)
            throws RegistryException {
        BlobPush push = new BlobPush(path, exchange(), blob, source, mountable(from));
        return mountFirst ? push.runMounting() : push.run();
    }

    /** Whether the tag names this manifest: the registry says so, and hands out its bytes. */
    boolean isTagged(Digest digest, String tag) throws RegistryException {
        checkTag(tag);
        // HEAD first: Docker Hub counts what is read, not what is looked for
        return new ManifestHead(path, tag).whether(digest, exchange()) != ManifestHead.Said.IT_IS_NOT
                && new ManifestPull(path, tag)
                        .understoodFrom(exchange())
                        .filter(manifest -> manifest.digest().equals(digest))
                        .isPresent();
    }

    /** Whether the registry says that it has this manifest. */
    boolean hasManifest(Digest digest) throws RegistryException {
        return new ManifestHead(path, digest.toString()).whether(digest, exchange()) == ManifestHead.Said.IT_IS;
    }

    /**
     * Uploads a manifest by its digest.
     *
     * @return whether the registry confirmed the digest of what it stored
     */
    boolean store(Manifest manifest) throws RegistryException {
        manifest.read();
        return new ManifestPush(path, manifest, manifest.digest().toString()).to(exchange());
    }

    /** As {@link #tag(Digest, String)} for a manifest whose bytes are known to be those that are there. */
    void tag(Manifest manifest, String tag) throws RegistryException {
        checkTag(tag);
        new ManifestPush(path, manifest, tag).to(exchange());
    }

    @Override
    public boolean mountBlob(Descriptor blob, Repository from) throws RegistryException {
        Optional<String> repository = mountable(from);
        if (repository.isEmpty()) {
            return false;
        }
        try {
            Optional<BlobUploadSession> session = BlobUploadSession.begin(path, exchange(), blob.digest(), repository);
            session.ifPresent(BlobUploadSession::cancel);
            return session.isEmpty();
        } catch (UnauthorizedException | ForbiddenException e) {
            return false;
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw Failure.of(e, "mount blob " + blob.digest() + " into " + path.name(), path.host())
                    .asException("mount blob " + blob.digest() + " into " + path.name(), 1);
        }
    }

    private Optional<String> mountable(ImageContent from) {
        return from instanceof RegistryRepository other
                        && other.path.host().equals(path.host())
                        && !other.path.repository().equals(path.repository())
                ? Optional.of(other.path.repository())
                : Optional.empty();
    }

    @Override
    public void pushManifest(Manifest manifest) throws RegistryException {
        store(manifest);
    }

    @Override
    public void tag(Digest digest, String tag) throws RegistryException {
        checkTag(tag);
        Manifest manifest = manifest(digest)
                .orElseThrow(() -> new NotFoundException("cannot give the tag \"" + tag + "\" to " + digest
                        + ": there is no such manifest in " + path.name()));
        new ManifestPush(path, manifest, tag).to(exchange());
    }

    @Override
    public List<String> tags() throws RegistryException {
        return new TagList(path).all(exchange());
    }

    @Override
    public List<Descriptor> referrers(Digest subject) throws RegistryException {
        return new Referrers(path, exchange(), subject).list();
    }

    @Override
    public void attach(Manifest artifact) throws RegistryException {
        Descriptor subject = artifact.read()
                .subject()
                .orElseThrow(() -> new MalformedManifestException(
                        "manifest " + artifact.digest() + " has no subject, so it can be attached to nothing"));
        pushManifest(artifact);
        new Referrers(path, exchange(), subject.digest()).announce(artifact);
    }

    private static void checkTag(String tag) throws RegistryException {
        if (!ImageReference.isTag(tag)) {
            throw new RegistryException("not a tag: \"" + RegistryErrors.clean(tag) + "\"");
        }
    }
}

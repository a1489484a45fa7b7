package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.BlobArrival;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** A repository in front of another; tests override what shall go wrong. */
class Interposed implements Repository {

    private final Repository behind;

    Interposed(Repository behind) {
        this.behind = behind;
    }

    /** Called before everything that changes something, with what it is. */
    void beforeWrite(String what) throws RegistryException {}

    void afterWrite(String what) throws RegistryException {}

    @Override
    public String name() {
        return behind.name();
    }

    @Override
    public Optional<Descriptor> resolve(String tag) throws RegistryException {
        return behind.resolve(tag);
    }

    @Override
    public Optional<Manifest> manifest(Digest digest) throws RegistryException {
        return behind.manifest(digest);
    }

    @Override
    public boolean hasBlob(Digest digest) throws RegistryException {
        return behind.hasBlob(digest);
    }

    @Override
    public InputStream openBlob(Descriptor blob) throws RegistryException {
        return behind.openBlob(blob);
    }

    @Override
    public BlobArrival pushBlob(Descriptor blob, ContentSource source) throws RegistryException {
        beforeWrite("blob");
        BlobArrival arrival = behind.pushBlob(blob, source);
        afterWrite("blob");
        return arrival;
    }

    @Override
    public void pushManifest(Manifest manifest) throws RegistryException {
        beforeWrite("manifest");
        behind.pushManifest(manifest);
        afterWrite("manifest");
    }

    @Override
    public void tag(Digest digest, String tag) throws RegistryException {
        beforeWrite("tag " + tag);
        behind.tag(digest, tag);
        afterWrite("tag " + tag);
    }

    @Override
    public List<String> tags() throws RegistryException {
        return behind.tags();
    }

    @Override
    public List<Descriptor> referrers(Digest subject) throws RegistryException {
        return behind.referrers(subject);
    }

    @Override
    public void attach(Manifest artifact) throws RegistryException {
        beforeWrite("attach");
        behind.attach(artifact);
        afterWrite("attach");
    }
}

package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.EmptyConfig;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One envelope behind one tag: an OCI manifest with one layer. */
final class TaggedArtifact {

    private TaggedArtifact() {}

    static void write(Repository repository, String tag, String artifactType, byte[] envelope)
            throws RegistryException {
        Descriptor layer = Descriptor.of(SignatureTypes.DSSE, envelope);
        repository.pushBlob(layer, Repository.ContentSource.of(envelope));
        repository.pushBlob(EmptyConfig.DESCRIPTOR, Repository.ContentSource.of(EmptyConfig.content()));
        Manifest manifest = new ManifestContent(
                        MediaTypes.OCI_MANIFEST,
                        artifactType,
                        EmptyConfig.DESCRIPTOR,
                        List.of(layer),
                        List.of(),
                        null,
                        Map.of())
                .toManifest();
        repository.pushManifest(manifest);
        repository.tag(manifest.digest(), tag);
    }

    /** Empty when there is clearly no such tag. */
    static Optional<byte[]> read(Repository repository, String tag, int maxBytes) throws RegistryException {
        Optional<Descriptor> found = repository.resolve(tag);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Manifest manifest = repository
                .manifest(found.get().digest())
                .orElseThrow(() -> new RegistryException("the tag " + tag + " in " + repository.name() + " points at "
                        + found.get().digest() + ", which is not there"));
        List<Descriptor> layers = manifest.read().layers();
        if (layers.size() != 1 || layers.get(0).size() > maxBytes) {
            throw new RegistryException("the artifact behind the tag " + tag + " in " + repository.name()
                    + " has not one layer of at most " + maxBytes + " bytes");
        }
        try (InputStream in = repository.openBlob(layers.get(0))) {
            return Optional.of(in.readAllBytes());
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException("reading the tag " + tag + " in " + repository.name() + " broke off", e);
        }
    }
}

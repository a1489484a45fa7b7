package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What one signature of an image covers: the image, and when it is an index every platform's manifest, because containers/image
 * evaluates its policy on the platform's manifest (formats.md A5). Attestation manifests are left out: an approval there could
 * displace the builder's own signature (formats.md A8).
 */
public final class Subjects {

    private static final int MAX_MANIFESTS = 512;
    private static final int MAX_DEPTH = 4;

    private Subjects() {}

    /**
     * The image's own descriptor first, then each platform's, in the order of the index, none twice.
     *
     * @throws RegistryException if the image or one of its indexes is not there, or is more than is read
     */
    public static List<Descriptor> of(Repository repository, Digest image) throws RegistryException {
        Manifest manifest = repository
                .manifest(image)
                .orElseThrow(() -> new RegistryException("there is no " + image + " in " + repository.name()));
        List<Descriptor> found = new ArrayList<>();
        found.add(new Descriptor(manifest.mediaType(), image, manifest.content().length));
        if (MediaTypes.isIndex(manifest.mediaType())) {
            addManifests(repository, manifest, image, found, 1);
        }
        return List.copyOf(found);
    }

    /** The same as subjects of a statement, each with these annotations. */
    public static List<Statement.Subject> of(
            Repository repository, Digest image, String name, Map<String, String> annotations)
            throws RegistryException {
        List<Statement.Subject> subjects = new ArrayList<>();
        for (Descriptor descriptor : of(repository, image)) {
            subjects.add(new Statement.Subject(name, descriptor.digest(), annotations));
        }
        return subjects;
    }

    private static void addManifests(
            Repository repository, Manifest index, Digest digest, List<Descriptor> found, int depth)
            throws RegistryException {
        if (depth > MAX_DEPTH) {
            throw new RegistryException(
                    "the index of " + found.get(0).digest() + " has indexes within indexes, deeper than " + MAX_DEPTH);
        }
        for (JsonNode entry : ManifestJson.read(index, digest).path("manifests")) {
            Descriptor descriptor = ManifestJson.descriptor(entry, digest);
            if (isAttestation(descriptor)
                    || found.stream().anyMatch(known -> known.digest().equals(descriptor.digest()))) {
                continue;
            }
            if (found.size() > MAX_MANIFESTS) {
                throw new RegistryException(
                        "the index " + found.get(0).digest() + " has more than " + MAX_MANIFESTS + " manifests");
            }
            found.add(descriptor);
            if (MediaTypes.isIndex(descriptor.mediaType())) {
                Manifest inner = repository
                        .manifest(descriptor.digest())
                        .orElseThrow(() -> new RegistryException("the index " + digest + " names " + descriptor.digest()
                                + ", which is not in " + repository.name()));
                addManifests(repository, inner, descriptor.digest(), found, depth + 1);
            }
        }
    }

    /** As BuildKit marks them; {@code unknown/unknown} alone would also catch an honest artifact, so the annotation decides. */
    static boolean isAttestation(Descriptor descriptor) {
        return "attestation-manifest".equals(descriptor.annotations().get("vnd.docker.reference.type"))
                || Platform.UNKNOWN.equals(descriptor.platform())
                        && descriptor.annotations().containsKey("vnd.docker.reference.digest");
    }
}

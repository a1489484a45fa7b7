package io.jenkins.plugins.countersign.engine.promotion;

import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.CancelledException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.Collected;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that lies next to one image in one repository, at one moment.
 *
 * @param image what it lies next to
 * @param subjects the image and its platform manifests, the image first
 * @param atImage what lies next to the image itself
 * @param atPlatforms what lies next to its platform manifests
 * @param unknown why there may be more; empty when there is not. Unknown is never none.
 */
public record Gathering(
        ApprovedImage image,
        List<Descriptor> subjects,
        List<FoundSignature> atImage,
        List<FoundSignature> atPlatforms,
        String unknown) {

    public Gathering {
        subjects = List.copyOf(subjects);
        atImage = List.copyOf(atImage);
        atPlatforms = List.copyOf(atPlatforms);
    }

    /**
     * @param tag by which the image was found, for people; empty when by none
     * @throws RegistryException if the image itself cannot be read
     */
    public static Gathering of(Repository repository, Digest image, String tag) throws RegistryException {
        List<Descriptor> subjects = Subjects.of(repository, image);
        ApprovedImage approved = new ApprovedImage(
                repository.name(),
                tag,
                image,
                subjects.get(0).size(),
                subjects.stream().skip(1).map(Descriptor::digest).toList());
        List<FoundSignature> atImage = new ArrayList<>();
        List<FoundSignature> atPlatforms = new ArrayList<>();
        String unknown = "";
        List<Digest> digests = subjects.stream().map(Descriptor::digest).toList();
        for (Collected collected : new SignatureStore(repository).collect(digests)) {
            try {
                (collected.at().equals(image) ? atImage : atPlatforms).addAll(collected.complete());
            } catch (CancelledException e) {
                throw e;
            } catch (RegistryException e) {
                unknown = e.getMessage();
            }
        }
        return new Gathering(approved, subjects, atImage, atPlatforms, unknown);
    }

    /** At the image and at its platforms: what the gate reads. */
    public List<FoundSignature> statements() {
        List<FoundSignature> all = new ArrayList<>(atImage);
        all.addAll(atPlatforms);
        return all;
    }
}

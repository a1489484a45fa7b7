package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A plain signature of an image, as {@code cosign sign} makes it: a bundle over the index and every platform's manifest and, on
 * request, a {@code .sig} signature of each for verifiers that know no bundles.
 */
public final class ImageSignature {

    /** What {@code cosign sign} writes as predicate type (formats.md A4). */
    public static final String PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";

    private ImageSignature() {}

    /**
     * Signs and attaches. Every signature is verified before anything is uploaded.
     *
     * @param tag by which the image is named in {@code .sig} payloads, which containers/image compares; empty for none
     * @param annotations signed with the subjects; {@code cosign verify -a} asks for them
     * @param simpleSignatures whether {@code .sig} signatures are written, too
     * @return the digests of what was signed, the image's own first
     */
    public static List<Digest> sign(
            Repository repository,
            Digest image,
            String tag,
            Signer signer,
            Map<String, String> annotations,
            boolean simpleSignatures,
            Instant now)
            throws KeyException, RegistryException {
        List<Descriptor> subjects = Subjects.of(repository, image);
        SignatureStore store = new SignatureStore(repository);
        Statement statement = new Statement(
                subjects.stream()
                        .map(subject -> new Statement.Subject(repository.name(), subject.digest(), annotations))
                        .toList(),
                PREDICATE_TYPE,
                StrictJson.object());
        SigstoreBundle bundle = SigstoreBundle.sign(statement, signer);
        store.attachBundle(subjects.get(0), bundle, PREDICATE_TYPE, now);
        if (simpleSignatures) {
            String reference = repository.name() + (tag.isEmpty() ? "" : ":" + tag);
            for (Descriptor subject : subjects) {
                byte[] payload = new SimpleSigning(reference, subject.digest(), Map.of()).toBytes();
                store.addSimpleSignature(subject.digest(), payload, signer.sign(payload));
            }
        }
        return subjects.stream().map(Descriptor::digest).toList();
    }
}

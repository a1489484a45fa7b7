package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.time.Instant;
import java.util.ArrayList;
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
        byte[] statement = new Statement(
                        subjects.stream()
                                .map(subject -> new Statement.Subject(repository.name(), subject.digest(), annotations))
                                .toList(),
                        PREDICATE_TYPE,
                        StrictJson.object())
                .toBytes();
        List<byte[]> messages = new ArrayList<>();
        messages.add(DsseEnvelope.preAuthenticationEncoding(SignatureTypes.IN_TOTO, statement));
        if (simpleSignatures) {
            String reference = repository.name() + (tag.isEmpty() ? "" : ":" + tag);
            for (Descriptor subject : subjects) {
                messages.add(new SimpleSigning(reference, subject.digest(), Map.of()).toBytes());
            }
        }
        // All of them before the first upload: a token that is pulled out half way leaves nothing half signed.
        List<byte[]> signatures = signer.signAll(messages);
        SignatureStore store = new SignatureStore(repository);
        DsseEnvelope envelope = new DsseEnvelope(SignatureTypes.IN_TOTO, statement, signatures.subList(0, 1));
        SigstoreBundle bundle = SigstoreBundle.of(envelope, signer.publicKey());
        // At each platform too, for whoever asks about the digest that runs; the index last, so that what stands there
        // is whole.
        for (int i = subjects.size() - 1; i >= 0; i--) {
            store.attachBundle(subjects.get(i), bundle, PREDICATE_TYPE, now);
        }
        for (int i = 1; i < messages.size(); i++) {
            store.addSimpleSignature(subjects.get(i - 1).digest(), messages.get(i), signatures.get(i));
        }
        return subjects.stream().map(Descriptor::digest).toList();
    }
}

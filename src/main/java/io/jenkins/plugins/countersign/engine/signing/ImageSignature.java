package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A plain signature of an image, as {@code cosign sign} makes it: a bundle over the index and every platform's manifest and, on
 * request, a {@code .sig} signature of each for verifiers that know no bundles.
 */
public final class ImageSignature {

    /** What {@code cosign sign} writes as predicate type (formats.md A4). */
    public static final String PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";

    /** What may be written besides the bundle, for verifiers that know no bundles. */
    public enum More {
        /** A {@code .sig} signature of the index and of each platform's manifest. */
        SIMPLE_SIGNING,
        /**
         * A signature of the Notary Project, in JWS, of the index and of each platform's manifest. The key must have a
         * certificate for code signing, and the certificates up to the root beside it.
         */
        NOTATION
    }

    private ImageSignature() {}

    /**
     * Signs and attaches. Every signature is verified before anything is uploaded.
     *
     * @param tag by which the image is named in {@code .sig} payloads, which containers/image compares; empty for none
     * @param annotations signed with the subjects; {@code cosign verify -a} asks for them
     * @param more what is written besides the bundle
     * @return the digests of what was signed, the image's own first
     */
    public static List<Digest> sign(
            Repository repository,
            Digest image,
            String tag,
            Signer signer,
            Map<String, String> annotations,
            Set<More> more,
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
        SignatureScheme scheme = SignatureScheme.ofSigner(signer.publicKey());
        List<Signer.Message> messages = new ArrayList<>();
        messages.add(
                new Signer.Message(DsseEnvelope.preAuthenticationEncoding(SignatureTypes.IN_TOTO, statement), scheme));
        if (more.contains(More.SIMPLE_SIGNING)) {
            String reference = repository.name() + (tag.isEmpty() ? "" : ":" + tag);
            for (Descriptor subject : subjects) {
                messages.add(
                        new Signer.Message(new SimpleSigning(reference, subject.digest(), Map.of()).toBytes(), scheme));
            }
        }
        int simple = messages.size();
        List<X509Certificate> chain = List.of();
        List<NotationSignature.Unsigned> notation = new ArrayList<>();
        if (more.contains(More.NOTATION)) {
            chain = NotationSignature.chainOf(signer, now);
            for (Descriptor subject : subjects) {
                NotationSignature.Unsigned unsigned = NotationSignature.prepare(subject, signer.publicKey(), now, null);
                notation.add(unsigned);
                messages.add(unsigned.message());
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
        for (int i = 1; i < simple; i++) {
            store.addSimpleSignature(
                    subjects.get(i - 1).digest(), messages.get(i).content(), signatures.get(i));
        }
        for (int i = 0; i < notation.size(); i++) {
            store.attachNotation(
                    subjects.get(i), notation.get(i).envelope(chain, signatures.get(simple + i)), chain, now);
        }
        return subjects.stream().map(Descriptor::digest).toList();
    }
}

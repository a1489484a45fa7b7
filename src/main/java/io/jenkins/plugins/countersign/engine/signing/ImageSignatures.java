package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The plain signatures of an image by given keys.
 *
 * <p>Only what says "this image" and nothing more counts: an approval, a bill of materials or a rejection is signed by the same
 * key and says something else.
 *
 * @param believed those that verify
 * @param setAside the others, each with its reason
 */
public record ImageSignatures(List<Evidence> believed, List<SetAside> setAside) {

    public ImageSignatures {
        believed = List.copyOf(believed);
        setAside = List.copyOf(setAside);
    }

    /** Something next to the image that is no plain signature by one of the keys. */
    public record SetAside(FoundSignature found, VerificationException reason) {
        @Override
        public String toString() {
            return found.format() + " in " + found.manifest() + ": " + reason.getMessage();
        }
    }

    /** @throws RegistryException if not everything could be read: unknown is never none */
    public static ImageSignatures by(Repository repository, Digest image, Collection<PublicKey> keys)
            throws RegistryException {
        return by(repository, image, Verifier.withKeys(keys));
    }

    /** The same for whoever also believes certificates. */
    public static ImageSignatures by(Repository repository, Digest image, Verifier verifier) throws RegistryException {
        return among(new SignatureStore(repository).collect(image), verifier);
    }

    /** The same among what was found already. */
    public static ImageSignatures among(Collection<FoundSignature> all, Collection<PublicKey> keys) {
        return among(all, Verifier.withKeys(keys));
    }

    private static ImageSignatures among(Collection<FoundSignature> all, Verifier verifier) {
        List<Evidence> believed = new ArrayList<>();
        List<SetAside> setAside = new ArrayList<>();
        for (FoundSignature found : all) {
            try {
                Evidence evidence = verifier.verify(found);
                requirePlain(evidence);
                believed.add(evidence);
            } catch (VerificationException e) {
                setAside.add(new SetAside(found, e));
            }
        }
        return new ImageSignatures(believed, setAside);
    }

    /** @throws VerificationException if none is believed, with what was found instead */
    public ImageSignatures requireOne() throws VerificationException {
        if (!believed.isEmpty()) {
            return this;
        }
        StringBuilder message = new StringBuilder("no signature by the given keys or certificates was found");
        setAside.forEach(one -> message.append("\n  not counted: ").append(one));
        throw new VerificationException(
                setAside.isEmpty()
                        ? Reason.SIGNATURE_COUNT
                        : setAside.get(0).reason().reason(),
                message.toString());
    }

    private static void requirePlain(Evidence evidence) throws VerificationException {
        switch (evidence.format()) {
            case BUNDLE -> {
                String type = evidence.inTotoStatement().orElseThrow().predicateType();
                if (!type.equals(ImageSignature.PREDICATE_TYPE)) {
                    throw new VerificationException(
                            Reason.WRONG_TYPE,
                            "it is signed, and says something else than a plain signature: " + Fields.shown(type));
                }
            }
            case ATTESTATION ->
                throw new VerificationException(
                        Reason.WRONG_TYPE, "it is signed, and is a statement about the image, not a signature of it");
            default -> {
                // .sig and notation's signatures say "this image" and nothing else.
            }
        }
    }
}

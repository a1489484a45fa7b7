package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Believes a signature, or throws the reason why not. Never a boolean.
 *
 * <p>The order is always the same: size, strict JSON, the one signature by a key that was given (the algorithm follows from the
 * key), and only then what was signed: it must be about the digest that it lies next to.
 */
public final class Verifier {

    private final List<PublicKey> keys;

    private Verifier(Collection<PublicKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /** Verifies with plain public keys: one of them must have signed. */
    public static Verifier withKeys(Collection<PublicKey> keys) {
        return new Verifier(keys);
    }

    /** {@link #withKeys} and {@link #verify(FoundSignature)} in one. */
    public static Evidence verify(FoundSignature found, Collection<PublicKey> keys) throws VerificationException {
        return withKeys(keys).verify(found);
    }

    /** @throws VerificationException with the reason, if the signature does not prove what it says */
    public Evidence verify(FoundSignature found) throws VerificationException {
        if (found.oversized() > 0) {
            throw new VerificationException(
                    Reason.TOO_LARGE,
                    "the content has " + found.oversized() + " bytes, at most " + SignatureStore.MAX_CONTENT
                            + " are read");
        }
        return switch (found.format()) {
            case BUNDLE -> bundle(found);
            case RECORD -> envelope(found, DsseEnvelope.read(found.content()), SignatureTypes.RECORD);
            case ATTESTATION -> envelope(found, DsseEnvelope.read(found.content()), SignatureTypes.IN_TOTO);
            case SIMPLE_SIGNING -> simpleSigning(found);
            case NOTATION_JWS, NOTATION_COSE ->
                throw new VerificationException(Reason.UNKNOWN_FORMAT, found.format() + " is not verified here");
        };
    }

    private Evidence bundle(FoundSignature found) throws VerificationException {
        SigstoreBundle bundle = SigstoreBundle.read(found.content());
        return envelope(found, bundle.envelope(), SignatureTypes.IN_TOTO);
    }

    private Evidence envelope(FoundSignature found, DsseEnvelope envelope, String payloadType)
            throws VerificationException {
        if (!envelope.payloadType().equals(payloadType)) {
            throw new VerificationException(
                    Reason.WRONG_PAYLOAD_TYPE,
                    "the payload is a \"" + Fields.shown(envelope.payloadType()) + "\", expected " + payloadType);
        }
        PublicKey key = envelope.verify(keys);
        Statement statement = Statement.read(envelope.payload());
        Statement.Subject subject = statement
                .subject(found.subject())
                .orElseThrow(() -> new VerificationException(
                        Reason.WRONG_SUBJECT,
                        "the statement lies next to " + found.subject() + " and is about other digests: "
                                + statement.subjects().stream()
                                        .limit(5)
                                        .map(other -> other.digest().toString())
                                        .toList()));
        return new Evidence(
                found,
                key,
                null,
                found.subject(),
                payloadType,
                envelope.payload(),
                statement,
                null,
                subject.annotations(),
                List.<Instant>of());
    }

    private Evidence simpleSigning(FoundSignature found) throws VerificationException {
        byte[] signature = Fields.base64(
                found.annotations().getOrDefault(SignatureStore.SIGNATURE_ANNOTATION, ""),
                "the annotation " + SignatureStore.SIGNATURE_ANNOTATION);
        if (signature.length == 0) {
            throw new VerificationException(
                    Reason.SIGNATURE_COUNT,
                    "the layer has no signature: the annotation " + SignatureStore.SIGNATURE_ANNOTATION + " is missing");
        }
        PublicKey key = signedBy(found.content(), signature);
        SimpleSigning payload = SimpleSigning.read(found.content());
        if (!payload.digest().equals(found.subject())) {
            throw new VerificationException(
                    Reason.WRONG_SUBJECT,
                    "the signature lies next to " + found.subject() + " and is about " + payload.digest());
        }
        Map<String, String> annotations = new java.util.TreeMap<>();
        payload.optional().forEach((name, value) -> {
            if (value.isTextual()) {
                annotations.put(name, value.textValue());
            }
        });
        return new Evidence(
                found,
                key,
                null,
                found.subject(),
                SignatureTypes.SIMPLE_SIGNING,
                found.content(),
                null,
                payload,
                annotations,
                List.<Instant>of());
    }

    private PublicKey signedBy(byte[] message, byte[] signature) throws VerificationException {
        if (keys.isEmpty()) {
            throw new VerificationException(Reason.NO_KEY, "no public key was given to verify with");
        }
        for (PublicKey key : keys) {
            for (SignatureScheme scheme : SignatureScheme.accepted(key)) {
                if (scheme.matches(key, message, signature)) {
                    return key;
                }
            }
        }
        throw new VerificationException(
                Reason.BAD_SIGNATURE,
                "the signature is by none of the " + keys.size() + " keys that were tried, or the content was altered");
    }
}

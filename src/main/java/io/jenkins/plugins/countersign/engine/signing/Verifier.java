package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Believes a signature, or throws the reason why not. Never a boolean.
 *
 * <p>The order is always the same: size, strict JSON, the one signature by a key that is trusted (the algorithm follows from the
 * key), and only then what was signed: it must be about the digest that it lies next to.
 *
 * <p>A key that was given is enough, with or without a certificate around it. Another key counts through its certificate, if
 * that leads to an authority that was given, for the identity that was given, at a time that counts: the earliest that a trusted
 * timestamp authority confirms, and without one the present. Transparency logs are not asked.
 *
 * <p>Our records (rejections and their like) are no signatures of images and are refused as such: only the gate reads them, with
 * the trust policy, which says whose keys may say what.
 */
public final class Verifier {

    private static final String CERTIFICATE = "dev.sigstore.cosign/certificate";
    private static final String CHAIN = "dev.sigstore.cosign/chain";
    private static final String TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";
    private static final int MAX_ANNOTATION = 256 * 1024;

    private final List<PublicKey> keys;
    private final List<CertificateTrust> authorities;
    private final List<X509Certificate> timestampRoots;
    private final Clock clock;

    private Verifier(
            Collection<PublicKey> keys,
            Collection<CertificateTrust> authorities,
            Collection<X509Certificate> timestampRoots,
            Clock clock) {
        this.keys = List.copyOf(keys);
        this.authorities = List.copyOf(authorities);
        this.timestampRoots = List.copyOf(timestampRoots);
        this.clock = clock;
    }

    /** Verifies with plain public keys: one of them must have signed. */
    public static Verifier withKeys(Collection<PublicKey> keys) {
        return new Verifier(keys, List.of(), List.of(), Clock.systemUTC());
    }

    /** Also believes certificates of these authorities. */
    public Verifier andCertificates(Collection<CertificateTrust> trusted) {
        return new Verifier(keys, trusted, timestampRoots, clock);
    }

    /** Also believes timestamps of authorities that lead to these roots. */
    public Verifier andTimestamps(Collection<X509Certificate> roots) {
        return new Verifier(keys, authorities, roots, clock);
    }

    /** {@link #andTimestamps(Collection)} with certificates in PEM. */
    public Verifier andTimestamps(String pem) throws VerificationException {
        return andTimestamps(Certificates.readPem(pem));
    }

    /** What time it is. */
    public Verifier at(Clock now) {
        return new Verifier(keys, authorities, timestampRoots, now);
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
        if (keys.isEmpty() && authorities.isEmpty()) {
            throw new VerificationException(
                    Reason.NO_KEY, "no public key and no certificate authority was given to verify with");
        }
        return switch (found.format()) {
            case BUNDLE -> bundle(found);
            case RECORD ->
                throw new VerificationException(
                        Reason.WRONG_TYPE,
                        "it is a record (a rejection, withdrawal, block, override or rollback approval), whoever made it, and"
                                + " not a signature of the image; what it means, the gate says that reads it with the trust policy");
            case ATTESTATION -> attestation(found);
            case SIMPLE_SIGNING -> simpleSigning(found);
            case NOTATION_JWS -> notation(found);
            case NOTATION_COSE ->
                throw new VerificationException(
                        Reason.UNKNOWN_FORMAT,
                        "notation's COSE envelopes are not verified here, its JWS envelopes are");
        };
    }

    private Evidence bundle(FoundSignature found) throws VerificationException {
        SigstoreBundle bundle = SigstoreBundle.read(found.content());
        Material material = new Material(Certificates.readAll(bundle.certificates()), bundle.timestamps());
        return envelope(found, bundle.envelope(), material);
    }

    private Evidence attestation(FoundSignature found) throws VerificationException {
        return envelope(found, DsseEnvelope.read(found.content()), material(found.annotations()));
    }

    private Evidence envelope(FoundSignature found, DsseEnvelope envelope, Material material)
            throws VerificationException {
        if (!envelope.payloadType().equals(SignatureTypes.IN_TOTO)) {
            throw new VerificationException(
                    Reason.WRONG_PAYLOAD_TYPE,
                    "the payload is a \"" + Fields.shown(envelope.payloadType()) + "\", expected "
                            + SignatureTypes.IN_TOTO);
        }
        envelope.requireOneSignature();
        Signed signed = new Signed(
                envelope.preAuthenticationEncoding(),
                envelope.signatures().get(0),
                envelope.signatures().get(0),
                null);
        Signatory signatory = signatory(signed, material);
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
        return signatory.evidence(
                found, SignatureTypes.IN_TOTO, envelope.payload(), statement, null, subject.annotations());
    }

    private Evidence simpleSigning(FoundSignature found) throws VerificationException {
        byte[] signature = Fields.base64(
                found.annotations().getOrDefault(SignatureStore.SIGNATURE_ANNOTATION, ""),
                "the annotation " + SignatureStore.SIGNATURE_ANNOTATION);
        if (signature.length == 0) {
            throw new VerificationException(
                    Reason.SIGNATURE_COUNT,
                    "the layer has no signature: the annotation " + SignatureStore.SIGNATURE_ANNOTATION
                            + " is missing");
        }
        Signatory signatory =
                signatory(new Signed(found.content(), signature, signature, null), material(found.annotations()));
        SimpleSigning payload = SimpleSigning.read(found.content());
        requireSubject(found, payload.digest());
        Map<String, String> annotations = new TreeMap<>();
        payload.optional().forEach((name, value) -> {
            if (value.isTextual()) {
                annotations.put(name, value.textValue());
            }
        });
        return signatory.evidence(found, SignatureTypes.SIMPLE_SIGNING, found.content(), null, payload, annotations);
    }

    private Evidence notation(FoundSignature found) throws VerificationException {
        NotationSignature notation = NotationSignature.read(found.content());
        Material material = new Material(
                notation.chain(), notation.timestamp() == null ? List.of() : List.of(notation.timestamp()));
        Signatory signatory = signatory(
                new Signed(notation.signingInput(), notation.signature(), notation.rawSignature(), notation.scheme()),
                material);
        requireSubject(found, notation.targetDigest());
        if (notation.expiry() != null && !clock.instant().isBefore(notation.expiry())) {
            throw new VerificationException(
                    Reason.EXPIRED, "the signature says that it is good until " + notation.expiry());
        }
        return signatory.evidence(
                found, SignatureTypes.NOTATION_PAYLOAD, notation.payload(), null, null, notation.targetAnnotations());
    }

    private static void requireSubject(FoundSignature found, Digest signed) throws VerificationException {
        if (!signed.equals(found.subject())) {
            throw new VerificationException(
                    Reason.WRONG_SUBJECT, "the signature lies next to " + found.subject() + " and is about " + signed);
        }
    }

    /**
     * @param message what was signed
     * @param signature as Java verifies it
     * @param stamped the signature as a timestamp is over it
     * @param only the one scheme that the format allows; null for those of the key
     */
    private record Signed(byte[] message, byte[] signature, byte[] stamped, SignatureScheme only) {

        boolean by(PublicKey key) {
            List<SignatureScheme> schemes = only == null ? SignatureScheme.accepted(key) : List.of(only);
            return schemes.stream().anyMatch(scheme -> scheme.matches(key, message, signature));
        }
    }

    /** What came along unsigned: certificates, the signer's own first, and timestamps. */
    private record Material(List<X509Certificate> certificates, List<byte[]> timestamps) {}

    private record Signatory(PublicKey key, X509Certificate certificate, List<Instant> times) {

        Evidence evidence(
                FoundSignature found,
                String payloadType,
                byte[] payload,
                Statement statement,
                SimpleSigning simpleSigning,
                Map<String, String> annotations) {
            return new Evidence(
                    found,
                    key,
                    certificate,
                    found.subject(),
                    payloadType,
                    payload,
                    statement,
                    simpleSigning,
                    annotations,
                    times);
        }
    }

    private Signatory signatory(Signed signed, Material material) throws VerificationException {
        for (PublicKey key : keys) {
            if (signed.by(key)) {
                return new Signatory(key, null, times(signed, material));
            }
        }
        if (material.certificates().isEmpty() || authorities.isEmpty()) {
            throw new VerificationException(
                    Reason.BAD_SIGNATURE,
                    keys.isEmpty()
                            ? "the signature comes without a certificate, and no public key was given"
                            : "the signature is by none of the " + keys.size()
                                    + " keys that were tried, or the content was altered");
        }
        X509Certificate leaf = material.certificates().get(0);
        try {
            PublicKeys.requireAccepted(leaf.getPublicKey());
        } catch (KeyException e) {
            throw new VerificationException(Reason.CERTIFICATE_USAGE, "the certificate's key: " + e.getMessage(), e);
        }
        if (!signed.by(leaf.getPublicKey())) {
            throw new VerificationException(
                    Reason.BAD_SIGNATURE,
                    "the signature is not by the key in its certificate, or the content was altered");
        }
        List<Instant> times = times(signed, material);
        requireTrusted(
                leaf,
                material.certificates(),
                times.stream().min(Instant::compareTo).orElse(clock.instant()));
        return new Signatory(leaf.getPublicKey(), leaf, times);
    }

    private void requireTrusted(X509Certificate leaf, List<X509Certificate> others, Instant time)
            throws VerificationException {
        VerificationException first = null;
        for (CertificateTrust trust : authorities) {
            try {
                Certificates.requireTrusted(leaf, others, trust, time);
                return;
            } catch (VerificationException e) {
                first = first == null ? e : first;
            }
        }
        throw first;
    }

    /** Without a trusted authority a timestamp says nothing and is left alone; with one, a bad timestamp is not ignored. */
    private List<Instant> times(Signed signed, Material material) throws VerificationException {
        List<Instant> times = new ArrayList<>();
        if (!timestampRoots.isEmpty()) {
            for (byte[] timestamp : material.timestamps()) {
                times.add(Timestamps.verify(timestamp, signed.stamped(), timestampRoots));
            }
        }
        return times;
    }

    /** What cosign keeps in a layer's annotations. */
    private static Material material(Map<String, String> annotations) throws VerificationException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (String name : List.of(CERTIFICATE, CHAIN)) {
            String pem = annotations.getOrDefault(name, "");
            if (pem.length() > MAX_ANNOTATION) {
                throw new VerificationException(
                        Reason.TOO_LARGE, "the annotation " + name + " has " + pem.length() + " characters");
            }
            if (!pem.isBlank()) {
                certificates.addAll(Certificates.readPem(pem));
            }
        }
        String timestamp = annotations.getOrDefault(TIMESTAMP, "");
        if (timestamp.isBlank()) {
            return new Material(certificates, List.of());
        }
        try {
            return new Material(
                    certificates,
                    List.of(new Fields(
                                    StrictJson.readObject(
                                            timestamp.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                                            MAX_ANNOTATION),
                                    "the annotation " + TIMESTAMP)
                            .base64("SignedRFC3161Timestamp")));
        } catch (IOException e) {
            throw new VerificationException(
                    Reason.NOT_STRICT_JSON, "the annotation " + TIMESTAMP + " is refused: " + e.getMessage(), e);
        }
    }
}

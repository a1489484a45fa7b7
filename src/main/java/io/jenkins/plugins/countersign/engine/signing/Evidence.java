package io.jenkins.plugins.countersign.engine.signing;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a verified signature proves.
 *
 * @param signature what was verified
 * @param key who made it
 * @param certificate of the signer, when the signature was verified through a certificate; otherwise null
 * @param subject the digest that the statement is about and that it was found at
 * @param payloadType DSSE's payload type; {@link SignatureTypes#SIMPLE_SIGNING} or {@link SignatureTypes#NOTATION_PAYLOAD}
 * @param payload the signed bytes
 * @param statement of a bundle or an attestation; otherwise null
 * @param simpleSigning of a {@code .sig} signature; otherwise null
 * @param annotations signed ones, of the subject in question
 * @param provenTimes when the signature existed at the latest, as timestamp authorities that are trusted confirm; what the
 *     signer claims is not here
 */
public record Evidence(
        FoundSignature signature,
        PublicKey key,
        X509Certificate certificate,
        Digest subject,
        String payloadType,
        byte[] payload,
        Statement statement,
        SimpleSigning simpleSigning,
        Map<String, String> annotations,
        List<Instant> provenTimes) {

    public Evidence {
        annotations = Map.copyOf(annotations);
        provenTimes = List.copyOf(provenTimes);
    }

    public SignatureFormat format() {
        return signature.format();
    }

    /** The fingerprint of {@link #key}. */
    public Digest keyFingerprint() {
        return PublicKeys.fingerprint(key);
    }

    public Digest payloadDigest() {
        return Digest.of(payload);
    }

    public Optional<Statement> inTotoStatement() {
        return Optional.ofNullable(statement);
    }

    @Override
    public String toString() {
        return format() + " by " + keyFingerprint() + " over " + subject;
    }
}

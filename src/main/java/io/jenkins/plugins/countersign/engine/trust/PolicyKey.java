package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.Serializable;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Optional;

/**
 * A public key in the policy, and when it is believed.
 *
 * @param name what the policy calls the key; empty when it has no name of its own
 * @param key the key; no other entry of the policy has the same
 * @param token whether the policy says that the private key lives in a hardware token
 * @param notBeforeOrNull from when on the key is believed, inclusive
 * @param notAfterOrNull until when the key is believed, inclusive; later only for what was proved to exist by then
 * @param compromisedSinceOrNull from when on somebody else may have the key; what was not proved to exist before is not
 *     believed, whatever time it claims
 */
public record PolicyKey(
        String name,
        PublicKey key,
        boolean token,
        Instant notBeforeOrNull,
        Instant notAfterOrNull,
        Instant compromisedSinceOrNull)
        implements Serializable {

    /** The SHA-256 digest of the key's DER SubjectPublicKeyInfo. */
    public Digest fingerprint() {
        return PublicKeys.fingerprint(key);
    }

    public Optional<Instant> notBefore() {
        return Optional.ofNullable(notBeforeOrNull);
    }

    public Optional<Instant> notAfter() {
        return Optional.ofNullable(notAfterOrNull);
    }

    public Optional<Instant> compromisedSince() {
        return Optional.ofNullable(compromisedSinceOrNull);
    }

    /** The name, or the beginning of the fingerprint: for people. */
    public String shown() {
        return name.isEmpty() ? fingerprint().shortHex() : name;
    }
}

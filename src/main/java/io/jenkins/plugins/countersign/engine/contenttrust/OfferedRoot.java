package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.image.Digest;

/**
 * A root key as a server offers it, which proves nothing: it is to be compared with what the publisher says elsewhere.
 *
 * @param fingerprint SHA-256 of its DER SubjectPublicKeyInfo
 * @param repository the name in its certificate; empty without one
 * @param pem the public key, to pin it when it is the right one
 */
public record OfferedRoot(Digest fingerprint, String repository, String pem) {}

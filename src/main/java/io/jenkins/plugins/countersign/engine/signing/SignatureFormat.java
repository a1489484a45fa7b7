package io.jenkins.plugins.countersign.engine.signing;

/** In which form a signature lies next to an image. */
public enum SignatureFormat {
    /** A Sigstore bundle, attached as a referrer. */
    BUNDLE,
    /** A record of ours (rejection, withdrawal, block): DSSE with a payload type of its own, attached as a referrer. */
    RECORD,
    /** cosign's simple signing, a layer behind the tag {@code sha256-….sig}. */
    SIMPLE_SIGNING,
    /** cosign's older attestations, a layer behind the tag {@code sha256-….att}. */
    ATTESTATION,
    /** Notary Project, JWS. */
    NOTATION_JWS,
    /** Notary Project, COSE: found, and not verified here. */
    NOTATION_COSE
}

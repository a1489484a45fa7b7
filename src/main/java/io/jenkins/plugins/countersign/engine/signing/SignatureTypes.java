package io.jenkins.plugins.countersign.engine.signing;

/** The names that formats give to things. */
public final class SignatureTypes {

    /** Sigstore protobuf-specs, sigstore_bundle.proto. */
    public static final String BUNDLE_V03 = "application/vnd.dev.sigstore.bundle.v0.3+json";

    public static final String BUNDLE_PREFIX = "application/vnd.dev.sigstore.bundle";
    /** Ours: rejections, withdrawals, blocks. Never a bundle, which would count as a signature elsewhere. */
    public static final String RECORD = "application/vnd.jenkins.countersign.record.v1+json";

    public static final String IN_TOTO = "application/vnd.in-toto+json";
    public static final String DSSE = "application/vnd.dsse.envelope.v1+json";
    public static final String SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
    public static final String COSIGN_SIGNATURE_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
    public static final String NOTATION = "application/vnd.cncf.notary.signature";
    public static final String NOTATION_PAYLOAD = "application/vnd.cncf.notary.payload.v1+json";
    public static final String JOSE = "application/jose+json";
    public static final String COSE = "application/cose";

    /** The predicate type of cosign 3's signatures, and of our seals. */
    public static final String COSIGN_SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

    private SignatureTypes() {}
}

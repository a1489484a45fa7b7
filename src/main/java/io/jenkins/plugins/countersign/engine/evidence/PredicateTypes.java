package io.jenkins.plugins.countersign.engine.evidence;

/** The predicate types of evidence. Sources: in-toto/attestation, {@code spec/predicates}; slsa.dev; sigstore/cosign. */
public final class PredicateTypes {

    public static final String TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";
    public static final String VULNS = "https://in-toto.io/attestation/vulns/v0.2";

    /** The older one of in-toto, with the same members. */
    public static final String VULNS_V01 = "https://in-toto.io/attestation/vulns/v0.1";

    /** {@code cosign attest --type spdxjson}; in-toto adds the version behind a slash. */
    public static final String SPDX = "https://spdx.dev/Document";

    /** {@code cosign attest --type cyclonedx}; in-toto adds the version behind a slash. */
    public static final String CYCLONEDX = "https://cyclonedx.org/bom";

    public static final String PROVENANCE = "https://slsa.dev/provenance/v1";

    private PredicateTypes() {}
}

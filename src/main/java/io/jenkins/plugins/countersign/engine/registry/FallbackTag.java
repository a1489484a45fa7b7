package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;

/**
 * The tag under which clients keep the list of referrers where the registry keeps none. Source: OCI distribution
 * specification 1.1, "Referrers Tag Schema".
 */
final class FallbackTag {

    private FallbackTag() {}

    static String of(Digest subject) {
        // the specification truncates the algorithm to 32 and the encoded part to 64 characters
        return subject.algorithm() + "-"
                + (subject.hex().length() <= 64 ? subject.hex() : subject.hex().substring(0, 64));
    }
}

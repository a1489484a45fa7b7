package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.List;

/**
 * A tag as one role signed it.
 *
 * @param digest of the image's manifest
 * @param size of the manifest in bytes
 * @param role {@code targets}, or the delegation, whose last part is the signer's name: {@code targets/alice}
 * @param keys which of the role's keys signed, by Notary's names for them
 */
public record SignedTag(String tag, Digest digest, long size, String role, List<String> keys) {

    public SignedTag {
        keys = List.copyOf(keys);
    }

    /** Whether docker itself goes by this role. Source: docker/cli, {@code cli/command/image/trust.go}. */
    public boolean isReleased() {
        return role.equals(TrustRole.TARGETS) || role.equals(ContentTrust.RELEASES);
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;
import java.util.List;

/**
 * One entry of the catalogue's {@code allow} or {@code deny}.
 *
 * @param image which images
 * @param digests if not empty, only these
 * @param from valid from; null for always
 * @param until valid until; null for ever. A golden image retires then.
 * @param digestRequired whether it must be written with its digest, also where the catalogue does not ask for it
 * @param signedBy who must have signed it, instead of the catalogue's {@code signedBy}; null for the catalogue's
 * @param scope for which builds
 * @param reason why, for people; may be empty
 * @param instead what to write instead when it is denied or retires; may be empty
 */
public record Entry(
        ImagePattern image,
        List<Digest> digests,
        Instant from,
        Instant until,
        boolean digestRequired,
        SignedBy signedBy,
        Scope scope,
        String reason,
        String instead)
        implements Serializable {

    public Entry {
        digests = List.copyOf(digests);
    }

    /** Without dates, digests, scope and reason. */
    public static Entry of(ImagePattern image) {
        return new Entry(image, List.of(), null, null, false, null, Scope.EVERYWHERE, "", "");
    }
}

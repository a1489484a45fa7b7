package io.jenkins.plugins.countersign.engine.contenttrust;

import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What the signers of a repository say, verified from a pinned root key down (Docker Content Trust, Notary v1).
 *
 * @param gun the repository with its registry
 * @param expires when the first of the files that were read does
 * @param tags in the order of the files: {@code targets}, then its delegations
 */
public record ContentTrust(String gun, Instant expires, List<SignedTag> tags) {

    static final String RELEASES = "targets/releases";

    public ContentTrust {
        tags = List.copyOf(tags);
    }

    /**
     * The tag as docker would take it: as {@code targets/releases} says, else as {@code targets} does. What a signer's own
     * delegation says is shown, and never released by itself.
     *
     * @throws ContentTrustException {@link Reason#NOT_SIGNED}, with who did sign it
     */
    public SignedTag released(String tag) throws ContentTrustException {
        List<SignedTag> signed = named(tag);
        for (String role : List.of(RELEASES, TrustRole.TARGETS)) {
            for (SignedTag candidate : signed) {
                if (candidate.role().equals(role)) {
                    return candidate;
                }
            }
        }
        throw new ContentTrustException(
                Reason.NOT_SIGNED,
                "the tag " + tag + " of " + gun + " is not signed in " + RELEASES + " or " + TrustRole.TARGETS
                        + (signed.isEmpty()
                                ? "; signed are " + names()
                                : ", only by "
                                        + signed.stream().map(SignedTag::role).toList()));
    }

    /**
     * The tag, for exactly this image.
     *
     * @throws ContentTrustException {@link Reason#NOT_SIGNED}
     */
    public SignedTag released(String tag, Digest digest) throws ContentTrustException {
        SignedTag signed = released(tag);
        if (!signed.digest().equals(digest)) {
            throw new ContentTrustException(
                    Reason.NOT_SIGNED,
                    "the tag " + tag + " of " + gun + " is signed by " + signed.role() + " for " + signed.digest()
                            + ", not for " + digest);
        }
        return signed;
    }

    /** Every role's word on the tag. */
    public List<SignedTag> named(String tag) {
        return tags.stream().filter(signed -> signed.tag().equals(tag)).toList();
    }

    private String names() {
        List<String> names = tags.stream()
                .filter(SignedTag::isReleased)
                .map(SignedTag::tag)
                .distinct()
                .toList();
        return names.isEmpty()
                ? "none"
                : names.stream().limit(10).collect(Collectors.joining(", "))
                        + (names.size() > 10 ? " and " + (names.size() - 10) + " others" : "");
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrust;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustReader;
import io.jenkins.plugins.countersign.engine.contenttrust.PinnedRoot;
import io.jenkins.plugins.countersign.engine.contenttrust.SeenMetadata;
import io.jenkins.plugins.countersign.engine.contenttrust.SignedTag;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import java.io.IOException;
import java.time.Clock;

/**
 * Whether a golden image's publisher released it in Docker Content Trust: by its tag, or by any tag where it is written with its
 * digest alone.
 */
public final class PublisherSignatures implements BaseSignatures {

    private final RegistryBases bases;
    private final BaseSignatures people;
    private final SeenMetadata seen;
    private final Clock clock;

    /** @param people is asked where people of the trust policy must have signed */
    public PublisherSignatures(RegistryBases bases, BaseSignatures people, SeenMetadata seen, Clock clock) {
        this.bases = bases;
        this.people = people;
        this.seen = seen;
        this.clock = clock;
    }

    @Override
    public Sentence prove(ImageReference image, SignedBy signedBy) throws UnprovenException {
        if (!(signedBy instanceof SignedBy.Publisher publisher)) {
            return people.prove(image, signedBy);
        }
        try {
            TrustMetadata metadata = new TrustMetadata(bases.access(publisher.server()), image.name());
            PinnedRoot roots = PinnedRoot.of(publisher.rootKeys().toArray(String[]::new));
            ContentTrust trust = new ContentTrustReader(metadata, roots, seen, clock).read();
            SignedTag released = released(image, trust);
            return Sentence.of(
                    "goldenbase.publishedBy", released.role(), publisher.server(), released.tag(), released.digest());
        } catch (ContentTrustException e) {
            throw new UnprovenException(Sentence.verbatim(e.getMessage()));
        } catch (IOException | KeyException | IllegalArgumentException e) {
            throw new UnprovenException(Sentence.of("goldenbase.signaturesUnread", e.getMessage()));
        }
    }

    private SignedTag released(ImageReference image, ContentTrust trust)
            throws ContentTrustException, IOException, UnprovenException {
        Digest digest = image.digest().isPresent()
                ? image.digest().get()
                : bases.digest(image)
                        .orElseThrow(() -> new UnprovenException(Sentence.of("goldenbase.noImage", image)));
        if (image.tag().isPresent() || image.digest().isEmpty()) {
            return trust.released(image.tag().orElse("latest"), digest);
        }
        for (SignedTag tag : trust.tags()) {
            if (tag.digest().equals(digest) && tag.isReleased() && tag.equals(trust.released(tag.tag()))) {
                return tag;
            }
        }
        throw new UnprovenException(Sentence.of("goldenbase.noTagReleased", digest));
    }
}

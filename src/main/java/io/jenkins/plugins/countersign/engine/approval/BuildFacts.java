package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known about the build that made the image, from Jenkins or from provenance that was verified. Unknown and none are
 * different things: a build that a timer started has no starter, and that is known.
 *
 * @param startersOrNull user names of whoever started the build; empty for nobody; null when unknown
 * @param commitAuthorsOrNull user names, mail addresses or {@code Name <address>} of the authors of the commits in the image;
 *     null when unknown
 * @param builtAt when images were built, as far as that is known: of the image under judgement, and of the one promoted last
 * @param startersExcluded whether no starter may approve, whatever the trust policy says of the stage
 */
public record BuildFacts(
        Set<String> startersOrNull,
        Set<String> commitAuthorsOrNull,
        Map<Digest, Instant> builtAt,
        boolean startersExcluded)
        implements Serializable {

    public static final BuildFacts UNKNOWN = new BuildFacts(null, null, Map.of());

    public BuildFacts {
        startersOrNull = startersOrNull == null ? null : Set.copyOf(startersOrNull);
        commitAuthorsOrNull = commitAuthorsOrNull == null ? null : Set.copyOf(commitAuthorsOrNull);
        builtAt = Map.copyOf(builtAt);
    }

    /** Who may not approve, the trust policy says alone. */
    public BuildFacts(Set<String> startersOrNull, Set<String> commitAuthorsOrNull, Map<Digest, Instant> builtAt) {
        this(startersOrNull, commitAuthorsOrNull, builtAt, false);
    }

    public Optional<Set<String>> starters() {
        return Optional.ofNullable(startersOrNull);
    }

    public Optional<Set<String>> commitAuthors() {
        return Optional.ofNullable(commitAuthorsOrNull);
    }
}

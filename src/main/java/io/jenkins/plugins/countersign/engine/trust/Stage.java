package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A named step on the image's way.
 *
 * @param name as the policy writes it
 * @param after the stages that must be sealed before; empty for a first stage
 * @param needs who must approve; empty when sealed stages and evidence are enough
 * @param rollback who must agree before an older digest returns; empty when the override role alone decides
 * @param maxAgeOrNull how long an approval counts after it was issued
 * @param freshnessOrNull how long this stage's head counts after it was signed, for stages that come after
 * @param distinctPeople whether nobody may fill two places of this stage, in whatever roles
 * @param distinctFrom stages before, whose counted people do not count here
 * @param exclude who may not approve although the role allows it
 * @param evidence what must be attached
 */
public record Stage(
        String name,
        List<String> after,
        List<Requirement> needs,
        List<Requirement> rollback,
        Duration maxAgeOrNull,
        Duration freshnessOrNull,
        boolean distinctPeople,
        List<String> distinctFrom,
        Set<Exclusion> exclude,
        List<EvidenceRequirement> evidence)
        implements Serializable {

    public Stage {
        after = List.copyOf(after);
        needs = List.copyOf(needs);
        rollback = List.copyOf(rollback);
        distinctFrom = List.copyOf(distinctFrom);
        exclude = Set.copyOf(exclude);
        evidence = List.copyOf(evidence);
    }

    public Optional<Duration> maxAge() {
        return Optional.ofNullable(maxAgeOrNull);
    }

    public Optional<Duration> freshness() {
        return Optional.ofNullable(freshnessOrNull);
    }

    /** Whether some place of this stage for the role takes somebody whom only a Jenkins vouches for. */
    public boolean takesIdentity(String role) {
        return needs.stream().anyMatch(need -> need.role().equals(role) && need.identity());
    }

    /** Whether some place of this stage is for the role. */
    public boolean needsRole(String role) {
        return needs.stream().anyMatch(need -> need.role().equals(role));
    }
}

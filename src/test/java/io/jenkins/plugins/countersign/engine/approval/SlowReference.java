package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.approval.RandomWorld.Need;
import io.jenkins.plugins.countersign.engine.approval.RandomWorld.Said;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rules once more, from docs/approvals.md and not from the code: each asked of each statement by looking at all others,
 * and every way of putting people into places tried.
 */
final class SlowReference {

    private final RandomWorld world;
    private final List<Said> said;

    SlowReference(RandomWorld world, List<Said> said) {
        this.world = world;
        this.said = said;
    }

    boolean isOpen() {
        return liveRejections().isEmpty() && mostPlaces() == places();
    }

    int places() {
        return world.needs.stream().mapToInt(Need::count).sum();
    }

    int mostPlaces() {
        List<Said> counting = new ArrayList<>();
        for (Said one : said) {
            // The same words twice are one statement.
            if (counts(one)
                    && counting.stream().noneMatch(other -> sameWords(one, other) && other.token() == one.token())) {
                counting.add(one);
            }
        }
        List<Need> slots = new ArrayList<>();
        for (Need need : world.needs) {
            for (int i = 0; i < need.count(); i++) {
                slots.add(need);
            }
        }
        return most(slots, 0, counting, new HashSet<>());
    }

    /** Every slot with every statement that fits, and with none. */
    private int most(List<Need> slots, int index, List<Said> counting, Set<String> taken) {
        if (index == slots.size()) {
            return 0;
        }
        int best = most(slots, index + 1, counting, taken);
        Need need = slots.get(index);
        for (Said one : counting) {
            if (!one.role().equals(need.role()) || (need.token() && !one.token())) {
                continue;
            }
            // Distinct people fill one place of the stage, others one place of each requirement.
            String place = one.person() + (world.distinct ? "" : " in " + System.identityHashCode(need));
            if (taken.add(place)) {
                best = Math.max(best, 1 + most(slots, index + 1, counting, taken));
                taken.remove(place);
            }
        }
        return best;
    }

    private boolean counts(Said one) {
        return one.kind().equals("approval")
                && isEntitledApproval(one)
                && said.stream().noneMatch(other -> supersedes(other, one))
                && !isWithdrawn(one)
                && (one.expiresAtOrNull() == null || Scene.NOW.isBefore(one.expiresAtOrNull()))
                && Scene.NOW.isBefore(one.issuedAt().plus(world.maxAge));
    }

    private boolean isEntitledApproval(Said one) {
        return !one.forged()
                && one.about() == 0
                && one.stage().equals(RandomWorld.STAGE)
                && world.roles.get(one.role()).contains(one.person())
                && world.needs.stream().anyMatch(need -> need.role().equals(one.role()));
    }

    /** A newer approval, or a rejection that is not older, of the same person in the same role. */
    private boolean supersedes(Said other, Said one) {
        if (!other.person().equals(one.person()) || !other.role().equals(one.role())) {
            return false;
        }
        if (other.kind().equals("rejection")) {
            return isEntitledRejection(other)
                    && other.stage().equals(RandomWorld.STAGE)
                    && other.sequence() >= one.sequence();
        }
        return other.kind().equals("approval") && isEntitledApproval(other) && isNewer(other, one);
    }

    private static boolean isNewer(Said other, Said one) {
        if (other.sequence() != one.sequence()) {
            return other.sequence() > one.sequence();
        }
        if (!other.issuedAt().equals(one.issuedAt())) {
            return other.issuedAt().isAfter(one.issuedAt());
        }
        return other.digest().compareTo(one.digest()) > 0;
    }

    private boolean isEntitledRejection(Said one) {
        boolean mayReject = one.role().equals("boss")
                || (one.stage().equals(RandomWorld.STAGE)
                        && world.needs.stream().anyMatch(need -> need.role().equals(one.role())));
        return one.kind().equals("rejection")
                && !one.forged()
                && one.about() == 0
                && mayReject
                && world.roles.get(one.role()).contains(one.person());
    }

    List<Said> liveRejections() {
        return said.stream()
                .filter(this::isEntitledRejection)
                .filter(rejection -> !isWithdrawn(rejection))
                .filter(rejection -> said.stream().noneMatch(override -> overrides(override, rejection)))
                .toList();
    }

    private boolean overrides(Said override, Said rejection) {
        return override.kind().equals("override")
                && !override.forged()
                && override.about() == 0
                && override.stage().equals(rejection.stage())
                && world.roles.get("boss").contains(override.person())
                && sameWords(override.target(), rejection)
                && !isWithdrawn(override);
    }

    private boolean isWithdrawn(Said one) {
        return said.stream()
                .anyMatch(withdrawal -> withdrawal.kind().equals("withdrawal")
                        && !withdrawal.forged()
                        && withdrawal.about() != 1
                        && withdrawal.person().equals(one.person())
                        && sameWords(withdrawal.target(), one));
    }

    private static boolean sameWords(Said one, Said other) {
        return one.digest().equals(other.digest());
    }
}

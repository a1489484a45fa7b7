package io.jenkins.plugins.countersign.engine.trust;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a policy that can be read may still have against it: stages that cannot open, keys that have ended, an end that is
 * near. Nothing here makes a policy invalid; it is what whoever signs it should know.
 */
public final class PolicyCheck {

    private static final Duration SOON = Duration.ofDays(30);
    private static final Duration LONG = Duration.ofDays(400);

    private final TrustPolicy policy;
    private final Instant now;
    private final List<PolicyProblem> notes = new ArrayList<>();

    private PolicyCheck(TrustPolicy policy, Instant now) {
        this.policy = policy;
        this.now = now;
    }

    /** Notes with their paths, without lines. */
    public static List<PolicyProblem> of(TrustPolicy policy, Instant now) {
        PolicyCheck check = new PolicyCheck(policy, now);
        check.end();
        check.root();
        check.people();
        policy.stages().values().forEach(check::stage);
        check.gate();
        return List.copyOf(check.notes);
    }

    private void note(String path, String text) {
        notes.add(new PolicyProblem(path, 0, 0, text));
    }

    private void end() {
        Duration left = Duration.between(now, policy.expires());
        if (left.isNegative() || left.isZero()) {
            note("expires", "the policy has expired at " + policy.expires() + " and holds every gate");
        } else if (left.compareTo(SOON) < 0) {
            note("expires", "the policy expires in " + left.toDays() + " days; sign a new version before");
        } else if (left.compareTo(LONG) > 0) {
            note(
                    "expires",
                    "the policy is good for " + left.toDays()
                            + " days; whoever freezes what a gate sees can show it this policy for so long");
        }
    }

    private void root() {
        Root root = policy.root();
        if (root.threshold() == 1) {
            note("root.threshold", "one stolen root key is enough to replace everybody");
        } else if (root.threshold() == root.keys().size()) {
            note("root.threshold", "all root keys must sign; one lost root key is enough that no policy can follow");
        }
    }

    private void people() {
        Set<String> used = new LinkedHashSet<>();
        policy.roles().forEach((role, members) -> {
            used.addAll(members);
            if (members.isEmpty()) {
                note("roles." + role, "nobody is in the role");
            }
        });
        for (Person person : policy.people().values()) {
            String path = "people." + person.name();
            if (!used.contains(person.name())) {
                note(path, "is in no role");
            }
            if (person.keys().stream().noneMatch(this::isUsable)
                    && (policy.identityKeys().isEmpty() || !person.keys().isEmpty())) {
                note(path + ".keys", "has no key that is good now");
            }
            for (int i = 0; i < person.keys().size(); i++) {
                PolicyKey key = person.keys().get(i);
                if (isUsable(key) && key.notAfter().isPresent()) {
                    Duration left = Duration.between(now, key.notAfter().get());
                    if (left.compareTo(SOON) < 0) {
                        note(path + ".keys[" + i + "].notAfter", "the key ends in " + left.toDays() + " days");
                    }
                }
            }
        }
        if (policy.overrideRole().isEmpty()) {
            note("overrideRole", "there is none; a rejection by somebody who has left can never be lifted");
        }
    }

    private boolean isUsable(PolicyKey key) {
        return key.notBefore().map(time -> !now.isBefore(time)).orElse(true)
                && key.notAfter().map(time -> !now.isAfter(time)).orElse(true)
                && key.compromisedSince().isEmpty();
    }

    private void stage(Stage stage) {
        String path = "stages." + stage.name();
        requirements(path + ".needs", stage.needs(), stage.distinctPeople());
        requirements(path + ".rollback", stage.rollback(), true);
        if (stage.needs().isEmpty() && stage.evidence().isEmpty()) {
            note(path, "asks for nobody and for no evidence");
        }
        if (!stage.after().isEmpty() && policy.gateKeys().isEmpty()) {
            note(path + ".after", "comes after sealed stages, and the policy has no gate key to seal them with");
        }
    }

    private void requirements(String path, List<Requirement> needs, boolean distinct) {
        Map<String, Set<Integer>> fits = new TreeMap<>();
        for (int i = 0; i < needs.size(); i++) {
            Requirement need = needs.get(i);
            for (Person person : policy.inRole(need.role())) {
                if (need.identity() && policy.identityKeys().stream().anyMatch(this::isUsable)
                        || person.keys().stream().anyMatch(key -> isUsable(key) && (key.token() || !need.token()))) {
                    fits.computeIfAbsent(person.name(), name -> new TreeSet<>()).add(i);
                }
            }
        }
        for (int i = 0; i < needs.size(); i++) {
            if (needs.get(i).identity()) {
                note(
                        path + "[" + i + "].identity",
                        "whoever administers a Jenkins that has an identity key can approve for anybody in the role "
                                + needs.get(i).role());
            }
        }
        Assignment everybody = Assignment.of(needs, distinct, fits);
        for (int i = 0; i < needs.size(); i++) {
            if (everybody.open(i) > 0) {
                Set<Integer> contested = everybody.contested(i);
                int places =
                        contested.stream().mapToInt(n -> needs.get(n).count()).sum();
                note(
                        path + "[" + i + "]",
                        "cannot be filled: " + places + " places ask for different people, and only "
                                + everybody.peopleFor(contested).size() + " have a key for them that is good now: "
                                + String.join(", ", everybody.peopleFor(contested)));
            }
        }
    }

    private void gate() {
        for (int i = 0; i < policy.gateKeys().size(); i++) {
            if (!isUsable(policy.gateKeys().get(i))) {
                note("gate.keys[" + i + "]", "is not good now");
            }
        }
    }
}

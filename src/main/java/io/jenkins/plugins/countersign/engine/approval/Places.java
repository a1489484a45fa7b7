package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.Assignment;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.Requirement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Puts people into the places of the stage, and says who is missing. */
final class Places {

    private final Judgement judgement;
    private final List<Requirement> needs;
    private final Exclusions exclusions;
    /** By person and role. */
    private final Map<String, SignedStatement> eligible = new HashMap<>();

    private final Map<String, Set<Integer>> fits = new TreeMap<>();
    private final Assignment assignment;
    private final List<Counted> counted = new ArrayList<>();
    private final List<Missing> missing = new ArrayList<>();
    private List<Candidate> enough = List.of();

    Places(Judgement judgement, List<SignedStatement> eligible, Exclusions exclusions) {
        this.judgement = judgement;
        this.needs = judgement.stage.needs();
        this.exclusions = exclusions;
        for (SignedStatement statement : eligible) {
            Set<Integer> places = placesFor(statement);
            if (places.isEmpty()) {
                judgement.setAside(
                        statement,
                        SetAsideReason.TOKEN_NEEDED,
                        Sentence.of("approval.tokenNeeded", statement.key().shown(), statement.role()));
                continue;
            }
            this.eligible.put(key(statement.person().name(), statement.role()), statement);
            fits.computeIfAbsent(statement.person().name(), name -> new TreeSet<>())
                    .addAll(places);
        }
        this.assignment = Assignment.of(needs, judgement.stage.distinctPeople(), fits);
    }

    private static String key(String person, String role) {
        return person + " " + role;
    }

    private Set<Integer> placesFor(SignedStatement statement) {
        Set<Integer> places = new TreeSet<>();
        for (int i = 0; i < needs.size(); i++) {
            if (needs.get(i).role().equals(statement.role())
                    && (!needs.get(i).token() || statement.key().token())
                    && (needs.get(i).identity() || !statement.isByIdentity())) {
                places.add(i);
            }
        }
        return places;
    }

    void judge() {
        Set<SignedStatement> used = new HashSet<>();
        for (int i = 0; i < needs.size(); i++) {
            for (String person : new TreeSet<>(assignment.filled(i))) {
                SignedStatement statement =
                        eligible.get(key(person, needs.get(i).role()));
                used.add(statement);
                EligibleApprovals.limit(judgement, statement);
                counted.add(new Counted(
                        i,
                        person,
                        statement.role(),
                        statement.key().fingerprint(),
                        statement.key().token(),
                        statement.issuedAt(),
                        statement.policy().version(),
                        statement.digest(),
                        statement.manifest()));
            }
        }
        if (!assignment.isComplete()) {
            enough = judgement.stage.distinctPeople() ? fewest() : oneAfterTheOther();
            for (int i = 0; i < needs.size(); i++) {
                if (assignment.open(i) > 0) {
                    missing.add(new Missing(i, needs.get(i), assignment.open(i), couldStillApprove(i)));
                }
            }
        }
        eligible.values().stream()
                .filter(statement -> !used.contains(statement))
                .forEach(statement ->
                        judgement.setAside(statement, SetAsideReason.NOT_NEEDED, Sentence.of("approval.notNeeded")));
        if (!missing.isEmpty()) {
            judgement.hold(HoldReason.APPROVALS_MISSING, sentence());
        }
    }

    /** Who helps at once, and who helps together with the others who would be enough. */
    private List<Candidate> couldStillApprove(int openNeed) {
        Set<Candidate> candidates = new LinkedHashSet<>(candidates(assignment, openNeed));
        Set<String> roles = assignment.contested(openNeed).stream()
                .map(need -> needs.get(need).role())
                .collect(Collectors.toSet());
        enough.stream().filter(candidate -> roles.contains(candidate.role())).forEach(candidates::add);
        return List.copyOf(candidates);
    }

    /** Whose approval alone would fill one more place, found from the empty one. */
    private List<Candidate> candidates(Assignment from, int openNeed) {
        List<Candidate> candidates = new ArrayList<>();
        for (int need : from.contested(openNeed)) {
            Requirement requirement = needs.get(need);
            for (Person person : judgement.policy.inRole(requirement.role())) {
                if (!from.fits(person.name(), need)
                        && canSign(person, requirement)
                        && (!from.isPlaced(person.name())
                                || from.with(person.name(), need).open() < from.open())) {
                    candidates.add(new Candidate(person.name(), requirement.role(), requirement.token()));
                }
            }
        }
        return candidates.stream().distinct().toList();
    }

    private List<Candidate> fewest() {
        Map<String, Set<Integer>> could = new TreeMap<>();
        for (int i = 0; i < needs.size(); i++) {
            for (Person person : judgement.policy.inRole(needs.get(i).role())) {
                if (!assignment.fits(person.name(), i) && canSign(person, needs.get(i))) {
                    could.computeIfAbsent(person.name(), name -> new TreeSet<>())
                            .add(i);
                }
            }
        }
        return FewestApprovals.find(needs, fits, could).orElse(List.of()).stream()
                .sorted(java.util.Comparator.comparingInt(FewestApprovals.Addition::need))
                .map(addition -> new Candidate(
                        addition.person(),
                        needs.get(addition.need()).role(),
                        needs.get(addition.need()).token()))
                .toList();
    }

    private boolean canSign(Person person, Requirement need) {
        return exclusions.of(person.name()).isEmpty()
                && (person.keys().stream().anyMatch(key -> (key.token() || !need.token()) && isUsable(key))
                        || need.identity()
                                && judgement.policy.identityKeys().stream().anyMatch(this::isUsable));
    }

    private boolean isUsable(PolicyKey key) {
        return KeyTimes.check(key, judgement.in.now(), Optional.empty(), judgement.in.now())
                .isEmpty();
    }

    /** Where people need not be distinct, nobody is in the way of anybody: each fills at least one empty place. */
    private List<Candidate> oneAfterTheOther() {
        List<Candidate> chosen = new ArrayList<>();
        Assignment now = assignment;
        while (!now.isComplete()) {
            Assignment better = null;
            for (int i : tokenPlacesFirst()) {
                if (now.open(i) > 0 && better == null) {
                    for (Candidate candidate : candidates(now, i)) {
                        better = withApproval(now, candidate);
                        if (better.open() < now.open()) {
                            chosen.add(candidate);
                            break;
                        }
                        better = null;
                    }
                }
            }
            if (better == null) {
                return List.of();
            }
            now = better;
        }
        return chosen;
    }

    /** Where people need not be distinct, an approval with a token fills a place that asks for none as well. */
    private List<Integer> tokenPlacesFirst() {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < needs.size(); i++) {
            order.add(i);
        }
        order.sort(java.util.Comparator.comparing(i -> !needs.get(i).token()));
        return order;
    }

    /** An approval fits every place of its role at once. */
    private Assignment withApproval(Assignment now, Candidate candidate) {
        Assignment better = now;
        for (int i = 0; i < needs.size(); i++) {
            Requirement need = needs.get(i);
            if (need.role().equals(candidate.role())
                    && (!need.token() || candidate.token())
                    && judgement.policy.person(candidate.person()).stream().anyMatch(person -> canSign(person, need))) {
                better = better.with(candidate.person(), i);
            }
        }
        return better;
    }

    private Sentence sentence() {
        Sentence places = Sentence.commaAnd(missing.stream()
                .map(m -> new Requirement(
                                m.need().role(),
                                m.open(),
                                m.need().token(),
                                m.need().identity())
                        .sentence())
                .toList());
        if (enough.isEmpty()) {
            return Sentence.of("approval.tooFewPeople", places);
        }
        Set<Integer> contested = new TreeSet<>();
        missing.forEach(m -> contested.addAll(assignment.contested(m.requirement())));
        int asked = contested.stream().mapToInt(i -> needs.get(i).count()).sum();
        Set<String> people = assignment.peopleFor(contested);
        Sentence example =
                Sentence.semicolons(enough.stream().map(Candidate::sentence).toList());
        return contested.size() > missing.size()
                ? Sentence.of(
                        "approval.missingDifferentPeople",
                        places,
                        asked,
                        roles(contested),
                        people.size(),
                        Sentence.commas(people),
                        example)
                : Sentence.of("approval.missing", places, example);
    }

    private Sentence roles(Set<Integer> indexes) {
        return Sentence.and(
                indexes.stream().map(i -> needs.get(i).role()).distinct().toList());
    }

    List<Counted> counted() {
        return counted;
    }

    List<Missing> missing() {
        return missing;
    }

    List<Candidate> enough() {
        return enough;
    }
}

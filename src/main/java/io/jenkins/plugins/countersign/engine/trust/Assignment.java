package io.jenkins.plugins.countersign.engine.trust;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who fills which place. Each requirement has {@code count} places; with distinct people a person fills one place at most,
 * and as many places as possible are filled: a maximum matching, by augmenting paths. A greedy choice would hold a gate that
 * is complete, when the one who fits everywhere takes the place that the other one needs.
 */
public final class Assignment {

    private final List<Requirement> needs;
    private final boolean distinctPeople;
    /** Which requirements each person fits; sorted, so that the order of arrival changes nothing. */
    private final TreeMap<String, TreeSet<Integer>> fits;
    /** The people in the places of each requirement. */
    private final List<TreeSet<String>> filled = new ArrayList<>();
    /** The requirement in whose place a person is; with distinct people only. */
    private final Map<String, Integer> placeOf = new HashMap<>();

    private Assignment(List<Requirement> needs, boolean distinctPeople, TreeMap<String, TreeSet<Integer>> fits) {
        this.needs = List.copyOf(needs);
        this.distinctPeople = distinctPeople;
        this.fits = fits;
        needs.forEach(need -> filled.add(new TreeSet<>()));
        solve();
    }

    /**
     * @param fits for each person the indexes of the requirements that the person could fill a place of
     */
    public static Assignment of(
            List<Requirement> needs, boolean distinctPeople, Map<String, ? extends Collection<Integer>> fits) {
        TreeMap<String, TreeSet<Integer>> sorted = new TreeMap<>();
        fits.forEach((person, indexes) -> sorted.put(person, new TreeSet<>(indexes)));
        return new Assignment(needs, distinctPeople, sorted);
    }

    /** The same with one more fit. */
    public Assignment with(String person, int need) {
        TreeMap<String, TreeSet<Integer>> more = new TreeMap<>();
        fits.forEach((name, indexes) -> more.put(name, new TreeSet<>(indexes)));
        more.computeIfAbsent(person, name -> new TreeSet<>()).add(need);
        return new Assignment(needs, distinctPeople, more);
    }

    private void solve() {
        for (int need = 0; need < needs.size(); need++) {
            if (!distinctPeople) {
                for (String person : fits.keySet()) {
                    if (isOpen(need) && fits.get(person).contains(need)) {
                        filled.get(need).add(person);
                    }
                }
                continue;
            }
            while (isOpen(need) && fill(need, new HashSet<>())) {
                // one more place each time
            }
        }
    }

    private boolean isOpen(int need) {
        return filled.get(need).size() < needs.get(need).count();
    }

    /**
     * Puts somebody into a place of the requirement, moving others to places that are as good for them.
     *
     * @param tried the requirements from which nobody could be moved so far
     */
    private boolean fill(int need, Set<Integer> tried) {
        if (!tried.add(need)) {
            return false;
        }
        for (Map.Entry<String, TreeSet<Integer>> entry : fits.entrySet()) {
            String person = entry.getKey();
            Integer now = placeOf.get(person);
            if (!entry.getValue().contains(need) || (now != null && now == need)) {
                continue;
            }
            if (now == null || fill(now, tried)) {
                if (now != null) {
                    filled.get(now).remove(person);
                }
                filled.get(need).add(person);
                placeOf.put(person, need);
                return true;
            }
        }
        return false;
    }

    /** The people in the places of the requirement with this index. */
    public Set<String> filled(int need) {
        return Set.copyOf(filled.get(need));
    }

    /** How many places of the requirement with this index are empty. */
    public int open(int need) {
        return needs.get(need).count() - filled.get(need).size();
    }

    /** How many places are empty in all. No other choice of people leaves fewer. */
    public int open() {
        int open = 0;
        for (int need = 0; need < needs.size(); need++) {
            open += open(need);
        }
        return open;
    }

    public boolean isComplete() {
        return open() == 0;
    }

    /**
     * The requirements that compete with this one for too few people: itself, if it has an empty place, and those that the
     * people who fit there fill. Only somebody new who fits one of these helps (Hall's theorem). Empty when it has no empty
     * place.
     */
    public Set<Integer> contested(int need) {
        TreeSet<Integer> reached = new TreeSet<>();
        List<Integer> next = new ArrayList<>();
        if (isOpen(need)) {
            next.add(need);
        }
        while (!next.isEmpty()) {
            int reachedNeed = next.remove(next.size() - 1);
            if (!reached.add(reachedNeed) || !distinctPeople) {
                continue;
            }
            fits.forEach((person, indexes) -> {
                Integer now = placeOf.get(person);
                if (now != null && indexes.contains(reachedNeed)) {
                    next.add(now);
                }
            });
        }
        return reached;
    }

    /** Whether the person fits the requirement already. */
    public boolean fits(String person, int need) {
        return fits.getOrDefault(person, new TreeSet<>()).contains(need);
    }

    /** Whether the person is in a place. With people who need not be distinct, nobody is in the way of anybody. */
    public boolean isPlaced(String person) {
        return placeOf.containsKey(person);
    }

    /** Everybody who fits one of the requirements. */
    public Set<String> peopleFor(Set<Integer> requirements) {
        TreeSet<String> people = new TreeSet<>();
        fits.forEach((person, indexes) -> {
            if (indexes.stream().anyMatch(requirements::contains)) {
                people.add(person);
            }
        });
        return people;
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.trust.Requirement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The fewest new approvals that fill all places with distinct people: an assignment of minimal cost, where an approval that is
 * there costs nothing and a new one costs one. Choosing one helpful person after the other would not do: where one person is
 * wanted in two places, it may take two approvals, of which neither helps alone.
 */
final class FewestApprovals {

    /** A person who approves for a requirement. */
    record Addition(String person, int need) {}

    private final List<String> people;
    private final int[] capacity;
    /** Cost of each person in each requirement: 0 approved, 1 could, -1 cannot. */
    private final int[][] cost;
    /** Where each person is; -1 for nowhere. */
    private final int[] place;

    private FewestApprovals(
            List<Requirement> needs,
            Map<String, ? extends Set<Integer>> fits,
            Map<String, ? extends Set<Integer>> could) {
        TreeSet<String> everybody = new TreeSet<>(fits.keySet());
        everybody.addAll(could.keySet());
        people = List.copyOf(everybody);
        capacity = needs.stream().mapToInt(Requirement::count).toArray();
        cost = new int[people.size()][needs.size()];
        place = new int[people.size()];
        Arrays.fill(place, -1);
        for (int p = 0; p < people.size(); p++) {
            Arrays.fill(cost[p], -1);
            if (could.containsKey(people.get(p))) {
                for (int need : could.get(people.get(p))) {
                    cost[p][need] = 1;
                }
            }
            if (fits.containsKey(people.get(p))) {
                for (int need : fits.get(people.get(p))) {
                    cost[p][need] = 0;
                }
            }
        }
    }

    /**
     * @param fits whose approval is there, for which requirements
     * @param could who could still approve, for which requirements
     * @return empty when all of them together do not fill all places
     */
    static Optional<List<Addition>> find(
            List<Requirement> needs,
            Map<String, ? extends Set<Integer>> fits,
            Map<String, ? extends Set<Integer>> could) {
        FewestApprovals search = new FewestApprovals(needs, fits, could);
        int places = Arrays.stream(search.capacity).sum();
        for (int i = 0; i < places; i++) {
            if (!search.augment()) {
                return Optional.empty();
            }
        }
        List<Addition> additions = new ArrayList<>();
        for (int p = 0; p < search.people.size(); p++) {
            if (search.place[p] >= 0 && search.cost[p][search.place[p]] == 1) {
                additions.add(new Addition(search.people.get(p), search.place[p]));
            }
        }
        return Optional.of(additions);
    }

    /** One more person in a place, by the cheapest way of moving others: successive shortest paths. */
    private boolean augment() {
        int n = people.size();
        int[] distance = new int[n + capacity.length];
        int[] from = new int[n + capacity.length];
        Arrays.fill(distance, Integer.MAX_VALUE);
        Arrays.fill(from, -1);
        Deque<Integer> changed = new ArrayDeque<>();
        for (int p = 0; p < n; p++) {
            if (place[p] < 0) {
                distance[p] = 0;
                changed.add(p);
            }
        }
        while (!changed.isEmpty()) {
            int node = changed.poll();
            if (node < n) {
                for (int need = 0; need < capacity.length; need++) {
                    if (cost[node][need] >= 0 && place[node] != need) {
                        relax(node, n + need, cost[node][need], distance, from, changed);
                    }
                }
            } else {
                for (int p = 0; p < n; p++) {
                    if (place[p] == node - n) {
                        relax(node, p, -cost[p][node - n], distance, from, changed);
                    }
                }
            }
        }
        int end = -1;
        for (int need = 0; need < capacity.length; need++) {
            if (isOpen(need)
                    && distance[n + need] < Integer.MAX_VALUE
                    && (end < 0 || distance[n + need] < distance[end])) {
                end = n + need;
            }
        }
        if (end < 0) {
            return false;
        }
        for (int node = end; node >= 0; ) {
            int person = from[node];
            place[person] = node - n;
            node = from[person];
        }
        return true;
    }

    private static void relax(int from, int to, int cost, int[] distance, int[] origin, Deque<Integer> changed) {
        if (distance[from] + cost < distance[to]) {
            distance[to] = distance[from] + cost;
            origin[to] = from;
            changed.add(to);
        }
    }

    private boolean isOpen(int need) {
        return Arrays.stream(place).filter(p -> p == need).count() < capacity[need];
    }
}

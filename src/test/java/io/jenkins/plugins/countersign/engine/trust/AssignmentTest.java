package io.jenkins.plugins.countersign.engine.trust;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.Test;

/** The matching against trying everything. */
public class AssignmentTest {

    private static final int RUNS = 5_000;

    @Test
    public void noOtherChoiceOfPeopleFillsMorePlaces() {
        for (int seed = 0; seed < RUNS; seed++) {
            Sample sample = Sample.of(seed);
            Assignment assignment = Assignment.of(sample.needs, true, sample.fits);
            assertEquals("seed " + seed, sample.places() - best(sample, sample.fits), assignment.open());
            Set<String> placed = new HashSet<>();
            for (int need = 0; need < sample.needs.size(); need++) {
                for (String person : assignment.filled(need)) {
                    assertTrue("seed " + seed + ": " + person + " fills two places", placed.add(person));
                    assertTrue("seed " + seed, sample.fits.get(person).contains(need));
                }
                assertTrue(
                        assignment.filled(need).size() <= sample.needs.get(need).count());
            }
        }
    }

    @Test
    public void exactlyWhoFitsAContestedPlaceHelps() {
        for (int seed = 0; seed < RUNS; seed++) {
            Sample sample = Sample.of(seed);
            Assignment assignment = Assignment.of(sample.needs, true, sample.fits);
            Set<Integer> contested = new TreeSet<>();
            for (int need = 0; need < sample.needs.size(); need++) {
                contested.addAll(assignment.contested(need));
            }
            for (int need = 0; need < sample.needs.size(); need++) {
                Map<String, Set<Integer>> more = new HashMap<>(sample.fits);
                more.put("new", Set.of(need));
                boolean helps = best(sample, more) > best(sample, sample.fits);
                assertEquals("seed " + seed + ", place " + need, helps, contested.contains(need));
                assertEquals(helps, assignment.with("new", need).open() < assignment.open());
            }
        }
    }

    @Test
    public void theOrderOfArrivalChangesNothing() {
        for (int seed = 0; seed < 500; seed++) {
            Sample sample = Sample.of(seed);
            Assignment forwards = Assignment.of(sample.needs, true, sample.fits);
            Assignment backwards = Assignment.of(sample.needs, true, new TreeMap<>(sample.fits).descendingMap());
            for (int need = 0; need < sample.needs.size(); need++) {
                assertEquals(forwards.filled(need), backwards.filled(need));
            }
        }
    }

    @Test
    public void peopleWhoNeedNotBeDistinctFillOnePlaceOfEachRequirement() {
        List<Requirement> needs = List.of(new Requirement("a", 1, false), new Requirement("b", 2, false));
        Assignment assignment = Assignment.of(needs, false, Map.of("x", Set.of(0, 1)));
        assertEquals(Set.of("x"), assignment.filled(0));
        assertEquals(1, assignment.open(1));
        assertFalse(assignment.isComplete());
        assertTrue(assignment.with("y", 1).isComplete());
    }

    /** A thousand people in a chain of places: no recursion as deep as the people are many. */
    @Test
    public void manyPeopleAreNoTrouble() {
        List<Requirement> needs = new ArrayList<>();
        Map<String, Set<Integer>> fits = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            needs.add(new Requirement("r" + i, 50, false));
            for (int j = 0; j < 50; j++) {
                fits.put(i + "-" + j, i == 0 ? Set.of(0) : Set.of(i - 1, i));
            }
        }
        assertTrue(Assignment.of(needs, true, fits).isComplete());
    }

    /** Tries every person in every place, and nobody in it. */
    private static int best(Sample sample, Map<String, Set<Integer>> fits) {
        return best(
                List.copyOf(fits.keySet()),
                0,
                fits,
                sample.needs.stream().mapToInt(Requirement::count).toArray());
    }

    private static int best(List<String> people, int index, Map<String, Set<Integer>> fits, int[] open) {
        if (index == people.size()) {
            return 0;
        }
        int best = best(people, index + 1, fits, open);
        for (int need : fits.get(people.get(index))) {
            if (open[need] > 0) {
                open[need]--;
                best = Math.max(best, 1 + best(people, index + 1, fits, open));
                open[need]++;
            }
        }
        return best;
    }

    private record Sample(List<Requirement> needs, Map<String, Set<Integer>> fits) {

        static Sample of(long seed) {
            Random random = new Random(seed);
            List<Requirement> needs = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(4); i++) {
                needs.add(new Requirement("role-" + i, 1 + random.nextInt(3), false));
            }
            Map<String, Set<Integer>> fits = new HashMap<>();
            for (int i = 0; i < random.nextInt(7); i++) {
                Set<Integer> places = new TreeSet<>();
                for (int need = 0; need < needs.size(); need++) {
                    if (random.nextInt(3) == 0) {
                        places.add(need);
                    }
                }
                fits.put("p" + i, places);
            }
            return new Sample(needs, fits);
        }

        int places() {
            return needs.stream().mapToInt(Requirement::count).sum();
        }
    }
}

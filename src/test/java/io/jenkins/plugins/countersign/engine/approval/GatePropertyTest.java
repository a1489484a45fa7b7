package io.jenkins.plugins.countersign.engine.approval;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.approval.RandomWorld.Said;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.Test;

/** Random policies and statements: what must hold for all of them. */
public class GatePropertyTest {

    private static final int WORLDS = 400;
    private static final Map<Integer, RandomWorld> CACHE = new HashMap<>();

    private static RandomWorld world(int seed) {
        return CACHE.computeIfAbsent(seed, RandomWorld::of);
    }

    private static String message(int seed, Decision decision) {
        return "seed " + seed + "\n" + world(seed).text.text() + decision.toText();
    }

    @Test
    public void theGateDecidesAsTheSlowReferenceDoes() {
        int open = 0;
        int rejected = 0;
        for (int seed = 0; seed < WORLDS; seed++) {
            RandomWorld world = world(seed);
            SlowReference reference = new SlowReference(world, world.said);
            Decision decision = world.decide();
            if (reference.isOpen() != decision.isOpen()
                    || reference.mostPlaces() != decision.counted().size()
                    || reference.liveRejections().isEmpty() == decision.isHeldBy(HoldReason.REJECTED)) {
                throw new AssertionError(message(seed, decision) + "expected " + reference.mostPlaces()
                        + " filled places and " + reference.liveRejections());
            }
            open += decision.isOpen() ? 1 : 0;
            rejected += decision.isHeldBy(HoldReason.REJECTED) ? 1 : 0;
        }
        // Otherwise the worlds are dull and the test shows little.
        assertTrue("only " + open + " gates were open", open > WORLDS / 20);
        assertTrue("only " + rejected + " were rejected", rejected > WORLDS / 20);
    }

    @Test
    public void realSignaturesMakeNoDifference() {
        for (int seed = 0; seed < 30; seed++) {
            RandomWorld world = world(seed);
            Decision decision = world.decideSigned();
            SlowReference reference = new SlowReference(world, world.said);
            assertEquals("seed " + seed + "\n" + decision.toText(), reference.isOpen(), decision.isOpen());
            assertEquals(world.decide().isOpen(), decision.isOpen());
        }
    }

    @Test
    public void noOrderOfArrivalChangesADecision() {
        for (int seed = 0; seed < WORLDS / 2; seed++) {
            RandomWorld world = world(seed);
            List<Said> said = new ArrayList<>(world.said);
            String expected = world.decide(said).toJson().toString();
            Random random = new Random(seed);
            for (int i = 0; i < 3; i++) {
                Collections.shuffle(said, random);
                assertEquals(
                        "seed " + seed, expected, world.decide(said).toJson().toString());
            }
        }
    }

    @Test
    public void findingAStatementTwiceChangesNoCount() {
        for (int seed = 0; seed < WORLDS / 4; seed++) {
            RandomWorld world = world(seed);
            List<Said> twice = new ArrayList<>(world.said);
            twice.addAll(world.said);
            Decision once = world.decide();
            assertEquals("seed " + seed, once.isOpen(), world.decide(twice).isOpen());
            assertEquals("seed " + seed, once.counted(), world.decide(twice).counted());
        }
    }

    /**
     * Adding an approval closes no open gate. The only rule that says otherwise is that a newer approval of the same person,
     * stage and role supersedes the older; so nobody who approved already is asked.
     */
    @Test
    public void anotherApprovalClosesNoOpenGate() {
        int tried = 0;
        for (int seed = 0; seed < WORLDS; seed++) {
            RandomWorld world = world(seed);
            Decision decision = world.decide();
            if (!decision.isOpen()) {
                continue;
            }
            for (String person : RandomWorld.PEOPLE) {
                for (String role : RandomWorld.ROLES) {
                    if (world.said.stream()
                            .anyMatch(s -> s.person().equals(person) && s.role().equals(role))) {
                        continue;
                    }
                    List<Said> more = new ArrayList<>(world.said);
                    more.add(approval(world, person, role, world.random.nextBoolean()));
                    Decision after = world.decide(more);
                    assertTrue("seed " + seed + "\n" + after.toText(), after.isOpen());
                    tried++;
                }
            }
        }
        assertTrue("only " + tried + " were tried", tried > 100);
    }

    @Test
    public void whatIsSaidToBeEnoughIsEnoughAndNotMore() {
        int enough = 0;
        int never = 0;
        int severalAtOnce = 0;
        for (int seed = 0; seed < WORLDS; seed++) {
            RandomWorld world = world(seed);
            Decision decision = world.decide();
            if (decision.missing().isEmpty()) {
                continue;
            }
            String message = "seed " + seed;
            SlowReference reference = new SlowReference(world, world.said);
            int open = reference.places() - reference.mostPlaces();
            if (decision.enough().isEmpty()) {
                assertTrue(
                        message(seed, decision),
                        new SlowReference(world, withEverybody(world)).mostPlaces() < reference.places());
                never++;
                continue;
            }
            if (world.distinct) {
                assertTrue(message(seed, decision), decision.enough().size() >= open);
                assertFalse(
                        message(seed, decision),
                        isEnough(world, candidates(world), 0, decision.enough().size() - 1));
                severalAtOnce += decision.enough().size() > open ? 1 : 0;
            }
            List<Said> more = new ArrayList<>(world.said);
            decision.enough().forEach(c -> more.add(approval(world, c.person(), c.role(), c.token())));
            SlowReference after = new SlowReference(world, more);
            assertEquals(message, after.places(), after.mostPlaces());
            Decision decisionAfter = world.decide(more);
            assertEquals(message, List.of(), decisionAfter.missing());
            enough++;
        }
        assertTrue("only " + enough, enough > WORLDS / 10);
        assertTrue("only " + never, never > 0);
        assertTrue("only " + severalAtOnce, severalAtOnce > 0);
    }

    @Test
    public void everybodyWhoCouldStillApproveHelps() {
        for (int seed = 0; seed < WORLDS / 2; seed++) {
            RandomWorld world = world(seed);
            Decision decision = world.decide();
            int before = new SlowReference(world, world.said).mostPlaces();
            for (Missing missing : decision.missing()) {
                for (Candidate candidate : missing.couldStillApprove()) {
                    List<Said> more = new ArrayList<>(world.said);
                    more.add(approval(world, candidate.person(), candidate.role(), candidate.token()));
                    int after = new SlowReference(world, more).mostPlaces();
                    if (decision.enough().contains(candidate)) {
                        continue;
                    }
                    assertTrue(
                            candidate + ": " + before + " then " + after + "; " + message(seed, decision),
                            world.distinct ? after == before + 1 : after > before);
                }
            }
        }
    }

    private static List<Said> candidates(RandomWorld world) {
        List<Said> all = new ArrayList<>();
        for (String person : RandomWorld.PEOPLE) {
            for (String role : RandomWorld.ROLES) {
                if (world.roles.get(role).contains(person)) {
                    all.add(approval(world, person, role, true));
                }
            }
        }
        return all;
    }

    /** Whether so many more approvals, of any people, could fill all places. */
    private static boolean isEnough(RandomWorld world, List<Said> candidates, int from, int atMost) {
        return isEnough(world, new ArrayList<>(world.said), candidates, from, Math.min(atMost, 2));
    }

    private static boolean isEnough(RandomWorld world, List<Said> all, List<Said> candidates, int from, int atMost) {
        SlowReference reference = new SlowReference(world, all);
        if (reference.mostPlaces() == reference.places()) {
            return true;
        }
        for (int i = from; atMost > 0 && i < candidates.size(); i++) {
            all.add(candidates.get(i));
            boolean enough = isEnough(world, all, candidates, i + 1, atMost - 1);
            all.remove(all.size() - 1);
            if (enough) {
                return true;
            }
        }
        return false;
    }

    private static List<Said> withEverybody(RandomWorld world) {
        List<Said> all = new ArrayList<>(world.said);
        for (String person : RandomWorld.PEOPLE) {
            for (String role : RandomWorld.ROLES) {
                all.add(approval(world, person, role, true));
            }
        }
        return all;
    }

    private static Said approval(RandomWorld world, String person, String role, boolean token) {
        return new Said(
                "approval",
                person,
                role,
                RandomWorld.STAGE,
                token,
                false,
                0,
                100,
                Scene.NOW.minus(Duration.ofMinutes(1)),
                null,
                null,
                world.reference);
    }
}

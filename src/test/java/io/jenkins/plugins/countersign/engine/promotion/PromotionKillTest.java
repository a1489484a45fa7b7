package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerFile;
import io.jenkins.plugins.countersign.engine.audit.RecordKind;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * A controller dies while it seals and promotes: afterwards the image is either not promoted or completely promoted, the ledger
 * verifies, and running it again completes it.
 */
public class PromotionKillTest {

    private static final int KILLED_RUNS = Integer.getInteger("countersign.kills", 200);

    /** Every moment in CI; a developer's machine takes every fifth. */
    private static final int STRIDE = Boolean.parseBoolean(System.getenv("COUNTERSIGN_REQUIRE_REAL_PARTS")) ? 1 : 5;

    /** What one process promotes at a time: a kill costs a start of Java, and ends so many runs at moments of their own. */
    private static final int RUNS_OF_A_PROCESS = 8;

    /** In memory where that can be had: what a killed process wrote is there all the same, and nothing waits for a disk. */
    @Rule
    public TemporaryFolder folder =
            new TemporaryFolder(Files.isWritable(Path.of("/dev/shm")) ? new java.io.File("/dev/shm") : null);

    /** A controller that promotes several images at once: {@code world (folder image delay)...}. */
    public static final class Controller {

        public static void main(String[] args) throws Exception {
            World world = World.load(Path.of(args[0]));
            CountDownLatch go = new CountDownLatch(1);
            List<Thread> promotions = new ArrayList<>();
            for (int i = 1; i < args.length; i += 3) {
                Path run = Path.of(args[i]);
                Digest image = Digest.parse(args[i + 1]);
                long delay = Long.parseLong(args[i + 2]);
                Ledger ledger = Ledger.open(run.resolve("ledger.jsonl"), world.clock);
                Thread promotion = new Thread(() -> {
                    try (ledger) {
                        go.await();
                        TimeUnit.MICROSECONDS.sleep(delay);
                        world.promotion(ledger).promote(order(run, image));
                    } catch (Exception e) {
                        System.out.println(e);
                    }
                });
                promotions.add(promotion);
                promotion.start();
            }
            System.out.println("ready");
            System.out.flush();
            go.countDown();
            for (Thread promotion : promotions) {
                promotion.join();
            }
        }
    }

    private static Promotion.Order order(Path folder, Digest image) {
        return new Promotion.Order(
                LayoutRepository.at(folder.resolve("source")),
                image,
                "qa",
                LayoutRepository.at(folder.resolve("destination")),
                List.of("1.0"));
    }

    private static void copy(Path from, Path to) throws Exception {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static void delete(Path folder) throws Exception {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** Whether it was promoted; fails if it was by half. */
    private static boolean isPromotedCompletely(World world, Path folder, Digest image) throws Exception {
        LayoutRepository destination = LayoutRepository.at(folder.resolve("destination"));
        Optional<Descriptor> tag = destination.resolve("1.0");
        if (tag.isEmpty()) {
            return false;
        }
        assertEquals(image, tag.get().digest());
        requireComplete(world, folder, image);
        return true;
    }

    private static long count(Path ledger, String kind) throws Exception {
        long[] count = {0};
        LedgerFile.read(ledger, record -> count[0] += record.kind().equals(kind) ? 1 : 0);
        return count[0];
    }

    private World prepared(Path template) throws Exception {
        World world = World.of("  qa: {needs: [{role: qa, count: 1}], freshness: P1D}\n");
        world.save(template);
        LayoutRepository source = LayoutRepository.at(template.resolve("source"));
        Digest image = Samples.pushIndex(source, 1).digest();
        Files.writeString(template.resolve("image"), image.toString());
        return world;
    }

    /** Approvals name the folder, so they are given where the run takes place. */
    private static Digest run(World world, Path template, Path run) throws Exception {
        copy(template, run);
        Digest image = Digest.parse(Files.readString(run.resolve("image")));
        world.approve(LayoutRepository.at(run.resolve("source")), image, "carol", "qa", "qa");
        return image;
    }

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed(String before) {
            super("killed before: " + before);
        }
    }

    /**
     * One life of a controller: everything that it writes, to the registries and to the ledger, in order, until it dies before
     * the n-th. What lies on the disk changes at nothing else, so dying before each write and after the last is dying
     * everywhere; a ledger's record that is written by half is LedgerKillTest's.
     */
    private static final class Life {

        static final String TAG = "destination: tag 1.0";
        private static final String LEDGER = "ledger";

        private final int steps;
        private final BeforeTag beforeTag;
        private final List<String> written = new ArrayList<>();
        private boolean dead;

        Life(int steps, BeforeTag beforeTag) {
            this.steps = steps;
            this.beforeTag = beforeTag;
        }

        synchronized void write(String what) {
            if (dead || written.size() == steps) {
                dead = true;
                throw new Killed(what);
            }
            if (what.equals(TAG)) {
                beforeTag.look();
            }
            written.add(what);
        }

        Repository in(String place, Repository behind) {
            return new Interposed(behind) {
                @Override
                void beforeWrite(String what) {
                    write(place + ": " + what.replaceAll("[0-9a-f]{64}", "…"));
                }
            };
        }

        /** The ledger asks what time it is once for each record. */
        Clock of(Clock clock) {
            return new Clock() {
                @Override
                public Instant instant() {
                    write(LEDGER);
                    return clock.instant();
                }

                @Override
                public ZoneId getZone() {
                    return clock.getZone();
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    return this;
                }
            };
        }

        /** With the kinds of the records. */
        List<String> named(Path ledger) throws Exception {
            List<String> kinds = new ArrayList<>();
            LedgerFile.read(ledger, record -> kinds.add(record.kind()));
            List<String> names = new ArrayList<>();
            for (String what : written) {
                names.add(what.equals(LEDGER) ? LEDGER + ": " + kinds.remove(0) : what);
            }
            assertEquals("every record was counted", List.of(), kinds);
            return names;
        }
    }

    private interface BeforeTag {
        void look();
    }

    /** What the tag will mean is there, and everybody can verify it, before the tag does. */
    private static void requireComplete(World world, Path folder, Digest image) throws Exception {
        LayoutRepository destination = LayoutRepository.at(folder.resolve("destination"));
        assertEquals(
                List.of(),
                Verification.of(destination, image, world.policy, "qa", Set.of(), world.clock.instant())
                        .faults());
        for (Descriptor manifest :
                destination.manifest(image).orElseThrow().read().manifests()) {
            for (Descriptor blob :
                    destination.manifest(manifest.digest()).orElseThrow().read().blobs()) {
                assertTrue(destination.hasBlob(blob.digest()));
            }
        }
    }

    @Test(timeout = 300_000)
    public void whereverItDiesItIsNotPromotedOrCompletelyAndASecondRunCompletesIt() throws Exception {
        Path template = folder.newFolder("template").toPath();
        World world = prepared(template);
        Path whole = folder.newFolder("whole").toPath();
        Life life = live(world, template, whole, Integer.MAX_VALUE);
        List<String> steps = life.named(whole.resolve("ledger.jsonl"));
        int referrers = referrers(whole);
        assertThat(
                steps,
                hasItems(
                        "ledger: " + RecordKind.LEDGER,
                        "ledger: " + RecordKind.POLICY,
                        "ledger: " + RecordKind.STATEMENT,
                        "ledger: " + RecordKind.DECISION,
                        "ledger: " + RecordKind.PROMOTING,
                        "source: blob",
                        "source: manifest",
                        "source: tag sha256-….sig",
                        "source: attach",
                        "ledger: " + RecordKind.SEAL,
                        "destination: blob",
                        "destination: manifest",
                        "destination: attach",
                        Life.TAG,
                        "ledger: " + RecordKind.PROMOTED));
        int tag = steps.indexOf(Life.TAG);
        // From the last write before the tag on, each is tried everywhere.
        for (int step = 0; step < steps.size(); step += Math.max(1, Math.min(STRIDE, tag - 1 - step))) {
            Path run = folder.newFolder("step" + step).toPath();
            Life died = live(world, template, run, step);
            String where = "killed before " + steps.get(step) + " (" + step + " of " + steps.size() + ")";
            assertTrue(where, died.dead);
            Digest image = Digest.parse(Files.readString(run.resolve("image")));
            LedgerFile.verify(run.resolve("ledger.jsonl"));
            assertEquals(where, died.written.contains(Life.TAG), isPromotedCompletely(world, run, image));
            try (Ledger ledger = Ledger.open(run.resolve("ledger.jsonl"), world.clock)) {
                assertTrue(
                        where,
                        world.promotion(ledger).promote(order(run, image)).promoted());
            }
            assertTrue(where, isPromotedCompletely(world, run, image));
            LedgerFile.verify(run.resolve("ledger.jsonl"));
            assertEquals(where, 1, count(run.resolve("ledger.jsonl"), RecordKind.PROMOTED));
            assertEquals(where + ": nothing is written twice", referrers, referrers(run));
            delete(run);
        }
    }

    private static int referrers(Path run) throws Exception {
        return LayoutRepository.at(run.resolve("destination"))
                .referrers(Digest.parse(Files.readString(run.resolve("image"))))
                .size();
    }

    /** Promotes until it dies. */
    private static Life live(World world, Path template, Path run, int steps) throws Exception {
        Digest image = run(world, template, run);
        Life life = new Life(steps, () -> {
            try {
                requireComplete(world, run, image);
            } catch (Exception e) {
                throw new AssertionError("the tag comes last", e);
            }
        });
        Promotion.Order order = order(run, image);
        Path file = run.resolve("ledger.jsonl");
        try (Ledger ledger = Ledger.open(file, life.of(world.clock))) {
            Promotion.Outcome outcome = world.promotion(ledger)
                    .promote(new Promotion.Order(
                            life.in("source", order.source()),
                            image,
                            "qa",
                            life.in("destination", order.destination()),
                            List.of("1.0")));
            assertTrue(outcome.promoted());
        } catch (Killed expected) {
            assertTrue(expected.getMessage(), life.dead);
        }
        return life;
    }

    private record Run(Path folder, Digest image) {}

    @Test(timeout = 900_000)
    public void killedAtRandomMoments() throws Exception {
        Path template = folder.newFolder("template").toPath();
        World world = prepared(template);
        Random random = new Random(20261122);
        long longest = TimeUnit.MINUTES.toMicros(5);
        int promoted = 0;
        int begun = 0;
        int killed = 0;
        for (int process = 0; killed < KILLED_RUNS; process++) {
            List<Run> runs = new ArrayList<>();
            for (int i = 0; i < RUNS_OF_A_PROCESS; i++) {
                Path run = folder.newFolder("run" + process + "-" + i).toPath();
                runs.add(new Run(run, run(world, template, run)));
            }
            // The first process is not killed: it tells how long its runs take on this machine.
            boolean first = process == 0;
            long took = promoteAndKill(
                    template, runs, first ? longest : random.nextLong(longest), first ? 1 : longest / 2, random);
            // Faster than it was thought to be: the next kills come earlier.
            longest = first ? took : took < 0 ? longest : (longest * 3 + took) / 4;
            killed += first ? 0 : runs.size();
            for (Run run : runs) {
                Path ledgerFile = run.folder().resolve("ledger.jsonl");
                boolean complete = isPromotedCompletely(world, run.folder(), run.image());
                promoted += complete && !first ? 1 : 0;
                begun += !complete && count(ledgerFile, RecordKind.DECISION) > 0 ? 1 : 0;
                LedgerFile.verify(ledgerFile);
                try (Ledger ledger = Ledger.open(ledgerFile, world.clock)) {
                    assertTrue(
                            run.toString(),
                            world.promotion(ledger)
                                    .promote(order(run.folder(), run.image()))
                                    .promoted());
                }
                assertTrue(isPromotedCompletely(world, run.folder(), run.image()));
                assertEquals(1, count(ledgerFile, RecordKind.PROMOTED));
                delete(run.folder());
            }
        }
        System.out.println(killed + " runs killed: " + promoted + " were promoted, " + begun + " had begun, "
                + (killed - promoted - begun) + " had not");
        assertThat("kills in the middle", begun, greaterThan(KILLED_RUNS / 10));
    }

    /** @return how long the runs took in microseconds, or -1 if the kill came before their end */
    private static long promoteAndKill(Path world, List<Run> runs, long killAfter, long startWithin, Random random)
            throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Controller.class.getName(),
                world.toString()));
        for (Run run : runs) {
            command.addAll(List.of(
                    run.folder().toString(), run.image().toString(), Long.toString(random.nextLong(startWithin))));
        }
        Process controller =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader out = controller.inputReader()) {
            assertEquals("ready", out.readLine());
            long start = System.nanoTime();
            boolean ended = controller.waitFor(killAfter, TimeUnit.MICROSECONDS);
            controller.toHandle().destroyForcibly();
            controller.waitFor();
            assertEquals(List.of(), out.lines().toList());
            return ended ? TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start) : -1;
        }
    }
}

package io.jenkins.plugins.countersign.engine.promotion;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
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
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
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

    /** Two hundred with {@code -Dcountersign.kills=200}; CI takes forty and a developer's machine ten, for their time. */
    private static final int KILLS = Integer.getInteger(
            "countersign.kills", Boolean.parseBoolean(System.getenv("COUNTERSIGN_REQUIRE_REAL_PARTS")) ? 40 : 10);

    /** Every moment in CI and when asked for; a developer's machine takes every fifth. */
    private static final int STRIDE = KILLS < 200 ? 5 : 1;

    /** In memory where that can be had: what a killed process wrote is there all the same, and nothing waits for a disk. */
    @Rule
    public TemporaryFolder folder =
            new TemporaryFolder(Files.isWritable(Path.of("/dev/shm")) ? new java.io.File("/dev/shm") : null);

    /** The controller: {@code folder image delay}. */
    public static final class Controller {

        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            World world = World.load(folder);
            Digest image = Digest.parse(args[1]);
            try (Ledger ledger = Ledger.open(folder.resolve("ledger.jsonl"), world.clock)) {
                System.out.println("ready");
                System.out.flush();
                world.promotion(ledger).promote(order(folder, image));
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
        return true;
    }

    private static long promotions(Path ledger) throws Exception {
        long[] count = {0};
        LedgerFile.read(ledger, record -> count[0] += record.kind().equals(RecordKind.PROMOTED) ? 1 : 0);
        return count[0];
    }

    private World prepared(Path template) throws Exception {
        World world = World.of(World.STAGES);
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
    }

    /** Dies before or after the n-th thing it writes. */
    private static final class Dying extends Interposed {

        private final int[] left;
        private final boolean before;

        Dying(Repository behind, int[] left, boolean before) {
            super(behind);
            this.left = left;
            this.before = before;
        }

        @Override
        void beforeWrite(String what) {
            if (before && left[0]-- == 0) {
                throw new Killed();
            }
        }

        @Override
        void afterWrite(String what) {
            if (!before && left[0]-- == 0) {
                throw new Killed();
            }
        }
    }

    @Test(timeout = 300_000)
    public void whereverItDiesItIsNotPromotedOrCompletelyAndASecondRunCompletesIt() throws Exception {
        Path template = folder.newFolder("template").toPath();
        World world = prepared(template);
        int deaths = 0;
        boolean finished = false;
        for (int step = 0; !finished; step += STRIDE) {
            Path run = folder.newFolder("step" + step).toPath();
            Digest image = run(world, template, run);
            Promotion.Order order = order(run, image);
            int[] left = {step / 2};
            boolean before = step % 2 == 0;
            try (Ledger ledger = Ledger.open(run.resolve("ledger.jsonl"), world.clock)) {
                world.promotion(ledger)
                        .promote(new Promotion.Order(
                                new Dying(order.source(), left, before),
                                image,
                                "qa",
                                new Dying(order.destination(), left, before),
                                List.of("1.0")));
                finished = true;
            } catch (Killed expected) {
                deaths++;
            }
            isPromotedCompletely(world, run, image);
            try (Ledger ledger = Ledger.open(run.resolve("ledger.jsonl"), world.clock)) {
                assertTrue(world.promotion(ledger).promote(order).promoted());
            }
            assertTrue(isPromotedCompletely(world, run, image));
            assertEquals(1, promotions(run.resolve("ledger.jsonl")));
            delete(run);
        }
        assertThat(deaths, greaterThan(10));
    }

    @Test(timeout = 3_600_000)
    public void killedAtRandomMoments() throws Exception {
        Path template = folder.newFolder("template").toPath();
        World world = prepared(template);
        Random random = new Random(20261122);
        long longest = 0;
        int promoted = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Path run = folder.newFolder("kill" + kill).toPath();
            Digest image = run(world, template, run);
            // The first is not killed: it tells how long a whole run takes on this machine.
            long delay = kill == 0 ? TimeUnit.MINUTES.toMillis(5) : random.nextLong(longest);
            Process controller = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Controller.class.getName(),
                            run.toString(),
                            image.toString())
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader out = controller.inputReader()) {
                assertEquals("ready", out.readLine());
                long start = System.nanoTime();
                if (controller.waitFor(delay, TimeUnit.MILLISECONDS)) {
                    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                    longest = kill == 0 ? took * 3 / 2 : (longest * 3 + took * 3 / 2) / 4;
                }
                controller.toHandle().destroyForcibly();
                controller.waitFor();
            }
            promoted += isPromotedCompletely(world, run, image) ? 1 : 0;
            LedgerFile.verify(run.resolve("ledger.jsonl"));
            try (Ledger ledger = Ledger.open(run.resolve("ledger.jsonl"), world.clock)) {
                assertTrue(
                        "run " + kill,
                        world.promotion(ledger).promote(order(run, image)).promoted());
            }
            assertTrue(isPromotedCompletely(world, run, image));
            assertEquals(1, promotions(run.resolve("ledger.jsonl")));
            delete(run);
        }
        System.out.println(
                KILLS + " kills, the last within " + longest + " ms: " + promoted + " were promoted, the others not");
    }
}

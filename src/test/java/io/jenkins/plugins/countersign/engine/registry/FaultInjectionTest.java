package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * A push and a promotion through a connection that breaks, stalls, throttles, fails, and changes bytes: each run ends in the
 * right bytes under the tag, or in a {@link RegistryException} and no tag.
 */
public class FaultInjectionTest {

    private static final int RUNS = Integer.getInteger("countersign.faultRuns", 200);

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.plain();

    @ClassRule
    public static final TemporaryFolder TEMPORARY = new TemporaryFolder();

    private static final int AT_A_TIME = 8;
    private static final int ROUNDS = 12;
    private static final int WRITERS = 4;

    private static Repository layout;
    private static RegistryAccess direct;

    @BeforeClass
    public static void start() throws Exception {
        layout = Repositories.open("oci:" + Path.of(TEMPORARY.getRoot().toString(), "layout"));
        direct = RegistryAccess.of(REGISTRY.host()).insecurePlainHttp();
    }

    private static RegistryAccess access(String host) {
        return RegistryAccess.of(host)
                .insecurePlainHttp()
                .withRetries(new Retries(4, Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofSeconds(2)))
                .withSleeper(pause -> Thread.sleep(Math.min(5, pause.toMillis())))
                .withTimeouts(new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(250), Duration.ofSeconds(60)));
    }

    private enum Outcome {
        ARRIVED,
        REFUSED
    }

    private record Run(Outcome outcome, String reason) {}

    /** Several at a time, because most of a run is waiting for what does not come. */
    @Test(timeout = 600_000)
    public void everyRunEndsInTheRightBytesOrInAnErrorWithoutATag() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        Map<String, Integer> reasons = new TreeMap<>();
        try {
            List<Future<Run>> runs = new ArrayList<>();
            for (int seed = 0; seed < RUNS; seed++) {
                int mine = seed;
                runs.add(threads.submit(() -> run(mine)));
            }
            for (Future<Run> run : runs) {
                outcomes.merge(run.get().outcome(), 1, Integer::sum);
                reasons.merge(run.get().reason(), 1, Integer::sum);
            }
        } finally {
            threads.shutdownNow();
        }
        for (Way way : Way.values()) {
            assertTrue(way + " arrives sometimes: " + reasons, reasons.containsKey(way + " arrived"));
        }
        assertTrue("some arrive: " + outcomes + reasons, outcomes.getOrDefault(Outcome.ARRIVED, 0) > RUNS / 10);
        assertTrue("some do not: " + outcomes + reasons, outcomes.getOrDefault(Outcome.REFUSED, 0) > RUNS / 100);
    }

    /** What is done through the faults. Every fourth run is one of these. */
    private enum Way {
        FROM_A_FOLDER,
        PUSH,
        BETWEEN_TWO_REGISTRIES,
        INSIDE_ONE_REGISTRY
    }

    private static Run run(int seed) throws Exception {
        Way way = Way.values()[seed % Way.values().length];
        // most layers go in ranged pieces, some large ones in one
        boolean large = seed / Way.values().length % 8 == 0;
        Manifest image = Samples.pushImage(layout, seed, 10 + seed, large ? 1_200_000 : 200_000);
        layout.tag(image.digest(), "run" + seed);
        Manifest statement = Samples.statement(layout, image.descriptor(), "run " + seed);
        layout.attach(statement);
        String name = "run" + seed;
        Repository source = Repositories.open(REGISTRY.host() + "/source" + seed, direct);
        if (way.compareTo(Way.PUSH) > 0) {
            Copy.of(layout, image.digest(), source).run();
        }
        int port = Integer.parseInt(REGISTRY.host().replace("localhost:", ""));
        try (FaultyProxy proxy = new FaultyProxy(port);
                FaultyProxy proxyOfSource = new FaultyProxy(port)) {
            String host = "localhost:" + proxy.port();
            RegistryAccess access = large ? access(host) : access(host).withChunksOf(70_000);
            // a few faults are survived; of many, some runs die
            int faults = seed % 3 == 0 ? 40 : 1 + seed % 6;
            proxy.misbehave(seed, faults);
            proxyOfSource.misbehave(~seed, faults);
            Repository to = Repositories.open(host + "/" + name, access);
            Run run;
            try {
                Digest arrived =
                        switch (way) {
                            case FROM_A_FOLDER -> promote(layout, image, to);
                            case PUSH -> push(layout.name() + ":run" + seed, to);
                            case BETWEEN_TWO_REGISTRIES -> {
                                String from = "localhost:" + proxyOfSource.port();
                                yield promote(Repositories.open(from + "/source" + seed, access(from)), image, to);
                            }
                            case INSIDE_ONE_REGISTRY ->
                                promote(Repositories.open(host + "/source" + seed, access), image, to);
                        };
                assertEquals(image.digest(), arrived);
                run = new Run(Outcome.ARRIVED, way + " arrived");
            } catch (RegistryException e) {
                run = new Run(Outcome.REFUSED, way + " " + e.getClass().getSimpleName());
            }
            Repository there = Repositories.open(REGISTRY.host() + "/" + name, direct);
            check(
                    way + " with seed " + seed,
                    run.outcome(),
                    there,
                    image,
                    way == Way.PUSH ? List.of() : List.of(statement));
            return run;
        }
    }

    private static Digest promote(Repository from, Manifest image, Repository to) throws RegistryException {
        return Copy.of(from, image.digest(), to)
                .tagged("v1")
                .inParallel(2)
                .run()
                .digest();
    }

    private static Digest push(String location, Repository to) throws RegistryException {
        try (ImageSource source = ImageSource.open(location)) {
            return Push.of(source, to).tagged("v1").inParallel(2).run().digest();
        }
    }

    private static void check(String run, Outcome outcome, Repository direct, Manifest image, List<Manifest> statements)
            throws Exception {
        Optional<Descriptor> tag = direct.resolve("v1");
        if (outcome == Outcome.REFUSED) {
            // the tag may stand if only the answer to setting it was lost; whatever it names must then be whole
            if (tag.isEmpty()) {
                return;
            }
        }
        assertEquals(run, image.digest(), tag.orElseThrow().digest());
        assertEquals(
                run,
                statements.stream().map(Manifest::digest).toList(),
                direct.referrers(image.digest()).stream()
                        .map(Descriptor::digest)
                        .toList());
        List<Manifest> all = new ArrayList<>(statements);
        all.add(image);
        for (Manifest manifest : all) {
            for (Descriptor blob :
                    direct.manifest(manifest.digest()).orElseThrow().read().blobs()) {
                try (InputStream in = direct.openBlob(blob)) {
                    assertEquals(run, blob.digest(), Digest.of(in.readAllBytes()));
                }
            }
        }
    }

    /** Writers of one list, each behind faults of their own: whoever was told that it is attached is listed. */
    @Test(timeout = 600_000)
    public void whoeverWasToldThatItIsAttachedIsListed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        int attached = 0;
        int failed = 0;
        try {
            for (int round = 0; round < ROUNDS; round++) {
                Repository there = Repositories.open(REGISTRY.host() + "/written" + round, direct);
                Manifest image = Samples.pushImage(there, round, 10);
                List<Future<Optional<Digest>>> writers = new ArrayList<>();
                for (int writer = 0; writer < WRITERS; writer++) {
                    int seed = round * WRITERS + writer;
                    writers.add(threads.submit(() -> attach(there, image, seed)));
                }
                Set<Digest> told = new TreeSet<>();
                for (Future<Optional<Digest>> writer : writers) {
                    writer.get().ifPresent(told::add);
                }
                attached += told.size();
                failed += WRITERS - told.size();
                Set<Digest> listed = new TreeSet<>();
                there.referrers(image.digest()).forEach(entry -> listed.add(entry.digest()));
                told.removeAll(listed);
                assertEquals("round " + round, Set.of(), told);
            }
        } finally {
            threads.shutdownNow();
        }
        assertTrue("some were attached: " + attached, attached > ROUNDS);
        assertTrue("some were not: " + failed, failed > 0);
    }

    private static Optional<Digest> attach(Repository there, Manifest image, int seed) throws Exception {
        Manifest statement = Samples.statement(there, image.descriptor(), "writer " + seed);
        try (FaultyProxy proxy =
                new FaultyProxy(Integer.parseInt(REGISTRY.host().replace("localhost:", "")))) {
            String host = "localhost:" + proxy.port();
            proxy.misbehave(seed, seed % 3 == 0 ? 40 : 3);
            Repositories.open(there.name().replace(REGISTRY.host(), host), access(host))
                    .attach(statement);
            return Optional.of(statement.digest());
        } catch (RegistryException e) {
            return Optional.empty();
        }
    }
}

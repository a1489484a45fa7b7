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
import java.util.TreeMap;
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

    private static final int AT_A_TIME = 4;

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
    @Test(timeout = 300_000)
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
        assertTrue("some arrive: " + outcomes + reasons, outcomes.getOrDefault(Outcome.ARRIVED, 0) > RUNS / 10);
        assertTrue("some do not: " + outcomes + reasons, outcomes.getOrDefault(Outcome.REFUSED, 0) > RUNS / 100);
    }

    private static Run run(int seed) throws Exception {
        // most layers go in ranged pieces, some large ones in one
        boolean large = seed % 8 == 0;
        Manifest image = Samples.pushImage(layout, seed, 10 + seed, large ? 1_200_000 : 200_000);
        Manifest statement = Samples.statement(layout, image.descriptor(), "run " + seed);
        layout.attach(statement);
        String name = "run" + seed;
        try (FaultyProxy proxy =
                new FaultyProxy(Integer.parseInt(REGISTRY.host().replace("localhost:", "")))) {
            String host = "localhost:" + proxy.port();
            RegistryAccess access = large ? access(host) : access(host).withChunksOf(70_000);
            // a few faults are survived; of many, some runs die
            proxy.misbehave(seed, seed % 3 == 0 ? 40 : 1 + seed % 6);
            Run run;
            try {
                PushResult result = Copy.of(layout, image.digest(), Repositories.open(host + "/" + name, access))
                        .tagged("v1")
                        .inParallel(2)
                        .run();
                assertEquals(image.digest(), result.digest());
                run = new Run(Outcome.ARRIVED, "arrived");
            } catch (RegistryException e) {
                run = new Run(Outcome.REFUSED, e.getClass().getSimpleName());
            }
            Repository there = Repositories.open(REGISTRY.host() + "/" + name, direct);
            check(seed, run.outcome(), there, image, statement);
            return run;
        }
    }

    private static void check(int seed, Outcome outcome, Repository direct, Manifest image, Manifest statement)
            throws Exception {
        Optional<Descriptor> tag = direct.resolve("v1");
        if (outcome == Outcome.REFUSED) {
            // the tag may stand if only the answer to setting it was lost; whatever it names must then be whole
            if (tag.isEmpty()) {
                return;
            }
        }
        String run = "run with seed " + seed;
        assertEquals(run, image.digest(), tag.orElseThrow().digest());
        assertEquals(
                run,
                List.of(statement.digest()),
                direct.referrers(image.digest()).stream()
                        .map(Descriptor::digest)
                        .toList());
        for (Manifest manifest : List.of(
                direct.manifest(image.digest()).orElseThrow(),
                direct.manifest(statement.digest()).orElseThrow())) {
            for (Descriptor blob : manifest.read().blobs()) {
                try (InputStream in = direct.openBlob(blob)) {
                    assertEquals(run, blob.digest(), Digest.of(in.readAllBytes()));
                }
            }
        }
    }
}

package io.jenkins.plugins.countersign.engine.promotion;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.approval.Counted;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Hold;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerFile;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Fifty people approve at once, through two controllers: nothing is lost, and both controllers decide the same. */
public class FiftyApproversTest {

    private static final int PEOPLE = 50;
    private static final String STAGES = "  qa: {needs: [{role: crowd, count: " + PEOPLE + "}]}\n";

    @ClassRule
    public static final DockerRegistry WITHOUT_REFERRERS = DockerRegistry.plain();

    @ClassRule
    public static final ReferrersRegistry WITH_REFERRERS = new ReferrersRegistry();

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    /** A controller with half of the people: {@code folder host image number}. */
    public static final class Controller {

        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            int half = PEOPLE / 2;
            int first = Integer.parseInt(args[3]) * half;
            Digest image = Digest.parse(args[2]);
            World world = World.load(folder);
            ExecutorService people = Executors.newFixedThreadPool(half);
            CountDownLatch together = new CountDownLatch(half);
            List<Future<?>> approvals = new ArrayList<>();
            for (int i = 0; i < half; i++) {
                String person = "p" + (first + i);
                approvals.add(people.submit(() -> {
                    try (Repository repository = open(args[1], "team/app")) {
                        together.countDown();
                        together.await();
                        world.approve(repository, image, person, "qa", "crowd");
                    }
                    return null;
                }));
            }
            for (Future<?> approval : approvals) {
                approval.get();
            }
            people.shutdown();
            System.exit(0);
        }
    }

    /** A controller that promotes: {@code folder host image number}. */
    public static final class Promoter {

        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            World world = World.load(folder);
            try (Ledger ledger = Ledger.open(folder.resolve("ledger-" + args[3] + ".jsonl"), world.clock)) {
                Promotion.Outcome outcome = world.promotion(ledger).promote(order(args[1], Digest.parse(args[2])));
                System.out.println((outcome.promoted() ? "promoted " : "held ") + counted(outcome.decision()));
            }
            System.exit(0);
        }
    }

    private static Promotion.Order order(String host, Digest image) {
        return new Promotion.Order(open(host, "team/app"), image, "qa", open(host, "team/prod"), List.of("1.0"));
    }

    private static Repository open(String host, String name) {
        return Repositories.open(host + "/" + name, RegistryAccess.of(host).insecurePlainHttp());
    }

    private static String counted(Decision decision) {
        return decision.counted().stream().map(Counted::person).sorted().toList() + " "
                + decision.holds().stream().map(Hold::text).toList();
    }

    @Test(timeout = 300_000)
    public void withoutTheReferrersApi() throws Exception {
        fiftyAtOnce(WITHOUT_REFERRERS.host());
    }

    @Test(timeout = 300_000)
    public void withTheReferrersApi() throws Exception {
        fiftyAtOnce(WITH_REFERRERS.host());
    }

    private void fiftyAtOnce(String host) throws Exception {
        World world = World.of(STAGES, PEOPLE);
        Path shared = folder.getRoot().toPath();
        world.save(shared);
        Repository repository = open(host, "team/app");
        Digest image = Samples.pushImage(repository, 1, 1000).digest();
        inTwoProcesses(Controller.class, host, image);
        List<String> outputs = inTwoProcesses(Promoter.class, host, image);
        assertEquals("one decision", outputs.get(0), outputs.get(1));
        assertTrue(outputs.get(0), outputs.get(0).startsWith("promoted [p0, p1, p10,"));
        assertEquals(image, open(host, "team/prod").resolve("1.0").orElseThrow().digest());
        for (String at : List.of("team/app", "team/prod")) {
            Verification verification =
                    Verification.of(open(host, at), image, world.policy, "qa", Set.of(), world.clock.instant());
            assertEquals(at, List.of(), verification.faults());
            assertEquals(at, PEOPLE, verification.now().counted().size());
        }
        for (int i = 0; i < 2; i++) {
            LedgerFile.verify(shared.resolve("ledger-" + i + ".jsonl"));
            Files.delete(shared.resolve("ledger-" + i + ".jsonl"));
        }
    }

    private List<String> inTwoProcesses(Class<?> program, String host, Digest image) throws Exception {
        ExecutorService both = Executors.newFixedThreadPool(2);
        try {
            List<Future<Run>> runs = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                List<String> command = List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        folder.getRoot().toString(),
                        host,
                        image.toString(),
                        Integer.toString(i));
                runs.add(both.submit(() -> Run.of(Map.of(), null, command)));
            }
            List<String> outputs = new ArrayList<>();
            for (Future<Run> run : runs) {
                outputs.add(run.get().succeeded());
            }
            return outputs;
        } finally {
            both.shutdownNow();
        }
    }
}

package io.jenkins.plugins.countersign.engine.audit;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** A controller is killed while four threads write its ledger: what was acknowledged is there, and the chain holds. */
public class LedgerKillTest {

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    /** The controller. It says on its standard output which record is on the disk. */
    public static final class Controller {
        public static void main(String[] args) throws Exception {
            Ledger ledger = Ledger.open(Path.of(args[0]), Clock.systemUTC());
            for (int t = 0; t < 4; t++) {
                new Thread(() -> {
                            try {
                                while (true) {
                                    LedgerRecord r =
                                            ledger.append(RecordKind.DECISION, Map.of("pad", "x".repeat(3000)));
                                    System.out.println(r.sequence() + " " + r.hash());
                                }
                            } catch (LedgerException e) {
                                System.exit(1);
                            }
                        })
                        .start();
            }
        }
    }

    @Test(timeout = 120_000)
    public void noAcknowledgedRecordIsLostByAKill() throws Exception {
        Path file = folder.getRoot().toPath().resolve("ledger.jsonl");
        Random random = new Random(20261122);
        Map<Long, String> acknowledged = new HashMap<>();
        for (int run = 0; run < 12; run++) {
            Process controller = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xshare:auto",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Controller.class.getName(),
                            file.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            int lines = 1 + random.nextInt(40);
            try (BufferedReader out = controller.inputReader()) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (line.matches("\\d+ [0-9a-f]{64}")) {
                        acknowledged.put(Long.parseLong(line.split(" ")[0]), line.split(" ")[1]);
                    }
                    if (--lines == 0) {
                        controller.toHandle().destroyForcibly();
                    }
                }
            }
            controller.waitFor();
            Map<Long, String> there = new HashMap<>();
            LedgerFile.read(file, r -> there.put(r.sequence(), r.hash()));
            acknowledged.forEach((sequence, hash) -> assertEquals("record " + sequence, hash, there.get(sequence)));
        }
        assertThat(acknowledged.size(), greaterThan(50));
        try (Ledger ledger = Ledger.open(file, Clock.systemUTC())) {
            assertTrue(ledger.head().sequence() > acknowledged.size());
        }
    }
}

package io.jenkins.plugins.countersign.webhook;

import static org.junit.Assert.assertEquals;

import com.sun.management.OperatingSystemMXBean;
import io.jenkins.plugins.countersign.approval.BenchGate;
import io.jenkins.plugins.countersign.approval.WaitingGates;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * Ten thousand waiting gates in a real Jenkins, with a registry that answers, and webhooks that come in over HTTP: see
 * bench/gates.md. Not a test: it asserts nothing about time. {@code mvn test -Dtest=GatesInJenkinsBench}
 */
public class GatesInJenkinsBench {

    private static final int GATES = Integer.getInteger("countersign.gates", 10_000);
    private static final int REPOSITORIES = 500;
    private static final int IDLE_SECONDS = Integer.getInteger("countersign.idle", 60);
    private static final int WEBHOOKS = 200;

    @Rule
    public final JenkinsRule jenkins = new JenkinsRule();

    {
        jenkins.timeout = 3600;
    }

    @Test
    public void measure() throws Exception {
        try (DemoRegistry registry = new DemoRegistry(0)) {
            Told.configure(registry.host());
            BenchGate.configurePolicy();
            List<BenchGate> gates = new ArrayList<>();
            for (int i = 0; i < GATES; i++) {
                gates.add(new BenchGate(registry.host() + "/team/app" + i % REPOSITORIES, push(registry, i)));
            }
            long objects = heap();
            int threads = Thread.activeCount();
            double before = idle();
            long begin = System.nanoTime();
            gates.forEach(BenchGate::begin);
            for (BenchGate gate : gates) {
                gate.awaitLook(0);
            }
            say("first look at all of them: %.1f s, %.2f ms each", seconds(begin), seconds(begin) * 1000 / GATES);
            TimeUnit.SECONDS.sleep(15);
            assertEquals(GATES, WaitingGates.get().size());
            say("heap: %d bytes for each gate beside its own object", (heap() - objects) / GATES);
            say("threads: %d before, %d while all wait", threads, Thread.activeCount());
            long looks = gates.stream().mapToLong(BenchGate::looks).sum();
            say("processor before the gates: %.2f %% of one; with them: %.2f %%", before, idle());
            say(
                    "looks meanwhile: %d",
                    gates.stream().mapToLong(BenchGate::looks).sum() - looks);
            webhooks(gates, registry.host());
        }
    }

    private void webhooks(List<BenchGate> gates, String host) throws Exception {
        Random random = new Random(1);
        long[] times = new long[WEBHOOKS];
        for (int i = 0; i < WEBHOOKS; i++) {
            BenchGate gate = gates.get(random.nextInt(gates.size()));
            long seen = gate.looks();
            byte[] body = ("{\"events\": [{\"id\": \"" + i + "\", \"action\": \"push\", \"target\": {\"mediaType\":"
                            + " \"application/vnd.oci.image.manifest.v1+json\", \"digest\": \"" + gate.digest()
                            + "\", \"repository\": \"" + gate.repository().substring(host.length() + 1) + "\"}}]}")
                    .getBytes(StandardCharsets.UTF_8);
            long sent = System.nanoTime();
            String answer = Told.send(jenkins, "POST", "bearer", body, "Authorization", "Bearer " + Told.SECRET);
            assertEquals("202 text/plain;charset=utf-8 accepted\n", answer);
            gate.awaitLook(seen);
            times[i] = gate.lookedAt() - sent;
            TimeUnit.MILLISECONDS.sleep(50);
        }
        Arrays.sort(times);
        say(
                "from the webhook's first byte to the gate's decision: median %.1f ms, 99 %% %.1f ms, longest %.1f ms",
                times[WEBHOOKS / 2] / 1e6, times[WEBHOOKS * 99 / 100] / 1e6, times[WEBHOOKS - 1] / 1e6);
    }

    private static Digest push(DemoRegistry registry, int number) throws Exception {
        try (Repository opened = Repositories.open(
                registry.host() + "/team/app" + number % REPOSITORIES,
                RegistryAccess.of(registry.host()).insecurePlainHttp())) {
            Manifest manifest = new Manifest(
                    "application/vnd.oci.image.index.v1+json",
                    ("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[],"
                                    + "\"annotations\":{\"number\":\"" + number + "\"}}")
                            .getBytes(StandardCharsets.UTF_8));
            opened.pushManifest(manifest);
            return manifest.digest();
        }
    }

    private static double idle() throws Exception {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        TimeUnit.SECONDS.sleep(IDLE_SECONDS);
        return (system.getProcessCpuTime() - cpu) * 100.0 / (System.nanoTime() - start);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(200);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void say(String format, Object... values) {
        System.out.println("@@ bench " + String.format(java.util.Locale.ROOT, format, values));
    }
}

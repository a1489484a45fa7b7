package io.jenkins.plugins.countersign.approval;

import com.sun.management.OperatingSystemMXBean;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What ten thousand waiting gates cost one controller: see bench/gates.md. The registry answers nothing here, so this is the
 * cost of waiting, not that of looking.
 */
public final class GatesBench {

    private static final int GATES = 10_000;

    private GatesBench() {}

    public static void main(String[] args) throws Exception {
        Duration idle = Duration.ofSeconds(args.length > 0 ? Long.parseLong(args[0]) : 60);
        System.out.println(
                "gates " + GATES + ", idle for " + idle.toSeconds() + " s, Java " + System.getProperty("java.version")
                        + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        measure("each of its own image", idle, i -> i);
        measure("all of one image", idle, i -> 0);
    }

    private interface Images {
        int of(int gate);
    }

    private static void measure(String what, Duration idle, Images images) throws Exception {
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(4, 4, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        threads.allowCoreThreadTimeOut(true);
        AtomicLong looks = new AtomicLong();
        WaitingGates.Eyes eyes = (repository, digest, gates) -> {
            looks.incrementAndGet();
            gates.accept(new ImageReading(null, null, ""));
        };
        long heapBefore = heap();
        int threadsBefore = Thread.activeCount();
        WaitingGates gates = new WaitingGates(
                timer,
                threads,
                eyes,
                Clock.systemUTC(),
                () -> ThreadLocalRandom.current().nextDouble(),
                Duration.ofMinutes(5));
        List<Gate> all = new ArrayList<>();
        for (int i = 0; i < GATES; i++) {
            all.add(new Gate(images.of(i)));
        }
        long objects = heap();
        long begin = System.nanoTime();
        all.forEach(gate -> gates.add(gate, false));
        while (all.stream().anyMatch(gate -> gate.looks.get() == 0)) {
            LockSupport.parkNanos(1_000_000);
        }
        System.out.printf("%n%s%n  first look at all of them: %d ms%n", what, (System.nanoTime() - begin) / 1_000_000);
        TimeUnit.SECONDS.sleep(12);
        System.out.printf(
                "  heap: %d bytes for each gate in the registry%n  threads while idle: %d more than before, of %d%n",
                (heap() - objects) / GATES, Thread.activeCount() - threadsBefore, Thread.activeCount());
        System.out.printf("  (the gates themselves: %d bytes each)%n", (objects - heapBefore) / GATES);

        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long looksBefore = looks.get();
        long start = System.nanoTime();
        Thread.sleep(idle.toMillis());
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "  processor while idle: %.3f %% of one, %.2f looks in a second%n",
                (system.getProcessCpuTime() - cpu) / 1e7 / seconds, (looks.get() - looksBefore) / seconds);

        long[] waits = new long[1000];
        for (int i = 0; i < waits.length; i++) {
            Gate gate = all.get(ThreadLocalRandom.current().nextInt(GATES));
            gate.lookedAt = 0;
            long asked = System.nanoTime();
            gates.wakeImage(gate.repository(), gate.digest());
            while (gate.lookedAt == 0) {
                Thread.onSpinWait();
            }
            waits[i] = gate.lookedAt - asked;
            // Two looks at one image keep half a second between them.
            LockSupport.parkNanos(images.of(1) == 0 ? 510_000_000 : 1_000_000);
            if (images.of(1) == 0 && i == 20) {
                waits = Arrays.copyOf(waits, 21);
            }
        }
        Arrays.sort(waits);
        System.out.printf(
                "  from wake to the gate's decision, without the registry: median %d µs, 99%% %d µs, longest %d µs%n",
                waits[waits.length / 2] / 1000, waits[waits.length * 99 / 100] / 1000, waits[waits.length - 1] / 1000);
        Reference.reachabilityFence(all);
        Reference.reachabilityFence(gates);
        all.forEach(gates::remove);
        timer.shutdownNow();
        threads.shutdownNow();
    }

    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(100);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static final class Gate implements WaitingGate {
        private final Digest digest;
        private final String repository;
        private final Instant deadline = Instant.now().plus(Duration.ofDays(3));
        private final AtomicLong looks = new AtomicLong();
        private volatile long lookedAt;

        Gate(int image) {
            digest = Digest.of(("image " + image).getBytes(StandardCharsets.UTF_8));
            repository = "registry.example.com/team/app";
        }

        @Override
        public String repository() {
            return repository;
        }

        @Override
        public Digest digest() {
            return digest;
        }

        @Override
        public String stage() {
            return "qa";
        }

        @Override
        public Instant deadlineOrNull() {
            return deadline;
        }

        @Override
        public void onLook(ImageReading reading) {
            looks.incrementAndGet();
            lookedAt = System.nanoTime();
        }

        @Override
        public void onDeadline() {
            throw new IllegalStateException("three days are not over");
        }

        @Override
        public Set<String> candidates() {
            return Set.of();
        }

        @Override
        public Optional<GatePage> page() {
            return Optional.empty();
        }
    }
}

package io.jenkins.plugins.countersign.webhook;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * A flood of deliveries, half of them forged, replayed or oversized. As a test a thousand; {@code bench/webhooks.sh} runs it with
 * ten thousand in ten seconds and prints what it saw.
 */
public class WebhookFloodTest {

    private static final int DELIVERIES = Integer.getInteger("countersign.flood.deliveries", 1000);
    private static final int PER_SECOND = Integer.getInteger("countersign.flood.perSecond", 1000);
    private static final int TAGS = 10;

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        jenkins.timeout = 600;
    }

    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final Set<String> otherAnswers = Collections.synchronizedSet(new HashSet<>());

    @Test
    public void noValidOneIsLost_noneIsBuiltTwice_andJenkinsAnswers() throws Exception {
        try (DemoRegistry registry = new DemoRegistry(0)) {
            Told.configure(registry.host());
            FreeStyleProject job = jenkins.createFreeStyleProject("flooded");
            job.setQuietPeriod(0);
            job.setConcurrentBuild(true);
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/**");
            job.addTrigger(trigger);
            trigger.start(job, true);
            Set<String> digests = new HashSet<>();
            for (int tag = 0; tag < TAGS; tag++) {
                Digest digest = Told.push(registry.host(), "1." + tag, "content " + tag);
                digests.add(digest.toString());
            }
            long before = usedAfterCollection();
            // Both have been used before the flood: what classes cost to load is not its doing.
            look(new AtomicBoolean(true), new ArrayList<>());
            assertTrue(Told.send(jenkins, "POST", "signed", new byte[0]).startsWith("403 "));
            AtomicBoolean over = new AtomicBoolean();
            List<Long> millis = Collections.synchronizedList(new ArrayList<>());
            Thread user = new Thread(() -> look(over, millis), "user");
            user.start();
            int valid = flood();
            long received = System.nanoTime();
            over.set(true);
            user.join();
            Told.await("all to be worked off", () -> Deliveries.get().waiting() == 0);
            long workedOff = System.nanoTime() - received;
            jenkins.waitUntilNoActivity();
            long after = usedAfterCollection();

            assertEquals("every other answer is a failure", Set.of(), otherAnswers);
            assertEquals(valid, accepted.get());
            assertEquals(DELIVERIES - valid, refused.get());
            List<String> built = new ArrayList<>();
            for (FreeStyleBuild build : job.getBuilds()) {
                built.add(build.getCause(ImageEventCause.class).variables().get("COUNTERSIGN_DIGEST"));
            }
            assertEquals("each image, and none twice", TAGS, built.size());
            assertEquals(digests, new HashSet<>(built));
            assertTrue("a bounded list", DeliveryLog.get().of("signed").size() <= 100);
            Collections.sort(millis);
            System.out.printf(
                    "flood: %d deliveries, %d valid, all accepted; worked off %d ms after the last; a user's page: %d looks, median %d ms,"
                            + " 95%% %d ms, worst %d ms; heap after collection %d MB before, %d MB after%n",
                    DELIVERIES,
                    valid,
                    TimeUnit.NANOSECONDS.toMillis(workedOff),
                    millis.size(),
                    millis.get(millis.size() / 2),
                    millis.get(millis.size() * 95 / 100),
                    millis.get(millis.size() - 1),
                    before >> 20,
                    after >> 20);
        }
    }

    /** Sends at the pace; how many were valid. */
    private int flood() throws Exception {
        ExecutorService senders = Executors.newFixedThreadPool(16);
        byte[] replayed = Told.published("1.0", "replayed");
        int valid = 1;
        accepted(Told.sendSigned(jenkins, replayed));
        byte[] oversized = new byte[600 * 1024];
        long start = System.nanoTime();
        long busy = processorTime();
        for (int i = 1; i < DELIVERIES; i++) {
            long due = start + i * TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
            LockSupport.parkNanos(due - System.nanoTime());
            byte[] body = Told.published("1." + i % TAGS, "flood " + i);
            int kind = i % 20;
            if (kind < 10) {
                valid++;
                senders.execute(() -> send(body, Told.signature(body)));
            } else if (kind < 15) {
                senders.execute(() -> send(body, Told.signature(replayed)));
            } else if (kind < 19) {
                senders.execute(() -> send(replayed, Told.signature(replayed)));
            } else {
                byte[] malformed = i % 100 == 99 ? oversized : new byte[0];
                senders.execute(() -> send(malformed, Told.signature(replayed)));
            }
        }
        senders.shutdown();
        assertTrue(senders.awaitTermination(5, TimeUnit.MINUTES));
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "flood: answered in %.1f s, %.0f a second; %.1f s of processor time, sender included%n",
                seconds, DELIVERIES / seconds, (processorTime() - busy) / 1e9);
        return valid;
    }

    private void send(byte[] body, String signature) {
        try {
            accepted(Told.send(jenkins, "POST", "signed", body, "X-Hub-Signature-256", signature));
        } catch (Exception e) {
            otherAnswers.add(e.toString());
        }
    }

    private void accepted(String answer) {
        if (answer.startsWith("202 ")) {
            accepted.incrementAndGet();
        } else if (answer.startsWith("403 ")) {
            refused.incrementAndGet();
        } else {
            otherAnswers.add(answer);
        }
    }

    private void look(AtomicBoolean over, List<Long> millis) {
        HttpClient client = HttpClient.newHttpClient();
        do {
            long start = System.nanoTime();
            try {
                HttpResponse<byte[]> page = client.send(
                        HttpRequest.newBuilder(URI.create(jenkins.getURL() + "job/flooded/api/json"))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                if (page.statusCode() != 200) {
                    otherAnswers.add(new String(page.body(), StandardCharsets.UTF_8));
                }
            } catch (Exception e) {
                otherAnswers.add(e.toString());
            }
            millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        } while (!over.get());
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long usedAfterCollection() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}

package io.jenkins.plugins.countersign.webhook;

import static org.junit.Assert.assertEquals;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.RealJenkinsRule;

/**
 * Floods of deliveries at a Jenkins that is a process of its own, as are its registry and the sender; see {@code bench/webhooks.md}.
 * Not a test: it asserts nothing about time. {@code bench/webhooks.sh} runs it.
 */
public class WebhookFloodBench {

    private static final int DELIVERIES = Integer.getInteger("countersign.flood.deliveries", 10_000);
    private static final int PER_SECOND = Integer.getInteger("countersign.flood.perSecond", 1000);
    private static final int CONNECTIONS = Integer.getInteger("countersign.flood.connections", 64);
    /** The first one finds a Jenkins that was started a moment ago. */
    private static final int FLOODS = Integer.getInteger("countersign.flood.floods", 3);

    private static final int TAGS = 10;

    @Rule
    public final DockerRegistry registry = DockerRegistry.plain();

    @Rule
    public final RealJenkinsRule real = new RealJenkinsRule()
            .withTimeout(1800)
            .javaOptions(
                    System.getProperty("countersign.flood.java", "-Xmx512m").split(" "));

    @Test
    public void measure() throws Throwable {
        real.startJenkins();
        String host = registry.host();
        real.runRemotely(jenkins -> {
            Told.configure(host);
            WebhookFloodTest.flooded(jenkins, host);
        });
        // What a controller's first page costs, its own key among it, is not the flood's doing.
        real.getUrl().openConnection().getInputStream().readAllBytes();
        Set<String> digests = new HashSet<>();
        for (int flood = 1; flood <= FLOODS; flood++) {
            for (int tag = 0; tag < TAGS; tag++) {
                digests.add(Told.push(host, "1." + tag, "content " + tag + " of flood " + flood)
                        .toString());
            }
            FloodSender sender = new FloodSender(
                    URI.create(real.getUrl().toString()), "flood " + flood, DELIVERIES, PER_SECOND, TAGS);
            long[] before = real.runRemotely(jenkins -> state());
            long own = processorNanos();
            sender.flood(CONNECTIONS);
            own = processorNanos() - own;
            long received = System.nanoTime();
            Told.await("all to be worked off", () -> Told.nothingLies(real.getHome()));
            double workedOff = (System.nanoTime() - received) / 1e9;
            ArrayList<String> built = real.runRemotely(jenkins -> {
                jenkins.waitUntilNoActivity();
                return WebhookFloodTest.built((FreeStyleProject) jenkins.jenkins.getItem("flooded"));
            });
            long[] after = real.runRemotely(jenkins -> state());
            System.out.printf(
                    Locale.ROOT,
                    "@@ bench flood %d: %s; worked off %.1f s later; processor time of Jenkins %.1f s, of the sender %.1f s;"
                            + " heap after collection %d MB before, %d MB after%n",
                    flood,
                    sender.seen(),
                    workedOff,
                    (after[0] - before[0]) / 1e9,
                    own / 1e9,
                    before[1] >> 20,
                    after[1] >> 20);
            assertEquals(Set.of(), sender.otherAnswers());
            assertEquals(sender.valid(), sender.accepted());
            assertEquals(digests.size(), built.size());
            assertEquals(digests, new HashSet<>(built));
        }
    }

    /** Processor time in nanoseconds, heap after a collection in bytes. */
    private static long[] state() {
        long busy = processorNanos();
        System.gc();
        return new long[] {
            busy, Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()
        };
    }

    private static long processorNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}

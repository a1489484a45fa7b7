package io.jenkins.plugins.countersign.webhook;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * A flood of deliveries, half of them forged, replayed or oversized: what must hold however long it takes. How long it takes is
 * {@link WebhookFloodBench}'s.
 */
public class WebhookFloodTest {

    private static final int TAGS = 10;

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        jenkins.timeout = 600;
    }

    @Test
    public void noValidOneIsLost_noneIsBuiltTwice_andJenkinsAnswers() throws Exception {
        try (DemoRegistry registry = new DemoRegistry(0)) {
            Told.configure(registry.host());
            FreeStyleProject job = flooded(jenkins, registry.host());
            Set<String> digests = new HashSet<>();
            Set<String> overtaken = new HashSet<>();
            for (int tag = 0; tag < TAGS; tag++) {
                (tag < TAGS / 2 ? overtaken : digests)
                        .add(Told.push(registry.host(), "1." + tag, "content " + tag)
                                .toString());
            }
            FloodSender first = new FloodSender(jenkins.getURL().toURI(), "first", 1000, 1000, TAGS);
            first.flood(16);
            // What is told of while others still are worked off is not taken for them.
            for (int tag = 0; tag < TAGS / 2; tag++) {
                digests.add(Told.push(registry.host(), "1." + tag, "new content " + tag)
                        .toString());
            }
            FloodSender second = new FloodSender(jenkins.getURL().toURI(), "second", 200, 1000, TAGS);
            second.flood(16);
            for (FloodSender sender : List.of(first, second)) {
                assertEquals("every other answer is a failure", Set.of(), sender.otherAnswers());
                assertEquals(sender.seen(), sender.valid(), sender.accepted());
            }
            assertEquals(1000 - first.valid(), first.refused());
            Told.await("all to be worked off", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            List<String> built = built(job);
            Set<String> once = new HashSet<>(built);
            assertEquals("none twice", once.size(), built.size());
            // What a tag pointed to before is built if its turn came before the tag moved.
            once.removeAll(overtaken);
            assertEquals("each image", digests, once);
            assertTrue("a bounded list", DeliveryLog.get().of("signed").size() <= 100);
        }
    }

    /** A job that is built for whatever is pushed to the registry. */
    static FreeStyleProject flooded(JenkinsRule jenkins, String registry) throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject("flooded");
        job.setQuietPeriod(0);
        job.setConcurrentBuild(true);
        ImageEventTrigger trigger = new ImageEventTrigger(registry + "/**");
        job.addTrigger(trigger);
        job.save();
        trigger.start(job, true);
        return job;
    }

    /** The digest that each build was for. */
    static ArrayList<String> built(FreeStyleProject job) {
        ArrayList<String> built = new ArrayList<>();
        for (FreeStyleBuild build : job.getBuilds()) {
            built.add(build.getCause(ImageEventCause.class).variables().get("COUNTERSIGN_DIGEST"));
        }
        return built;
    }
}

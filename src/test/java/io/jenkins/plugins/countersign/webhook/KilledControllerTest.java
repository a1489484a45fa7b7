package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.RealJenkinsRule;

/** {@code kill -9} between receipt and build: nothing is lost, and nothing is built twice. */
public class KilledControllerTest {

    @Rule
    public final DockerRegistry registry = DockerRegistry.plain();

    @Rule
    public final RealJenkinsRule real =
            new RealJenkinsRule().withTimeout(600).javaOptions("-Xmx512m", "-XX:TieredStopAtLevel=1");

    @Test
    public void whatWasAccepted_isBuiltOnce_whenTheControllerIsKilledBeforeTheRegistryAnswersOrBeforeTheBuildStarts()
            throws Throwable {
        String host = registry.host();
        Digest queued = Told.push(host, "1.0", "its build waits in the queue when the controller is killed");
        Digest kept = Told.push(host, "2.0", "its delivery waits for the registry when the controller is killed");
        real.startJenkins();
        real.runRemotely(jenkins -> {
            Told.configure(host);
            FreeStyleProject job = WebhookFloodTest.flooded(jenkins, host);
            // The build that waits is the one that is killed.
            job.setQuietPeriod(3600);
            job.save();
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "queued")), startsWith("202 "));
            Told.await("the build to wait", () -> jenkins.jenkins.getQueue().getItems().length == 1);
        });
        Told.await("the delivery", () -> Told.nothingLies(real.getHome()));
        registry.kill();
        real.runRemotely(jenkins -> {
            assertThat(Told.sendSigned(jenkins, Told.published("2.0", "kept")), startsWith("202 "));
        });
        assertFalse(Told.nothingLies(real.getHome()));
        real.stopJenkinsForcibly();
        registry.restart();
        real.startJenkins();
        real.runRemotely(jenkins -> {
            assertThat("a replay", Told.sendSigned(jenkins, Told.published("1.0", "queued")), startsWith("403 "));
            assertThat("a replay", Told.sendSigned(jenkins, Told.published("2.0", "kept")), startsWith("403 "));
            Told.await("the builds to wait", () -> jenkins.jenkins.getQueue().getItems().length == 2);
            // The same news in other bytes, as a registry sends it that heard no answer.
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "queued again")), startsWith("202 "));
            assertThat(Told.sendSigned(jenkins, Told.published("2.0", "kept again")), startsWith("202 "));
        });
        Told.await("the deliveries", () -> Told.nothingLies(real.getHome()));
        real.runRemotely(jenkins -> {
            FreeStyleProject job = (FreeStyleProject) jenkins.jenkins.getItem("flooded");
            assertEquals(
                    List.of(queued.toString(), kept.toString()),
                    List.of(jenkins.jenkins.getQueue().getItems()).stream()
                            .flatMap(item -> item.getCauses().stream())
                            .filter(ImageEventCause.class::isInstance)
                            .map(cause -> ((ImageEventCause) cause).variables().get("COUNTERSIGN_DIGEST"))
                            .sorted((one, other) -> one.equals(queued.toString()) ? -1 : 1)
                            .toList());
            assertEquals(new ArrayList<>(), WebhookFloodTest.built(job));
        });
    }
}

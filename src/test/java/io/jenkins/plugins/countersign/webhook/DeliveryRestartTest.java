package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsSessionRule;

/** What was accepted is done, whatever happens in between. */
public class DeliveryRestartTest {

    @Rule
    public final DockerRegistry registry = DockerRegistry.plain();

    @Rule
    public final JenkinsSessionRule sessions = new JenkinsSessionRule();

    private Digest digest;

    @Test
    public void aDeliveryOutlivesTheRegistrysAbsenceAndARestart() throws Throwable {
        sessions.then(jenkins -> {
            Told.configure(registry.host());
            digest = Told.push(registry.host(), "1.0", "pushed before the registry went away");
            FreeStyleProject job = jenkins.createFreeStyleProject("rebuild");
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/**");
            job.addTrigger(trigger);
            trigger.start(job, true);
            job.getBuildersList().add(new Recorded(registry.host() + "/golden/base:1.0@" + digest, ""));
            jenkins.buildAndAssertSuccess(job);
            job.getBuildersList().clear();
            job.save(); // A test's builder cannot be loaded again.
            assertThat(Told.sendSigned(jenkins, Told.published("9.9", "seen before the restart")), startsWith("202 "));
            Told.await("the delivery", () -> Deliveries.get().waiting() == 0);
            registry.kill();
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "kept")), startsWith("202 "));
            assertEquals(1, Deliveries.get().waiting());
            assertEquals(1, job.getLastBuild().getNumber());
        });
        registry.restart();
        // The power takes what nobody waited for: the line that says of the waiting delivery that it was seen.
        Path seen = sessions.getHome().toPath().resolve("countersign/deliveries-seen");
        List<String> lines = Files.readAllLines(seen);
        assertEquals(2, lines.size());
        Files.writeString(seen, lines.get(0) + "\n" + lines.get(1).substring(0, 40));
        sessions.then(jenkins -> {
            FreeStyleProject job = jenkins.jenkins.getItemByFullName("rebuild", FreeStyleProject.class);
            assertThat(
                    "a replay is known after the restart",
                    Told.sendSigned(jenkins, Told.published("9.9", "seen before the restart")),
                    startsWith("403 "));
            assertThat(
                    "so is one whose delivery outlived the power, while it waits and after",
                    Told.sendSigned(jenkins, Told.published("1.0", "kept")),
                    startsWith("403 "));
            assertEquals(
                    "who stands on what is known after the restart",
                    Map.of("rebuild", digest.toString()),
                    StandsOn.get()
                            .on(new RegistryEvent(
                                    EventKind.PUSHED, registry.host(), "golden/base", "1.0", null, "", "", null)));
            assertFalse(DeliveryLog.get().of("signed").isEmpty());
            Told.await("the build", () -> job.getLastBuild().getNumber() == 2);
            Told.await("the delivery", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "kept")), startsWith("403 "));
            assertEquals(
                    2,
                    Files.readAllLines(seen).stream()
                            .filter(line -> line.length() > 80)
                            .count());
            assertEquals(
                    digest.toString(),
                    job.getLastBuild()
                            .getCause(ImageEventCause.class)
                            .variables()
                            .get("COUNTERSIGN_DIGEST"));
            assertEquals(2, job.getLastBuild().getNumber());
        });
    }
}

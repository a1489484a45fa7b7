package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
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
            registry.kill();
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "kept")), startsWith("202 "));
            assertEquals(1, Deliveries.get().waiting());
            assertNull(job.getLastBuild());
        });
        registry.restart();
        sessions.then(jenkins -> {
            FreeStyleProject job = jenkins.jenkins.getItemByFullName("rebuild", FreeStyleProject.class);
            Told.await("the build", () -> job.getLastBuild() != null);
            Told.await("the delivery", () -> Deliveries.get().waiting() == 0);
            jenkins.waitUntilNoActivity();
            assertEquals(
                    digest.toString(),
                    job.getLastBuild()
                            .getCause(ImageEventCause.class)
                            .variables()
                            .get("COUNTERSIGN_DIGEST"));
            assertEquals(1, job.getLastBuild().getNumber());
        });
    }
}

package io.jenkins.plugins.countersign.webhook;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import hudson.ExtensionList;
import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.Action;
import hudson.model.BuildListener;
import hudson.model.Descriptor.FormException;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Queue;
import hudson.model.TopLevelItem;
import hudson.security.ACL;
import hudson.security.ACLContext;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.JsonWebKeys;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.delivery.TokenIssuer;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import java.io.StringReader;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.xml.transform.stream.StreamSource;
import jenkins.branch.BranchSource;
import jenkins.model.Jenkins;
import jenkins.scm.impl.SingleSCMSource;
import jenkins.util.HttpServletFilter;
import net.sf.json.JSONArray;
import net.sf.json.JSONObject;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlPage;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.jvnet.hudson.test.SingleFileSCM;
import org.jvnet.hudson.test.SleepBuilder;
import org.jvnet.hudson.test.TestBuilder;
import org.jvnet.hudson.test.TestExtension;
import org.kohsuke.stapler.Stapler;

/** What follows from an event, beyond the push that builds a job. */
public class ImageEventTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    private DemoRegistry registry;

    @Before
    public void startRegistry() throws Exception {
        // Nothing is folded together in the queue: what is scheduled twice is built twice.
        jenkins.setQuietPeriod(0);
        registry = new DemoRegistry(0);
        Told.configure(registry.host());
    }

    @After
    public void stop() throws Exception {
        jenkins.waitUntilNoActivity();
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
            for (TopLevelItem item : jenkins.jenkins.getItems()) {
                item.delete();
            }
        }
        registry.close();
    }

    private FreeStyleProject standingOn(String name, Digest digest) throws Exception {
        return standingOn(name, registry.host() + "/team/app:1.0@" + digest, "");
    }

    /** A job whose check recorded the base, and which pushes an image itself unless that is empty. */
    private FreeStyleProject standingOn(String name, String base, String pushed) throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject(name);
        job.setQuietPeriod(0);
        job.getBuildersList().add(new Recorded(base, pushed));
        FreeStyleBuild build = jenkins.buildAndAssertSuccess(job);
        assertEquals(1, build.getNumber());
        return job;
    }

    @Test
    public void whatStandsOnAnUpdatedBase_isBuiltOneAfterTheOther_andNothingGoesRound() throws Exception {
        WebhookConfiguration.get().setRebuildsAtOnce(1);
        Digest old = Told.push(registry.host(), "1.0", "old");
        List<FreeStyleProject> jobs = new ArrayList<>();
        for (String name : List.of("first", "second", "third")) {
            jobs.add(standingOn(name, old));
            jobs.get(jobs.size() - 1).getBuildersList().add(new SleepBuilder(300));
        }
        FreeStyleProject disabled = standingOn("disabled", old);
        disabled.disable();
        Digest updated = Told.push(registry.host(), "1.0", "updated");
        FreeStyleProject itself = standingOn(
                "itself", registry.host() + "/team/app:1.0@" + old, registry.host() + "/team/app:1.0@" + updated);
        FreeStyleProject newer = standingOn("newer", updated);
        StandsOn.get().forget(); // As after a restart.

        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "base")), startsWith("202 "));
        for (FreeStyleProject job : jobs) {
            Told.await("the build of " + job.getName(), () -> job.getLastBuild().getNumber() == 2);
        }
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "base, once more")), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        Told.await("nobody waits", () -> BaseRebuilds.get().waitingJobs().isEmpty());
        jenkins.waitUntilNoActivity();
        List<FreeStyleBuild> builds = new ArrayList<>();
        for (FreeStyleProject job : jobs) {
            assertEquals(2, job.getLastBuild().getNumber());
            builds.add(job.getLastBuild());
            BaseUpdateCause cause = job.getLastBuild().getCause(BaseUpdateCause.class);
            assertEquals(
                    "The base image " + registry.host() + "/team/app:1.0@" + updated + " was updated by carol",
                    cause.getShortDescription());
            assertEquals("base-updated", cause.variables().get("COUNTERSIGN_EVENT"));
        }
        builds.sort((one, other) -> Long.compare(one.getStartTimeInMillis(), other.getStartTimeInMillis()));
        for (int i = 1; i < builds.size(); i++) {
            FreeStyleBuild before = builds.get(i - 1);
            assertTrue(
                    "one at once",
                    builds.get(i).getStartTimeInMillis() >= before.getStartTimeInMillis() + before.getDuration());
        }
        for (FreeStyleProject job : List.of(disabled, itself, newer)) {
            assertEquals(job.getName(), 1, job.getLastBuild().getNumber());
        }
        List<String> effects = effects();
        assertTrue(effects.toString(), effects.contains("itself not rebuilt: it would go round in circles"));
        assertTrue(effects.toString(), effects.contains("rebuilds first, which stands on it"));
        assertTrue(effects.toString(), effects.contains("first was built for it before"));
    }

    @Test
    public void twoThatStandOnEachOther_areBuiltOnceEach() throws Exception {
        String repository = registry.host() + "/team/app:";
        Digest oldLeft = Told.push(registry.host(), "left", "left");
        Digest oldRight = Told.push(registry.host(), "right", "right");
        Digest newLeft = Told.push(registry.host(), "left", "left, updated");
        Digest newRight = Told.push(registry.host(), "right", "right, built on the updated left");
        standingOn("makes-left", repository + "right@" + oldRight, repository + "left@" + newLeft);
        FreeStyleProject right =
                standingOn("makes-right", repository + "left@" + oldLeft, repository + "right@" + newRight);

        assertThat(Told.sendSigned(jenkins, Told.published("left", "left")), startsWith("202 "));
        Told.await("the build on the updated left", () -> right.getLastBuild().getNumber() == 2);
        jenkins.waitUntilNoActivity();
        assertEquals(
                List.of("makes-left"),
                right.getLastBuild().getCause(BaseUpdateCause.class).chain());
        assertThat(Told.sendSigned(jenkins, Told.published("right", "right")), startsWith("202 "));
        Told.await(
                "the end of the circle",
                () -> effects().contains("makes-left not rebuilt: it would go round in circles"));
        jenkins.waitUntilNoActivity();
        assertEquals(
                1,
                jenkins.jenkins
                        .getItemByFullName("makes-left", FreeStyleProject.class)
                        .getLastBuild()
                        .getNumber());
        assertEquals(2, right.getLastBuild().getNumber());
    }

    @Test
    public void whoPushesPastOurSteps_doesNotGoRoundMoreThanSixTimesAnHour() throws Exception {
        FreeStyleProject job = standingOn("hurried", Told.push(registry.host(), "1.0", "update 0"));
        for (int update = 1; update <= BaseRebuilds.MAX_AN_HOUR; update++) {
            int number = update + 1;
            Told.push(registry.host(), "1.0", "update " + update);
            assertThat(Told.sendSigned(jenkins, Told.published("1.0", "update " + update)), startsWith("202 "));
            Told.await("build " + number, () -> job.getLastBuild().getNumber() == number);
            jenkins.waitUntilNoActivity();
        }
        Told.push(registry.host(), "1.0", "one too many");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "one too many")), startsWith("202 "));
        Told.await("the refusal", () -> effects().contains("hurried not rebuilt: it would go round in circles"));
        jenkins.waitUntilNoActivity();
        assertEquals(BaseRebuilds.MAX_AN_HOUR + 1, job.getLastBuild().getNumber());
    }

    /** As the command line, Job DSL and REST change jobs: the trigger of before is not stopped by anybody. */
    @Test
    public void aTriggerThatWasReplacedOrRemovedInConfigXml_startsNothingAnyMore() throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject("replaced");
        ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/team/*");
        job.addTrigger(trigger);
        trigger.start(job, true);
        job.save();
        FreeStyleProject other = jenkins.createFreeStyleProject("other");
        ImageEventTrigger still = new ImageEventTrigger(registry.host() + "/team/*");
        other.addTrigger(still);
        still.start(other, true);
        other.save();
        String before = job.getConfigFile().asString();
        job.updateByXml(new StreamSource(new StringReader(before.replace("/team/*", "/elsewhere/*"))));
        // The same once more: what is unchanged goes on.
        other.updateByXml(
                new StreamSource(new StringReader(other.getConfigFile().asString())));
        Told.push(registry.host(), "1.0", "for the trigger of before");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "before")), startsWith("202 "));
        Told.await("the build of the other", () -> other.getLastBuild() != null);
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertNull("it is about elsewhere now", job.getLastBuild());
        assertEquals(1, other.getLastBuild().getNumber());

        other.updateByXml(new StreamSource(new StringReader(
                jenkins.createFreeStyleProject("empty").getConfigFile().asString())));
        job.updateByXml(new StreamSource(new StringReader(before)));
        Told.push(registry.host(), "1.0", "once more");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "once more")), startsWith("202 "));
        Told.await("the build of the first", () -> job.getLastBuild() != null);
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertEquals(1, other.getLastBuild().getNumber());

        // By hand on the disk, then "reload-job"; what comes back in is heard once.
        Files.writeString(job.getConfigFile().getFile().toPath(), before.replace("/team/*", "/elsewhere/*"));
        job.doReload();
        Files.writeString(other.getConfigFile().getFile().toPath(), before);
        other.doReload();
        Told.push(registry.host(), "1.0", "after the reload");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "after the reload")), startsWith("202 "));
        Told.await("the second build of the other", () -> other.getLastBuild().getNumber() == 2);
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertEquals(1, job.getLastBuild().getNumber());
        assertEquals(2, other.getLastBuild().getNumber());
    }

    /** Others decide too what gets into the queue. */
    @TestExtension
    public static class Doorkeeper extends Queue.QueueDecisionHandler {

        private static volatile boolean away;

        @Override
        public boolean shouldSchedule(Queue.Task task, List<Action> actions) {
            if (task.getName().startsWith("broken") && !away) {
                throw new IllegalStateException("this doorkeeper is broken");
            }
            return away || !task.getName().startsWith("refused");
        }
    }

    @Test
    public void whatAnotherPluginKeepsOutOfTheQueue_isNotCalledStarted_andKeepsNoOtherJobFromItsBuild()
            throws Exception {
        Map<String, FreeStyleProject> jobs = new TreeMap<>();
        // Many, so that some are asked after the one that breaks, in whatever order.
        for (String name : List.of("broken", "refused", "other-1", "other-2", "other-3", "other-4", "other-5")) {
            FreeStyleProject job = jenkins.createFreeStyleProject(name);
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/team/*");
            job.addTrigger(trigger);
            trigger.start(job, true);
            jobs.put(name, job);
        }
        Told.push(registry.host(), "1.0", "for many");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "many")), startsWith("202 "));
        Told.await("the effects", () -> !effects().isEmpty());
        jenkins.waitUntilNoActivity();
        jobs.forEach((name, job) -> assertEquals(name, name.startsWith("other"), job.getLastBuild() != null));
        assertTrue(
                effects().toString(),
                effects().contains("refused not started: another plugin keeps it out of the queue"));
        assertTrue(effects().toString(), effects().contains("started other-1"));

        // It is asked once more, and nobody is built twice.
        Doorkeeper.away = true;
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "many, once more")), startsWith("202 "));
        Told.await("the one that broke", () -> jobs.get("broken").getLastBuild() != null);
        Told.await("the one that was refused", () -> jobs.get("refused").getLastBuild() != null);
        jenkins.waitUntilNoActivity();
        jobs.values().forEach(job -> assertEquals(1, job.getLastBuild().getNumber()));
        jobs.get("broken").delete();
    }

    @Test
    public void aJobThatIsRenamedWhileItWaitsForItsTurn_isRebuilt() throws Exception {
        WebhookConfiguration.get().setRebuildsAtOnce(1);
        Digest old = Told.push(registry.host(), "1.0", "old");
        FreeStyleProject first = standingOn("a-first", old);
        SemaphoreBuilder held = new SemaphoreBuilder();
        first.getBuildersList().add(held);
        FreeStyleProject second = standingOn("b-second", old);
        Told.push(registry.host(), "1.0", "updated");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "renamed")), startsWith("202 "));
        Told.await("the first build", () -> first.isBuilding());
        Told.await("the second's turn", () -> BaseRebuilds.get().waitingJobs().contains("b-second"));
        second.renameTo("c-renamed");
        SemaphoreBuilder.LATCH.countDown();
        Told.await("the rebuild", () -> second.getLastBuild().getNumber() == 2);
        Told.await("nobody waits", () -> BaseRebuilds.get().waitingJobs().isEmpty());
    }

    /** Lasts until it is let go. */
    public static final class SemaphoreBuilder extends TestBuilder {

        static final CountDownLatch LATCH = new CountDownLatch(1);

        @Override
        public boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
                throws InterruptedException {
            return LATCH.await(60, TimeUnit.SECONDS);
        }
    }

    private static List<String> effects() {
        return DeliveryLog.get().of("signed").stream()
                .flatMap(delivered -> delivered.getEffects().stream())
                .map(Effect::getText)
                .toList();
    }

    @Test
    public void aSignatureAndAnApproval_areToldApartByWhatTheRegistrySays() throws Exception {
        Digest image = Told.push(registry.host(), "1.0", "signed");
        FreeStyleProject signed = jenkins.createFreeStyleProject("signed");
        ImageEventTrigger onSign = new ImageEventTrigger(registry.host() + "/team/*");
        onSign.setOnPush(false);
        onSign.setOnSign(true);
        onSign.setTag("9.*");
        signed.addTrigger(onSign);
        onSign.start(signed, true);
        FreeStyleProject approved = jenkins.createFreeStyleProject("approved");
        ImageEventTrigger onApprove = new ImageEventTrigger(registry.host() + "/team/*");
        onApprove.setOnPush(false);
        onApprove.setOnApprove(true);
        approved.addTrigger(onApprove);
        onApprove.start(approved, true);

        Digest signature = attach(image, SignatureTypes.BUNDLE_V03, SignatureTypes.COSIGN_SIGN_PREDICATE);
        attach(image, SignatureTypes.BUNDLE_V03, "https://slsa.dev/provenance/v1");
        attach(image, SignatureTypes.RECORD, "");
        String fallback = image.toString().replace(':', '-');
        assertThat(Told.sendSigned(jenkins, Told.published(fallback, "signature")), startsWith("202 "));
        Told.await("the build", () -> signed.getLastBuild() != null);
        // The same news, by the digest of the signature itself, as Distribution tells it.
        assertThat(Told.sendDistribution(jenkins, registry.host(), signature, "again"), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertEquals(1, signed.getLastBuild().getNumber());
        assertNull("nobody has approved", approved.getLastBuild());
        Map<String, String> variables =
                signed.getLastBuild().getCause(ImageEventCause.class).variables();
        assertEquals("signed", variables.get("COUNTERSIGN_EVENT"));
        assertEquals(image.toString(), variables.get("COUNTERSIGN_DIGEST"));

        Digest approval = attach(image, SignatureTypes.BUNDLE_V03, Approval.PREDICATE_TYPE);
        assertThat(Told.sendDistribution(jenkins, registry.host(), approval, "approval"), startsWith("202 "));
        Told.await("the build", () -> approved.getLastBuild() != null);
        jenkins.waitUntilNoActivity();
        assertEquals(1, signed.getLastBuild().getNumber());
        assertEquals(
                "approved",
                approved.getLastBuild()
                        .getCause(ImageEventCause.class)
                        .variables()
                        .get("COUNTERSIGN_EVENT"));
    }

    private Digest attach(Digest image, String type, String predicate) throws Exception {
        try (Repository repository = Repositories.open(
                registry.host() + "/team/app",
                RegistryAccess.of(registry.host()).insecurePlainHttp())) {
            Descriptor subject = repository.manifest(image).orElseThrow().descriptor();
            return new SignatureStore(repository)
                    .attach(
                            subject,
                            type,
                            type,
                            (type + predicate).getBytes(StandardCharsets.UTF_8),
                            predicate.isEmpty() ? Map.of() : Map.of("dev.sigstore.bundle.predicateType", predicate),
                            Instant.now());
        }
    }

    @Test
    public void deletedAndScanned_startOnlyWhatAskedForThem_andOnlyIfTheRegistryBearsThemOut() throws Exception {
        WebhookSource harbor = new WebhookSource("harbor", PayloadKind.HARBOR, registry.host(), "hook");
        harbor.setProof(Proof.HEADER);
        WebhookConfiguration.get().setSources(List.of(harbor));
        Digest image = Told.push(registry.host(), "1.0", "scanned");
        Map<String, FreeStyleProject> jobs = new TreeMap<>();
        for (String event : List.of("pushed", "deleted", "scanned")) {
            FreeStyleProject job = jenkins.createFreeStyleProject(event);
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/team/*");
            trigger.setOnPush(event.equals("pushed"));
            trigger.setOnDelete(event.equals("deleted"));
            trigger.setOnScan(event.equals("scanned"));
            job.addTrigger(trigger);
            trigger.start(job, true);
            jobs.put(event, job);
        }
        // What is there is not deleted, what is not there is not scanned.
        assertThat(tell("DELETE_ARTIFACT", "1.0", image), startsWith("202 "));
        assertThat(tell("SCANNING_COMPLETED", "7.0", image), startsWith("202 "));
        assertThat(tell("PULL_ARTIFACT", "1.0", image), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        jobs.values().forEach(job -> assertNull(job.getName(), job.getLastBuild()));
        assertEquals(
                2,
                DeliveryLog.get().of("harbor").stream()
                        .flatMap(delivered -> delivered.getEffects().stream())
                        .filter(effect -> effect.is(Effect.Kind.NOT_BORNE_OUT))
                        .count());

        assertThat(tell("SCANNING_COMPLETED", "1.0", image), startsWith("202 "));
        assertThat(tell("DELETE_ARTIFACT", "7.0", image), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertNull(jobs.get("pushed").getLastBuild());
        ImageEventCause scanned = jobs.get("scanned").getLastBuild().getCause(ImageEventCause.class);
        assertEquals(
                registry.host() + "/team/app:1.0@" + image + " was scanned by its registry",
                scanned.getShortDescription());
        assertEquals("scanned", scanned.variables().get("COUNTERSIGN_EVENT"));
        assertThat(
                scanned.getLink(),
                containsString("/harbor/projects/team/repositories/app/artifacts-tab/artifacts/" + image));
        ImageEventCause deleted = jobs.get("deleted").getLastBuild().getCause(ImageEventCause.class);
        assertThat(deleted.getShortDescription(), containsString("/team/app:7.0"));
        assertThat(deleted.getShortDescription(), containsString(" was deleted by admin"));
        assertThat(deleted.getLink(), containsString("/harbor/projects/team/repositories/app"));
        // Told of once more, in other bytes.
        assertThat(tell("SCANNING_COMPLETED", "1.0", image, 2), startsWith("202 "));
        assertThat(tell("DELETE_ARTIFACT", "7.0", image, 2), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        assertEquals(1, jobs.get("scanned").getLastBuild().getNumber());
        assertEquals(1, jobs.get("deleted").getLastBuild().getNumber());
    }

    private static String tell(String type, String tag, Digest digest) throws Exception {
        return tell(type, tag, digest, 1);
    }

    /** As Harbor tells. */
    private static String tell(String type, String tag, Digest digest, int at) throws Exception {
        byte[] body = """
                {"type": "%s", "occur_at": %d, "operator": "admin", "event_data": {
                  "resources": [{"digest": "%s", "tag": "%s", "resource_url": "x"}],
                  "repository": {"name": "app", "namespace": "team", "repo_full_name": "team/app", "repo_type": "private"}}}""".formatted(type, at, digest, tag).getBytes(StandardCharsets.UTF_8);
        return Told.send(jenkins, "POST", "harbor", body, "Authorization", Told.SECRET);
    }

    @Test
    public void aGateThatCannotDecide_holdsItsOwnJobAlone() throws Exception {
        FreeStyleProject gated = jenkins.createFreeStyleProject("gated");
        ImageEventTrigger stage = new ImageEventTrigger(registry.host() + "/team/*");
        stage.setStage("no-such-stage");
        gated.addTrigger(stage);
        stage.start(gated, true);
        // Many, so that some are asked after the one that cannot decide, in whatever order.
        List<FreeStyleProject> others = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            FreeStyleProject other = jenkins.createFreeStyleProject("other-" + i);
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/**");
            other.addTrigger(trigger);
            trigger.start(other, true);
            others.add(other);
        }
        FreeStyleProject above = standingOn(
                "above", registry.host() + "/team/app:base@" + Told.push(registry.host(), "base", "old"), "");
        Told.push(registry.host(), "base", "undecided");
        assertThat(Told.sendSigned(jenkins, Told.published("base", "undecided")), startsWith("202 "));
        Told.await("the builds", () -> others.stream().allMatch(other -> other.getLastBuild() != null));
        Told.await("what stands on it", () -> above.getLastBuild().getNumber() == 2);
        assertThat(effects().toString(), containsString("gated not started: there is no clear answer"));
        assertEquals("asked again later", 1, Deliveries.get().waiting());
        assertNull(gated.getLastBuild());

        // Another event of the same repository is not kept waiting by it.
        gated.delete();
        Told.push(registry.host(), "1.0", "decided");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "decided")), startsWith("202 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        jenkins.waitUntilNoActivity();
        for (FreeStyleProject other : others) {
            assertEquals("each image once", 2, other.getLastBuild().getNumber());
        }
        assertEquals(2, above.getLastBuild().getNumber());
    }

    @Test
    public void aBranchOfAMultibranchProject_hasItsTriggerFromItsDeclarativeJenkinsfile() throws Exception {
        Digest image = Told.push(registry.host(), "1.0", "for a branch");
        WorkflowMultiBranchProject project = jenkins.createProject(WorkflowMultiBranchProject.class, "branches");
        project.getSourcesList()
                .add(new BranchSource(new SingleSCMSource(
                        "one", "main", new SingleFileSCM("Jenkinsfile", """
                        pipeline {
                          agent none
                          triggers { imageEvent(repository: '%s/team/*', tag: '1.*') }
                          parameters { string(name: 'COUNTERSIGN_TAG', defaultValue: 'none') }
                          stages {
                            stage('build') {
                              steps { echo "got ${params.COUNTERSIGN_TAG} ${env.COUNTERSIGN_DIGEST}" }
                            }
                          }
                        }
                        """.formatted(registry.host())
                                .getBytes(StandardCharsets.UTF_8)))));
        project.scheduleBuild2(0).getFuture().get();
        jenkins.waitUntilNoActivity();
        WorkflowJob branch = project.getItem("main");
        assertEquals(1, branch.getLastBuild().getNumber());

        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "branch")), startsWith("202 "));
        Told.await("the branch's build", () -> branch.getLastBuild().getNumber() == 2);
        jenkins.assertLogContains(
                "got 1.0 " + image, jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(branch.getLastBuild())));
        ImageEventTrigger trigger = branch.getTriggersJobProperty().getTriggers().stream()
                .filter(ImageEventTrigger.class::isInstance)
                .map(ImageEventTrigger.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals("1.*", trigger.getTag());
    }

    @Test
    public void eventGrid_isAnsweredOnlyWhenItKnowsTheSecret() throws Exception {
        WebhookSource azure = new WebhookSource("azure", PayloadKind.AZURE, registry.host(), "hook");
        azure.setProof(Proof.PATH);
        WebhookConfiguration.get().setSources(List.of(azure));
        byte[] nothing = new byte[0];
        String origin = "WebHook-Request-Origin";
        String refused = "403 text/plain;charset=utf-8 refused\n";
        assertEquals(refused, Told.send(jenkins, "OPTIONS", "azure", nothing, origin, "eventgrid.azure.net"));
        assertEquals(refused, Told.send(jenkins, "OPTIONS", "azure/wrong", nothing, origin, "eventgrid.azure.net"));
        assertEquals(
                refused, Told.send(jenkins, "OPTIONS", "azure/" + Told.SECRET, nothing, origin, "evil.example.com"));
        assertEquals(
                "200 text/plain;charset=utf-8 ",
                Told.send(jenkins, "OPTIONS", "azure/" + Told.SECRET, nothing, origin, "eventgrid.azure.net"));
        byte[] question =
                "[{\"eventType\": \"Microsoft.EventGrid.SubscriptionValidationEvent\", \"data\": {\"validationCode\": \"512d38b6\"}}]"
                        .getBytes(StandardCharsets.UTF_8);
        assertEquals(refused, Told.send(jenkins, "POST", "azure/wrong", question));
        assertEquals(
                "200 application/json;charset=utf-8 {\"validationResponse\":\"512d38b6\"}",
                Told.send(jenkins, "POST", "azure/" + Told.SECRET, question));
        // With the delivery properties that Event Grid sends with everything.
        azure.setProof(Proof.HEADER);
        String bearer = "Bearer " + Told.SECRET;
        assertEquals(refused, Told.send(jenkins, "OPTIONS", "azure", nothing, origin, "eventgrid.azure.net"));
        assertEquals(
                refused,
                Told.send(
                        jenkins,
                        "OPTIONS",
                        "azure/" + Told.SECRET,
                        nothing,
                        origin,
                        "eventgrid.azure.net",
                        "Authorization",
                        bearer));
        assertEquals(
                "200 text/plain;charset=utf-8 ",
                Told.send(
                        jenkins, "OPTIONS", "azure", nothing, origin, "eventgrid.azure.net", "Authorization", bearer));
        assertEquals(refused, Told.send(jenkins, "POST", "azure", question));
        assertEquals(
                "200 application/json;charset=utf-8 {\"validationResponse\":\"512d38b6\"}",
                Told.send(jenkins, "POST", "azure", question, "Authorization", bearer));
    }

    @Test
    public void pubSub_isJudgedByGooglesToken_andNeedsNoSecret() throws Exception {
        String audience = jenkins.getURL() + "countersign-webhook/google";
        WebhookSource google = new WebhookSource("google", PayloadKind.GOOGLE, registry.host(), null);
        google.setProof(Proof.GOOGLE_TOKEN);
        WebhookSource careless = new WebhookSource("careless", PayloadKind.GOOGLE, registry.host(), null);
        careless.setProof(Proof.GOOGLE_TOKEN);
        WebhookConfiguration.get().setSources(List.of(google, careless));
        Digest image = Told.push(registry.host(), "1.0", "told by Pub/Sub");
        FreeStyleProject job = jenkins.createFreeStyleProject("pub-sub");
        ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/team/*");
        job.addTrigger(trigger);
        trigger.start(job, true);
        String message = "{\"action\":\"INSERT\",\"digest\":\"%1$s/team/app@%2$s\",\"tag\":\"%1$s/team/app:1.0\"}"
                .formatted(registry.host(), image);
        byte[] body = ("{\"message\": {\"data\": \""
                        + Base64.getEncoder().encodeToString(message.getBytes(StandardCharsets.UTF_8))
                        + "\", \"messageId\": \"1\"}, \"subscription\": \"s\"}")
                .getBytes(StandardCharsets.UTF_8);
        try (TokenIssuer issuer = new TokenIssuer()) {
            WebhookEndpoint endpoint =
                    ExtensionList.lookup(HttpServletFilter.class).get(WebhookEndpoint.class);
            endpoint.setGoogleKeys(new JsonWebKeys(issuer.address(), HttpClient::newHttpClient, Clock.systemUTC()));
            String token = "Bearer " + issuer.sign(issuer.header(), issuer.claims(audience, Instant.now()));
            String elsewhere = "Bearer " + issuer.sign(issuer.header(), issuer.claims(audience + "2", Instant.now()));
            Set<String> answers = new TreeSet<>();
            answers.add(Told.send(jenkins, "POST", "google", body));
            // Nobody's name is wanted yet, and then another's.
            answers.add(Told.send(jenkins, "POST", "google", body, "Authorization", token));
            google.setTokenEmail("another@my-project.iam.gserviceaccount.com");
            answers.add(Told.send(jenkins, "POST", "google", body, "Authorization", token));
            google.setTokenEmail(TokenIssuer.EMAIL);
            answers.add(Told.send(jenkins, "POST", "google", body, "Authorization", elsewhere));
            answers.add(Told.send(jenkins, "POST", "google", body, "Authorization", token + "A"));
            answers.add(Told.send(jenkins, "POST", "google", body, "Authorization", "Bearer " + Told.SECRET));
            answers.add(Told.send(jenkins, "POST", "google/" + Told.SECRET, body, "Authorization", token));
            answers.add(Told.send(jenkins, "POST", "careless", body, "Authorization", token));
            answers.add(Told.send(jenkins, "POST", "nobody", body, "Authorization", token));
            assertEquals(Set.of("403 text/plain;charset=utf-8 refused\n"), answers);
            List<String> reasons = DeliveryLog.get().of("google").stream()
                    .map(Delivered::getReason)
                    .toList();
            assertTrue(reasons.toString(), reasons.contains("the token is for another audience than " + audience));
            assertNull(job.getLastBuild());

            assertThat(Told.send(jenkins, "POST", "google", body, "Authorization", token), startsWith("202 "));
            Told.await("the build", () -> job.getLastBuild() != null);
            assertEquals(
                    image.toString(),
                    job.getLastBuild()
                            .getCause(ImageEventCause.class)
                            .variables()
                            .get("COUNTERSIGN_DIGEST"));
            // Pub/Sub repeats what it got no answer to.
            assertThat(Told.send(jenkins, "POST", "google", body, "Authorization", token), startsWith("202 "));
            String settings = SenderSettings.of(google).getText();
            assertThat(settings, containsString("--push-auth-service-account=" + TokenIssuer.EMAIL));
            assertThat(settings, containsString("--push-endpoint=\"" + audience + "\""));
        }
    }

    @Test
    public void thePage_isForAdministrators_showsNoSecret_andSendsOnceMore() throws Exception {
        Told.push(registry.host(), "1.0", "shown");
        byte[] body = Told.published("1.0", "shown");
        assertThat(Told.sendSigned(jenkins, body), startsWith("202 "));
        assertThat(Told.send(jenkins, "POST", "signed", body), startsWith("403 "));
        Told.await("the deliveries", () -> Deliveries.get().waiting() == 0);
        Delivered delivered = DeliveryLog.get().of("signed").stream()
                .filter(Delivered::isRedeliverable)
                .findFirst()
                .orElseThrow();
        List<Delivered> listed = DeliveryLog.get().of("signed");
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin")
                .grant(Jenkins.READ)
                .everywhere()
                .to("reader"));
        try (JenkinsRule.WebClient reader = client("reader");
                JenkinsRule.WebClient admin = client("admin")) {
            assertEquals(
                    403,
                    reader.goTo("manage/countersign-webhooks/").getWebResponse().getStatusCode());
            String redeliver = "manage/countersign-webhooks/redeliver?source=signed&id=" + delivered.getId();
            assertEquals(
                    403,
                    reader.getPage(post(reader, redeliver)).getWebResponse().getStatusCode());
            assertEquals("GET", 405, admin.goTo(redeliver).getWebResponse().getStatusCode());
            assertEquals("nothing was sent", listed, DeliveryLog.get().of("signed"));
            HtmlPage page = admin.goTo("manage/countersign-webhooks/");
            String text = page.asNormalizedText();
            assertThat(text, containsString("pushed " + registry.host() + "/team/app:1.0"));
            assertThat(text, containsString("the delivery shows no proof"));
            assertThat(text, containsString("nobody is interested in"));
            assertThat(text, containsString("url: " + jenkins.getURL() + "countersign-webhook/bearer"));
            assertThat(page.getWebResponse().getContentAsString(), not(containsString(Told.SECRET)));

            FreeStyleProject late = jenkins.createFreeStyleProject("late");
            ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/**");
            late.addTrigger(trigger);
            trigger.start(late, true);
            assertEquals(
                    200, admin.getPage(post(admin, redeliver)).getWebResponse().getStatusCode());
            Told.await("the build that the job missed", () -> late.getLastBuild() != null);
            assertEquals(
                    404,
                    admin.getPage(post(admin, redeliver.replace("signed", "no-such-source")))
                            .getWebResponse()
                            .getStatusCode());
        } finally {
            jenkins.jenkins.setAuthorizationStrategy(new hudson.security.AuthorizationStrategy.Unsecured());
            jenkins.jenkins.setSecurityRealm(hudson.security.SecurityRealm.NO_AUTHENTICATION);
        }
    }

    @Issue({"SECURITY-2881", "SECURITY-3611"})
    @Test
    public void markupInADelivery_isTextOnEveryPage() throws Exception {
        Told.push(registry.host(), "1.0", "markup");
        String markup = "<img id='pwned' src='x' onerror='alert(1)'><b id='pwned'>carol";
        WebhookConfiguration.get().getSources().forEach(source -> source.setPageUrl("javascript:alert('{tag}')"));
        FreeStyleProject job = jenkins.createFreeStyleProject("markup");
        ImageEventTrigger trigger = new ImageEventTrigger(registry.host() + "/**");
        job.addTrigger(trigger);
        trigger.start(job, true);
        for (String hostile : List.of("name\": \"app", "name\": \"1.0", "login\": \"Team")) {
            String field = hostile.substring(0, hostile.indexOf(':'));
            byte[] body = new String(Told.published("1.0", "markup"), StandardCharsets.UTF_8)
                    .replace("\"" + hostile + "\"", "\"" + field + ": \"" + markup + "\"")
                    .getBytes(StandardCharsets.UTF_8);
            assertThat(new String(body, StandardCharsets.UTF_8), containsString("pwned"));
            assertThat("the image has no such name", Told.sendSigned(jenkins, body), startsWith("403 "));
        }
        byte[] body = new String(Told.published("1.0", "markup"), StandardCharsets.UTF_8)
                .replace("\"carol\"", "\"" + markup + "\"")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(Told.sendSigned(jenkins, body), startsWith("202 "));
        Told.await("the build", () -> job.getLastBuild() != null);
        jenkins.waitUntilNoActivity();
        try (JenkinsRule.WebClient browser = jenkins.createWebClient().withJavaScriptEnabled(false)) {
            for (String path : List.of(
                    "manage/countersign-webhooks/",
                    job.getLastBuild().getUrl(),
                    job.getLastBuild().getUrl() + "console",
                    job.getUrl())) {
                HtmlPage page = browser.goTo(path);
                assertEquals(
                        path,
                        List.of(),
                        page.getByXPath("//*[@id='pwned']|//*[@onerror]|//a[starts-with(@href,'javascript:')]"));
                if (path.equals(job.getLastBuild().getUrl())) {
                    assertThat(page.asNormalizedText(), containsString("pushed by " + markup));
                }
            }
        }
        // The legitimate way: a page of the registry is linked.
        WebhookConfiguration.get()
                .getSources()
                .forEach(source -> source.setPageUrl("https://registry.example.com/{repository}/{tag}"));
        Told.push(registry.host(), "1.0", "again");
        assertThat(Told.sendSigned(jenkins, Told.published("1.0", "again")), startsWith("202 "));
        Told.await("the second build", () -> job.getLastBuild().getNumber() == 2);
        try (JenkinsRule.WebClient browser = jenkins.createWebClient().withJavaScriptEnabled(false)) {
            assertEquals(
                    1,
                    browser.goTo(job.getLastBuild().getUrl())
                            .getByXPath("//a[@href='https://registry.example.com/team/app/1.0']")
                            .size());
        }
    }

    @Issue("SECURITY-2880")
    @Test
    public void aSourceWithABadName_orTheNameOfAnother_isNamedByTheForm_andNothingIsLost() throws Exception {
        List<WebhookSource> before = WebhookConfiguration.get().getSources();
        for (String ids : List.of("good,Bad/Name", "same,other,same", "good,", "good,<b>")) {
            JSONArray sources = new JSONArray();
            for (String id : ids.split(",", -1)) {
                sources.add(new JSONObject()
                        .element("id", id)
                        .element("kind", "GITHUB")
                        .element("registry", "ghcr.io")
                        .element("credentialsId", "hook"));
            }
            String named = ids.startsWith("same") ? "same" : ids.substring(ids.indexOf(',') + 1);
            try (JenkinsRule.WebClient browser = jenkins.createWebClient().withJavaScriptEnabled(false)) {
                FormException refused = assertThrows(
                        FormException.class,
                        () -> browser.executeOnServer(() -> WebhookConfiguration.get()
                                .configure(
                                        Stapler.getCurrentRequest2(),
                                        new JSONObject()
                                                .element("sources", sources)
                                                .element("rebuildsAtOnce", 9))));
                assertEquals("sources", refused.getFormField());
                assertThat(refused.getMessage(), containsString("\"" + named + "\""));
                assertEquals(ids, before, WebhookConfiguration.get().getSources());
                assertEquals(5, WebhookConfiguration.get().getRebuildsAtOnce());
            }
        }
    }

    @Test
    public void secretInTheUrlIsForSendersThatCanDoNothingElse() {
        List<WebhookSource> before = WebhookConfiguration.get().getSources();
        for (PayloadKind kind : List.of(
                PayloadKind.GITHUB,
                PayloadKind.HARBOR,
                PayloadKind.DISTRIBUTION,
                PayloadKind.GOOGLE,
                PayloadKind.NEXUS)) {
            WebhookSource weak = new WebhookSource("weak", kind, "registry.example.com", "hook");
            weak.setProof(Proof.PATH);
            IllegalArgumentException refused = assertThrows(
                    IllegalArgumentException.class,
                    () -> WebhookConfiguration.get().setSources(List.of(weak)));
            assertThat(refused.getMessage(), containsString("\"weak\" may not have its secret in the URL: " + kind));
            assertEquals(before, WebhookConfiguration.get().getSources());
        }
        for (PayloadKind kind :
                List.of(PayloadKind.DOCKER_HUB, PayloadKind.QUAY, PayloadKind.MIRANTIS, PayloadKind.POINTED)) {
            WebhookSource needed = new WebhookSource("needed", kind, "registry.example.com", "hook");
            needed.setProof(Proof.PATH);
            WebhookConfiguration.get().setSources(List.of(needed));
            assertEquals(
                    Proof.PATH, WebhookConfiguration.get().getSources().get(0).getProof());
        }
    }

    /** What the page needs no script for costs none. */
    private static JenkinsRule.WebClient client(String user) {
        return jenkins.createWebClient()
                .withJavaScriptEnabled(false)
                .withBasicCredentials(user)
                .withThrowExceptionOnFailingStatusCode(false);
    }

    private static WebRequest post(JenkinsRule.WebClient client, String path) throws Exception {
        return client.addCrumb(new WebRequest(new java.net.URL(jenkins.getURL(), path), HttpMethod.POST));
    }

    /** Hostile: what a payload says of addresses, past the proof, and what an administrator or a build.xml might. */
    @Test
    public void noPayloadBringsAnAddressOfItsOwnIntoALink() throws Exception {
        String digest = Digest.of(new byte[0]).toString();
        String host = "registry.example.com";
        for (String address : List.of(
                "https://evil.example.com/v2/team/app/manifests/" + digest,
                "https://" + host + "@evil.example.com/",
                "javascript:alert(1)",
                "//evil.example.com")) {
            assertEquals(
                    "https://" + host + "/v2/team/app/manifests/" + digest,
                    page(PayloadKind.DISTRIBUTION, host, """
                            {"events": [{"id": "e", "action": "push", "target": {
                              "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "%s",
                              "repository": "team/app", "url": "%s", "tag": "1.0"}}]}""".formatted(digest, address)));
            assertEquals(
                    "https://" + host + "/repositories/team/app/tags/1.0",
                    page(PayloadKind.MIRANTIS, host, """
                            {"type": "TAG_PUSH", "contents": {"namespace": "team", "repository": "app", "tag": "1.0",
                              "digest": "%s"}, "location": "%s"}""".formatted(digest, address)));
            assertEquals(
                    "https://" + host + "/harbor/projects/team/repositories/app/artifacts-tab/artifacts/" + digest,
                    page(PayloadKind.HARBOR, host, """
                            {"type": "PUSH_ARTIFACT", "event_data": {
                              "resources": [{"digest": "%s", "tag": "1.0", "resource_url": "%s"}],
                              "repository": {"repo_full_name": "team/app"}}}""".formatted(digest, address)));
            assertEquals(
                    "https://registry.azurecr.io/v2/team/app/manifests/" + digest,
                    page(PayloadKind.AZURE, "registry.azurecr.io", azure(digest, address)));
            assertEquals(
                    "https://" + host + "/v2/team/app/manifests/" + digest,
                    page(
                            PayloadKind.ARTIFACTORY_SUBDOMAIN,
                            host,
                            artifactory(digest, address).replace("<your_origin>", address)));
        }
        String resource = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/"
                + "Microsoft.ContainerRegistry/registries/";
        for (String other : List.of(
                resource + "another",
                resource + "registry/../another",
                resource + "registry#@evil",
                resource.replace("/resourceGroups/g", "/resourceGroups/g%2F..") + "registry",
                resource.replace("Microsoft.ContainerRegistry", "Microsoft.Evil") + "registry",
                "https://evil.example.com" + resource + "registry")) {
            assertEquals(
                    other,
                    "https://registry.azurecr.io/v2/team/app/manifests/" + digest,
                    page(PayloadKind.AZURE, "registry.azurecr.io", azure(digest, other)));
        }
        assertEquals(
                "no host of Azure's",
                "https://registry.example.com/v2/team/app/manifests/" + digest,
                page(PayloadKind.AZURE, host, azure(digest, resource + "registry")));
        assertEquals(
                "https://portal.azure.com/#@/resource" + resource + "registry",
                page(PayloadKind.AZURE, "registry.azurecr.io", azure(digest, resource + "registry")));
        assertEquals(
                "https://" + host + "/ui/repos/tree/General/docker-local/team/app/1.0",
                page(PayloadKind.ARTIFACTORY_SUBDOMAIN, "docker-local." + host, artifactory(digest, "docker-local")));
        for (String configured : List.of(
                "javascript:alert('{tag}')",
                "data:text/html,{repository}",
                "https://" + host + "@evil.example.com/{digest}",
                "//evil.example.com/{digest}")) {
            assertEquals("", page(PayloadKind.HARBOR, host, Digest.of(new byte[0]), configured));
        }
    }

    private static String azure(String digest, String source) {
        return """
                [{"source": "%s", "type": "Microsoft.ContainerRegistry.ImagePushed", "data": {"id": "i", "action": "push",
                  "target": {"digest": "%s", "repository": "team/app", "tag": "1.0"},
                  "request": {"host": "evil.example.com"}}, "specversion": "1.0"}]""".formatted(source, digest);
    }

    private static String artifactory(String digest, String repository) {
        return """
                {"domain": "docker", "event_type": "pushed", "data": {"repo_key": "%s", "sha256": "%s",
                  "image_name": "team/app", "tag": "1.0"}, "jpd_origin": "https://<your_origin>"}""".formatted(repository, digest.substring("sha256:".length()));
    }

    /** The link of the only event in a payload. */
    private static String page(PayloadKind kind, String host, String payload) throws Exception {
        WebhookSource source = new WebhookSource("a", kind, host, "hook");
        List<RegistryEvent> events =
                source.payload().read(source.getRegistry(), payload.getBytes(StandardCharsets.UTF_8));
        assertEquals(1, events.size());
        return RegistryPage.of(events.get(0), source);
    }

    @Test
    public void theCause_linksToTheRegistry() {
        Digest digest = Digest.of(new byte[0]);
        assertEquals(
                "https://hub.docker.com/layers/team/app/1.0/images/"
                        + digest.toString().replace(':', '-'),
                page(PayloadKind.DOCKER_HUB, "docker.io", digest, null));
        assertEquals(
                "https://quay.io/repository/team/app/manifest/" + digest,
                page(PayloadKind.QUAY, "quay.io", digest, null));
        assertEquals("https://ghcr.io/team/app", page(PayloadKind.GITHUB, "ghcr.io", digest, null));
        assertEquals(
                "https://europe-docker.pkg.dev/team/app@" + digest,
                page(PayloadKind.GOOGLE, "europe-docker.pkg.dev", digest, null));
        assertEquals(
                "https://registry.example.com/v2/team/app/manifests/" + digest,
                page(PayloadKind.DISTRIBUTION, "registry.example.com", digest, null));
        assertEquals(
                "as it is asked itself",
                "http://" + registry.host() + "/v2/team/app/manifests/" + digest,
                page(PayloadKind.POINTED, registry.host(), digest, null));
        assertEquals(
                "https://harbor.example.com/harbor/projects/team/repositories/app/artifacts-tab/artifacts/" + digest,
                page(PayloadKind.HARBOR, "harbor.example.com", digest, null));
        assertEquals(
                "https://harbor.example.com/pages/team/app/1.0/" + digest,
                page(
                        PayloadKind.HARBOR,
                        "harbor.example.com",
                        digest,
                        "https://harbor.example.com/pages/{repository}/{tag}/{digest}"));
        assertEquals(
                "https://msr.example.com/repositories/team/app/tags/1.0",
                page(PayloadKind.MIRANTIS, "msr.example.com", digest, null));
        assertEquals(
                "https://acme.jfrog.io/ui/repos/tree/General/team/app/1.0",
                page(PayloadKind.ARTIFACTORY, "acme.jfrog.io", digest, null));
        assertEquals(
                "https://nexus.example.com/#browse/browse:team:v2%2Fapp%2Ftags%2F1.0",
                page(PayloadKind.NEXUS_PATH, "nexus.example.com", digest, null));
        assertEquals(
                "its pages have another port",
                "https://nexus.example.com:5000/v2/team/app/manifests/" + digest,
                page(PayloadKind.NEXUS, "nexus.example.com:5000", digest, null));
        WebhookSource harbor = new WebhookSource("a", PayloadKind.HARBOR, "harbor.example.com", "hook");
        assertEquals(
                "a project called like a number would be taken for another's",
                "https://harbor.example.com/v2/42/app/manifests/" + digest,
                RegistryPage.of(image(EventKind.PUSHED, "harbor.example.com", "42/app", digest), harbor));
        assertEquals(
                "https://harbor.example.com/harbor/projects/team/repositories/a%2Fb/artifacts-tab/artifacts/" + digest,
                RegistryPage.of(image(EventKind.SCANNED, "harbor.example.com", "team/a/b", digest), harbor));
        assertEquals(
                "what is gone has no page, its repository has",
                "https://harbor.example.com/harbor/projects/team/repositories/app",
                RegistryPage.of(image(EventKind.DELETED, "harbor.example.com", "team/app", digest), harbor));
        assertEquals(
                "https://registry.example.com/v2/team/app/tags/list",
                RegistryPage.of(
                        image(EventKind.DELETED, "registry.example.com", "team/app", null),
                        new WebhookSource("a", PayloadKind.DISTRIBUTION, "registry.example.com", "hook")));
    }

    private static RegistryEvent image(EventKind kind, String host, String repository, Digest digestOrNull) {
        return new RegistryEvent(kind, host, repository, "1.0", digestOrNull, "", "", null);
    }

    private static String page(PayloadKind kind, String host, Digest digest, String template) {
        WebhookSource source = new WebhookSource("a", kind, host, "hook");
        source.setPageUrl(template);
        return RegistryPage.of(image(EventKind.PUSHED, host, "team/app", digest), source);
    }
}

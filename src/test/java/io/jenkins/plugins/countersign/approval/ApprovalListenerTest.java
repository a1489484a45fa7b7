package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import hudson.EnvVars;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.model.User;
import hudson.model.queue.QueueTaskFuture;
import hudson.tasks.Mailer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;
import jenkins.model.JenkinsLocationConfiguration;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.jvnet.hudson.test.TestExtension;

/** Others are told what happens at a gate; a listener that fails changes nothing; mail goes to those who could approve and may see. */
public class ApprovalListenerTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static final List<String> TOLD = new CopyOnWriteArrayList<>();

    @TestExtension
    public static class Broken extends ApprovalListener {
        @Override
        public void onHeld(GatePage gate) {
            throw new IllegalStateException("this chat is down");
        }

        @Override
        public void onOpened(GatePage gate) {
            throw new IllegalStateException("this chat is down");
        }
    }

    @TestExtension
    public static class Telling extends ApprovalListener {
        @Override
        public void onHeld(GatePage gate) {
            TOLD.add("held: " + gate.getWhy());
        }

        @Override
        public void onOpened(GatePage gate) {
            TOLD.add("opened: " + gate.getStage() + " " + gate.getApprovers());
        }

        @Override
        public void onExpired(GatePage gate) {
            TOLD.add("expired: " + gate.getStage());
        }

        @Override
        public void onAborted(GatePage gate) {
            TOLD.add("aborted: " + gate.getBuild());
        }
    }

    @Test
    public void listenersAndPeopleAreTold() throws Exception {
        try (MailServer server = new MailServer();
                ImageAtGate gate = new ImageAtGate().configure()) {
            jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
            // erin may not see the job: a mail must not tell what its page would not.
            jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                    .grant(Jenkins.READ, Item.READ)
                    .everywhere()
                    .to("carol", "frank"));
            JenkinsLocationConfiguration.get().setUrl(jenkins.getURL().toString());
            JenkinsLocationConfiguration.get().setAdminAddress("jenkins@example.com");
            Mailer.descriptor().setSmtpHost("localhost");
            Mailer.descriptor().setSmtpPort(Integer.toString(server.port()));
            for (String person : List.of("carol", "erin", "grace")) {
                User.getById(person, true).addProperty(new Mailer.UserProperty(person + "@example.com"));
            }
            WorkflowRun run = start(gate, "");
            String mail = server.next();
            assertThat(mail, containsString("To: carol@example.com"));
            assertThat(mail, containsString("Subject: Your approval is wanted: stage qa of " + gate.repository));
            assertThat(mail, containsString(run.getUrl() + "countersign/gate/1/"));
            assertThat(mail, containsString(gate.digest.toString()));
            awaitTold("held: missing 2 of qa");

            gate.saysAndTells("frank", Saying.Word.APPROVE, "qa", "");
            awaitTold("held: missing 1 of qa");
            gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
            jenkins.assertBuildStatusSuccess(jenkins.waitForCompletion(run));
            awaitTold("opened: qa [erin, frank]");
            assertEquals("one mail for each gate and person, to those who may see it", 0, server.more());
        }
    }

    @Test
    public void aDeadlineIsTold() throws Exception {
        try (ImageAtGate gate = new ImageAtGate().configure()) {
            jenkins.waitForCompletion(start(gate, ", timeout: 1, unit: 'SECONDS'"));
            awaitTold("expired: qa");
        }
    }

    /** A branch that comes back has builds of the same numbers. */
    @Test
    public void theGateOfAJobThatIsMadeOnceMore_isToldOnceMore() throws Exception {
        try (MailServer server = new MailServer();
                ImageAtGate gate = new ImageAtGate().configure()) {
            mailTo(server, "carol");
            for (int time = 1; time <= 2; time++) {
                WorkflowJob job = jenkins.createProject(WorkflowJob.class, "comes-back");
                job.setDefinition(
                        new CpsFlowDefinition("awaitApprovals image: '" + gate.image() + "', stage: 'qa'", true));
                WorkflowRun run = job.scheduleBuild2(0).waitForStart();
                assertThat(server.next(), containsString(run.getUrl() + "countersign/gate/1/"));
                TOLD.clear();
                run.doStop();
                jenkins.waitForCompletion(run);
                awaitTold("aborted: comes-back #1");
                job.delete();
            }
        }
    }

    @Test
    public void theGateBeforeAQueuedBuild_isToldLikeAnyOther() throws Exception {
        try (MailServer server = new MailServer();
                ImageAtGate gate = new ImageAtGate()
                        .stages("  qa: {needs: [{role: qa, count: 2}]}\n"
                                + "  release: {needs: [{role: release, count: 1}]}\n")
                        .configure()) {
            mailTo(server, "carol");
            TOLD.clear();
            FreeStyleProject job = jenkins.createFreeStyleProject("held");
            job.addProperty(new OnlyApprovedImages(gate.image(), "qa"));
            QueueTaskFuture<FreeStyleBuild> first = job.scheduleBuild2(0);
            awaitTold("held: missing 2 of qa");
            assertThat(server.next(), containsString("countersign-waiting/queue/"));
            jenkins.jenkins.getQueue().cancel(job);
            awaitTold("aborted: held, in the queue");
            assertTrue(first.isCancelled());

            // Another stage while it waits: the gate is the one that the job asks for now.
            job.scheduleBuild2(0);
            assertThat(server.next(), containsString("stage qa"));
            TOLD.clear();
            job.removeProperty(OnlyApprovedImages.class);
            job.addProperty(new OnlyApprovedImages(gate.image(), "release"));
            jenkins.jenkins.getQueue().maintain();
            awaitTold("held: missing 1 of release");
            gate.says("carol", Saying.Word.APPROVE, "qa", "");
            gate.saysAndTells("erin", Saying.Word.APPROVE, "qa", "");
            gate.saysAndTells("grace", Saying.Word.APPROVE, "release", "");
            awaitTold("opened: release [grace]");
            jenkins.waitUntilNoActivity();
            assertEquals(Result.SUCCESS, job.getLastBuild().getResult());
            EnvVars told = job.getLastBuild().getEnvironment(TaskListener.NULL);
            assertEquals(gate.digest.toString(), told.get("COUNTERSIGN_DIGEST"));
            assertThat(told.get("COUNTERSIGN_IMAGE"), endsWith("@" + gate.digest));
            assertEquals("release by grace", told.expand("$COUNTERSIGN_STAGE by $COUNTERSIGN_APPROVERS"));
        }
    }

    private static void mailTo(MailServer server, String... people) throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .to(people));
        JenkinsLocationConfiguration.get().setUrl(jenkins.getURL().toString());
        JenkinsLocationConfiguration.get().setAdminAddress("jenkins@example.com");
        Mailer.descriptor().setSmtpHost("localhost");
        Mailer.descriptor().setSmtpPort(Integer.toString(server.port()));
        for (String person : List.of("carol", "erin", "frank", "grace")) {
            User.getById(person, true).addProperty(new Mailer.UserProperty(person + "@example.com"));
        }
    }

    private static WorkflowRun start(ImageAtGate gate, String more) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class);
        job.setDefinition(
                new CpsFlowDefinition("awaitApprovals image: '" + gate.image() + "', stage: 'qa'" + more, true));
        return job.scheduleBuild2(0).waitForStart();
    }

    private static void awaitTold(String what) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!TOLD.contains(what)) {
            assertTrue("was told " + TOLD, System.nanoTime() < deadline);
            Thread.sleep(20);
        }
    }

    /** Takes mail and keeps it. */
    private static final class MailServer implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        private final BlockingQueue<String> mails = new LinkedBlockingQueue<>();

        MailServer() throws IOException {
            Thread thread = new Thread(this::serve, "mail server");
            thread.setDaemon(true);
            thread.start();
        }

        int port() {
            return socket.getLocalPort();
        }

        String next() throws InterruptedException {
            String mail = mails.poll(60, TimeUnit.SECONDS);
            assertTrue("no mail came", mail != null);
            return mail;
        }

        int more() {
            return mails.size();
        }

        private void serve() {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept()) {
                    talk(client);
                } catch (IOException e) {
                    // The next client, or the end.
                }
            }
        }

        private void talk(Socket client) throws IOException {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            PrintStream out = new PrintStream(client.getOutputStream(), true, StandardCharsets.UTF_8);
            out.print("220 here\r\n");
            out.flush();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals("DATA")) {
                    out.print("354 go on\r\n");
                    out.flush();
                    StringBuilder mail = new StringBuilder();
                    for (String data = in.readLine(); data != null && !data.equals("."); data = in.readLine()) {
                        mail.append(data).append('\n');
                    }
                    mails.add(mail.toString().replace("=\n", ""));
                }
                out.print(line.equals("QUIT") ? "221 bye\r\n" : "250 yes\r\n");
                out.flush();
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

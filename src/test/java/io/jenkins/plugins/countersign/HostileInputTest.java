package io.jenkins.plugins.countersign;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import hudson.AbortException;
import hudson.EnvVars;
import hudson.FilePath;
import hudson.Functions;
import hudson.XmlFile;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Label;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.remoting.Channel;
import hudson.remoting.VirtualChannel;
import hudson.slaves.DumbSlave;
import io.jenkins.plugins.countersign.approval.OnlyApprovedImages;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.FolderRegistry;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import io.jenkins.plugins.countersign.webhook.WebhookConfiguration;
import io.jenkins.plugins.countersign.webhook.WebhookSource;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jenkins.agents.ControllerToAgentCallable;
import jenkins.agents.ControllerToAgentFileCallable;
import jenkins.model.Jenkins;
import jenkins.security.MasterToSlaveCallable;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlPage;
import org.jenkinsci.remoting.RoleSensitive;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;

/** Files, names and messages of whoever can write to a workspace, an agent or a job's configuration. */
public class HostileInputTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    static {
        jenkins.timeout = 600;
    }

    private static DumbSlave agent;

    @BeforeClass
    public static void configure() throws Exception {
        agent = jenkins.createOnlineSlave(Label.get("agent"));
        DemoCast cast = DemoCast.prepare(folder.getRoot().toPath().resolve("keys"), "registry.example.com/golden/**");
        CountersignConfiguration.get().setTrustPolicy(Files.readString(cast.policy()));
    }

    @Issue({"SECURITY-3672", "SECURITY-3790", "SECURITY-3238"})
    @Test
    public void filesOutsideTheWorkspaceAreNotRead_onAnAgent() throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject();
        job.setAssignedNode(agent);
        FilePath workspace = agent.getWorkspaceFor(job);
        workspace.mkdirs();
        FilePath outside = workspace.getParent().child("outside");
        outside.mkdirs();
        outside.child("Dockerfile").write("FROM canary-of-another-workspace", "UTF-8");
        workspace.child("link").symlinkTo("../outside/Dockerfile", hudson.model.TaskListener.NULL);
        workspace.child("folder").symlinkTo("../outside", hudson.model.TaskListener.NULL);
        workspace.child("Dockerfile").write("FROM scratch\n", "UTF-8");
        for (String hostile : List.of(
                "../outside/Dockerfile",
                outside.child("Dockerfile").getRemote(),
                "link",
                "folder/Dockerfile",
                "folder/../outside/Dockerfile")) {
            CheckBaseImagesStep check = new CheckBaseImagesStep();
            check.setDockerfile(hostile);
            refused(job, new CheckBaseImagesBuilder(check), hostile);
            for (String kind : List.of("oci:", "oci-archive:", "docker-archive:")) {
                String name = kind + hostile.replaceAll("/?Dockerfile", "");
                refused(
                        job,
                        new PushImageBuilder(new PushImageStep(name, "registry.invalid/team/app:1")),
                        kind.equals("oci:") && hostile.equals("link") ? "link" : name.substring(kind.length()));
            }
        }
        for (String hostile : List.of("../outside/found", "folder/found", "link")) {
            CheckBaseImagesStep check = new CheckBaseImagesStep();
            check.setSarif(hostile);
            job.getBuildersList().replaceBy(List.of(new CheckBaseImagesBuilder(check)));
            jenkins.buildAndAssertStatus(Result.FAILURE, job);
        }
        assertEquals("nothing was written there", 1, outside.list().size());
        assertEquals(
                "FROM canary-of-another-workspace", outside.child("Dockerfile").readToString());
        job.getBuildersList().replaceBy(List.of(new CheckBaseImagesBuilder(new CheckBaseImagesStep())));
        jenkins.buildAndAssertSuccess(job);
    }

    private static void refused(FreeStyleProject job, ImageStepBuilder<?> builder, String named) throws Exception {
        job.getBuildersList().replaceBy(List.of(builder));
        FreeStyleBuild build = jenkins.buildAndAssertStatus(Result.FAILURE, job);
        jenkins.assertLogContains("leads out of the workspace", build);
        jenkins.assertLogContains(named, build);
        jenkins.assertLogNotContains("canary-of-another-workspace", build);
    }

    @Issue({"SECURITY-1878", "SECURITY-3614"})
    @Test
    public void namesReachNoShell() throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject();
        job.setAssignedNode(agent);
        FilePath workspace = agent.getRootPath().child("a;$(touch pwned)`touch pwned`");
        job.setCustomWorkspace(workspace.getRemote());
        workspace.mkdirs();
        workspace.child("Dockerfile").write("FROM scratch\n", "UTF-8");
        jenkins.buildAndAssertSuccess(job);
        for (String hostile :
                List.of("$(touch pwned)", "`touch pwned`", "a; touch pwned", "--output=pwned", "a\ntouch pwned")) {
            CheckBaseImagesStep check = new CheckBaseImagesStep();
            check.setDockerfile(hostile);
            job.getBuildersList()
                    .replaceBy(List.of(
                            new CheckBaseImagesBuilder(check),
                            new PushImageBuilder(
                                    new PushImageStep("docker-daemon:" + hostile, "registry.invalid/a:1"))));
            jenkins.buildAndAssertStatus(Result.FAILURE, job);
            job.getBuildersList()
                    .replaceBy(List.of(new PushImageBuilder(
                            new PushImageStep("docker-archive:" + hostile, "registry.invalid/" + hostile + ":1"))));
            jenkins.buildAndAssertStatus(Result.FAILURE, job);
        }
        assertFalse("nothing was run", workspace.child("pwned").exists());
        job.getBuildersList().replaceBy(List.of(new CheckBaseImagesBuilder(new CheckBaseImagesStep())));
        jenkins.buildAndAssertSuccess(job);
    }

    @Issue({"SECURITY-2551", "SECURITY-2844"})
    @Test
    public void whatIsMadeForAgentsDoesNotRunOnTheController() throws Exception {
        Path secret = folder.newFile("Dockerfile").toPath();
        Files.writeString(secret, "canary");
        String refused = agent.getChannel().call(new CallBack(secret.getParent().toString()));
        assertThat(refused, containsString("SecurityException"));
        assertThat(refused, not(containsString("canary")));
        // The legitimate way round.
        FilePath there = agent.getRootPath().child("there");
        there.mkdirs();
        there.child("Dockerfile").write("FROM scratch", "UTF-8");
        assertEquals(
                "FROM scratch",
                new String(there.act(new ReadWorkspaceFile("Dockerfile", 100)), StandardCharsets.UTF_8));
    }

    /** On the agent, sends one of our requests back to the controller; answers what came of it. */
    private static final class CallBack extends MasterToSlaveCallable<String, Exception> {
        private static final long serialVersionUID = 1L;
        private final String folder;

        CallBack(String folder) {
            this.folder = folder;
        }

        @Override
        public String call() throws Exception {
            try {
                byte[] read =
                        new FilePath(Channel.currentOrFail(), folder).act(new ReadWorkspaceFile("Dockerfile", 100));
                return new String(read, StandardCharsets.UTF_8);
            } catch (IOException e) {
                return Functions.printThrowable(e);
            }
        }
    }

    @Issue("SECURITY-2844")
    @Test
    public void whatAnAgentSaysItPushedIsBelievedOnlyOfWhatItWasSentToPush() throws Exception {
        FreeStyleBuild build = jenkins.buildAndAssertSuccess(jenkins.createFreeStyleProject());
        String digest = "@sha256:" + "a".repeat(64);
        ImageStep push = new PushImageStep("oci:app", "registry.example.com/team/app:1");
        for (String hostile : java.util.Arrays.asList(
                null,
                "",
                "registry.example.com/team/app:1",
                "registry.example.com/team/app:2" + digest,
                "registry.example.com/other/app:1" + digest,
                "evil.example.com/team/app:1" + digest,
                "oci:../../etc:1" + digest,
                "registry.example.com/team/app:1@sha256:../../x",
                "registry.example.com/team/app:1" + digest + "\nFinished: SUCCESS",
                "x".repeat(10_000))) {
            AbortException refused =
                    assertThrows(AbortException.class, () -> push.perform(on(new HostileAgent(hostile), build)));
            assertThat(refused.getMessage(), containsString("was sent to push"));
            assertThat(refused.getMessage(), not(containsString("evil")));
            assertNull(hostile, build.getAction(PushedImagesAction.class));
        }
        String good = "registry.example.com/team/app:1" + digest;
        assertEquals(good, push.perform(on(new HostileAgent(good), build)));
    }

    private static BuildContext on(VirtualChannel agent, FreeStyleBuild build) {
        return new BuildContext(
                build, new FilePath(agent, "/workspace"), null, new EnvVars(), TaskListener.NULL, false);
    }

    @Issue({"SECURITY-2880", "SECURITY-2828"})
    @Test
    public void idsWrittenPastTheFormAreNoIds() throws Exception {
        List<String> hostile = List.of(
                "", "..", "../../x", "a/b", "UPPER", "a\u0000b", "a\r\nb", "javascript:alert(1)", "a".repeat(10_000));
        WebhookConfiguration configuration = WebhookConfiguration.get();
        for (String id : hostile) {
            assertThrows(
                    id,
                    IllegalArgumentException.class,
                    () -> new WebhookSource(id, PayloadKind.GITHUB, "ghcr.io", "hook"));
        }
        configuration.setSources(List.of(
                new WebhookSource("to-be-replaced", PayloadKind.GITHUB, "ghcr.io", "hook"),
                new WebhookSource("good", PayloadKind.GITHUB, "ghcr.io", "hook")));
        XmlFile file = new XmlFile(
                Jenkins.XSTREAM2,
                new File(jenkins.jenkins.getRootDir(), WebhookConfiguration.class.getName() + ".xml"));
        String kept = file.asString();
        try {
            for (String id : hostile) {
                String written = id.replace("\u0000", "&#0;").replace("\r\n", "&#13;&#10;");
                Files.writeString(file.getFile().toPath(), kept.replace("to-be-replaced", written));
                configuration.load();
                assertEquals(
                        id,
                        List.of("good"),
                        configuration.getSources().stream()
                                .map(WebhookSource::getId)
                                .toList());
            }
        } finally {
            configuration.setSources(List.of());
        }
    }

    @Test
    public void everyRequestToAnAgentIsForAgentsAlone() throws Exception {
        Set<String> requests = new TreeSet<>();
        Path classes = Path.of(ImageStep.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes.resolve("io/jenkins/plugins/countersign"))) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                if (name.startsWith("io.jenkins.plugins.countersign.cli.")) {
                    continue;
                }
                Class<?> type = Class.forName(
                        name.substring(0, name.length() - 6), false, getClass().getClassLoader());
                if (RoleSensitive.class.isAssignableFrom(type)) {
                    requests.add(type.getSimpleName());
                    assertTrue(
                            name + " says for whom it is",
                            ControllerToAgentCallable.class.isAssignableFrom(type)
                                    || ControllerToAgentFileCallable.class.isAssignableFrom(type));
                    assertEquals(
                            name + " keeps that check",
                            0,
                            Stream.of(type.getDeclaredMethods())
                                    .filter(method -> method.getName().equals("checkRoles"))
                                    .count());
                }
            }
        }
        assertTrue(
                requests.toString(),
                requests.containsAll(Set.of("PushFromAgent", "ReadWorkspaceFile", "SignWithToken")));
    }

    @Issue({"SECURITY-2881", "SECURITY-3611"})
    @Test
    public void whatIsWrittenPastTheFormIsTextOnEveryPage() throws Exception {
        String hostile =
                "x&lt;img id=&quot;pwned&quot; src=&quot;/&quot; onerror=&quot;alert(1)&quot;&gt;&lt;b id='pwned'&gt;";
        String shown = "x<img id=\"pwned\" src=\"/\" onerror=\"alert(1)\"><b id='pwned'>";
        Folder team = jenkins.createProject(Folder.class, "team");
        FolderSettings settings = new FolderSettings();
        settings.setRepositories("HOSTILE");
        settings.setRegistries(List.of(new FolderRegistry("HOSTILE", "HOSTILE")));
        team.addProperty(settings);
        post(team.getUrl(), team.getConfigFile().asString().replace("HOSTILE", hostile));

        FreeStyleProject job = team.createProject(FreeStyleProject.class, "job");
        job.addProperty(new OnlyApprovedImages("HOSTILE", "HOSTILE"));
        ImageEventTrigger trigger = new ImageEventTrigger("HOSTILE");
        trigger.setTag("HOSTILE");
        job.addTrigger(trigger);
        CheckBaseImagesStep check = new CheckBaseImagesStep();
        check.setDockerfile("HOSTILE");
        check.setTarget("HOSTILE");
        job.getBuildersList().add(new CheckBaseImagesBuilder(check));
        job.getBuildersList().add(new PushImageBuilder(new PushImageStep("javascript:HOSTILE", "HOSTILE")));
        post(job.getUrl(), job.getConfigFile().asString().replace("HOSTILE", hostile));
        job = jenkins.jenkins.getItemByFullName("team/job", FreeStyleProject.class);
        assertEquals(shown, job.getProperty(OnlyApprovedImages.class).getStage());
        job.scheduleBuild2(0);
        jenkins.jenkins.getQueue().maintain();

        List<String> pages = new ArrayList<>(List.of(
                team.getUrl(),
                team.getUrl() + "configure",
                job.getUrl(),
                job.getUrl() + "configure",
                "",
                "queue/api/json"));
        try (JenkinsRule.WebClient browser = jenkins.createWebClient()) {
            browser.setJavaScriptEnabled(false);
            for (String page : pages) {
                org.htmlunit.Page got = browser.goTo(page, null);
                String text = got.getWebResponse().getContentAsString();
                if (got instanceof HtmlPage html) {
                    assertNull(page, html.getElementById("pwned"));
                    assertEquals(
                            page,
                            List.of(),
                            html.getByXPath("//a[starts-with(@href,'javascript:')]|//*[@id='pwned']|//*[@onerror]"));
                }
                assertThat(
                        page,
                        text.replace("\\", ""),
                        page.endsWith("json") ? containsString("pwned") : not(containsString("<img id=")));
            }
        }
        jenkins.jenkins.getQueue().clear();
        jenkins.jenkins.getQueue().maintain();
        assertEquals(0, jenkins.jenkins.getQueue().getItems().length);
    }

    private static void post(String url, String xml) throws Exception {
        try (JenkinsRule.WebClient browser = jenkins.createWebClient()) {
            WebRequest request = new WebRequest(new URL(jenkins.getURL(), url + "config.xml"), HttpMethod.POST);
            request.setAdditionalHeader("Content-Type", "application/xml");
            request.setAdditionalHeader(
                    jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                    jenkins.jenkins.getCrumbIssuer().getCrumb());
            request.setRequestBody(xml);
            assertEquals(200, browser.getPage(request).getWebResponse().getStatusCode());
        }
    }
}

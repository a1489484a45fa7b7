package io.jenkins.plugins.countersign;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import hudson.model.FreeStyleProject;
import io.jenkins.plugins.countersign.approval.OnlyApprovedImages;
import io.jenkins.plugins.countersign.configuration.FolderRegistry;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jenkins.agents.ControllerToAgentCallable;
import jenkins.agents.ControllerToAgentFileCallable;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlPage;
import org.jenkinsci.remoting.RoleSensitive;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;

/** Files, names and messages of whoever can write to a workspace, an agent or a job's configuration. */
public class HostileInputTest {

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        jenkins.timeout = 600;
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

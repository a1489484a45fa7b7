package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Result;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.FolderRegistry;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.configuration.TokenLibrary;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.signing.SigningTokenCredentialsImpl;
import io.jenkins.plugins.countersign.webhook.Told;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.SingleFileSCM;

/**
 * Every page and form of the plugin in a real browser, before axe, which knows what a screen reader, a keyboard and weak eyes
 * stumble over: light and dark, at the desk and on a phone, where nothing scrolls sideways. Of pages and forms that Jenkins
 * frames, our own part is looked at. {@code -Dcountersign.looks=folder} keeps what was seen, in English and in Chinese.
 */
public class EveryPageTest {

    @ClassRule
    public static final SeenJenkinsRule jenkins = new SeenJenkinsRule();

    static {
        jenkins.timeout = 900;
    }

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    private static final String OURS = "[descriptorid*='plugins.countersign']";

    private static ImageAtGate gate;
    private static WorkflowRun run;
    private static FreeStyleBuild checked;
    private static FreeStyleProject job;
    private static Folder team;

    /** What Jenkins' own form tags write: labels that name nothing to axe, and its red and its small print. */
    private static final String FAULTS_OF_FORMS = "label select-name color-contrast";

    /** A page, its address, the part that is ours, what opens what it hides, and the rules that Jenkins breaks in it. */
    private record Page(String name, String url, String ours, String opens, String without) {
        Page(String name, String url, String ours, String opens) {
            this(name, url, ours, opens, "");
        }
    }

    @BeforeClass
    public static void configure() throws Exception {
        RealPart.require("chromium");
        jenkins.admit(List.of(ApprovalPermissions.APPROVE, ApprovalPermissions.OVERRIDE), "carol", "erin", "grace");
        gate = new ImageAtGate().configure();
        gate.keepForThemselves("carol", "erin", "grace");
        CountersignConfiguration.get().setCatalogue("allow: ['registry.example.com/golden/**']");
        CountersignConfiguration.get().setTokenLibraries(List.of(new TokenLibrary("/usr/lib/opensc-pkcs11.so")));
        gate.keepForTheGate();
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new SigningTokenCredentialsImpl(
                        CredentialsScope.SYSTEM, "token", "", "pkcs11:token=release;object=alice", ""));
        Told.listen(gate.registry.host());

        WorkflowJob pipeline = jenkins.createProject(WorkflowJob.class, "shop");
        pipeline.setDefinition(new CpsFlowDefinition(
                "awaitApprovals image: '" + gate.image()
                        + "', stage: 'qa', message: 'Try the login on staging', timeout: 3, unit: 'DAYS'",
                true));
        gate.says("carol", Saying.Word.APPROVE, "qa", "Logged in, paid, logged out");
        gate.says("frank", Saying.Word.REJECT, "qa", "The receipt is wrong");
        run = pipeline.scheduleBuild2(0).waitForStart();
        jenkins.waitForMessage("frank rejected the image as qa", run);

        team = jenkins.createProject(Folder.class, "team");
        FolderSettings settings = new FolderSettings();
        settings.setRegistries(List.of(new FolderRegistry(gate.registry.host(), "login")));
        settings.setRepositories(gate.registry.host() + "/team/**");
        team.addProperty(settings);
        job = team.createProject(FreeStyleProject.class, "app");
        job.setScm(new SingleFileSCM(
                "Dockerfile",
                "FROM docker.io/library/alpine:3 AS tools\nFROM scratch\nCOPY --from=tools /bin /bin\n"
                        + "ADD https://example.com/" + "a-long-name-".repeat(12) + ".tar /\n"));
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        checked = jenkins.buildAndAssertStatus(Result.FAILURE, job);
        job.getBuildersList().clear();
        SeenJenkinsRule.addEveryForm(job, gate);
        assertThat(Told.sendPush(jenkins, Told.SECRET, "team/app", "1.0", gate.digest), startsWith("202 "));
        assertThat(
                Told.sendPush(jenkins, "what a stranger guesses", "team/app", "1.0", gate.digest), startsWith("403 "));
    }

    @AfterClass
    public static void stop() throws Exception {
        if (gate != null) {
            run.doStop();
            jenkins.waitForCompletion(run);
            gate.close();
        }
    }

    private static List<Page> pages() {
        String gates = run.getUrl() + "countersign/";
        return List.of(
                new Page("gate", gates, "#main-panel", ""),
                new Page("gate-alone", gates + "gate/1/", "#main-panel", ""),
                new Page("gate-approve", gates, "#gate-1-approve", "[data-countersign-open=gate-1-approve]"),
                new Page("gate-reject", gates, "#gate-1-reject", "[data-countersign-open=gate-1-reject]"),
                new Page("summary", run.getUrl(), ".cs-summary", ""),
                new Page("waiting", "countersign-waiting/", "#main-panel", ""),
                new Page("waiting-to-reject", "countersign-waiting/?show=reject", "#main-panel", ""),
                new Page("waiting-to-withdraw", "countersign-waiting/?show=withdraw", "#main-panel", ""),
                new Page("base-images", checked.getUrl() + "base-images/", "#main-panel", ""));
    }

    private static List<Page> pagesOfAdministrators() {
        String system = "section:has([name='_.trustPolicy']), section:has([name='_.rebuildsAtOnce'])";
        String credentials = "manage/credentials/store/system/domain/_/";
        String inDialog =
                "dialog[open] .jenkins-form-item:not(:has([name='_.id'], [name='_.description'], [name='_.scope']))";
        return List.of(
                new Page(
                        "signing-key",
                        credentials,
                        inDialog,
                        "[data-url='credential/gate-key/updateDialog']",
                        FAULTS_OF_FORMS),
                new Page(
                        "signing-token",
                        credentials,
                        inDialog,
                        "[data-url='credential/token/updateDialog']",
                        FAULTS_OF_FORMS),
                new Page("deliveries", "manage/countersign-webhooks/", ".jenkins-section", ""),
                new Page("system", "manage/configure", system, "", FAULTS_OF_FORMS),
                new Page(
                        "folder",
                        team.getUrl() + "configure",
                        "section:has([name='_.fourEyesAlways'])",
                        "",
                        FAULTS_OF_FORMS),
                new Page("job", job.getUrl() + "configure", OURS, "", FAULTS_OF_FORMS));
    }

    @Test
    public void nothingThatIsOursIsInAnybodysWay() throws Exception {
        List<String> wrong = new ArrayList<>();
        Map<String, List<Page>> people = new LinkedHashMap<>();
        people.put("erin", pages());
        people.put("frank", pagesOfAdministrators());
        for (Map.Entry<String, List<Page>> person : people.entrySet()) {
            try (Chromium browser = jenkins.browserOf(person.getKey(), folder)) {
                browser.before(axe());
                for (Page page : person.getValue()) {
                    open(browser, page);
                    wrong.addAll(violations(browser, page, "light"));
                    look(browser, page.name());
                    browser.size(390, 844);
                    if (!"true".equals(browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))) {
                        wrong.add(page.name() + " scrolls sideways on a phone");
                    }
                    look(browser, page.name() + "-phone");
                    browser.size(1280, 900);
                }
                browser.dark(true);
                browser.before(SeenJenkinsRule.DARK);
                for (Page page : person.getValue()) {
                    // The colours of forms are Jenkins' own.
                    if (page.without().isEmpty()) {
                        open(browser, page);
                        wrong.addAll(violations(browser, page, "dark"));
                    }
                }
                if (person.getKey().equals("frank")) {
                    lookInChinese(browser);
                    // The last: a form that was changed asks before it is left.
                    checksWhileSomebodyTypes(browser);
                }
            }
        }
        assertEquals(String.join("\n", wrong), List.of(), wrong);
    }

    private static void checksWhileSomebodyTypes(Chromium browser) throws Exception {
        browser.open(jenkins.getURL() + job.getUrl() + "configure");
        for (String said : List.of("The trust policy has no stage", "Name a tag: registry/repository:tag")) {
            browser.await("[...document.querySelectorAll('.validation-error-area .error')]"
                    + ".some(e => e.textContent.includes('" + said + "'))");
        }
        browser.evaluate("document.querySelector(\"[name='_.source']\").value = ''");
        browser.type("[name='_.source']", "app.tar");
        browser.press("Tab");
        browser.await("[...document.querySelectorAll('.validation-error-area .error')]"
                + ".some(e => e.textContent.includes('Begin with the kind'))");
    }

    private static void lookInChinese(Chromium browser) throws Exception {
        if (System.getProperty("countersign.looks") == null) {
            return;
        }
        browser.dark(false);
        browser.language("zh-CN");
        for (Page page : pagesOfAdministrators()) {
            open(browser, page);
            look(browser, page.name() + "-zh");
        }
        browser.language("en-US");
    }

    private static void open(Chromium browser, Page page) throws Exception {
        browser.open(jenkins.getURL() + page.url());
        if (!page.opens().isEmpty()) {
            browser.click(page.opens());
        }
        browser.await("document.querySelector(\"" + page.ours() + "\")");
        browser.evaluate("document.querySelectorAll('.advancedButton, .advanced-button').forEach(b => b.click())");
        browser.settle();
    }

    /** What is serious or critical, by axe's own measure; at least one thing must have been looked at. */
    private static List<String> violations(Chromium browser, Page page, String how) throws Exception {
        String found = browser.evaluate("axe.run({include: [...document.querySelectorAll(\"" + page.ours()
                + "\")]}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],"
                + " rules: Object.fromEntries('" + page.without() + "'.split(' ').filter(Boolean)"
                + ".map(rule => [rule, {enabled: false}]))}).then(r =>"
                + " r.passes.length + '\\n' + r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                + ".flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ') + ' ' + n.html.slice(0, 160)"
                + " + ' ' + n.any.map(a => a.message).join('; '))).join('\\n'))");
        List<String> lines = found.lines().toList();
        assertTrue(page.name() + " is empty", Integer.parseInt(lines.get(0)) > 0);
        return lines.stream()
                .skip(1)
                .map(line -> page.name() + ", " + how + ": " + line)
                .toList();
    }

    private static String axe() throws Exception {
        try (InputStream in = EveryPageTest.class.getResourceAsStream("/axe.min.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void look(Chromium browser, String name) throws Exception {
        String into = System.getProperty("countersign.looks");
        if (into != null) {
            browser.picture(Path.of(into, name + ".png"), "body");
        }
    }
}

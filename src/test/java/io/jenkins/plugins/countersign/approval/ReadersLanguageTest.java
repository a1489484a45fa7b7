package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.Functions;
import hudson.model.FreeStyleProject;
import hudson.model.Queue;
import hudson.model.Result;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.FormsRule;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.webhook.WebhookConfiguration;
import io.jenkins.plugins.countersign.webhook.WebhookSource;
import java.io.IOException;
import java.io.Reader;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import org.htmlunit.html.HtmlPage;
import org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.localizer.LocaleProvider;

/** Whoever reads Jenkins in Chinese reads in Chinese what the engine says; the REST API and the log say it in English. */
public class ReadersLanguageTest {

    @ClassRule
    public static final JenkinsRule jenkins = new FormsRule();

    static {
        // The rule of a class counts for all of its tests together.
        jenkins.timeout = 600;
    }

    private static final String DOCKERFILE = "# syntax=evil.example.com/frontend:1\n"
            + "FROM registry.corp/golden/java:11 AS a\n"
            + "FROM denied.example.com/b:1 AS b\n"
            + "FROM debian:12 AS c\n"
            + "FROM REPOSITORY:1.0 AS d\n"
            + "ADD https://example.com/rootfs.tar /\n"
            + "COPY --from=REPOSITORY:1.1 /a /a\n"
            + "FROM scratch\n"
            + "COPY --from=a /a /a\nCOPY --from=b /a /a\nCOPY --from=c /a /a\nCOPY --from=d /a /a\n";

    private final LocaleProvider ofTests = LocaleProvider.getProvider();
    private ImageAtGate gate;

    /** As the web application does, which tests do not start. */
    @Before
    public void readersLanguage() {
        LocaleProvider.setProvider(new LocaleProvider() {
            @Override
            public Locale get() {
                return Functions.getCurrentLocale();
            }
        });
    }

    @Before
    public void imageAtGate() throws Exception {
        gate = new ImageAtGate();
        gate.stages("  qa: {needs: [{role: qa, count: 2}], evidence: [{kind: test-result, signedBy: qa,"
                        + " results: [PASSED], maxAge: P7D, named: true}]}\n"
                        + "  release: {after: qa, needs: [{role: release, count: 2}]}\n"
                        + "golden: {allow: [{image: registry.corp/golden/java, tags: ['17']}, "
                        + gate.repository + "],"
                        + " deny: [{image: 'denied.example.com/**', reason: CVE-2026-1}], digest: required,"
                        + " remoteAdd: deny, scratch: warn,"
                        + " exceptions: [{image: '" + gate.repository + ":1.1', owner: dana, until: 2099-12-31}]}\n")
                .configure();
    }

    @After
    public void leave() throws Exception {
        LocaleProvider.setProvider(ofTests);
        Jenkins.get().getQueue().clear();
        for (WorkflowJob job : jenkins.jenkins.getItems(WorkflowJob.class)) {
            WorkflowRun last = job.getLastBuild();
            if (last != null && last.isBuilding()) {
                last.doStop();
                jenkins.waitForCompletion(last);
            }
        }
        gate.close();
    }

    @Test
    public void aHeldGate() throws Exception {
        gate.says("carol", Saying.Word.APPROVE, "qa", "fine");
        gate.says("frank", Saying.Word.REJECT, "qa", "CVE-2026-2");
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "gate");
        job.setDefinition(new CpsFlowDefinition(
                "parallel a: { awaitApprovals image: '" + gate.image() + "', stage: 'qa' },\n"
                        + "b: { awaitApprovals image: '" + gate.image() + "', stage: 'release' }",
                true));
        WorkflowRun run = job.scheduleBuild2(0).waitForStart();
        jenkins.waitForMessage("Gate of stage qa is held: frank rejected the image as qa in stage qa", run);
        jenkins.waitForMessage("Gate of stage release is held", run);

        for (String page : List.of("countersign/", "")) {
            String chinese = text(run.getUrl() + page, "zh-CN");
            assertSaysNothingInEnglish(chinese);
            assertThat(chinese, containsString("frank 以角色 qa 于 "));
            assertThat(chinese, containsString("需要由角色 qa 签名的测试结果，结果为 PASSED，不早于 PT168H 之前；但一份也没有"));
            assertThat(chinese, containsString("在此之前的阶段 qa 没有 " + gate.digest + " 的封印；须先打开它的闸门"));
            String english = text(run.getUrl() + page, "en");
            assertThat(english, containsString("frank rejected the image as qa in stage qa at "));
            assertThat(english, containsString("needed is test-result signed by role qa, result PASSED"));
        }
        String chinese = text(run.getUrl() + "countersign/", "zh-CN");
        assertThat(chinese, containsString("批准 carol: 没有写明必须看过的有效测试结果"));
        assertThat(
                text(run.getUrl() + "countersign/", "de"),
                containsString("approval carol: names no good evidence of the kind test-result"));

        String rest = content(run.getUrl() + "countersign/api/json?depth=2", "zh-CN");
        assertThat("the same for every reader", rest, containsString("frank rejected the image as qa"));
        assertThat(rest, not(containsString("拒绝了镜像")));

        run.doStop();
        jenkins.waitForCompletion(run);
    }

    @Test
    public void aHeldQueueItem() throws Exception {
        FreeStyleProject job = jenkins.createFreeStyleProject("deploy");
        job.addProperty(new OnlyApprovedImages(gate.image(), "release"));
        job.scheduleBuild2(0);
        long end = System.nanoTime() + 60_000_000_000L;
        Queue.Item item = job.getQueueItem();
        while (item == null || !String.valueOf(item.getWhy()).contains("comes before")) {
            assertTrue("never held: " + item, System.nanoTime() < end);
            Thread.sleep(50);
            item = job.getQueueItem();
        }
        String chinese = content("queue/api/json?tree=items[why]", "zh-CN");
        assertThat(chinese, containsString("未获阶段 release 的批准：在此之前的阶段 qa 没有"));
        assertThat(chinese, containsString("缺少 release 还缺 2 人"));
        assertSaysNothingInEnglish(chinese);
    }

    @Test
    public void whatABaseCheckFound() throws Exception {
        try (Repository opened = gate.open()) {
            opened.tag(gate.digest, "1.1");
        }
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "check");
        job.setDefinition(new CpsFlowDefinition(
                "node { writeFile file: 'Dockerfile', text: '''" + DOCKERFILE.replace("REPOSITORY", gate.repository)
                        + "'''\n checkBaseImages() }",
                true));
        WorkflowRun run = jenkins.assertBuildStatus(Result.FAILURE, job.scheduleBuild2(0));
        jenkins.assertLogContains("the base denied.example.com/b:1 is denied: CVE-2026-1", run);

        String chinese = text(run.getUrl() + "base-images/", "zh-CN");
        assertSaysNothingInEnglish(chinese);
        for (String found : List.of(
                "前端 evil.example.com/frontend:1 由构建器运行，并按自己的规则读取 Dockerfile",
                "基础镜像 registry.corp/golden/java:11 的标签或摘要不在目录允许之列",
                "基础镜像 denied.example.com/b:1 被禁止：CVE-2026-1",
                "基础镜像 docker.io/library/debian:12（写作“debian:12”） 不在目录中",
                "请使用以下之一：registry.corp/golden/java:17、" + gate.repository,
                "基础镜像 " + gate.repository + ":1.0 是黄金镜像，但必须写明摘要",
                "ADD 获取 https://example.com/rootfs.tar",
                "COPY 的来源镜像 " + gate.repository + ":1.1 获准使用至 2100-01-01；由 dana 负责",
                "该阶段从空白开始；没有镜像可为其文件作证")) {
            assertThat(chinese, containsString(found));
        }
        String english = text(run.getUrl() + "base-images/", "en");
        assertThat(english, containsString("the base denied.example.com/b:1 is denied: CVE-2026-1"));
        assertThat(english, containsString("use one of registry.corp/golden/java:17, " + gate.repository));
    }

    @Test
    public void aRefusedDelivery() throws Exception {
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new StringCredentialsImpl(
                        CredentialsScope.SYSTEM, "hook", null, Secret.fromString("a secret of the registry's own")));
        WebhookConfiguration.get()
                .setSources(List.of(
                        new WebhookSource("signed", PayloadKind.GITHUB, gate.registry.host(), "hook"),
                        new WebhookSource("careless", PayloadKind.GITHUB, gate.registry.host(), "none")));
        for (String source : List.of("signed", "careless")) {
            HttpURLConnection post =
                    (HttpURLConnection) new URL(jenkins.getURL() + "countersign-webhook/" + source).openConnection();
            post.setRequestMethod("POST");
            post.setDoOutput(true);
            post.getOutputStream().write("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertEquals(403, post.getResponseCode());
        }
        String chinese = text("manage/countersign-webhooks/", "zh-CN");
        assertSaysNothingInEnglish(chinese);
        assertThat(chinese, containsString("投递没有出示证明"));
        assertThat(chinese, containsString("来源 careless 没有类型为机密文本的凭据"));
        String english = text("manage/countersign-webhooks/", "en");
        assertThat(english, containsString("the delivery shows no proof"));
        assertThat(english, containsString("the source careless has no secret text as credentials"));
    }

    /** What was stored without sentences is shown as it was said, and learns them with the next look, which is no news. */
    @Test
    public void whatAnEarlierVersionStored() throws Exception {
        String stored = "{\"decision\":{\"decision\":\"held\",\"stage\":\"qa\",\"decidedAt\":\"2026-11-22T07:18:45Z\","
                + "\"holds\":[{\"reason\":\"blocked\",\"text\":\"frank blocked the image\"}],\"missing\":[],"
                + "\"setAside\":[{\"reason\":\"expired\",\"kind\":\"approval\",\"text\":\"has expired\"}]}}";
        GateSnapshot earlier = GateSnapshot.read(stored);
        assertEquals("frank blocked the image", earlier.why().text(Locale.SIMPLIFIED_CHINESE));
        assertFalse(earlier.hasSentences());
        GateSnapshot now = GateSnapshot.read(stored.replace(
                        "\"frank blocked the image\"",
                        "\"frank blocked the image\",\"sentence\":"
                                + Sentence.of("approval.liftedByWithdrawal", "frank")
                                        .toJson())
                .replace(
                        "\"has expired\"",
                        "\"has expired\",\"sentence\":"
                                + Sentence.of("approval.expired", "2026").toJson()));
        assertTrue(now.hasSentences());
        GateEntry entry = new GateEntry(1, "r/a", "1", "", "qa", "", 0, 0, GateEntry.WAITING);
        assertTrue(entry.saw(earlier));
        assertFalse("words are no news", entry.saw(now));
        assertThat(entry.snapshot().why().text(Locale.SIMPLIFIED_CHINESE), containsString("frank 可以撤回它"));

        Object finding = Jenkins.XSTREAM2.fromXML(
                "<io.jenkins.plugins.countersign.goldenbase.BaseReportAction_-FindingEntry><severity>error</severity>"
                        + "<rule>denied</rule><line>1</line><column>1</column><reference>a</reference><because></because>"
                        + "<message>the base a is denied</message><suggestion>write b</suggestion>"
                        + "</io.jenkins.plugins.countersign.goldenbase.BaseReportAction_-FindingEntry>");
        assertEquals(
                "the base a is denied",
                finding.getClass().getMethod("getMessageText").invoke(finding));
        assertEquals(
                "write b", finding.getClass().getMethod("getSuggestionText").invoke(finding));
        DeadlinePassed passed = (DeadlinePassed) Jenkins.XSTREAM2.fromXML(
                "<io.jenkins.plugins.countersign.approval.DeadlinePassed><image>a</image><stage>qa</stage>"
                        + "<deadline>0</deadline><missing>missing 1 of qa</missing>"
                        + "</io.jenkins.plugins.countersign.approval.DeadlinePassed>");
        assertThat(passed.getShortDescription(), containsString("missing 1 of qa"));
        Object delivered = Jenkins.XSTREAM2.fromXML(
                "<io.jenkins.plugins.countersign.webhook.Delivered><id>r1</id><source>s</source><time>0</time>"
                        + "<verdict>REFUSED</verdict><reason>it was so</reason><events/>"
                        + "</io.jenkins.plugins.countersign.webhook.Delivered>");
        assertEquals("it was so", delivered.getClass().getMethod("getReason").invoke(delivered));
    }

    /** What stands between the places of an English sentence, from three words on. */
    private static void assertSaysNothingInEnglish(String page) throws IOException {
        List<String> said = new ArrayList<>();
        int looked = 0;
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/io/jenkins/plugins/countersign/engine"))) {
            for (Path file :
                    files.filter(file -> file.endsWith("Sentences.properties")).toList()) {
                Properties texts = new Properties();
                try (Reader in = Files.newBufferedReader(file)) {
                    texts.load(in);
                }
                for (Object text : texts.values()) {
                    for (String part : text.toString().replace("''", "'").split("\\{\\d+}")) {
                        if (part.strip().split(" ").length >= 3) {
                            looked++;
                            if (page.contains(part.strip())) {
                                said.add(part.strip());
                            }
                        }
                    }
                }
            }
        }
        assertTrue("too few: " + looked, looked > 150);
        assertEquals(page, List.of(), said);
    }

    /** All that the page can show, also what has to be unfolded first. */
    private static String text(String path, String language) throws Exception {
        try (JenkinsRule.WebClient client = client(language)) {
            HtmlPage page = client.goTo(path);
            return page.getBody().getTextContent().replaceAll("\\s+", " ");
        }
    }

    private static String content(String path, String language) throws Exception {
        try (JenkinsRule.WebClient client = client(language)) {
            return client.goTo(path, "application/json").getWebResponse().getContentAsString();
        }
    }

    private static JenkinsRule.WebClient client(String language) {
        JenkinsRule.WebClient client = jenkins.createWebClient();
        client.getOptions().setJavaScriptEnabled(false);
        client.addRequestHeader("Accept-Language", language);
        return client;
    }
}

package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.model.Action;
import hudson.model.Descriptor;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.InvisibleAction;
import hudson.model.Item;
import hudson.model.Queue;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.cli.Documentation;
import io.jenkins.plugins.countersign.cli.Documentation.Kind;
import io.jenkins.plugins.countersign.cli.Documentation.Shown;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.FolderRegistry;
import io.jenkins.plugins.countersign.configuration.FolderSettings;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import io.jenkins.plugins.countersign.webhook.WebhookConfiguration;
import io.jenkins.plugins.countersign.webhook.WebhookSource;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerProxy;
import org.kohsuke.stapler.WebMethod;
import org.kohsuke.stapler.export.ExportedBean;
import org.kohsuke.stapler.interceptor.RequirePOST;
import org.kohsuke.stapler.verb.POST;

/**
 * Every URL of the plugin, asked by everybody in every way. What a class answers to is found in the class and in the views
 * beside it, so that a new address is asked too, or fails this test until it is known here. Nothing changes, nothing secret is
 * shown, nothing breaks, and who is refused is refused.
 */
public class EveryUrlTest {

    private static final String PACKAGE = "io.jenkins.plugins.countersign.";

    /** Null is nobody in particular; the neighbour may do everything in a folder beside this one. */
    private static final List<String> STRANGERS = Arrays.asList(null, "outsider", "auditor", "manager", "neighbour");

    /** Who reads the job, but may change nothing and approve nothing. */
    private static final List<String> READERS = List.of("reader", "jobauditor");

    /** Approves, overrides, does both in this folder alone, configures jobs, does anything. */
    private static final List<String> OTHERS = List.of("carol", "grace", "local", "configurer", "admin");

    private static final List<String> EVERYBODY =
            Stream.of(STRANGERS, READERS, OTHERS).flatMap(List::stream).toList();

    private static final Set<Integer> REFUSED = Set.of(403, 404);
    private static final Set<Integer> NOTHING_THERE = Set.of(403, 404, 405);
    private static final Set<Integer> SHOWN = Set.of(200);
    private static final Set<Integer> SHOWN_OR_NOT_THERE = Set.of(200, 404);

    /** Views that Jenkins includes in forms and pages of its own. */
    private static final Set<String> OF_FORMS = Set.of("config", "config-details", "credentials", "global");

    private static final Pattern TRACE =
            Pattern.compile("\\n\\s*at [\\w.$]+\\([\\w.]*\\.java|Caused by:|java\\.lang\\.\\w+(Exception|Error)");

    private enum Way {
        GET,
        POST,
        /** Posted by a page of somebody else: without the crumb. */
        FORGED
    }

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder workspace = new TemporaryFolder();

    static {
        jenkins.timeout = 600;
    }

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static ImageAtGate gate;
    private static FreeStyleProject job;
    private static FreeStyleBuild build;
    private static long queued;

    private final List<String> wrong = new ArrayList<>();
    private int asked;

    @BeforeClass
    public static void configure() throws Exception {
        Folder folder = jenkins.createProject(Folder.class, "canary-folder");
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ)
                .everywhere()
                .to(
                        "outsider",
                        "auditor",
                        "manager",
                        "neighbour",
                        "reader",
                        "jobauditor",
                        "carol",
                        "grace",
                        "local",
                        "configurer")
                .grant(Jenkins.SYSTEM_READ)
                .everywhere()
                .to("auditor")
                .grant(Jenkins.MANAGE)
                .everywhere()
                .to("manager")
                .grant(Item.READ)
                .everywhere()
                .to("reader", "jobauditor", "carol", "grace", "configurer")
                .grant(Item.READ, ApprovalPermissions.APPROVE, ApprovalPermissions.OVERRIDE)
                .onFolders(folder)
                .to("local")
                .grant(
                        Item.READ,
                        Item.CONFIGURE,
                        Item.EXTENDED_READ,
                        CredentialsProvider.USE_ITEM,
                        ApprovalPermissions.APPROVE,
                        ApprovalPermissions.OVERRIDE)
                .onFolders(jenkins.createProject(Folder.class, "canary-neighbours"))
                .to("neighbour")
                .grant(Item.EXTENDED_READ)
                .everywhere()
                .to("jobauditor")
                .grant(ApprovalPermissions.APPROVE)
                .everywhere()
                .to("carol")
                .grant(ApprovalPermissions.OVERRIDE)
                .everywhere()
                .to("grace")
                .grant(Item.CONFIGURE, CredentialsProvider.USE_ITEM)
                .everywhere()
                .to("configurer")
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin"));
        gate = new ImageAtGate().configure();
        gate.keepForThemselves("carol");
        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration registry = new RegistryConfiguration("canary.example.com");
        registry.setCredentialsId("canary-login");
        List<RegistryConfiguration> registries = new ArrayList<>(configuration.getRegistries());
        registries.add(registry);
        configuration.setRegistries(registries);
        configuration.setTrustPolicy(gate.policyText() + "  canary-stage: {needs: [{role: qa, count: 1}]}\n");
        configuration.setCatalogue("allow: ['canary.example.com/golden/**']");
        SystemCredentialsProvider system = SystemCredentialsProvider.getInstance();
        system.setDomainCredentialsMap(Map.of(
                Domain.global(),
                List.of(
                        new UsernamePasswordCredentialsImpl(
                                CredentialsScope.GLOBAL, "canary-login", "canary", "canary", "canary-password"),
                        new StringCredentialsImpl(
                                CredentialsScope.GLOBAL, "canary-text", "canary", Secret.fromString("canary-secret")),
                        new SigningKeyCredentialsImpl(
                                CredentialsScope.GLOBAL, "canary-key", "canary", Secret.fromString("canary-secret")))));
        system.save();
        WebhookConfiguration.get()
                .setSources(List.of(new WebhookSource(
                        "canary-source", PayloadKind.DISTRIBUTION, "canary.example.com", "canary-text")));
        FolderSettings settings = new FolderSettings();
        settings.setRegistries(List.of(new FolderRegistry("canary.example.com", "canary-login")));
        settings.setRepositories("canary.example.com/**");
        folder.addProperty(settings);
        job = folder.createProject(FreeStyleProject.class, "canary-job");
        Files.writeString(workspace.newFile("Dockerfile").toPath(), "FROM scratch\n");
        job.setCustomWorkspace(workspace.getRoot().toString());
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        build = jenkins.buildAndAssertSuccess(job);
        ImageApprovalsAction gates = ImageApprovalsAction.of(build);
        gates.add(gate.repository, "1.0", gate.digest.toString(), "qa", "canary-message", 1, 0, GateEntry.WAITING);
        gates.add(gate.repository, "1.0", "", "qa", "not resolved yet", 1, 0, GateEntry.WAITING);
        build.save();
        FreeStyleProject held = folder.createProject(FreeStyleProject.class, "canary-held");
        held.addProperty(new OnlyApprovedImages(gate.image(), "canary-stage"));
        held.scheduleBuild2(0);
        jenkins.jenkins.getQueue().maintain();
        for (Queue.Item item : jenkins.jenkins.getQueue().getItems(held)) {
            queued = item.getId();
        }
        assertTrue(
                "held in the queue", HeldQueueItems.page(Long.toString(queued)).isPresent());
    }

    @AfterClass
    public static void stop() {
        jenkins.jenkins.getQueue().clear();
        gate.close();
    }

    @Issue({"SECURITY-2033", "SECURITY-2342", "SECURITY-3783"})
    @Test
    public void formsTellStrangersNothing() throws Exception {
        Map<String, String> before = everythingKept();
        for (Descriptor<?> descriptor : ours()) {
            for (Method method : descriptor.getClass().getMethods()) {
                String path = path(method);
                if (path == null) {
                    continue;
                }
                String url = "descriptorByName/" + descriptor.clazz.getName() + "/" + path;
                if (!method.isAnnotationPresent(POST.class)) {
                    wrong.add(url + " is not annotated with @POST");
                }
                ask(inTurn(), Way.GET, job.getUrl() + url, NOTHING_THERE);
                ask(inTurn(), Way.FORGED, job.getUrl() + url, Set.of(403));
                String neutral = null;
                for (String who : EVERYBODY) {
                    boolean trusted = who != null && (who.equals("admin") || who.equals("configurer"));
                    for (String context : trusted || who == null ? List.of(job.getUrl()) : List.of("", job.getUrl())) {
                        Answer answer = ask(who, Way.POST, context + url, Set.of(200, 403, 404));
                        if (who == null && answer.status == 200) {
                            wrong.add("nobody in particular is answered by " + context + url);
                        }
                        // Whoever reads a job's configuration is shown what it may use.
                        if (trusted || answer.status != 200 || "jobauditor".equals(who)) {
                            continue;
                        }
                        if (answer.body.contains("canary")) {
                            wrong.add(who + " learns from " + context + url + ": " + answer.body);
                        } else if (who.equals("manager")) {
                            // Keeps the list of registries, and has its fields checked.
                            continue;
                        } else if (method.getName().startsWith("doCheck") && !answer.body.equals("<div/>")) {
                            wrong.add(who + " has " + context + url + " checked: " + answer.body);
                        } else if (neutral != null && !neutral.equals(answer.body)) {
                            wrong.add(who + " is answered otherwise by " + context + url + ": " + answer.body);
                        }
                        neutral = answer.body;
                    }
                }
            }
        }
        assertNothingWrong(before, 900);
    }

    @Test
    public void whoConfiguresTheJobIsShownWhatItMayUse() throws Exception {
        for (String who : List.of("configurer", "jobauditor", "admin")) {
            for (String step : List.of("push.PushImageStep", "signing.SignImageStep", "promotion.PromoteImageStep")) {
                String url = "descriptorByName/" + PACKAGE + step + "/fillRegistryCredentialsIdItems?image=";
                assertThat(ask(who, Way.POST, job.getUrl() + url, SHOWN).body, containsString("canary-login"));
            }
            String check = "descriptorByName/" + PACKAGE + "approval.AwaitApprovalsStep/checkStage?value=nowhere";
            assertThat(ask(who, Way.POST, job.getUrl() + check, SHOWN).body, containsString("canary-stage"));
        }
        assertEquals(List.of(), wrong);
    }

    /** Forms and their help are views of descriptors, which anybody who reads Jenkins reaches. */
    @Test
    public void formsWithoutTheirPageShowNothing() throws Exception {
        Map<String, String> before = everythingKept();
        int helps = 0;
        for (Descriptor<?> descriptor : ours()) {
            String base = "descriptorByName/" + descriptor.clazz.getName() + "/";
            Set<String> views = new TreeSet<>(views(descriptor.getClass()));
            views.addAll(views(descriptor.clazz));
            for (String view : views) {
                for (String who : Arrays.asList("outsider", "auditor", "manager", "reader", "carol")) {
                    Answer answer = ask(who, Way.GET, base + view, Set.of(200, 403, 404));
                    if (answer.body.contains("canary")) {
                        wrong.add(who + " is shown by " + base + view + ": " + answer.body);
                    }
                }
                ask(null, Way.GET, base + view, Set.of(403));
            }
            for (String field : helpOf(descriptor.clazz)) {
                helps++;
                ask(
                        helps % 10 == 0 ? null : "outsider",
                        Way.GET,
                        base + "help/" + field,
                        helps % 10 == 0 ? Set.of(403) : SHOWN);
            }
        }
        assertTrue("help of " + helps + " fields", helps > 50);
        assertNothingWrong(before, 150);
    }

    /**
     * Where each object answers that is none of a form. An object without an address is part of another's answer, and its views
     * are parts of pages.
     */
    private static Map<String, List<String>> addresses() {
        String gates = build.getUrl() + "countersign/";
        Map<String, List<String>> known = new TreeMap<>();
        known.put("approval.ImageApprovalsAction", List.of(gates));
        known.put("approval.ImageApprovalsTab", List.of(gates));
        known.put("approval.GatePage", List.of(gates + "gate/1/", "countersign-waiting/queue/" + queued + "/"));
        for (String part : List.of("RequirementView", "CountedView", "SetAsideView")) {
            known.put("approval.GatePage$" + part, List.of());
        }
        known.put("approval.EvidenceView", List.of());
        known.put("approval.SignatureView", List.of());
        known.put("approval.WaitingForMe", List.of("countersign-waiting/"));
        known.put("goldenbase.BaseReportAction", List.of(build.getUrl() + "base-images/"));
        known.put("goldenbase.BaseReportAction$FindingEntry", List.of());
        for (String part : List.of(
                "approval.DeadlinePassed",
                "approval.OnlyApprovedImages",
                "signing.SigningKeyCredentialsImpl",
                "signing.SigningTokenCredentialsImpl",
                "signing.TokenWait$PageAction",
                "webhook.BaseUpdateCause",
                "webhook.ImageEventCause")) {
            known.put(part, List.of());
        }
        known.put("webhook.WebhookDeliveries", List.of("manage/countersign-webhooks/"));
        known.put("webhook.WebhookEndpoint", List.of("countersign-webhook/canary-source"));
        return known;
    }

    /** A reader is shown what is read, and refused what is done: what is not there would be not found. */
    @Test
    public void theRequestsOfTheDocumentationAreAnswered() throws Exception {
        for (Shown block : Documentation.blocks(Kind.REQUESTS)) {
            for (String line : block.text().split("\n")) {
                String[] words = line.split("\\s+", 3);
                String path = words[1].replaceFirst("^…/job/app/\\d+/", build.getUrl())
                        .replaceFirst("^…/", "")
                        .replaceFirst("/queue/\\d+/", "/queue/" + queued + "/");
                Way way = Way.valueOf(words[0]);
                ask("reader", way, path, way == Way.GET ? Set.of(200) : Set.of(403));
            }
        }
        ask("reader", Way.POST, build.getUrl() + "countersign/gate/1/approves", Set.of(404));
        assertEquals(List.of(), wrong);
        assertTrue("too few: " + asked, asked > 8);
    }

    /** Forms ask, and acts act, by POST; a file is fetched. */
    @Test
    public void onlyAFileIsAnsweredToGet() throws Exception {
        Set<String> got = new TreeSet<>();
        int looked = 0;
        for (Class<?> type : classes()) {
            for (Method method : webMethods(type)) {
                looked++;
                if (!method.isAnnotationPresent(POST.class) && !method.isAnnotationPresent(RequirePOST.class)) {
                    got.add(type.getSimpleName() + "." + method.getName());
                }
            }
        }
        assertTrue("too few: " + looked, looked > 80);
        assertEquals(Set.of("BaseReportAction.doSarif"), got);
    }

    @Test
    public void noAddressIsUnknownToThisTest() throws Exception {
        Set<String> found = new TreeSet<>();
        for (Class<?> type : classes()) {
            boolean answers = Action.class.isAssignableFrom(type) && !InvisibleAction.class.isAssignableFrom(type)
                    || StaplerProxy.class.isAssignableFrom(type)
                    || type.isAnnotationPresent(ExportedBean.class)
                    || jenkins.util.HttpServletFilter.class.isAssignableFrom(type)
                    || !webMethods(type).isEmpty()
                    || views(type).stream().anyMatch(view -> !OF_FORMS.contains(view));
            if (answers && !Descriptor.class.isAssignableFrom(type)) {
                found.add(type.getName().substring(PACKAGE.length()));
            }
        }
        assertEquals(addresses().keySet(), found);
    }

    @Test
    public void pagesOfABuildAreForWhoMaySeeIt() throws Exception {
        Map<String, String> before = everythingKept();
        for (Class<?> type : classes()) {
            String name = type.getName().substring(PACKAGE.length());
            for (String url : addresses().getOrDefault(name, List.of())) {
                if (!url.startsWith(build.getUrl()) && !url.contains("/queue/")) {
                    continue;
                }
                List<String> pages = new ArrayList<>(List.of(url, url + "api/json?depth=3", url + "api/xml"));
                views(type).forEach(view -> pages.add(url + view));
                getters(type).forEach(getter -> pages.add(url + getter + "/"));
                for (String page : pages) {
                    Set<Integer> here = page.equals(url) ? SHOWN : SHOWN_OR_NOT_THERE;
                    for (String who : STRANGERS) {
                        Answer answer = ask(who, Way.GET, page, REFUSED);
                        if (answer.body.contains("canary-message") || answer.body.contains(gate.digest.toString())) {
                            wrong.add(who + " learns from " + page);
                        }
                    }
                    ask(READERS.get(asked % 2), Way.GET, page, here);
                    ask(inTurn(), Way.FORGED, page, Set.of(403));
                }
                for (String who : EVERYBODY) {
                    ask(who, Way.GET, url, STRANGERS.contains(who) ? REFUSED : SHOWN);
                    ask(who, Way.POST, url, STRANGERS.contains(who) ? REFUSED : SHOWN);
                }
            }
        }
        for (String nowhere : List.of(
                build.getUrl() + "countersign/gate/3/",
                build.getUrl() + "countersign/gate/-1/",
                build.getUrl() + "countersign/gate/1;x=..%2f/approve/",
                build.getUrl() + "countersign/gate/%252e%252e/",
                "countersign-waiting/queue/" + (queued + 1000) + "/",
                "countersign-waiting/queue/x/")) {
            for (String who : Arrays.asList(null, "outsider", "carol", "admin")) {
                ask(who, Way.GET, nowhere, Set.of(400, 403, 404));
            }
        }
        assertNothingWrong(before, 200);
    }

    @Issue({"SECURITY-576", "SECURITY-2880"})
    @Test
    public void actsAreForApprovers() throws Exception {
        Map<String, String> before = everythingKept();
        Map<String, String> good = new LinkedHashMap<>();
        good.put("digest", gate.digest.toString());
        good.put("comment", "from a stranger");
        good.put("role", "qa");
        good.put("credentialsId", "carol-key");
        Map<String, String> stale = new LinkedHashMap<>(good);
        stale.put("digest", "sha256:" + "0".repeat(64));
        int acts = 0;
        Set<String> said = new TreeSet<>();
        for (Method method : webMethods(GatePage.class)) {
            acts++;
            assertTrue(method.getName(), method.isAnnotationPresent(POST.class));
            String name = decapitalize(method.getName().substring(2));
            for (String page : addresses().get("approval.GatePage")) {
                String act = page + name;
                for (String who : Arrays.asList(inTurn(), "carol", "admin")) {
                    ask(who, Way.GET, act + "?" + form(good), NOTHING_THERE);
                    ask(who, Way.FORGED, act, good, Set.of(403));
                }
                for (String who : STRANGERS) {
                    ask(who, Way.POST, act, good, REFUSED);
                }
                for (String who : List.of("reader", "jobauditor", "configurer")) {
                    ask(who, Way.POST, act, good, Set.of(403));
                }
                if (List.of("approve", "reject", "withdraw").contains(name)) {
                    said.add(name);
                    // Who may only override does nothing else; who may do all, but is nobody to the trust policy, does
                    // nothing.
                    ask("grace", Way.POST, act, good, Set.of(403));
                    ask("local", Way.POST, act, good, Set.of(403, 409));
                }
                if (!name.equals("look")) {
                    // A gate changes nothing for those either whom it hears, when they saw another image or none.
                    for (String who : List.of("carol", "grace", "local", "admin")) {
                        ask(who, Way.POST, act, stale, Set.of(400, 403, 409));
                    }
                    ask("carol", Way.POST, act, Map.of(), Set.of(400, 403, 409));
                }
            }
        }
        assertTrue("acts: " + acts, acts >= 7);
        assertEquals(Set.of("approve", "reject", "withdraw"), said);
        String unresolved = build.getUrl() + "countersign/gate/2/";
        for (String act : List.of("approve", "request", "look")) {
            ask("carol", Way.POST, unresolved + act, good, Set.of(409));
        }
        assertEquals(
                "nothing happened",
                GateEntry.WAITING,
                ImageApprovalsAction.of(build).entry(1).state());
        assertNothingWrong(before, 200);
        // The legitimate way, for who may: Jenkins' own key store, the policy's own person.
        Answer answer = ask("carol", Way.POST, build.getUrl() + "countersign/gate/1/approve", good, Set.of(200, 303));
        assertEquals(answer.body, List.of(), wrong);
    }

    /** Names and digests in {@code build.xml} that lead elsewhere: into folders of the controller, out of URLs, into pages. */
    @Issue({"SECURITY-2880", "SECURITY-2881"})
    @Test
    public void aGateThatWasWrittenPastJenkinsIsTextAndSignsNothing() throws Exception {
        List<List<String>> hostile = List.of(
                List.of("oci:../../../etc", gate.digest.toString()),
                List.of("../../etc/passwd", gate.digest.toString()),
                List.of("javascript:alert(1)", gate.digest.toString()),
                List.of("registry.example.com/" + "a".repeat(10_000), gate.digest.toString()),
                List.of("&lt;img src=x onerror=alert(1)&gt;", gate.digest.toString()),
                List.of("registry.example.com/a&#10;b", gate.digest.toString()),
                List.of(gate.repository, "sha256:../../x"),
                List.of(gate.repository, "&lt;script&gt;"));
        FreeStyleBuild other = jenkins.buildAndAssertSuccess(jenkins.createFreeStyleProject("canary-hostile"));
        ImageApprovalsAction gates = ImageApprovalsAction.of(other);
        for (int i = 0; i < hostile.size(); i++) {
            gates.add("REPOSITORY" + i, "1.0", "DIGEST" + i, "qa", "", 1, 0, GateEntry.WAITING);
        }
        other.save();
        Path file = other.getRootDir().toPath().resolve("build.xml");
        String xml = Files.readString(file);
        for (int i = 0; i < hostile.size(); i++) {
            xml = xml.replace("REPOSITORY" + i, hostile.get(i).get(0))
                    .replace("DIGEST" + i, hostile.get(i).get(1));
        }
        Files.writeString(file, xml);
        other.reload();
        ImageApprovalsAction.of(other).onLoad(other);
        for (int i = 1; i <= hostile.size(); i++) {
            String page = other.getUrl() + "countersign/gate/" + i + "/";
            Answer shown = ask("carol", Way.GET, page, SHOWN);
            assertTrue(page, !shown.body.contains("<img src=x") && !shown.body.contains("<script>\n"));
            assertTrue(page, !shown.body.contains("href=\"javascript:"));
            ask("carol", Way.GET, page + "api/json", SHOWN);
            for (Method method : webMethods(GatePage.class)) {
                String act = page + decapitalize(method.getName().substring(2));
                Map<String, String> form = Map.of(
                        "digest", gate.digest.toString(), "role", "qa", "comment", "x", "credentialsId", "carol-key");
                ask("carol", Way.POST, act, form, Set.of(400, 403, 409));
            }
        }
        ask("carol", Way.GET, other.getUrl() + "countersign/", SHOWN);
        assertEquals(List.of(), wrong);
    }

    @Test
    public void whatWaitsIsForWhoIsLoggedIn() throws Exception {
        Map<String, String> before = everythingKept();
        List<String> pages = new ArrayList<>(
                List.of("countersign-waiting/", "countersign-waiting/api/json?depth=3", "countersign-waiting/api/xml"));
        views(WaitingForMe.class).forEach(view -> pages.add("countersign-waiting/" + view));
        getters(WaitingForMe.class).forEach(getter -> pages.add("countersign-waiting/" + getter + "/"));
        for (String page : pages) {
            ask(null, Way.GET, page, Set.of(403));
            for (String who : page.endsWith("waiting/") ? EVERYBODY : Arrays.asList("outsider", "manager", "carol")) {
                if (who != null) {
                    Answer answer = ask(who, Way.GET, page, page.endsWith("/") ? SHOWN_OR_NOT_THERE : SHOWN);
                    if (!who.equals("carol") && answer.body.contains("canary")) {
                        wrong.add(who + " is shown by " + page + " what does not wait for them");
                    }
                }
            }
        }
        assertNothingWrong(before, 30);
    }

    @Issue({"SECURITY-2843", "SECURITY-2831"})
    @Test
    public void theEndpointOfRegistriesAnswersEverybodyAlike() throws Exception {
        Map<String, String> before = everythingKept();
        Set<String> answers = new TreeSet<>();
        for (String who : EVERYBODY) {
            for (Way way : Way.values()) {
                for (String path : List.of(
                        "canary-source", "nobody", "nobody/secret", "canary-job", "UPPER", "a/b/c", "", "a%0d%0ab")) {
                    Answer answer = ask(who, way, "countersign-webhook/" + path, Set.of(403));
                    answers.add(answer.status + answer.body);
                }
            }
        }
        assertEquals(Set.of("403refused\n"), answers);
        assertThat(
                "no crumb is asked for at the endpoint alone, not beside it",
                ask("admin", Way.FORGED, "countersign-webhooks/a", Set.of(403)).body,
                containsString("No valid crumb"));
        // What was refused is on the administrators' page, and nowhere else.
        before.keySet().removeIf(file -> file.contains("delivery-log"));
        assertNothingWrong(before, 100);
    }

    @Test
    public void deliveriesAreForAdministrators() throws Exception {
        Map<String, String> before = everythingKept();
        String url = "manage/countersign-webhooks/";
        List<String> pages = new ArrayList<>(List.of(url));
        Class<?> type = Class.forName(PACKAGE + "webhook.WebhookDeliveries");
        views(type).forEach(view -> pages.add(url + view));
        getters(type).forEach(getter -> pages.add(url + getter + "/"));
        for (Method method : webMethods(type)) {
            String act = url + decapitalize(method.getName().substring(2)) + "?source=canary-source&id=x";
            pages.add(act);
            ask("admin", Way.GET, act, NOTHING_THERE);
            ask("admin", Way.POST, act, Set.of(404));
            ask("admin", Way.FORGED, act, Set.of(403));
        }
        for (String page : pages) {
            for (String who : EVERYBODY) {
                if (!"admin".equals(who)) {
                    ask(who, page.contains("?") ? Way.POST : Way.GET, page, REFUSED);
                }
            }
        }
        assertThat(ask("admin", Way.GET, url, SHOWN).body, containsString("canary-source"));
        assertNothingWrong(before, 40);
    }

    /** Whoever reads a configuration reads ids of credentials, never what they hold; a folder's like a job's. */
    @Test
    public void configurationsAreForWhoMayReadThem() throws Exception {
        Map<String, String> before = everythingKept();
        Folder folder = (Folder) job.getParent();
        for (String url : List.of(folder.getUrl(), job.getUrl())) {
            for (String who : STRANGERS) {
                ask(who, Way.GET, url + "configure", REFUSED);
                ask(who, Way.GET, url + "config.xml", REFUSED);
            }
            for (String who : List.of("reader", "carol", "grace", "local")) {
                ask(who, Way.GET, url + "configure", Set.of(403));
                ask(who, Way.GET, url + "config.xml", Set.of(403));
            }
            for (String who : List.of("reader", "carol", "grace", "local", "jobauditor")) {
                ask(who, Way.POST, url + "config.xml", Set.of(403, 400));
                ask(who, Way.POST, url + "configSubmit", Map.of("json", "{}"), Set.of(403));
            }
            Answer form = ask("jobauditor", Way.GET, url + "configure", SHOWN);
            assertThat(
                    form.body,
                    containsString(url.equals(folder.getUrl()) ? "canary.example.com/**" : "CheckBaseImagesStep"));
            assertTrue("nothing to press", !form.body.contains("name=\"Submit\""));
        }
        assertNothingWrong(before, 30);
    }

    /** What browsers load beside the pages, before anybody is logged in. */
    @Test
    public void scriptsAndStylesSayNothingOfThisJenkins() throws Exception {
        int files = 0;
        Path root = root();
        try (Stream<Path> found = Files.walk(root)) {
            for (Path file :
                    found.filter(one -> one.toString().matches(".*\\.(css|js)")).toList()) {
                files++;
                String name = root.relativize(file).toString();
                ask(null, Way.GET, "adjuncts/x/" + PACKAGE.replace('.', '/') + name, SHOWN);
            }
        }
        assertTrue("files: " + files, files >= 3);
        for (String outside : List.of(
                "plugin/countersign/WEB-INF/licenses.xml",
                "plugin/countersign/..%2f..%2fsecrets/master.key",
                "adjuncts/x/io/jenkins/plugins/countersign/approval/GatePage.class")) {
            for (String who : Arrays.asList(null, "reader", "admin")) {
                ask(who, Way.GET, outside, Set.of(400, 403, 404));
            }
        }
        assertEquals(List.of(), wrong);
    }

    private void assertNothingWrong(Map<String, String> before, int atLeast) throws Exception {
        assertEquals(List.of(), wrong);
        assertTrue("too few: " + asked, asked >= atLeast);
        Map<String, String> after = everythingKept();
        after.keySet().retainAll(before.keySet());
        for (String name : before.keySet()) {
            assertEquals(name + " is as it was", before.get(name), after.get(name));
        }
    }

    /** What Jenkins keeps of configuration, jobs, builds and ledger, and what is attached to the image. */
    private static Map<String, String> everythingKept() throws Exception {
        Map<String, String> kept = new TreeMap<>();
        Path home = jenkins.jenkins.getRootDir().toPath();
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = home.relativize(file).toString();
                if (name.matches(
                                "(config|credentials|io\\.jenkins\\.plugins\\.countersign[^/]*)\\.xml|(jobs|countersign)/.*")
                        && !name.endsWith("/permalinks")) {
                    kept.put(name, Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        try (var repository = gate.open()) {
            kept.put(
                    "statements at the image", repository.referrers(gate.digest).toString());
        }
        assertTrue(kept.keySet().toString(), kept.keySet().stream().anyMatch(name -> name.endsWith("build.xml")));
        return kept;
    }

    /** For what does not depend on who asks: how Stapler routes by method, and the crumb. Everybody has their turn. */
    private String inTurn() {
        return EVERYBODY.get(asked % EVERYBODY.size());
    }

    private record Answer(int status, String body) {}

    private Answer ask(String who, Way way, String path, Set<Integer> expected) throws Exception {
        return ask(who, way, path, Map.of(), expected);
    }

    private Answer ask(String who, Way way, String path, Map<String, String> form, Set<Integer> expected)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(jenkins.getURL() + path));
        if (way == Way.GET) {
            request.GET();
        } else {
            request.POST(HttpRequest.BodyPublishers.ofString(form(form)))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .header("Accept", "application/json");
        }
        if (way == Way.POST) {
            request.header(
                    jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                    jenkins.jenkins.getCrumbIssuer().getCrumb());
        }
        if (who != null) {
            byte[] login = (who + ":" + who).getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(login));
        }
        HttpResponse<String> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        asked++;
        String body = response.body();
        String question = who + " " + way + " " + path + ": " + response.statusCode();
        if (!expected.contains(response.statusCode())) {
            wrong.add(question + ", expected " + new TreeSet<>(expected));
        }
        if (TRACE.matcher(body).find()) {
            wrong.add(question + " with a stack trace");
        }
        for (String secret : List.of("canary-password", "canary-secret", "PRIVATE KEY")) {
            if (body.contains(secret)) {
                wrong.add(question + " shows a secret");
            }
        }
        return new Answer(response.statusCode(), body);
    }

    private static String form(Map<String, String> fields) {
        List<String> parts = new ArrayList<>();
        fields.forEach((name, value) -> parts.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return String.join("&", parts);
    }

    private static Path root() throws Exception {
        return Path.of(ImageStep.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve(PACKAGE.replace('.', '/'));
    }

    /** The plugin's classes, without those of the engine and the command line, which know no Jenkins. */
    private static List<Class<?>> classes() throws Exception {
        List<Class<?>> classes = new ArrayList<>();
        Path root = root();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".class"))
                    .sorted()
                    .toList()) {
                String name = root.relativize(file).toString().replace('/', '.');
                if (!name.startsWith("engine.") && !name.startsWith("cli.")) {
                    classes.add(Class.forName(
                            PACKAGE + name.substring(0, name.length() - ".class".length()),
                            false,
                            EveryUrlTest.class.getClassLoader()));
                }
            }
        }
        return classes;
    }

    /** Stapler's names for methods that answer requests. */
    private static List<Method> webMethods(Class<?> type) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .filter(method ->
                        method.getName().matches("(do|js)[A-Z]\\w*") || method.isAnnotationPresent(WebMethod.class))
                .toList();
    }

    /** What Stapler might walk through. */
    private static List<String> getters(Class<?> type) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers())
                        && !method.isSynthetic()
                        && method.getParameterCount() == 0
                        && method.getName().matches("get[A-Z]\\w*")
                        && !method.getReturnType().isPrimitive()
                        && method.getReturnType() != String.class)
                .map(method -> decapitalize(method.getName().substring(3)))
                .toList();
    }

    private static List<String> views(Class<?> type) throws Exception {
        return filesOf(type, "(.+)\\.(jelly|groovy)");
    }

    private static List<String> helpOf(Class<?> type) throws Exception {
        return filesOf(type, "help-([^_]+)\\.html");
    }

    private static List<String> filesOf(Class<?> type, String name) throws IOException, Exception {
        if (!type.getName().startsWith(PACKAGE)) {
            return List.of();
        }
        Path folder = root().resolve(type.getName()
                .substring(PACKAGE.length())
                .replace('.', '/')
                .replace('$', '/'));
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        Pattern pattern = Pattern.compile(name);
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> pattern.matcher(file.getFileName().toString()))
                    .filter(java.util.regex.Matcher::matches)
                    .map(matcher -> matcher.group(1))
                    .sorted()
                    .toList();
        }
    }

    private static List<Descriptor<?>> ours() {
        List<Descriptor<?>> ours = new ArrayList<>();
        for (Descriptor<?> descriptor : jenkins.jenkins.getExtensionList(Descriptor.class)) {
            if (descriptor.clazz.getName().startsWith(PACKAGE)) {
                ours.add(descriptor);
            }
        }
        return ours;
    }

    /** The method's URL below its descriptor, with something for each of its parameters; null for other methods. */
    private static String path(Method method) {
        if (!method.getName().matches("(do|js)[A-Z]\\w*")
                || !method.getDeclaringClass().getName().startsWith(PACKAGE)) {
            return null;
        }
        StringBuilder path = new StringBuilder(decapitalize(method.getName().substring(2)));
        char separator = '?';
        for (Parameter parameter : method.getParameters()) {
            for (Annotation annotation : parameter.getAnnotations()) {
                if (annotation instanceof QueryParameter query) {
                    String name = query.value().isEmpty() ? parameter.getName() : query.value();
                    String value = parameter.getType() == String.class
                            ? "%3A%3A"
                            : parameter.getType() == boolean.class ? "true" : "7";
                    path.append(separator).append(name).append('=').append(value);
                    separator = '&';
                }
            }
        }
        return path.toString();
    }

    private static String decapitalize(String name) {
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }
}

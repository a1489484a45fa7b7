package io.jenkins.plugins.countersign.approval;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.model.Descriptor;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.jvnet.hudson.test.SingleFileSCM;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * Every URL of descriptors, found by reflection, asked by those who may not configure: who reads Jenkins, jobs, or the system.
 * Classes with other web methods must be known here, or this test fails.
 */
public class EveryUrlTest {

    private static final String PACKAGE = "io.jenkins.plugins.countersign.";

    /** Who may not configure anything. */
    private static final List<String> STRANGERS = List.of("outsider", "reader", "auditor");

    /** Other objects with web methods; their tests are named behind them. */
    private static final Set<String> KNOWN = Set.of(
            "approval.GatePage", // GatePageTest
            "goldenbase.BaseReportAction", // for whoever may see the build, which leads there
            "webhook.WebhookDeliveries", // for administrators alone, by its getTarget()
            "webhook.WebhookEndpoint" // theEndpointOfRegistriesAnswersEverybodyAlike
            );

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    static {
        jenkins.timeout = 600;
    }

    private static final Map<String, JenkinsRule.WebClient> BROWSERS = new HashMap<>();

    private static FreeStyleProject job;
    private static FreeStyleBuild build;

    @BeforeClass
    public static void configure() throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ)
                .everywhere()
                .to("outsider")
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .to("reader")
                .grant(Jenkins.READ, Jenkins.SYSTEM_READ)
                .everywhere()
                .to("auditor")
                .grant(Jenkins.READ, Item.READ, Item.EXTENDED_READ)
                .everywhere()
                .to("jobauditor")
                .grant(Jenkins.READ, Item.READ, Item.CONFIGURE, CredentialsProvider.USE_ITEM)
                .everywhere()
                .to("configurer")
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin"));
        DemoCast cast = DemoCast.prepare(folder.getRoot().toPath().resolve("keys"), "registry.example.com/golden/**");
        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration registry = new RegistryConfiguration("canary.example.com");
        registry.setCredentialsId("canary-login");
        configuration.setRegistries(List.of(registry));
        configuration.setTrustPolicy(Files.readString(cast.policy()).replace("production", "canary-stage"));
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
        job = jenkins.createFreeStyleProject("canary-job");
        job.setScm(new SingleFileSCM("Dockerfile", "FROM scratch\n"));
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        build = jenkins.buildAndAssertSuccess(job);
        ImageApprovalsAction.of(build)
                .add("canary.example.com/app", "1", "", "qa", "canary-message", 1, 0, GateEntry.WAITING);
    }

    @Issue({"SECURITY-2033", "SECURITY-2342", "SECURITY-3783"})
    @Test
    public void formsTellStrangersNothing() throws Exception {
        List<String> wrong = new ArrayList<>();
        int asked = 0;
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
                int got = ask("admin", job.getUrl() + url, HttpMethod.GET).getStatusCode();
                if (got != 404 && got != 405) {
                    wrong.add(url + " answers GET with " + got);
                }
                String neutral = null;
                for (String stranger : STRANGERS) {
                    for (String context : List.of("", job.getUrl())) {
                        WebResponse answer = ask(stranger, context + url, HttpMethod.POST);
                        asked++;
                        String text = answer.getStatusCode() == 200 ? answer.getContentAsString() : "";
                        boolean refused = answer.getStatusCode() == 403 || answer.getStatusCode() == 404;
                        if (!refused && answer.getStatusCode() != 200) {
                            wrong.add(stranger + " " + context + url + " " + answer.getStatusCode());
                        } else if (text.contains("canary")) {
                            wrong.add(stranger + " learns from " + context + url + ": " + text);
                        } else if (!refused && method.getName().startsWith("doCheck") && !text.equals("<div/>")) {
                            wrong.add(stranger + " has " + context + url + " checked: " + text);
                        } else if (!refused && neutral != null && !neutral.equals(text)) {
                            wrong.add(stranger + " is answered otherwise by " + context + url + ": " + text);
                        }
                        neutral = refused ? neutral : text;
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue("too few: " + asked, asked > 150);
    }

    @Test
    public void whoConfiguresTheJobIsShownWhatItMayUse() throws Exception {
        for (String who : List.of("configurer", "jobauditor", "admin")) {
            for (String step : List.of("push.PushImageStep", "signing.SignImageStep", "promotion.PromoteImageStep")) {
                String url = "descriptorByName/" + PACKAGE + step + "/fillRegistryCredentialsIdItems?image=";
                assertThat(
                        ask(who, job.getUrl() + url, HttpMethod.POST).getContentAsString(),
                        containsString("canary-login"));
            }
            assertThat(
                    ask(
                                    who,
                                    job.getUrl() + "descriptorByName/" + PACKAGE
                                            + "approval.AwaitApprovalsStep/checkStage?value=nowhere",
                                    HttpMethod.POST)
                            .getContentAsString(),
                    containsString("canary-stage"));
        }
    }

    @Issue({"SECURITY-2843", "SECURITY-2831"})
    @Test
    public void theEndpointOfRegistriesAnswersEverybodyAlike() throws Exception {
        Set<String> answers = new TreeSet<>();
        for (String who : java.util.Arrays.asList(null, "outsider", "reader", "auditor", "configurer", "admin")) {
            for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT)) {
                for (String path : List.of("nobody", "nobody/secret", "canary-job")) {
                    WebResponse answer = ask(who, "countersign-webhook/" + path, method, false);
                    answers.add(answer.getStatusCode() + answer.getContentAsString());
                }
            }
        }
        assertEquals(Set.of("403refused\n"), answers);
    }

    @Test
    public void noWebMethodIsUnknownToThisTest() throws Exception {
        Set<String> found = new TreeSet<>();
        Path classes = Path.of(ImageStep.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes.resolve("io/jenkins/plugins/countersign"))) {
            for (Path file : files.filter(one -> one.toString().endsWith(".class"))
                    .filter(one -> !one.toString().contains("/engine/")
                            && !one.toString().contains("/cli/"))
                    .toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                Class<?> type = Class.forName(
                        name.substring(0, name.length() - 6), false, getClass().getClassLoader());
                for (Method method : type.getDeclaredMethods()) {
                    if (java.lang.reflect.Modifier.isPublic(method.getModifiers())
                            && method.getName().matches("(do|js)[A-Z]\\w*")
                            && !Descriptor.class.isAssignableFrom(type)) {
                        found.add(type.getName().substring(PACKAGE.length()));
                    }
                }
            }
        }
        found.removeAll(KNOWN);
        assertEquals(Set.of(), found);
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
        if (!method.getName().matches("do[A-Z]\\w*")
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

    private static WebResponse ask(String user, String path, HttpMethod method) throws Exception {
        return ask(user, path, method, true);
    }

    private static WebResponse ask(String user, String path, HttpMethod method, boolean crumb) throws Exception {
        JenkinsRule.WebClient browser = BROWSERS.computeIfAbsent(String.valueOf(user), name -> {
            JenkinsRule.WebClient made = jenkins.createWebClient().withThrowExceptionOnFailingStatusCode(false);
            made.getOptions().setRedirectEnabled(false);
            return user == null ? made : made.withBasicCredentials(user);
        });
        WebRequest request = new WebRequest(new URL(jenkins.getURL(), path), method);
        if (crumb && method == HttpMethod.POST) {
            request.setAdditionalHeader(
                    jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                    jenkins.jenkins.getCrumbIssuer().getCrumb());
        }
        // Not as a page: what refuses sends people on to where they log in.
        return browser.loadWebResponse(request);
    }
}

package io.jenkins.plugins.countersign.configuration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import com.sun.net.httpserver.HttpServer;
import hudson.model.Descriptor;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import jenkins.model.Jenkins;
import net.sf.json.JSONArray;
import net.sf.json.JSONObject;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.util.NameValuePair;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.kohsuke.stapler.Stapler;

/** The system's configuration: what each field is checked for, who sees it, who changes it, and what nobody gets out of it. */
public class SystemFormsTest {

    private static final String PASSWORD = "canary-of-the-registry";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    static {
        jenkins.timeout = 600;
    }

    private static DemoCast cast;
    private static String policy;
    private static String rootKey;

    private HttpServer registry;
    private final List<String> visits = new CopyOnWriteArrayList<>();
    private String host;

    @Before
    public void configure() throws Exception {
        jenkins.jenkins.setSecurityRealm(jenkins.createDummySecurityRealm());
        jenkins.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ)
                .everywhere()
                .to("reader")
                .grant(Jenkins.READ, Jenkins.SYSTEM_READ)
                .everywhere()
                .to("auditor")
                .grant(Jenkins.READ, Jenkins.MANAGE)
                .everywhere()
                .to("manager")
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin"));
        if (cast == null) {
            cast = DemoCast.prepare(folder.getRoot().toPath().resolve("keys"), "registry.example.com/golden/**");
            policy = Files.readString(cast.policy());
            rootKey = Files.readString(cast.key("root").resolveSibling("root.pub"));
        }
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/", exchange -> {
            String login = exchange.getRequestHeaders().getFirst("Authorization");
            visits.add(String.valueOf(login));
            String wanted = "Basic " + Base64.getEncoder().encodeToString(("builder:" + PASSWORD).getBytes());
            if (!wanted.equals(login)) {
                exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"registry\"");
            }
            exchange.sendResponseHeaders(wanted.equals(login) ? 200 : 401, -1);
            exchange.close();
        });
        registry.start();
        host = "localhost:" + registry.getAddress().getPort();

        SystemCredentialsProvider system = SystemCredentialsProvider.getInstance();
        SigningKeyCredentialsImpl gate = new SigningKeyCredentialsImpl(
                CredentialsScope.SYSTEM, "gate-key", null, Secret.fromString(Files.readString(cast.key("gate"))));
        gate.setPassword(Secret.fromString(DemoCast.PASSWORD));
        SigningKeyCredentialsImpl other = new SigningKeyCredentialsImpl(
                CredentialsScope.SYSTEM, "other-key", null, Secret.fromString(Files.readString(cast.key("carol"))));
        other.setPassword(Secret.fromString(DemoCast.PASSWORD));
        system.setDomainCredentialsMap(Map.of(
                Domain.global(),
                List.of(gate, other),
                new Domain("here", null, List.of(new HostnamePortSpecification(host, null))),
                List.of(login("login-here")),
                new Domain("there", null, List.of(new HostnamePortSpecification("registry.example.com", null))),
                List.of(login("login-there"))));
        system.save();

        CountersignConfiguration configuration = CountersignConfiguration.get();
        RegistryConfiguration configured = new RegistryConfiguration("registry.example.com");
        configured.setCredentialsId("login-there");
        configuration.setRegistries(List.of(configured));
        configuration.setTrustPolicy(policy);
        configuration.setTrustPolicyRepository(null);
        configuration.setPolicyRootKeys(null);
        configuration.setPolicyRootThreshold(1);
        configuration.setGateCredentialsId("gate-key");
        configuration.setStartersMayApprove(false);
        configuration.setTokenLibraries(List.of(new TokenLibrary("/usr/lib/opensc-pkcs11.so")));
    }

    private static UsernamePasswordCredentialsImpl login(String id) throws Exception {
        return new UsernamePasswordCredentialsImpl(CredentialsScope.GLOBAL, id, null, "builder", PASSWORD);
    }

    @After
    public void stopRegistry() {
        registry.stop(0);
    }

    @Test
    public void whoOnlyReadsTheSystemSeesTheFormAndCannotChangeIt() throws Exception {
        try (JenkinsRule.WebClient browser = client("auditor", false)) {
            HtmlPage page = browser.goTo("manage/configure");
            String html = page.getWebResponse().getContentAsString();
            assertThat(html, containsString("production"));
            assertThat(html, containsString("registry.example.com"));
            assertThat(html, containsString("/usr/lib/opensc-pkcs11.so"));
            assertThat(html, not(containsString(PASSWORD)));
            assertThat(html, not(containsString("PRIVATE KEY")));
            for (String field :
                    List.of("_.host", "_.trustPolicy", "_.policyRootKeys", "_.path", "_.id", "_.registry")) {
                assertEquals(
                        field + " is not editable",
                        List.of(),
                        page.getElementsByName(field).stream()
                                .filter(element ->
                                        !element.hasAttribute("disabled") && !element.hasAttribute("readonly"))
                                .toList());
            }
            assertEquals(
                    "nothing to remove",
                    List.of(),
                    page.getByXPath("//*[@name='registries' or @name='tokenLibraries' or @name='sources']"
                            + "//button[contains(@class,'repeatable-delete')]"));
            assertEquals(
                    "nothing to press",
                    List.of(),
                    page.getElementsByName("Submit").stream().toList());
        }
        WebResponse sent = submit("auditor", new JSONObject().element("trustPolicy", "name: mine"));
        assertEquals(403, sent.getStatusCode());
        assertUnchanged();
        try (JenkinsRule.WebClient browser = client("reader", false)) {
            assertEquals(
                    403, browser.goTo("manage/configure", null).getWebResponse().getStatusCode());
        }
    }

    @Test
    public void whoOnlyManagesJenkinsKeepsRegistriesAndDecidesNothingOverTrust() throws Exception {
        try (JenkinsRule.WebClient browser = client("manager", false)) {
            HtmlPage page = browser.goTo("manage/configure");
            String html = page.getWebResponse().getContentAsString();
            assertThat(html, containsString("registry.example.com"));
            assertThat(html, not(containsString("_.trustPolicy")));
            assertThat(html, not(containsString("opensc-pkcs11")));
            assertEquals(
                    "the registry, and the one to be added, can be removed",
                    2,
                    page.getByXPath("//*[@name='registries']//button[contains(@class,'repeatable-delete')]")
                            .size());
        }
        JSONObject present =
                new JSONObject().element("host", "registry.example.com").element("credentialsId", "login-there");
        configure(
                "manager",
                new JSONObject()
                        .element("registries", new JSONArray().element(present))
                        .element("trustPolicy", "name: mine")
                        .element("trustPolicyRepository", "registry.example.com/mine")
                        .element("policyRootKeys", "mine")
                        .element("policyRootThreshold", 9)
                        .element("gateCredentialsId", "other-key")
                        .element("startersMayApprove", true)
                        .element("tokenLibraries", new JSONObject().element("path", "/tmp/mine.so")));
        assertUnchanged();

        for (JSONObject taken : List.of(
                new JSONObject().element("host", "evil.example.com").element("credentialsId", "login-there"),
                new JSONObject().element("host", "registry.example.com").element("insecurePlainHttp", true),
                new JSONObject()
                        .element("host", "registry.example.com")
                        .element("credentialsId", "login-there")
                        .element("insecureUnverifiedTls", true),
                new JSONObject()
                        .element("host", "registry.example.com")
                        .element("credentialsId", "login-there")
                        .element("certificateAuthority", "-----BEGIN CERTIFICATE-----"))) {
            Descriptor.FormException refused = assertThrows(
                    Descriptor.FormException.class,
                    () -> configure("manager", new JSONObject().element("registries", new JSONArray().element(taken))));
            assertThat(refused.getMessage(), containsString("An administrator has to do this"));
            assertUnchanged();
        }

        configure(
                "manager",
                new JSONObject()
                        .element(
                                "registries",
                                new JSONArray()
                                        .element(present)
                                        .element(new JSONObject().element("host", "mirror.example.com"))));
        assertEquals(
                List.of("registry.example.com", "mirror.example.com"),
                CountersignConfiguration.get().getRegistries().stream()
                        .map(RegistryConfiguration::getHost)
                        .toList());
    }

    @Test
    public void everyFieldIsChecked_forWhoMayFillItIn() throws Exception {
        String signedOnly = "&policyRootKeys=" + encode(rootKey) + "&policyRootThreshold=1";
        Map<String, String> table = new LinkedHashMap<>();
        table.put(
                "CountersignConfiguration/checkTrustPolicy?policyRootThreshold=1&value=" + encode(policy),
                "4 people, stages qa, production");
        table.put(
                "CountersignConfiguration/checkTrustPolicy?policyRootThreshold=1&value=",
                "There is no trust policy in the system configuration");
        table.put("CountersignConfiguration/checkTrustPolicy?policyRootThreshold=1&value=name%3A+a", "class=\"error\"");
        table.put("CountersignConfiguration/checkTrustPolicy?value=" + encode(policy) + signedOnly, "class=\"error\"");
        table.put(
                "CountersignConfiguration/checkTrustPolicy?policyRootThreshold=1&trustPolicyRepository=registry.example.com%2Fa&value="
                        + encode(policy),
                "this text is not read");
        table.put(
                "CountersignConfiguration/checkTrustPolicyRepository?value=registry.example.com%2Fpolicy",
                "pins no root keys");
        table.put(
                "CountersignConfiguration/checkTrustPolicyRepository?value=registry.example.com%2Fpolicy%3Alatest"
                        + signedOnly,
                "without tag and digest");
        table.put("CountersignConfiguration/checkTrustPolicyRepository?value=oci%3Afolder" + signedOnly, "is a folder");
        table.put("CountersignConfiguration/checkPolicyRootKeys?value=", "need not be signed");
        table.put("CountersignConfiguration/checkPolicyRootKeys?value=no+key", "class=\"error\"");
        table.put("CountersignConfiguration/checkPolicyRootKeys?value=" + encode(rootKey), "sha256:");
        table.put(
                "CountersignConfiguration/checkPolicyRootThreshold?value=2&policyRootKeys=" + encode(rootKey),
                "class=\"error\"");
        table.put(
                "CountersignConfiguration/checkGateCredentialsId?value=gate-key&policyRootThreshold=1&trustPolicy="
                        + encode(policy),
                "sha256:");
        table.put(
                "CountersignConfiguration/checkGateCredentialsId?value=other-key&policyRootThreshold=1&trustPolicy="
                        + encode(policy),
                "nobody would believe its seals");
        table.put(
                "CountersignConfiguration/checkGateCredentialsId?value=none&policyRootThreshold=1",
                "There is no signing key &quot;none&quot;");
        table.put(
                "CountersignConfiguration/checkGateCredentialsId?value=&policyRootThreshold=1", "nothing be promoted");
        table.put(
                "RegistryConfiguration/checkHost?value=https%3A%2F%2Fregistry.example.com",
                "Name host and optional port");
        table.put("RegistryConfiguration/checkCertificateAuthority?value=nothing", "This is no certificate");
        table.put("RegistryConfiguration/checkInsecurePlainHttp?value=true", "can be read and changed on the way");
        table.put("RegistryConfiguration/checkInsecureUnverifiedTls?value=true", "can be read and changed on the way");
        table.put(
                "RegistryConfiguration/checkCredentialsId?host=evil.example.com&value=login-there",
                "There are no credentials of this id whose domain covers evil.example.com");
        table.put(
                "RegistryConfiguration/checkClientCertificateId?host=registry.example.com&value=none",
                "There are no credentials of this id");
        table.put("RegistryConfiguration/checkTokenHosts?value=auth.example.com+https%3A%2F%2Fb", "Name hosts alone");
        table.put(
                "CountersignConfiguration/checkIdentityCredentialsId?value=none&policyRootThreshold=1",
                "There is no signing key &quot;none&quot;");
        table.put(
                "CountersignConfiguration/checkIdentityCredentialsId?value=gate-key&policyRootThreshold=1&trustPolicy="
                        + encode(policy),
                "does not stand under identity");
        table.put("TokenLibrary/checkPath?value=opensc-pkcs11.so", "by its absolute path");
        table.put("TokenLibrary/checkLabel?value=%26%26", "class=\"error\"");
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, String> row : table.entrySet()) {
            String path = row.getKey();
            String toAdmin = ask("admin", path, HttpMethod.POST).getContentAsString();
            if (!toAdmin.contains(row.getValue())) {
                wrong.add(path + " says to an administrator: " + toAdmin);
            }
            for (String nobody : List.of("reader", "auditor")) {
                String said = ask(nobody, path, HttpMethod.POST).getContentAsString();
                if (!said.equals("<div/>")) {
                    wrong.add(path + " says to " + nobody + ": " + said);
                }
            }
            int got = ask("admin", path, HttpMethod.GET).getStatusCode();
            if (got != 404 && got != 405) {
                wrong.add(path + " answers GET with " + got);
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Issue({"SECURITY-2033", "SECURITY-3783"})
    @Test
    public void onlyAdministratorsLearnIdsOfCredentials() throws Exception {
        for (String menu : List.of(
                "RegistryConfiguration/fillCredentialsIdItems?host=registry.example.com&credentialsId=present",
                "CountersignConfiguration/fillGateCredentialsIdItems?gateCredentialsId=present")) {
            for (String nobody : List.of("reader", "auditor", "manager")) {
                String items = ask(nobody, menu, HttpMethod.POST).getContentAsString();
                assertThat(items, containsString("present"));
                assertThat(nobody, items, not(containsString("login-there")));
                assertThat(nobody, items, not(containsString("gate-key")));
            }
        }
        assertThat(
                ask("admin", "RegistryConfiguration/fillCredentialsIdItems?host=registry.example.com", HttpMethod.POST)
                        .getContentAsString(),
                containsString("login-there"));
        assertThat(
                ask("admin", "CountersignConfiguration/fillGateCredentialsIdItems", HttpMethod.POST)
                        .getContentAsString(),
                containsString("gate-key"));
    }

    @Issue({"SECURITY-3702", "SECURITY-2467"})
    @Test
    public void onlyAdministratorsReachARegistryThroughTheTest_andALoginGoesToItsOwnHostAlone() throws Exception {
        String test =
                "RegistryConfiguration/testConnection?insecurePlainHttp=true&insecureUnverifiedTls=false&host=" + host;
        String withLogin = test + "&credentialsId=login-here";
        int got = ask("admin", withLogin, HttpMethod.GET).getStatusCode();
        assertTrue("GET: " + got, got == 404 || got == 405);
        for (String nobody : List.of("reader", "auditor", "manager")) {
            assertEquals(nobody, 403, ask(nobody, withLogin, HttpMethod.POST).getStatusCode());
        }
        assertEquals(
                "without a crumb",
                403,
                ask("admin", withLogin, HttpMethod.POST, false).getStatusCode());
        String elsewhere = ask("admin", test + "&credentialsId=login-there", HttpMethod.POST)
                .getContentAsString();
        assertThat(elsewhere, containsString("login-there"));
        assertEquals("nobody was asked until now", List.of(), visits);

        assertThat(ask("admin", withLogin, HttpMethod.POST).getContentAsString(), containsString("It took the login."));
        assertTrue(
                "with the login",
                visits.contains("Basic " + Base64.getEncoder().encodeToString(("builder:" + PASSWORD).getBytes())));
        String refused = ask("admin", test, HttpMethod.POST).getContentAsString();
        assertThat(refused, containsString("class=\"error\""));
        assertThat(refused, not(containsString(PASSWORD)));
    }

    private void assertUnchanged() {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        assertEquals(policy, configuration.getTrustPolicy());
        assertNull(configuration.getTrustPolicyRepository());
        assertNull(configuration.getPolicyRootKeys());
        assertEquals(1, configuration.getPolicyRootThreshold());
        assertEquals("gate-key", configuration.getGateCredentialsId());
        assertEquals(false, configuration.isStartersMayApprove());
        assertEquals(
                "/usr/lib/opensc-pkcs11.so",
                configuration.getTokenLibraries().get(0).getPath());
        assertEquals(1, configuration.getRegistries().size());
        assertEquals("login-there", configuration.getRegistries().get(0).getCredentialsId());
    }

    /** As somebody's form, or what somebody sends in its place, arrives. */
    private static void configure(String user, JSONObject ours) throws Exception {
        try (JenkinsRule.WebClient browser = client(user, false)) {
            browser.executeOnServer(() -> CountersignConfiguration.get().configure(Stapler.getCurrentRequest2(), ours));
        }
    }

    /** Sends the form of the system's configuration, as a script would that asks no page what it may send. */
    private static WebResponse submit(String user, JSONObject ours) throws Exception {
        JSONObject form = new JSONObject()
                .element("system_message", "")
                .element(CountersignConfiguration.get().getJsonSafeClassName(), ours);
        try (JenkinsRule.WebClient browser = client(user, false)) {
            WebRequest request = new WebRequest(new URL(jenkins.getURL(), "configSubmit"), HttpMethod.POST);
            request.setRequestParameters(List.of(
                    new NameValuePair("json", form.toString()),
                    new NameValuePair(
                            jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                            jenkins.jenkins.getCrumbIssuer().getCrumb())));
            return browser.getPage(request).getWebResponse();
        }
    }

    private static WebResponse ask(String user, String check, HttpMethod method) throws Exception {
        return ask(user, check, method, true);
    }

    private static WebResponse ask(String user, String check, HttpMethod method, boolean crumb) throws Exception {
        String name = check.substring(0, check.indexOf('/'));
        String rest = check.substring(check.indexOf('/'));
        try (JenkinsRule.WebClient browser = client(user, false)) {
            WebRequest request = new WebRequest(
                    new URL(
                            jenkins.getURL(),
                            "descriptorByName/io.jenkins.plugins.countersign.configuration." + name + rest),
                    method);
            if (crumb) {
                request.setAdditionalHeader(
                        jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                        jenkins.jenkins.getCrumbIssuer().getCrumb());
            }
            return browser.loadWebResponse(request);
        }
    }

    private static JenkinsRule.WebClient client(String user, boolean script) throws Exception {
        JenkinsRule.WebClient browser = jenkins.createWebClient().withThrowExceptionOnFailingStatusCode(false);
        browser.setJavaScriptEnabled(script);
        return browser.withBasicCredentials(user);
    }

    private static String encode(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }
}

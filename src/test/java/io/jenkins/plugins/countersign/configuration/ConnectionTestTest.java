package io.jenkins.plugins.countersign.configuration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SecretBytes;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnamePortSpecification;
import com.cloudbees.plugins.credentials.impl.CertificateCredentialsImpl;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import com.sun.net.httpserver.HttpServer;
import io.jenkins.plugins.countersign.FormsRule;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.registry.UnauthorizedException;
import io.jenkins.plugins.countersign.engine.registry.UntrustedCertificateException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import jenkins.model.Jenkins;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.WebResponse;
import org.htmlunit.util.NameValuePair;
import org.junit.After;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;

/** "Test connection" of a registry: who may, what is sent where, and what is said. */
public class ConnectionTestTest {

    @ClassRule
    public static final JenkinsRule J = new FormsRule();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    private static final String ANYWHERE = "login-without-domain";
    private static final String ELSEWHERE = "login-for-another-host";
    private static final String CERTIFICATE_ELSEWHERE = "certificate-for-another-host";
    private static final String REAL = "login-of-the-registry";
    private static final String SECRET = "canary-of-the-connection-test";

    /** Asks everybody for a login, and remembers what came. */
    private HttpServer stranger;

    private final List<String> visits = new CopyOnWriteArrayList<>();

    @Before
    public void prepare() throws Exception {
        stranger = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stranger.createContext("/", exchange -> {
            visits.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"stranger\"");
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        });
        stranger.start();
        J.jenkins.setSecurityRealm(J.createDummySecurityRealm());
        J.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin")
                .grant(Jenkins.READ, Jenkins.MANAGE)
                .everywhere()
                .to("manager")
                .grant(Jenkins.READ)
                .everywhere()
                .to("reader"));
        CountersignConfiguration.get().setRegistries(List.of());
        SystemCredentialsProvider.getInstance()
                .setDomainCredentialsMap(Map.of(
                        Domain.global(),
                        List.of(login(ANYWHERE, SECRET)),
                        domain("another.example.com:443"),
                        List.of(login(ELSEWHERE, SECRET), certificate()),
                        domain(REGISTRY.host()),
                        List.of(login(REAL, DockerRegistry.PASSWORD))));
    }

    @After
    public void stop() {
        stranger.stop(0);
    }

    private static Domain domain(String host) {
        return new Domain(host, null, List.of(new HostnamePortSpecification(host, null)));
    }

    private static UsernamePasswordCredentialsImpl login(String id, String password) throws Exception {
        return new UsernamePasswordCredentialsImpl(CredentialsScope.SYSTEM, id, null, DockerRegistry.USER, password);
    }

    private static CertificateCredentialsImpl certificate() throws Exception {
        return new CertificateCredentialsImpl(
                CredentialsScope.SYSTEM,
                CERTIFICATE_ELSEWHERE,
                null,
                SECRET,
                new CertificateCredentialsImpl.UploadedKeyStoreSource(
                        null,
                        SecretBytes.fromRawBytes(
                                TestCertificate.forName("jenkins").pkcs12(SECRET))));
    }

    private String strangerHost() {
        return "127.0.0.1:" + stranger.getAddress().getPort();
    }

    private WebResponse ask(HttpMethod method, String user, Map<String, String> fields) throws Exception {
        return ask("testConnection", method, user, fields);
    }

    /** With a token, because to log in would be to read pages. */
    private WebResponse ask(String what, HttpMethod method, String user, Map<String, String> fields) throws Exception {
        JenkinsRule.WebClient client =
                J.createWebClient().withBasicApiToken(user).withThrowExceptionOnFailingStatusCode(false);
        WebRequest request = new WebRequest(
                new URL(J.getURL(), "descriptorByName/" + RegistryConfiguration.class.getName() + "/" + what), method);
        List<NameValuePair> parameters = new ArrayList<>();
        fields.forEach((name, value) -> parameters.add(new NameValuePair(name, value)));
        request.setRequestParameters(parameters);
        return client.getPage(request).getWebResponse();
    }

    private Map<String, String> stranger(String credentialsId) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("host", strangerHost());
        fields.put("credentialsId", credentialsId);
        fields.put("certificateAuthority", "");
        fields.put("clientCertificateId", "");
        fields.put("tokenHosts", "");
        fields.put("insecurePlainHttp", "true");
        fields.put("insecureUnverifiedTls", "false");
        return fields;
    }

    private Map<String, String> real(String credentialsId) throws Exception {
        Map<String, String> fields = stranger(credentialsId);
        fields.put("host", REGISTRY.host());
        fields.put("certificateAuthority", Files.readString(REGISTRY.authority()));
        fields.put("insecurePlainHttp", "false");
        return fields;
    }

    @Test
    public void whoeverMayOnlyReadReachesNobody() throws Exception {
        assertEquals(403, ask(HttpMethod.POST, "reader", stranger("")).getStatusCode());
        assertEquals(List.of(), visits);
    }

    @Test
    public void linkReachesNobody() throws Exception {
        assertEquals(404, ask(HttpMethod.GET, "admin", stranger(ANYWHERE)).getStatusCode());
        assertEquals(List.of(), visits);
    }

    @Test
    public void managerCannotHaveALoginSentToAHostOfTheirChoice() throws Exception {
        assertEquals(403, ask(HttpMethod.POST, "manager", stranger(ANYWHERE)).getStatusCode());
        assertEquals(List.of(), visits);
    }

    @Test
    public void loginOfAnotherHostIsNotSentByAnAdministratorEither() throws Exception {
        String said = ask(HttpMethod.POST, "admin", stranger(ELSEWHERE)).getContentAsString();
        assertThat(said, containsString("class=\"error\""));
        assertThat(said, containsString("that are meant for " + strangerHost()));
        assertEquals(List.of(), visits);
    }

    @Test
    public void certificateOfAnotherHostIsNotShownByAnAdministratorEither() throws Exception {
        Map<String, String> fields = stranger("");
        fields.put("clientCertificateId", CERTIFICATE_ELSEWHERE);
        String said = ask(HttpMethod.POST, "admin", fields).getContentAsString();
        assertThat(said, containsString("class=\"error\""));
        assertThat(said, containsString("that is meant for " + strangerHost()));
        assertThat(said, not(containsString(SECRET)));
        assertEquals(List.of(), visits);
    }

    /** A reader must not learn either which credentials there are. */
    @Test
    public void menusOfCredentialsAreForAdministrators() throws Exception {
        for (String menu : List.of("fillCredentialsIdItems", "fillClientCertificateIdItems")) {
            for (String user : List.of("reader", "manager")) {
                String items = ask(menu, HttpMethod.POST, user, Map.of("host", "another.example.com:443"))
                        .getContentAsString();
                assertThat(items, not(containsString(ELSEWHERE)));
                assertThat(items, not(containsString(CERTIFICATE_ELSEWHERE)));
            }
            assertThat(
                    ask(menu, HttpMethod.POST, "admin", Map.of("host", "another.example.com:443"))
                            .getContentAsString(),
                    containsString("-another-host"));
        }
    }

    @Test
    public void refusedLoginIsToldWithoutItsPassword() throws Exception {
        String said = ask(HttpMethod.POST, "admin", stranger(ANYWHERE)).getContentAsString();
        assertThat(said, containsString("refused the login of"));
        assertThat(said, not(containsString(SECRET)));
        assertEquals("first without, then with the login", 2, visits.size());
        assertEquals("null", visits.get(0));
    }

    @Test
    public void addressIsNoHost() throws Exception {
        Map<String, String> fields = stranger("");
        fields.put("host", strangerHost() + "/v2/../evil");
        assertThat(
                ask(HttpMethod.POST, "admin", fields).getContentAsString(),
                containsString("Name host and optional port"));
        assertEquals(List.of(), visits);
    }

    @Test
    public void unknownAuthorityIsTold() throws Exception {
        Map<String, String> fields = real(REAL);
        fields.put("certificateAuthority", "");
        assertThat(ask(HttpMethod.POST, "admin", fields).getContentAsString(), containsString("is not trusted"));
    }

    @Test
    public void missingLoginIsTold() throws Exception {
        assertThat(
                ask(HttpMethod.POST, "admin", real("")).getContentAsString(),
                containsString("wants a login, but none was given for it"));
    }

    @Test
    public void realRegistryTakesTheLoginAndHasNoReferrersApi() throws Exception {
        String said = ask(HttpMethod.POST, "admin", real(REAL)).getContentAsString();
        assertThat(said, containsString("class=\"ok\""));
        assertThat(said, containsString("its certificate is trusted. It took the login. It has no referrers API"));
    }

    @Test
    public void loginOfDockersConfigurationServesOnAnAgentWhereJenkinsHasNone() throws Exception {
        RegistryConfiguration configured = new RegistryConfiguration(REGISTRY.host());
        configured.setCertificateAuthority(Files.readString(REGISTRY.authority()));
        RegistrySettings settings = RegistrySettings.of(REGISTRY.host(), configured, null, null);
        Path docker = temporary.newFolder().toPath();
        Map<String, String> environment = Map.of("DOCKER_CONFIG", docker.toString());
        assertThrows(
                UnauthorizedException.class,
                () -> settings.accessFromAgent(Progress.NONE, environment, docker)
                        .ping());
        Files.writeString(
                docker.resolve("config.json"),
                "{\"auths\": {\"" + REGISTRY.host() + "\": {\"auth\": \""
                        + Base64.getEncoder()
                                .encodeToString((DockerRegistry.USER + ":" + DockerRegistry.PASSWORD).getBytes())
                        + "\"}}}");
        settings.accessFromAgent(Progress.NONE, environment, docker).ping();
    }

    /** SECURITY-2910: what is trusted for one registry is trusted nowhere else in Jenkins. */
    @Issue("SECURITY-2910")
    @Test
    public void whatARegistryIsTrustedByLeavesTheRestOfJenkinsAsItWas() throws Exception {
        Map<String, Object> before = tlsOfTheJvm();
        Map<String, String> unverified = real(REAL);
        unverified.put("certificateAuthority", "");
        assertThat(ask(HttpMethod.POST, "admin", unverified).getContentAsString(), containsString("is not trusted"));

        unverified.put("insecureUnverifiedTls", "true");
        assertThat(
                ask(HttpMethod.POST, "admin", unverified).getContentAsString(),
                containsString("its certificate was not verified"));
        RegistryConfiguration own = new RegistryConfiguration(REGISTRY.host());
        own.setCertificateAuthority(Files.readString(REGISTRY.authority()));
        own.setCredentialsId(REAL);
        CountersignConfiguration.get().setRegistries(List.of(own));
        Registries.access(REGISTRY.host(), Progress.NONE).ping();

        assertEquals(before, tlsOfTheJvm());
        URL registry = new URL("https://" + REGISTRY.host() + "/v2/");
        assertThrows(SSLException.class, () -> registry.openConnection().getInputStream());
        assertThrows(
                SSLException.class,
                () -> HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(registry.toURI()).build(),
                                HttpResponse.BodyHandlers.discarding()));
        CountersignConfiguration.get().setRegistries(List.of());
        assertThrows(
                UntrustedCertificateException.class,
                () -> Registries.access(REGISTRY.host(), Progress.NONE).ping());
    }

    private static Map<String, Object> tlsOfTheJvm() throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("context", SSLContext.getDefault());
        found.put("sockets", HttpsURLConnection.getDefaultSSLSocketFactory());
        found.put("host names", HttpsURLConnection.getDefaultHostnameVerifier());
        found.put("providers", List.of(Security.getProviders()));
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.matches(
                    "(javax\\.net|jdk\\.(tls|internal\\.httpclient|httpclient|certpath)|com\\.sun\\.net|https?\\.).*")) {
                found.put(name, System.getProperty(name));
            }
        }
        for (String name : List.of("jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms")) {
            found.put("security " + name, String.valueOf(Security.getProperty(name)));
        }
        return found;
    }

    @Test
    public void fieldsSurviveTheForm() throws Exception {
        J.jenkins.setAuthorizationStrategy(new hudson.security.AuthorizationStrategy.Unsecured());
        RegistryConfiguration registry = new RegistryConfiguration("registry.example.com");
        registry.setInsecureUnverifiedTls(true);
        registry.setTokenHosts("auth.example.com login.example.org");
        registry.setCertificateAuthority("-----BEGIN CERTIFICATE-----");
        CountersignConfiguration.get().setRegistries(List.of(registry));
        J.configRoundtrip();
        J.assertEqualDataBoundBeans(
                List.of(registry), CountersignConfiguration.get().getRegistries());
    }
}

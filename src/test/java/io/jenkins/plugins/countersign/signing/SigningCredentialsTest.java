package io.jenkins.plugins.countersign.signing;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.hudson.plugins.folder.properties.FolderCredentialsProvider;
import com.cloudbees.plugins.credentials.Credentials;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.CredentialsStore;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import com.cloudbees.plugins.credentials.domains.HostnameSpecification;
import hudson.AbortException;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.BuildListener;
import hudson.model.Computer;
import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.model.ItemGroup;
import hudson.model.Result;
import hudson.model.TaskListener;
import hudson.model.User;
import hudson.security.ACL;
import hudson.security.ACLContext;
import hudson.util.Secret;
import io.jenkins.plugins.casc.ConfigurationAsCode;
import io.jenkins.plugins.countersign.HostileAgent;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.signing.token.TokenHost;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import jenkins.model.Jenkins;
import jenkins.security.MasterToSlaveCallable;
import jenkins.security.QueueItemAuthenticatorConfiguration;
import org.htmlunit.HttpMethod;
import org.htmlunit.Page;
import org.htmlunit.WebRequest;
import org.htmlunit.html.HtmlElementUtil;
import org.htmlunit.html.HtmlForm;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.junit.After;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.LoggerRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.jvnet.hudson.test.MockQueueItemAuthenticator;
import org.jvnet.hudson.test.TestBuilder;
import org.yaml.snakeyaml.Yaml;

/** Both kinds of credentials: what they keep, who sees what, and where they may be used. */
public class SigningCredentialsTest {

    private static final String PASSWORD = "canary-password-577215";
    private static final String PIN = "canary-pin-314159";
    private static final ImageLocation IMAGE = ImageLocation.parse("registry.example.com/app:1");

    @ClassRule
    public static final JenkinsRule r = new JenkinsRule();

    static {
        // For all tests of this class together.
        r.timeout = 900;
    }

    @Rule
    public final LoggerRule logs = new LoggerRule()
            .record("", Level.INFO)
            .record("io.jenkins.plugins.countersign", Level.ALL)
            .record("com.cloudbees.plugins.credentials", Level.ALL)
            .record("org.kohsuke.stapler", Level.FINE)
            .capture(10_000);

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static SigningKey key;
    private static String encrypted;
    private static String publicKey;

    private final Canaries canaries = new Canaries();

    @BeforeClass
    public static void makeKeyAndUsers() throws Exception {
        key = KeyGenerator.generate(new SecureRandom());
        encrypted = key.encrypted(PASSWORD.toCharArray(), new SecureRandom());
        publicKey = PublicKeys.pem(key.publicKey());
        r.jenkins.setSecurityRealm(r.createDummySecurityRealm());
        r.jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("admin")
                .grant(Jenkins.READ, Item.READ, Computer.BUILD)
                .everywhere()
                .to("reader", "alice", "lender")
                .grant(Jenkins.READ, Item.READ, Item.CONFIGURE, Item.EXTENDED_READ)
                .everywhere()
                .to("configurer")
                .grant(CredentialsProvider.USE_ITEM)
                .everywhere()
                .to("lender"));
    }

    @Before
    public void watch() {
        canaries.watch(PASSWORD).watch(PIN).watchKey(key.unencryptedSecret()).watchKey(encrypted);
    }

    @After
    public void emptyStoreAndNothingLeaked() throws Exception {
        canaries.assertNotInFilesOf(r.jenkins.getRootDir().toPath());
        StringBuilder all = new StringBuilder();
        SimpleFormatter formatter = new SimpleFormatter();
        for (LogRecord record : logs.getRecords()) {
            all.append(formatter.format(record));
        }
        canaries.assertNotIn("the log", all.toString());
        emptyStore();
        QueueItemAuthenticatorConfiguration.get().getAuthenticators().clear();
        for (Item item : r.jenkins.getAllItems()) {
            if (item.getParent() == r.jenkins) {
                item.delete();
            }
        }
    }

    private static void emptyStore() throws IOException {
        SystemCredentialsProvider.getInstance().setDomainCredentialsMap(Map.of(Domain.global(), List.of()));
        SystemCredentialsProvider.getInstance().save();
    }

    private static SigningKeyCredentialsImpl keyCredentials(CredentialsScope scope, String id) {
        SigningKeyCredentialsImpl credentials =
                new SigningKeyCredentialsImpl(scope, id, "release key", Secret.fromString(encrypted));
        credentials.setPassword(Secret.fromString(PASSWORD));
        return credentials;
    }

    private static SigningTokenCredentialsImpl tokenCredentials(String id) {
        SigningTokenCredentialsImpl credentials = new SigningTokenCredentialsImpl(
                CredentialsScope.GLOBAL, id, "token", "pkcs11:token=release;object=alice", publicKey);
        credentials.setPin(Secret.fromString(PIN));
        return credentials;
    }

    private static void store(Credentials... credentials) throws IOException {
        for (Credentials one : credentials) {
            SystemCredentialsProvider.getInstance().getCredentials().add(one);
        }
        SystemCredentialsProvider.getInstance().save();
    }

    private static <C> C only(Class<C> type) {
        return SystemCredentialsProvider.getInstance().getCredentials().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    /** The agent that holds the token may have been taken over: another key, another message, too little, too much, nothing. */
    @Issue("SECURITY-2844")
    @Test
    public void whatAnAgentSignedIsBelievedOnlyWhenItIsTheKeysSignature() throws Exception {
        byte[] wanted = "wanted".getBytes(StandardCharsets.UTF_8);
        byte[] good = key.sign(wanted);
        byte[] cut = Arrays.copyOf(good, good.length - 1);
        SigningKey other = KeyGenerator.generate(new SecureRandom());
        FreeStyleBuild build = r.buildAndAssertSuccess(r.createFreeStyleProject());
        for (List<byte[]> hostile : List.of(
                List.<byte[]>of(),
                List.of(new byte[0]),
                List.of(cut),
                List.of(new byte[1 << 20]),
                List.of(other.sign(wanted)),
                List.of(key.sign("another".getBytes(StandardCharsets.UTF_8))),
                List.of(good, good))) {
            KeyException refused = assertThrows(
                    KeyException.class,
                    () -> token(new ArrayList<>(hostile), build).sign(wanted));
            assertEquals(KeyException.Reason.NOT_THE_EXPECTED_KEY, refused.reason());
        }
        assertArrayEquals(good, token(new ArrayList<>(List.of(good)), build).sign(wanted));
    }

    private static AgentToken token(ArrayList<byte[]> answer, FreeStyleBuild build) throws KeyException {
        return new AgentToken(
                new SigningTokenCredentialsImpl(
                        CredentialsScope.GLOBAL, "token", "", "pkcs11:token=a;object=b", publicKey),
                key.publicKey(),
                TokenRequest.parse("pkcs11:token=a;object=b"),
                new TokenHost(List.of()),
                new FilePath(new HostileAgent(answer), "/workspace"),
                new TokenWait(build, TaskListener.NULL));
    }

    @Test
    public void formsKeepEveryFieldAndShowNoSecret() throws Exception {
        SigningTokenCredentialsImpl kept = tokenCredentials("token");
        String certificates =
                TestCertificates.authority("CN=authority").signer("CN=alice").pem();
        certificates = certificates
                .substring(certificates.indexOf("-----BEGIN CERTIFICATE-----"))
                .trim();
        kept.setCertificates(certificates);
        store(keyCredentials(CredentialsScope.GLOBAL, "release"), kept);
        try (JenkinsRule.WebClient browser = r.createWebClient().login("admin")) {
            for (String id : List.of("release", "token")) {
                saveInDialog(browser, "credentials/store/system/domain/_/credential/" + id, id + " edited");
            }
        }
        SigningKeyCredentialsImpl saved = only(SigningKeyCredentialsImpl.class);
        assertEquals("release", saved.getId());
        assertEquals("release edited", saved.getDescription());
        assertEquals(CredentialsScope.GLOBAL, saved.getScope());
        assertEquals(key.publicKey(), SigningKeys.signer(saved).publicKey());
        SigningTokenCredentialsImpl token = only(SigningTokenCredentialsImpl.class);
        assertEquals("pkcs11:token=release;object=alice", token.getUri());
        assertEquals(PIN, token.getPin().getPlainText());
        assertEquals(PublicKeys.read(publicKey), PublicKeys.read(token.getPublicKey()));
        assertEquals("token edited", token.getDescription());
        assertEquals(certificates, token.getCertificates().replace("\r", ""));
    }

    /** The credentials plugin opens its form in a dialog on the credentials' page. */
    private void saveInDialog(JenkinsRule.WebClient browser, String url, String description) throws Exception {
        HtmlPage page = browser.goTo(url);
        HtmlElementUtil.click(page.querySelector("button[data-type='credentials-update']"));
        HtmlForm form = page.querySelector("#credentials-dialog-form");
        for (int i = 0; form == null && i < 300; i++) {
            browser.waitForBackgroundJavaScript(100);
            form = page.querySelector("#credentials-dialog-form");
        }
        assertNotNull("the dialog of " + url, form);
        canaries.assertNotIn("the page of " + url, page.getWebResponse().getContentAsString());
        canaries.assertNotIn("the dialog of " + url, page.asXml());
        canaries.assertNotIn("the dialog of " + url, page.asNormalizedText());
        HtmlInput input = form.querySelector("input[name='_.description']");
        input.setValue(description);
        HtmlElementUtil.click(page.querySelector("#cr-dialog-submit"));
        for (int i = 0; !isSaved(description) && i < 300; i++) {
            browser.waitForBackgroundJavaScript(100);
        }
    }

    private static boolean isSaved(String description) {
        return SystemCredentialsProvider.getInstance().getCredentials().stream()
                .anyMatch(one -> one instanceof SigningCredentials saved
                        && saved.getDescription().equals(description));
    }

    @Test
    public void everyFormOfKeyIsOpened() throws Exception {
        for (String pem :
                List.of(key.unencryptedSecret(), key.unencryptedSecret().replace("\n", "\r\n"))) {
            SigningKeyCredentialsImpl plain =
                    new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, "plain", "", Secret.fromString(pem));
            assertEquals(key.publicKey(), SigningKeys.signer(plain).publicKey());
        }
        SigningKeyCredentialsImpl emptyPassword = new SigningKeyCredentialsImpl(
                CredentialsScope.GLOBAL,
                "empty",
                "",
                Secret.fromString(key.encrypted(new char[0], new SecureRandom())));
        assertEquals(key.publicKey(), SigningKeys.signer(emptyPassword).publicKey());
    }

    @Test
    public void aKeyThatCannotBeOpenedIsNamedByItsIdAlone() {
        SigningKeyCredentialsImpl wrong =
                new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, "release", "", Secret.fromString(encrypted));
        wrong.setPassword(Secret.fromString("canary-password-wrong"));
        canaries.watch("canary-password-wrong");
        KeyException e = assertThrows(KeyException.class, () -> SigningKeys.signer(wrong));
        assertEquals(KeyException.Reason.PASSWORD_WRONG, e.reason());
        assertThat(e.getMessage(), containsString("\"release\""));
        canaries.assertNotIn("the message", stackTrace(e));

        SigningKeyCredentialsImpl missing =
                new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, "release", "", Secret.fromString(encrypted));
        assertEquals(
                KeyException.Reason.PASSWORD_MISSING,
                assertThrows(KeyException.class, () -> SigningKeys.signer(missing))
                        .reason());

        SigningKeyCredentialsImpl nonsense = new SigningKeyCredentialsImpl(
                CredentialsScope.GLOBAL, "release", "", Secret.fromString("canary-nonsense!"));
        canaries.watch("canary-nonsense!");
        KeyException unreadable = assertThrows(KeyException.class, () -> SigningKeys.signer(nonsense));
        assertEquals(KeyException.Reason.UNREADABLE, unreadable.reason());
        canaries.assertNotIn("the message", stackTrace(unreadable));
    }

    private static String stackTrace(Throwable e) {
        java.io.StringWriter out = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(out, true));
        return out.toString();
    }

    @Test
    public void aPinInTheUriIsNotKept() {
        for (String uri : List.of(
                "pkcs11:token=release;object=alice?module-path=/lib.so&pin-value=" + PIN,
                "pkcs11:token=release;object=alice?PIN-VALUE=" + PIN + "&module-path=/lib.so",
                "pkcs11:pin-value=" + PIN + ";token=release;object=alice?module-path=/lib.so",
                "pkcs11:token=release;pin-source=" + PIN + ";object=alice?module-path=/lib.so")) {
            String kept = new SigningTokenCredentialsImpl(CredentialsScope.GLOBAL, "t", "", uri, publicKey).getUri();
            assertEquals("pkcs11:token=release;object=alice?module-path=/lib.so", kept);
        }
    }

    @Test
    public void credentialsNeverCrossAChannel() throws Exception {
        var agent = r.createOnlineSlave();
        for (Credentials credentials :
                List.of(keyCredentials(CredentialsScope.GLOBAL, "release"), tokenCredentials("token"))) {
            Exception e = assertThrows(Exception.class, () -> agent.getChannel().call(new Carry(credentials)));
            assertThat(stackTrace(e), containsString("stay on the controller"));
        }
        r.jenkins.removeNode(agent);
    }

    private static final class Carry extends MasterToSlaveCallable<String, IOException> {
        private static final long serialVersionUID = 1L;
        private final Credentials credentials;

        Carry(Credentials credentials) {
            this.credentials = credentials;
        }

        @Override
        public String call() {
            return String.valueOf(credentials);
        }
    }

    private String check(String user, String field, HttpMethod method, String query) throws Exception {
        return check(user, "", field, method, query);
    }

    private String check(String user, String context, String field, HttpMethod method, String query) throws Exception {
        Class<?> type = field.equals("Key") ? SigningKeyCredentialsImpl.class : SigningTokenCredentialsImpl.class;
        try (JenkinsRule.WebClient browser = r.createWebClient().withThrowExceptionOnFailingStatusCode(false)) {
            browser.withBasicCredentials(user);
            URL url = browser.createCrumbedUrl(context + "descriptorByName/" + type.getName() + "/check" + field);
            WebRequest request = new WebRequest(new URL(url + "&" + query), method);
            Page page = browser.getPage(request);
            String content = page.getWebResponse().getContentAsString();
            canaries.assertNotIn("the answer", content);
            return page.getWebResponse().getStatusCode() + " " + content;
        }
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    @Issue({"SECURITY-3702", "SECURITY-2467"})
    @Test
    public void onlyWhoMayKeepAKeyHasOneChecked() throws Exception {
        String query = "value=" + encode(encrypted) + "&password=" + encode(PASSWORD);
        String fingerprint = PublicKeys.fingerprint(key.publicKey()).toString();
        assertThat(check("admin", "Key", HttpMethod.GET, query), startsWith("404 "));
        assertThat(check("reader", "Key", HttpMethod.POST, query), not(containsString(fingerprint)));
        assertThat(check("reader", "Key", HttpMethod.POST, "value=nonsense"), not(containsString("PEM")));

        assertThat(
                check("admin", "Key", HttpMethod.POST, query),
                containsString("ECDSA P-256, fingerprint " + fingerprint));
        assertThat(check("admin", "Key", HttpMethod.POST, "value=nonsense%21"), containsString("neither PEM"));
        assertThat(
                check("admin", "Key", HttpMethod.POST, "value=" + encode(encrypted) + "&password=wrong"),
                containsString("<div class=\"error\">The password does not open this key"));
        assertThat(
                check("admin", "Key", HttpMethod.POST, "value=" + encode(encrypted) + "&password="),
                containsString("enter its password below"));
        for (String field : List.of("Key", "Uri", "PublicKey")) {
            assertThat(check("admin", field, HttpMethod.POST, "value=+"), containsString("This is needed."));
            assertThat(check("reader", field, HttpMethod.POST, "value=+"), not(containsString("needed")));
        }
        assertThat(
                check("admin", "Uri", HttpMethod.POST, "value=" + encode("pkcs11:token=;object=alice")),
                containsString("&quot;token&quot; is empty"));
        assertThat(
                check("admin", "Certificates", HttpMethod.POST, "value=nothing&publicKey=nonsense"),
                not(containsString("error")));
        // What the form sends when nobody replaced the key.
        String kept = Secret.fromString(encrypted).getEncryptedValue();
        assertThat(
                check("admin", "Key", HttpMethod.POST, "value=" + encode(kept) + "&password=" + encode(PASSWORD)),
                containsString(fingerprint));
        // Everybody keeps keys of their own.
        User.getById("alice", true);
        assertThat(check("alice", "user/alice/", "Key", HttpMethod.POST, query), containsString(fingerprint));
        assertThat(check("reader", "user/alice/", "Key", HttpMethod.POST, query), not(containsString(fingerprint)));
    }

    @Test
    public void theFieldsOfATokenAreChecked() throws Exception {
        assertThat(check("admin", "Uri", HttpMethod.GET, "value=pkcs11:"), startsWith("404 "));
        assertThat(check("reader", "Uri", HttpMethod.POST, "value=pkcs11:"), not(containsString("usable")));
        assertThat(check("admin", "Uri", HttpMethod.POST, "value=pkcs11:"), containsString("not usable"));
        assertThat(
                check("admin", "Uri", HttpMethod.POST, "value=" + encode("pkcs11:token=a;object=b?pin-value=" + PIN)),
                containsString("PIN belongs into a secret"));
        assertThat(
                check("admin", "Uri", HttpMethod.POST, "value=" + encode("pkcs11:token=a;object=b")),
                not(containsString("class=\"error\"")));
        assertThat(
                check("admin", "PublicKey", HttpMethod.POST, "value=" + encode(publicKey)),
                containsString(PublicKeys.fingerprint(key.publicKey()).toString()));
        assertThat(
                check("admin", "PublicKey", HttpMethod.POST, "value=" + encode(key.unencryptedSecret())),
                containsString("private key"));
    }

    @Test
    public void configurationAsCodeReadsThemAndWritesThemEncrypted() throws Exception {
        Path yaml = folder.newFile("jenkins.yaml").toPath();
        Files.writeString(
                yaml,
                new Yaml()
                        .dump(Map.of(
                                "credentials",
                                Map.of(
                                        "system",
                                        Map.of(
                                                "domainCredentials",
                                                List.of(Map.of(
                                                        "credentials",
                                                        List.of(
                                                                Map.of(
                                                                        "signingKey",
                                                                        Map.of(
                                                                                "scope",
                                                                                "GLOBAL",
                                                                                "id",
                                                                                "release",
                                                                                "key",
                                                                                encrypted,
                                                                                "password",
                                                                                PASSWORD)),
                                                                Map.of(
                                                                        "signingToken",
                                                                        Map.of(
                                                                                "scope", "SYSTEM",
                                                                                "id", "token",
                                                                                "uri",
                                                                                        "pkcs11:token=release;object=alice",
                                                                                "pin", PIN,
                                                                                "publicKey", publicKey))))))))));
        ConfigurationAsCode.get().configure(yaml.toString());
        assertEquals(
                key.publicKey(),
                SigningKeys.signer(only(SigningKeyCredentials.class)).publicKey());
        assertEquals(PIN, only(SigningTokenCredentials.class).getPin().getPlainText());

        ByteArrayOutputStream exported = new ByteArrayOutputStream();
        ConfigurationAsCode.get().export(exported);
        String text = exported.toString(StandardCharsets.UTF_8);
        canaries.assertNotIn("the export", text);
        Map<String, Object> all = new Yaml().load(text);
        Files.writeString(yaml, new Yaml().dump(Map.of("credentials", all.get("credentials"))));
        emptyStore();
        ConfigurationAsCode.get().configure(yaml.toString());
        assertEquals(
                key.publicKey(),
                SigningKeys.signer(only(SigningKeyCredentials.class)).publicKey());
        assertEquals(PIN, only(SigningTokenCredentials.class).getPin().getPlainText());
        assertEquals(
                CredentialsScope.SYSTEM, only(SigningTokenCredentials.class).getScope());
    }

    @Issue({"SECURITY-2033", "SECURITY-3783"})
    @Test
    public void whoMayNotConfigureAJobSeesNoIds() throws Exception {
        store(keyCredentials(CredentialsScope.GLOBAL, "release"));
        FreeStyleProject job = r.createFreeStyleProject("job");
        SignImageStep.DescriptorImpl step = r.jenkins.getDescriptorByType(SignImageStep.DescriptorImpl.class);
        try (ACLContext as = ACL.as2(User.getById("reader", true).impersonate2())) {
            assertEquals(
                    List.of("mine"),
                    step.doFillCredentialsIdItems(job, "mine").stream()
                            .map(item -> item.value)
                            .toList());
            assertEquals(
                    List.of("mine"),
                    step.doFillCredentialsIdItems(null, "mine").stream()
                            .map(item -> item.value)
                            .toList());
            assertEquals(
                    List.of("login"),
                    step.doFillRegistryCredentialsIdItems(job, "registry.example.com/app", "login").stream()
                            .map(item -> item.value)
                            .toList());
            assertEquals(
                    step.doCheckCredentialsId(job, "release").renderHtml(),
                    step.doCheckCredentialsId(job, "missing").renderHtml());
        }
        try (ACLContext as = ACL.as2(User.getById("configurer", true).impersonate2())) {
            assertEquals(
                    List.of("", "release"),
                    step.doFillCredentialsIdItems(job, "release").stream()
                            .map(item -> item.value)
                            .toList());
            assertNotEquals(
                    step.doCheckCredentialsId(job, "release").renderHtml(),
                    step.doCheckCredentialsId(job, "missing").renderHtml());
        }
    }

    /** What a build finds, or why not. */
    private static String found(ItemGroup<?> where, String id, String as) throws Exception {
        FreeStyleProject job = where instanceof Folder inFolder
                ? inFolder.createProject(FreeStyleProject.class, "finds-" + id + "-" + as)
                : r.jenkins.createProject(FreeStyleProject.class, "finds-" + id + "-" + as);
        String[] outcome = new String[1];
        job.getBuildersList().add(new TestBuilder() {
            @Override
            public boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
                    throws AbortException {
                outcome[0] = "nothing";
                outcome[0] = SigningKeys.find(id, SigningCredentials.class, build, IMAGE)
                        .getDescription();
                return true;
            }
        });
        if (!as.isEmpty()) {
            MockQueueItemAuthenticator authenticator = new MockQueueItemAuthenticator();
            authenticator.authenticate(job.getFullName(), User.getById(as, true).impersonate2());
            QueueItemAuthenticatorConfiguration.get().getAuthenticators().add(authenticator);
        }
        var build = job.scheduleBuild2(0).get(2, TimeUnit.MINUTES);
        if (outcome[0].equals("nothing")) {
            r.assertBuildStatus(Result.FAILURE, build);
            r.assertLogContains("There is no signing key or token \"" + id + "\" that may be used here", build);
        }
        return outcome[0];
    }

    private static SigningKeyCredentialsImpl described(CredentialsScope scope, String id, String description) {
        return new SigningKeyCredentialsImpl(scope, id, description, Secret.fromString(encrypted));
    }

    @Issue({"SECURITY-3265", "SECURITY-3045"})
    @Test
    public void aBuildUsesOnlyWhatItsContextLendsIt() throws Exception {
        store(
                described(CredentialsScope.GLOBAL, "global", "the global one"),
                described(CredentialsScope.SYSTEM, "system", ""));
        Folder mine = r.jenkins.createProject(Folder.class, "mine");
        Folder other = r.jenkins.createProject(Folder.class, "other");
        for (Folder f : List.of(mine, other)) {
            store(f).addCredentials(
                            Domain.global(),
                            described(CredentialsScope.GLOBAL, "in-" + f.getName(), "of " + f.getName()));
        }
        SystemCredentialsProvider.getInstance()
                .getDomainCredentialsMap()
                .put(
                        new Domain("ours", "", List.of(new HostnameSpecification("registry.example.com", ""))),
                        List.of(described(CredentialsScope.GLOBAL, "ours", "for our registry")));
        SystemCredentialsProvider.getInstance()
                .getDomainCredentialsMap()
                .put(
                        new Domain("theirs", "", List.of(new HostnameSpecification("registry.elsewhere.org", ""))),
                        List.of(described(CredentialsScope.GLOBAL, "theirs", "for their registry")));

        assertEquals("nothing", found(r.jenkins, "system", ""));
        assertEquals("nothing", found(r.jenkins, "in-other", ""));
        assertEquals("nothing", found(mine, "in-other", ""));
        assertEquals("nothing", found(r.jenkins, "theirs", ""));
        assertEquals("nothing", found(r.jenkins, "missing", ""));

        assertEquals("the global one", found(r.jenkins, "global", ""));
        assertEquals("the global one", found(mine, "global", ""));
        assertEquals("of mine", found(mine, "in-mine", ""));
        assertEquals("for our registry", found(r.jenkins, "ours", ""));

        // A build that runs as somebody has what that person may lend and owns, and nothing else.
        keepForAlice(described(CredentialsScope.USER, "own", "alice's own"));
        assertEquals("nothing", found(r.jenkins, "global", "alice"));
        assertEquals("nothing", found(r.jenkins, "own", "lender"));
        assertEquals("the global one", found(r.jenkins, "global", "lender"));
        assertEquals("alice's own", found(r.jenkins, "own", "alice"));
        assertEquals("nothing", found(r.jenkins, "own", ""));
    }

    @Test
    public void aPersonFindsTheirOwnKeysAndNobodyElses() throws Exception {
        store(described(CredentialsScope.GLOBAL, "global", ""));
        keepForAlice(described(CredentialsScope.USER, "own", "alice's own"));
        User alice = User.getById("alice", true);
        User reader = User.getById("reader", true);
        assertTrue(SigningKeys.findOwn("own", SigningKeyCredentials.class, alice, IMAGE)
                .isPresent());
        assertTrue(SigningKeys.findOwn("own", SigningKeyCredentials.class, reader, IMAGE)
                .isEmpty());
        assertTrue(SigningKeys.findOwn("global", SigningKeyCredentials.class, alice, IMAGE)
                .isEmpty());
    }

    private static CredentialsStore store(Folder of) {
        for (CredentialsStore store : CredentialsProvider.lookupStores(of)) {
            if (store.getProvider() instanceof FolderCredentialsProvider && store.getContext() == of) {
                return store;
            }
        }
        throw new AssertionError("no store in " + of);
    }

    /** What alice put into her own store. */
    private static void keepForAlice(Credentials credentials) throws IOException {
        User alice = User.getById("alice", true);
        try (ACLContext as = ACL.as2(alice.impersonate2())) {
            CredentialsStore store =
                    CredentialsProvider.lookupStores(alice).iterator().next();
            store.removeCredentials(Domain.global(), credentials);
            store.addCredentials(Domain.global(), credentials);
        }
    }
}

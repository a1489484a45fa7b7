package io.jenkins.plugins.countersign.signing;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import hudson.model.Job;
import hudson.model.Result;
import hudson.model.Run;
import hudson.slaves.DumbSlave;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.NotationClient;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.token.SoftHsm;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import jenkins.security.MasterToSlaveCallable;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.LoggerRule;

/** A real token (SoftHSM2) on an agent in a process of its own. */
public class SignWithTokenTest {

    private static final String WRONG = "canary-pin-wrong";

    private final SoftHsm hsm = new SoftHsm();
    private final JenkinsRule r = new JenkinsRule();

    @Rule
    public final RuleChain rules = RuleChain.outerRule(hsm).around(r);

    @Rule
    public final LoggerRule logs = new LoggerRule()
            .record("", Level.INFO)
            .record("io.jenkins.plugins.countersign", Level.ALL)
            .record("hudson.remoting", Level.FINE)
            .capture(10_000);

    private final Canaries canaries = new Canaries().watch(SoftHsm.PIN).watch(WRONG);
    private DemoRegistry registry;
    private Repository repository;
    private Manifest index;
    private String image;
    private DumbSlave agent;
    private PublicKey alice;

    public SignWithTokenTest() {
        r.timeout = 600;
    }

    @Before
    public void anAgentWithAToken() throws Exception {
        registry = new DemoRegistry(0);
        PlainRegistry.configure(registry.host());
        repository = Repositories.open(
                registry.host() + "/team/app",
                RegistryAccess.of(registry.host()).insecurePlainHttp());
        index = Samples.pushIndex(repository, 1);
        repository.tag(index.digest(), "1");
        image = repository.name() + ":1@" + index.digest();

        hsm.makeToken("release");
        hsm.makeKey("release", "EC:prime256v1", "01", "alice");
        alice = PublicKeys.decode(hsm.publicKey("release", "01"));
        Map<String, String> environment = new HashMap<>(hsm.environment());
        Path temporary = Files.createDirectories(hsm.folder().resolve("tmp"));
        environment.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        agent = TokenAgent.start(r, 3, environment);
        TokenAgent.allow(hsm.library());
        keep("alice", "pkcs11:token=release;object=alice", SoftHsm.PIN, alice);
    }

    @After
    public void nothingLeaked() throws Exception {
        canaries.assertNotInFilesOf(r.jenkins.getRootDir().toPath());
        canaries.assertNotInFilesOf(hsm.folder().resolve("tmp"));
        Traces.processes(canaries);
        StringBuilder all = new StringBuilder();
        for (LogRecord record : logs.getRecords()) {
            all.append(new SimpleFormatter().format(record));
        }
        canaries.assertNotIn("the log", all.toString());
        canaries.assertNotIn("the agent's log", agent.toComputer().getLog());
        registry.close();
    }

    private static void keep(String id, String uri, String pin, PublicKey key) throws IOException {
        TokenAgent.keep(id, uri, pin, key, "");
    }

    private WorkflowJob job(String label, String credentialsId, String more) throws Exception {
        return TokenAgent.signing(r, label, image, credentialsId, more);
    }

    private Run<?, ?> build(Result expected, String credentialsId, String more) throws Exception {
        return r.assertBuildStatus(expected, job("tokens", credentialsId, more).scheduleBuild2(0));
    }

    private int signatures() throws Exception {
        return ImageSignatures.by(repository, index.digest(), List.of(alice))
                .believed()
                .size();
    }

    private void nothingSigned() throws Exception {
        assertEquals(List.of(), new SignatureStore(repository).collect(index.digest()));
    }

    @Test
    public void aTokenSignsOnItsAgentAndIsShutAfterwards() throws Exception {
        // What must not go: another machine, another library, another key, a wrong PIN.
        Run<?, ?> elsewhere =
                r.assertBuildStatus(Result.FAILURE, job("built-in", "alice", "").scheduleBuild2(0));
        r.assertLogContains("may not be loaded on", elsewhere);
        keep("library", "pkcs11:token=release;object=alice?module-path=/tmp/evil.so", SoftHsm.PIN, alice);
        r.assertLogContains("/tmp/evil.so may not be loaded on tokens", build(Result.FAILURE, "library", ""));
        keep("nowhere", "pkcs11:token=gone;object=alice", SoftHsm.PIN, alice);
        r.assertLogContains("the token that is asked for is not there", build(Result.FAILURE, "nowhere", ""));
        PublicKey other = KeyGenerator.generate(new SecureRandom()).publicKey();
        keep("other", "pkcs11:token=release;object=alice", SoftHsm.PIN, other);
        r.assertLogContains("no key of the token", build(Result.FAILURE, "other", ""));
        keep("wrong", "pkcs11:token=release;object=alice", WRONG, alice);
        r.assertLogContains("refused the PIN", build(Result.FAILURE, "wrong", ""));
        Run<?, ?> again = build(Result.FAILURE, "wrong", "");
        r.assertLogContains("refused this PIN before, so it was not sent again", again);
        r.assertLogNotContains("\tat ", again);
        nothingSigned();

        // And what must: the index and both platforms, with .sig signatures, in one login.
        Run<?, ?> good = build(Result.SUCCESS, "alice", ", simpleSignatures: true");
        r.assertLogContains("Signed " + image + " with ECDSA P-256", good);
        assertEquals(2, signatures());
        // A PIN that was put right counts as a new one.
        keep("wrong", "pkcs11:token=release;object=alice", SoftHsm.PIN, alice);
        build(Result.SUCCESS, "wrong", "");

        theirPagesShowNothing();

        // Nothing of it is left on the agent: no helper process, no login, no provider, no PIN in what can be seen of
        // it.
        assertEquals("", agent.getChannel().call(new WhatIsLeft(SoftHsm.PIN)));
        try (Stream<Path> left = Files.list(hsm.folder().resolve("tmp"))) {
            assertEquals(
                    List.of(),
                    left.map(path -> path.getFileName().toString())
                            .filter(name ->
                                    name.startsWith("countersign-token") && !name.startsWith("countersign-tokens-"))
                            .toList());
        }
        assertFalse(agent.getChannel()
                .call(new UsesTheTokenWithoutPin(hsm.library(), hsm.folder().toString())));
    }

    private void theirPagesShowNothing() throws Exception {
        List<String> urls = new ArrayList<>(List.of("credentials/store/system/domain/_/"));
        for (Job<?, ?> job : r.jenkins.getAllItems(Job.class)) {
            urls.add(job.getLastBuild().getUrl());
        }
        int pages = Traces.pages(r, canaries, false, urls.toArray(String[]::new));
        assertTrue(pages + " pages of " + urls, pages > 5 * urls.size());
    }

    @Test
    public void twoBuildsAtOnceTakeTurns() throws Exception {
        aTokenThatWantsAFinger("");
        List<WorkflowRun> builds = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            WorkflowRun build = job("tokens", "slow", ", annotations: 'turn=" + i + "'")
                    .scheduleBuild2(0)
                    .waitForStart();
            builds.add(build);
            if (i == 0) {
                hsm.awaitWaiting();
            } else {
                r.waitForMessage("another build is using the token", build);
            }
        }
        assertEquals(0, signatures());
        Files.createFile(hsm.touch());
        for (WorkflowRun build : builds) {
            r.assertBuildStatusSuccess(r.waitForCompletion(build));
        }
        assertEquals(3, signatures());
    }

    /** The credentials "slow": alice's key behind a library that waits for a finger. */
    private void aTokenThatWantsAFinger(String certificates) throws Exception {
        TokenAgent.allow(hsm.slowLibrary());
        TokenAgent.keep("slow", "pkcs11:token=release;object=alice", SoftHsm.PIN, alice, certificates);
    }

    @Test
    public void whileTheTokenWaitsTheLogAndThePageSaySoAndNobodySeesThePin() throws Exception {
        TestCertificates authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        TestCertificates.Leaf certified = authority.issue(
                "C=US,ST=WA,O=Example,CN=alice",
                new KeyPair(alice, null),
                KeyPurposeId.id_kp_codeSigning,
                TestCertificates.NOW.minusSeconds(60),
                Duration.ofDays(9));
        aTokenThatWantsAFinger(
                TestCertificates.pem(authority.certificate()) + TestCertificates.pem(certified.certificate()));
        WorkflowRun build =
                job("tokens", "slow", ", notation: true").scheduleBuild2(0).waitForStart();
        r.waitForMessage("*** touch the token now", build);
        hsm.awaitWaiting();
        String saying = "This build waits for the hardware token of its agent: touch the token now.";
        try (JenkinsRule.WebClient browser = r.createWebClient()) {
            assertThat(browser.getPage(build).asNormalizedText(), containsString(saying));

            canaries.assertNotInFilesOf(r.jenkins.getRootDir().toPath());
            assertEquals("the helper was among the processes", 1, Traces.processes(canaries));
            assertTrue(Traces.pages(r, canaries, true, build.getUrl()) > 5);
            nothingSigned();

            Files.createFile(hsm.touch());
            r.assertBuildStatusSuccess(r.waitForCompletion(build));
            assertThat(browser.getPage(build).asNormalizedText(), not(containsString(saying)));
        }
        assertEquals(2, signatures());
        NotationClient notation =
                new NotationClient(Files.createDirectory(hsm.folder().resolve("notation")));
        notation.trust(authority, "C=US, ST=WA, O=Example, CN=alice");
        notation.verify(image).succeeded();
    }

    @Test
    public void aTokenThatIsPulledOutInTheMiddleSignsNothing() throws Exception {
        aTokenThatWantsAFinger("");
        WorkflowRun build = job("tokens", "slow", ", simpleSignatures: true")
                .scheduleBuild2(0)
                .waitForStart();
        hsm.awaitWaiting();
        hsm.pullOut();
        Files.createFile(hsm.touch());
        r.assertBuildStatus(Result.FAILURE, r.waitForCompletion(build));
        r.assertLogContains("was taken out while signing with it", build);
        r.assertLogNotContains("\tat ", build);
        nothingSigned();
    }

    @Test
    public void aBuildThatIsStoppedWhileTheTokenWaitsSignsNothing() throws Exception {
        aTokenThatWantsAFinger("");
        WorkflowRun build = job("tokens", "slow", "").scheduleBuild2(0).waitForStart();
        hsm.awaitWaiting();
        build.doStop();
        r.assertBuildStatus(Result.ABORTED, r.waitForCompletion(build));
        Files.createFile(hsm.touch());
        nothingSigned();
    }

    @Test
    public void theLastTryAndALockedTokenAreToldApartAndGetNoPin() throws Exception {
        aTokenThatWantsAFinger("");
        Files.createFile(hsm.touch());
        hsm.showFlags(0x20000);
        r.assertLogContains("one more wrong PIN would lock the token", build(Result.FAILURE, "slow", ""));
        hsm.showFlags(0x40000);
        r.assertLogContains("is locked after wrong PINs", build(Result.FAILURE, "slow", ""));
        nothingSigned();
        hsm.showFlags(0x10000);
        r.assertLogContains("a wrong PIN was entered into the token before", build(Result.SUCCESS, "slow", ""));
    }

    @Test
    public void theCertificateOnTheTokenServesForNotationWhenItIsWhole() throws Exception {
        Run<?, ?> none = build(Result.FAILURE, "alice", ", notation: true");
        r.assertLogContains("needs a certificate beside the key, and this key has none", none);
        TestCertificates authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        Path der = hsm.folder().resolve("alice.der");
        Files.write(
                der,
                authority
                        .issue(
                                "C=US,ST=WA,O=Example,CN=alice",
                                new KeyPair(alice, null),
                                KeyPurposeId.id_kp_codeSigning,
                                TestCertificates.NOW.minusSeconds(60),
                                Duration.ofDays(9))
                        .certificate()
                        .getEncoded());
        hsm.store("release", "cert", der, "01", "alice");
        // The card has the key's own certificate alone: what it lacks is said, and where to put it.
        r.assertLogContains("is missing; put it beside", build(Result.FAILURE, "alice", ", notation: true"));
        nothingSigned();
    }

    @Test
    public void aTokenThatIsPulledOutSignsNothing() throws Exception {
        hsm.pullOut();
        Run<?, ?> build = build(Result.FAILURE, "alice", "");
        r.assertLogContains("token", build);
        r.assertLogNotContains("\tat ", build);
        nothingSigned();
    }

    /** Looks for helpers that still run, and for a PIN in what the system shows of the processes of this user. */
    private static final class WhatIsLeft extends MasterToSlaveCallable<String, IOException> {
        private static final long serialVersionUID = 1L;
        private final String reversedPin;

        WhatIsLeft(String pin) {
            // Reversed, or this question would itself be where the PIN is found.
            reversedPin = new StringBuilder(pin).reverse().toString();
        }

        @Override
        public String call() throws IOException {
            StringBuilder left = new StringBuilder();
            String pin = new StringBuilder(reversedPin).reverse().toString();
            ProcessHandle.current()
                    .descendants()
                    .forEach(child -> left.append(child.info()).append('\n'));
            for (String file : List.of("/proc/self/cmdline", "/proc/self/environ")) {
                if (new File(file).canRead()
                        && new String(Files.readAllBytes(Path.of(file)), StandardCharsets.ISO_8859_1).contains(pin)) {
                    left.append("the PIN is in ").append(file);
                }
            }
            if (System.getProperties().toString().contains(pin)) {
                left.append("the PIN is in a system property");
            }
            for (var provider : java.security.Security.getProviders()) {
                if (provider.getName().startsWith("SunPKCS11-")) {
                    left.append("the provider ").append(provider.getName()).append(" is open");
                }
            }
            return left.toString();
        }
    }

    /** Does what any other code in the agent's process could: opens the token itself, without a PIN. */
    private static final class UsesTheTokenWithoutPin extends MasterToSlaveCallable<Boolean, Exception> {
        private static final long serialVersionUID = 1L;
        private final String library;
        private final String folder;

        UsesTheTokenWithoutPin(String library, String folder) {
            this.library = library;
            this.folder = folder;
        }

        @Override
        public Boolean call() throws Exception {
            Path configuration = Path.of(folder, "sun.cfg");
            Files.writeString(configuration, "name = probe\nlibrary = " + library + "\nslotListIndex = 0\n");
            var provider = java.security.Security.getProvider("SunPKCS11").configure(configuration.toString());
            KeyStore store = KeyStore.getInstance("PKCS11", provider);
            try {
                store.load(null, null);
            } catch (IOException loginIsRequired) {
                return false;
            }
            for (String entry : java.util.Collections.list(store.aliases())) {
                if (store.isKeyEntry(entry)) {
                    return true;
                }
            }
            return false;
        }
    }
}

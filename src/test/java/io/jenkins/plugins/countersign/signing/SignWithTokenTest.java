package io.jenkins.plugins.countersign.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.EnvVars;
import hudson.model.Result;
import hudson.model.Run;
import hudson.model.queue.QueueTaskFuture;
import hudson.slaves.DumbSlave;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.configuration.TokenLibrary;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.token.SoftHsm;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import jenkins.security.MasterToSlaveCallable;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
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
        RegistryConfiguration plain = new RegistryConfiguration(registry.host());
        plain.setInsecurePlainHttp(true);
        CountersignConfiguration.get().setRegistries(List.of(plain));
        repository = Repositories.open(
                registry.host() + "/team/app",
                RegistryAccess.of(registry.host()).insecurePlainHttp());
        index = Samples.pushIndex(repository, 1);
        repository.tag(index.digest(), "1");
        image = repository.name() + ":1@" + index.digest();

        hsm.makeToken("release");
        hsm.makeKey("release", "EC:prime256v1", "01", "alice");
        alice = PublicKeys.decode(hsm.publicKey("release", "01"));
        EnvVars environment = new EnvVars(hsm.environment());
        Path temporary = Files.createDirectories(hsm.folder().resolve("tmp"));
        environment.put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        agent = r.createSlave("tokens", "tokens", environment);
        agent.setNumExecutors(3);
        r.waitOnline(agent);

        TokenLibrary library = new TokenLibrary(hsm.library());
        library.setLabel("tokens");
        CountersignConfiguration.get().setTokenLibraries(List.of(library));
        keep("alice", "pkcs11:token=release;object=alice", SoftHsm.PIN, alice);
    }

    @After
    public void nothingLeaked() throws Exception {
        canaries.assertNotInFilesOf(r.jenkins.getRootDir().toPath());
        canaries.assertNotInFilesOf(hsm.folder().resolve("tmp"));
        StringBuilder all = new StringBuilder();
        for (LogRecord record : logs.getRecords()) {
            all.append(new SimpleFormatter().format(record));
        }
        canaries.assertNotIn("the log", all.toString());
        canaries.assertNotIn("the agent's log", agent.toComputer().getLog());
        registry.close();
    }

    private void keep(String id, String uri, String pin, PublicKey key) throws IOException {
        SigningTokenCredentialsImpl credentials =
                new SigningTokenCredentialsImpl(CredentialsScope.GLOBAL, id, "", uri, PublicKeys.pem(key));
        credentials.setPin(Secret.fromString(pin));
        var all = SystemCredentialsProvider.getInstance().getCredentials();
        all.removeIf(other ->
                other instanceof SigningCredentials signing && signing.getId().equals(id));
        all.add(credentials);
        SystemCredentialsProvider.getInstance().save();
    }

    private WorkflowJob job(String label, String credentialsId, String more) throws Exception {
        WorkflowJob job = r.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(
                "node('" + label + "') {signImage image: '" + image + "', credentialsId: '" + credentialsId + "'" + more
                        + "}",
                true));
        return job;
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

    @Test
    public void twoBuildsAtOnceTakeTurns() throws Exception {
        List<QueueTaskFuture<WorkflowRun>> builds = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            builds.add(job("tokens", "alice", ", annotations: 'turn=" + i + "'").scheduleBuild2(0));
        }
        for (QueueTaskFuture<WorkflowRun> build : builds) {
            r.assertBuildStatusSuccess(build);
        }
        assertEquals(3, signatures());
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

package io.jenkins.plugins.countersign.approval;

import com.cloudbees.plugins.credentials.Credentials;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.CredentialsStore;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.domains.Domain;
import hudson.model.User;
import hudson.security.ACL;
import hudson.security.ACLContext;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl;
import io.jenkins.plugins.countersign.signing.SigningTokenCredentialsImpl;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.junit.rules.ExternalResource;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * An image in a registry, a trust policy that two people must approve it by, and the people with their keys. As a rule, it goes
 * with the test.
 */
final class ImageAtGate extends ExternalResource implements AutoCloseable {

    static final List<String> PEOPLE = List.of("carol", "erin", "frank", "grace", "root", "gate");

    final DemoRegistry registry;
    final String repository;
    final Digest digest;
    final Map<String, SigningKey> keys = new LinkedHashMap<>();
    /** Of its own: what one policy of a name and version says, the ledger never forgets. */
    private String name = "policy-" + java.util.UUID.randomUUID();

    private String stages = "  qa: {needs: [{role: qa, count: 2}]}\n"
            + "  release: {needs: [{role: release, count: 1}], exclude: [build-starter]}\n";

    ImageAtGate() throws Exception {
        this(Map.of("app/run.sh", "#!/bin/sh\necho hello\n"));
    }

    ImageAtGate(Map<String, String> files) throws Exception {
        registry = new DemoRegistry(0);
        repository = registry.host() + "/team/app";
        try (Repository opened = open()) {
            digest = DemoImage.build(opened, null, files, opened);
            opened.tag(digest, "1.0");
        }
        for (String person : PEOPLE) {
            keys.put(person, KeyGenerator.generate(new SecureRandom()));
        }
    }

    /** For pictures; for a Jenkins that knows no other policy of the name. */
    ImageAtGate named(String policy) {
        name = policy;
        return this;
    }

    ImageAtGate stages(String yaml) {
        stages = yaml;
        return this;
    }

    String image() {
        return repository + ":1.0@" + digest;
    }

    Repository open() {
        return Repositories.open(repository, RegistryAccess.of(registry.host()).insecurePlainHttp());
    }

    String policyText() {
        StringBuilder yaml = new StringBuilder("name: " + name + "\nversion: 1\nexpires: 2099-02-01T00:00:00Z\n"
                + "root: {threshold: 1, keys: [" + key("root") + "]}\ngate: {keys: [" + key("gate") + "]}\npeople:\n");
        for (String person : List.of("carol", "erin", "frank", "grace")) {
            yaml.append("  " + person + ": {keys: [" + key(person) + "]}\n");
        }
        return yaml.append("roles: {qa: [carol, erin, frank], release: [frank, grace], lead: [grace]}\n"
                        + "overrideRole: lead\nstages:\n" + stages)
                .toString();
    }

    private String key(String name) {
        return "{pem: \"" + PublicKeys.pem(keys.get(name).publicKey()).replace("\n", "\\n") + "\"}";
    }

    TrustPolicy policy() throws Exception {
        return PolicyReader.read(policyText().getBytes(StandardCharsets.UTF_8));
    }

    /** Tells Jenkins about the registry and the policy. */
    ImageAtGate configure() {
        PlainRegistry.configure(registry.host());
        CountersignConfiguration.get().setTrustPolicy(policyText());
        return this;
    }

    /** Says something from outside of Jenkins, as the command line does. */
    Saying.Said says(String person, Saying.Word word, String stage, String comment) throws Exception {
        try (Repository opened = open()) {
            return new Saying(word, stage, "", comment, List.of(), null, Origin.UNKNOWN)
                    .write(opened, digest, "1.0", policy(), keys.get(person), null);
        }
    }

    /** The same, and Jenkins hears of it as from a webhook. */
    void saysAndTells(String person, Saying.Word word, String stage, String comment) throws Exception {
        says(person, word, stage, comment);
        WaitingGates.wake(repository, digest);
    }

    /** Keeps the person's key in the system's credentials, where builds find it. */
    void keepForBuilds(String... people) throws Exception {
        for (String person : people) {
            SigningKeyCredentialsImpl credentials = credentials(CredentialsScope.GLOBAL, person);
            // Equal is what has the same id: that of another test.
            SystemCredentialsProvider.getInstance().getCredentials().remove(credentials);
            SystemCredentialsProvider.getInstance().getCredentials().add(credentials);
        }
        SystemCredentialsProvider.getInstance().save();
    }

    /** Keeps the gate's key where Jenkins itself finds it, as {@code gate-key}. */
    void keepForTheGate() throws Exception {
        SystemCredentialsProvider.getInstance().getCredentials().add(credentials(CredentialsScope.SYSTEM, "gate"));
        SystemCredentialsProvider.getInstance().save();
    }

    /** Keeps the person's key in their own credentials. */
    void keepForThemselves(String... people) throws Exception {
        for (String person : people) {
            keepFor(person, person);
        }
    }

    void keepFor(String user, String person) throws Exception {
        keepFor(user, credentials(CredentialsScope.USER, person));
    }

    /** Keeps what opens the person's hardware token in their own credentials. */
    void keepTokenFor(String person) throws Exception {
        keepFor(
                person,
                new SigningTokenCredentialsImpl(
                        CredentialsScope.USER,
                        person + "-token",
                        "Token of " + person,
                        "pkcs11:token=card;id=%02",
                        PublicKeys.pem(keys.get(person).publicKey())));
    }

    private static void keepFor(String user, Credentials credentials) throws Exception {
        User owner = User.getById(user, true);
        try (ACLContext ignored = ACL.as2(owner.impersonate2())) {
            for (CredentialsStore store : CredentialsProvider.lookupStores(owner)) {
                if (store.getContext().equals(owner)) {
                    store.addCredentials(Domain.global(), credentials);
                }
            }
        }
    }

    private SigningKeyCredentialsImpl credentials(CredentialsScope scope, String person) throws Exception {
        return new SigningKeyCredentialsImpl(
                scope,
                person + "-key",
                "Key of " + person,
                Secret.fromString(keys.get(person).unencryptedSecret()));
    }

    /** A build of a job of its own. */
    static WorkflowRun start(JenkinsRule jenkins, String name, String script) throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, name);
        job.setDefinition(new CpsFlowDefinition(script, true));
        return job.scheduleBuild2(0).waitForStart();
    }

    @Override
    protected void after() {
        close();
    }

    @Override
    public void close() {
        registry.close();
    }
}

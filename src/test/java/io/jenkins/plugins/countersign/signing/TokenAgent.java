package io.jenkins.plugins.countersign.signing;

import static org.junit.Assert.assertEquals;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.EnvVars;
import hudson.slaves.DumbSlave;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.TokenLibrary;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jvnet.hudson.test.JenkinsRule;

/** An agent, in a process of its own, with the label {@code tokens}: what it may load, and whose keys are on its token. */
final class TokenAgent {

    static final String LABEL = "tokens";

    private TokenAgent() {}

    static DumbSlave start(JenkinsRule r, int executors, Map<String, String> environment) throws Exception {
        DumbSlave agent = r.createSlave(LABEL, LABEL, new EnvVars(environment));
        agent.setNumExecutors(executors);
        r.jenkins.setNodes(r.jenkins.getNodes());
        assertEquals(executors, agent.toComputer().getNumExecutors());
        r.waitOnline(agent);
        return agent;
    }

    /** That library, and no other. */
    static void allow(String library) {
        TokenLibrary allowed = new TokenLibrary(library);
        allowed.setLabel(LABEL);
        CountersignConfiguration.get().setTokenLibraries(List.of(allowed));
    }

    /** In the place of what had the id before. */
    static void keep(String id, String uri, String pin, PublicKey key, String certificates) throws IOException {
        SigningTokenCredentialsImpl credentials =
                new SigningTokenCredentialsImpl(CredentialsScope.GLOBAL, id, "", uri, PublicKeys.pem(key));
        credentials.setCertificates(certificates);
        credentials.setPin(Secret.fromString(pin));
        var all = SystemCredentialsProvider.getInstance().getCredentials();
        all.removeIf(other ->
                other instanceof SigningCredentials signing && signing.getId().equals(id));
        all.add(credentials);
        SystemCredentialsProvider.getInstance().save();
    }

    /** @param more arguments of the step, each after a comma */
    static WorkflowJob signing(JenkinsRule r, String label, String image, String credentialsId, String more)
            throws Exception {
        WorkflowJob job = r.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(
                "node('" + label + "') {signImage image: '" + image + "', credentialsId: '" + credentialsId + "'" + more
                        + "}",
                true));
        return job;
    }
}

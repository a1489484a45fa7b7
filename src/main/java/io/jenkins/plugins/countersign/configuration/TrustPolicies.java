package io.jenkins.plugins.countersign.configuration;

import hudson.AbortException;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyRepository;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.engine.trust.SeenVersions;
import io.jenkins.plugins.countersign.engine.trust.SeenVersionsFile;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import jenkins.model.Jenkins;

/** The trust policy that this controller decides by. It comes from the configuration, never from what is judged. */
public final class TrustPolicies {

    private TrustPolicies() {}

    /** The policy inside {@link #trusted}. */
    public static TrustPolicy current() throws IOException, PolicyException {
        return trusted().policy();
    }

    /**
     * The policy in force. Where root keys are pinned it must be signed by enough of them, and never be older than one seen
     * before; where none are, the administrator who wrote it into the configuration answers for it.
     *
     * @throws AbortException if there is none; no policy never means that all is allowed
     */
    public static TrustedPolicy trusted() throws IOException, PolicyException {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        Root pinned = configuration.policyRoot();
        if (configuration.getTrustPolicyRepository() != null) {
            if (pinned == null) {
                throw new AbortException(Messages.TrustPolicies_NoRoot());
            }
            ImageLocation location = ImageLocation.parse(configuration.getTrustPolicyRepository());
            try (Repository repository = Registries.open(location, Progress.NONE)) {
                PolicyRepository source = new PolicyRepository(repository);
                return PolicyChain.accept(source.documents(), pinned, "", source.name(), seen(), Instant.now());
            }
        }
        String document = configuration.getTrustPolicy();
        if (document == null) {
            throw new AbortException(Messages.TrustPolicies_None());
        }
        byte[] content = document.getBytes(StandardCharsets.UTF_8);
        String source = Messages.TrustPolicies_Source();
        if (pinned == null) {
            return TrustedPolicy.insecureAcceptUnsigned(PolicyReader.read(content), source);
        }
        return PolicyChain.accept(SignedPolicy.readAll(content), pinned, "", source, seen(), Instant.now());
    }

    /** What this controller has accepted, over restarts. */
    static SeenVersions seen() {
        return new SeenVersionsFile(new File(Jenkins.get().getRootDir(), "countersign/policies-seen.json").toPath());
    }
}

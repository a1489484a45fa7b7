package io.jenkins.plugins.countersign.configuration;

import hudson.AbortException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;

/** The trust policy that this controller decides by. It comes from the configuration, never from what is judged. */
public final class TrustPolicies {

    private TrustPolicies() {}

    /** @throws AbortException if there is none; no policy never means that all is allowed */
    public static TrustPolicy current() throws AbortException, PolicyException {
        String document = CountersignConfiguration.get().getTrustPolicy();
        if (document == null) {
            throw new AbortException(Messages.TrustPolicies_None());
        }
        return PolicyReader.read(document.getBytes(StandardCharsets.UTF_8));
    }
}

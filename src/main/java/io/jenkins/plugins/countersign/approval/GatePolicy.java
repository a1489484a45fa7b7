package io.jenkins.plugins.countersign.approval;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.XmlFile;
import hudson.model.Saveable;
import hudson.model.listeners.SaveableListener;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.TrustPolicies;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.io.IOException;
import java.time.Duration;

/**
 * The trust policy as gates use it: reading and verifying it takes longer than a decision, and ten thousand gates decide by
 * one. A new configuration counts at once, a new version in a registry within {@link #FRESH}.
 */
@Extension
public class GatePolicy extends SaveableListener {

    private static final long FRESH = Duration.ofSeconds(30).toNanos();

    private TrustedPolicy policy;
    private long readAt;

    static TrustedPolicy current() throws IOException, PolicyException {
        return ExtensionList.lookupSingleton(GatePolicy.class).read();
    }

    private synchronized TrustedPolicy read() throws IOException, PolicyException {
        if (policy == null || System.nanoTime() - readAt > FRESH) {
            policy = TrustPolicies.trusted();
            readAt = System.nanoTime();
        }
        return policy;
    }

    @Override
    public void onChange(Saveable saved, XmlFile file) {
        if (saved instanceof CountersignConfiguration) {
            synchronized (this) {
                policy = null;
            }
            WaitingGates.wakeAll();
        }
    }
}

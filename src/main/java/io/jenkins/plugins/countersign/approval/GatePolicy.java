package io.jenkins.plugins.countersign.approval;

import hudson.AbortException;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The trust policy as gates use it: reading and verifying it takes longer than a decision, and ten thousand gates decide by
 * one. A new configuration counts at once, a new version in a registry within {@link #FRESH}.
 */
@Extension
public class GatePolicy extends SaveableListener {

    private static final Logger LOGGER = Logger.getLogger(GatePolicy.class.getName());

    private static final long FRESH = Duration.ofSeconds(30).toNanos();

    /** Of the present configuration. Replaced and not emptied: whoever changes it waits for no registry that hangs. */
    private volatile Read read = new Read();

    static TrustedPolicy current() throws IOException, PolicyException {
        return get().read.current();
    }

    /**
     * The policy for pages and whatever else decides nothing by it: nobody waits there for the registry that the policy comes from.
     *
     * @throws NotReadYet while it is being read for the first time
     */
    static TrustedPolicy forPages() throws IOException, PolicyException {
        String repository = CountersignConfiguration.get().getTrustPolicyRepository();
        if (repository == null) {
            return current();
        }
        Read now = get().read;
        now.refresh(repository);
        if (now.policy == null) {
            throw new NotReadYet(Messages.GatePolicy_BeingRead(repository));
        }
        return now.policy;
    }

    private static GatePolicy get() {
        return ExtensionList.lookupSingleton(GatePolicy.class);
    }

    @Override
    public void onChange(Saveable saved, XmlFile file) {
        if (saved instanceof CountersignConfiguration) {
            read = new Read();
            WaitingGates.wakeAll();
        }
    }

    /** Whether there is one that can be used is not known yet. */
    static final class NotReadYet extends AbortException {

        private static final long serialVersionUID = 1L;

        NotReadYet(String message) {
            super(message);
        }
    }

    /** What was read of one configuration. */
    private static final class Read {
        private final AtomicBoolean refreshing = new AtomicBoolean();
        private volatile TrustedPolicy policy;
        private volatile long readAt;
        private volatile long refreshedAt = System.nanoTime() - FRESH;

        synchronized TrustedPolicy current() throws IOException, PolicyException {
            if (!isFresh()) {
                policy = TrustPolicies.trusted();
                readAt = System.nanoTime();
            }
            return policy;
        }

        private boolean isFresh() {
            return policy != null && System.nanoTime() - readAt <= FRESH;
        }

        void refresh(String repository) {
            if (isFresh() || System.nanoTime() - refreshedAt < FRESH || !refreshing.compareAndSet(false, true)) {
                return;
            }
            WaitingGates.get().ask(repository, () -> {
                try {
                    current();
                } catch (IOException | PolicyException e) {
                    LOGGER.log(Level.FINE, "no trust policy for pages", e);
                } finally {
                    refreshedAt = System.nanoTime();
                    refreshing.set(false);
                }
            });
        }
    }
}

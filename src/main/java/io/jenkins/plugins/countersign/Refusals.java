package io.jenkins.plugins.countersign;

import hudson.AbortException;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.dockerfile.DockerfileException;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.promotion.PromotionException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Turns the engine's refusals, whose messages are written for people, into failed builds without a stack trace. */
public final class Refusals {

    private static final Logger LOGGER = Logger.getLogger(Refusals.class.getName());

    private static final Set<Class<? extends Exception>> REFUSALS = Set.of(
            CatalogueException.class,
            DockerfileException.class,
            KeyException.class,
            LedgerException.class,
            PolicyException.class,
            PromotionException.class,
            RegistryException.class,
            StatementException.class,
            VerificationException.class);

    private Refusals() {}

    /**
     * Does the work; a refusal becomes an {@link AbortException} with the same message, anything else stays what it is.
     *
     * @throws InterruptedException if the build was aborted meanwhile: that is no failure of it
     */
    public static <T> T asAborts(Callable<T> work) throws Exception {
        try {
            return work.call();
        } catch (Exception e) {
            if (isRefusal(e)) {
                // Without the cause: a Pipeline would print its stack, and the message says all that a build's reader
                // can use.
                LOGGER.log(Level.FINE, "refused", e);
                if (Thread.interrupted()) {
                    throw new InterruptedException(e.getMessage());
                }
                throw new AbortException(e.getMessage());
            }
            throw e;
        }
    }

    /** Whether the exception's message is meant for people. */
    public static boolean isRefusal(Throwable e) {
        return REFUSALS.stream().anyMatch(type -> type.isInstance(e));
    }
}

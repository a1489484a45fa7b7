package io.jenkins.plugins.countersign.approval;

import hudson.model.User;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.trust.Person;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Whoever started a build does not approve it in Jenkins, whatever the trust policy says: the policy may ask for more
 * ({@code exclude}), and the gate then sets even a signed approval aside. To reject one's own build is always possible.
 */
final class FourEyes {

    private FourEyes() {}

    /**
     * Why the person may not approve what the build made; empty when nothing speaks against it.
     *
     * @param userOrNull the Jenkins user who acts
     * @param personOrNull who signs
     */
    static Optional<String> objection(GateHome home, User userOrNull, Person personOrNull) {
        return objection(home, starter -> isOneself(starter, userOrNull, personOrNull));
    }

    /**
     * The same for whoever asks of many gates.
     *
     * @param oneself {@link #isOneself} of an id, which few builds have alone
     */
    static Optional<String> objection(GateHome home, Predicate<String> oneself) {
        if (CountersignConfiguration.get().isStartersMayApprove() && !ContextRules.isFourEyesAlways(home.job())) {
            return Optional.empty();
        }
        for (String starter : home.starters()) {
            if (oneself.test(starter)) {
                return Optional.of(Messages.FourEyes_Starter(starter));
            }
        }
        return home.isEveryStarterKnown() ? Optional.empty() : Optional.of(Messages.FourEyes_Unknown());
    }

    /** Whether the id of a starter is the user's or the person's. */
    static boolean isOneself(String starter, User userOrNull, Person personOrNull) {
        return userOrNull != null && User.idStrategy().equals(starter, userOrNull.getId())
                || personOrNull != null && personOrNull.isKnownAs(starter);
    }
}

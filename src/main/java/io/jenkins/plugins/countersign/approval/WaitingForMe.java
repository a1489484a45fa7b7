package io.jenkins.plugins.countersign.approval;

import hudson.Extension;
import hudson.model.Api;
import hudson.model.Item;
import hudson.model.RootAction;
import hudson.model.User;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import jenkins.management.Badge;
import jenkins.model.Jenkins;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;
import org.kohsuke.stapler.StaplerProxy;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/** "Waiting for me": every gate, over all jobs, that the person who asks may act on. */
@Extension
@ExportedBean
public class WaitingForMe implements RootAction, StaplerProxy {

    static final String URL = "countersign-waiting";

    /** One page of them; whoever has more filters by working them off. */
    private static final int MAX_SHOWN = 500;

    @Override
    public String getIconFileName() {
        return isAddressed() ? "symbol-fingerprint" : null;
    }

    @Override
    public String getDisplayName() {
        return Messages.WaitingForMe_DisplayName();
    }

    @Override
    public String getUrlName() {
        return URL;
    }

    /** The count beside the link. */
    @Override
    public Badge getBadge() {
        int count = getCount();
        return count == 0
                ? null
                : new Badge(Integer.toString(count), Messages.WaitingForMe_Badge(count), Badge.Severity.WARNING);
    }

    @Override
    public boolean isPrimaryAction() {
        return true;
    }

    @Override
    public Object getTarget() {
        Jenkins.get().checkPermission(Jenkins.READ);
        return this;
    }

    public Api getApi() {
        return new Api(this);
    }

    @Exported
    public int getCount() {
        return (int) mine().count();
    }

    /** The gates, those with the nearest deadline first. */
    @Exported(visibility = 2)
    public List<GatePage> getGates() {
        return mine().sorted(Comparator.comparing(
                        WaitingGate::deadlineOrNull, Comparator.nullsLast(Comparator.naturalOrder())))
                .limit(MAX_SHOWN)
                .flatMap(gate -> gate.page().stream())
                .toList();
    }

    /**
     * For URLs: {@code queue/17/}, the gate before an item of the queue. Null, and so "not found", for any other, and for whoever
     * may not see the job: ids are numbers, and nobody learns by trying them which are held.
     */
    @Restricted(NoExternalUse.class)
    public GatePage getQueue(String id) {
        return HeldQueueItems.page(id)
                .filter(page -> page.getJob().hasPermission(Item.READ))
                .orElse(null);
    }

    /** Whether Jenkins asks the person for approvals at all. */
    @Restricted(NoExternalUse.class)
    public boolean isAddressed() {
        return person().isPresent();
    }

    /** Whether there is no trust policy that could be read now, and so nobody knows who waits for the person. */
    @Exported
    public boolean isUnknown() {
        try {
            GatePolicy.forPages();
            return false;
        } catch (IOException | PolicyException e) {
            return true;
        }
    }

    /** The name in the trust policy; empty when the policy does not know the user. */
    @Restricted(NoExternalUse.class)
    public String getPerson() {
        return person().map(Person::name).orElse("");
    }

    private Stream<WaitingGate> mine() {
        Optional<Person> person = person();
        if (person.isEmpty()) {
            return Stream.empty();
        }
        String name = person.get().name();
        Predicate<WaitingGate> wanted = gate -> gate.candidates().contains(name);
        return WaitingGates.get().all().stream().filter(wanted).filter(gate -> mayActOn(gate, person.get()));
    }

    /** Permissions are asked per gate, after the cheap question whose turn it is. */
    private static boolean mayActOn(WaitingGate gate, Person person) {
        return gate.page()
                .filter(page -> page.home().job().hasPermission(Item.READ)
                        && page.home().job().hasPermission(ApprovalPermissions.APPROVE)
                        && FourEyes.objection(page.home(), User.current(), person)
                                .isEmpty())
                .isPresent();
    }

    private static Optional<Person> person() {
        User user = User.current();
        if (user == null) {
            return Optional.empty();
        }
        try {
            return GatePolicy.forPages().policy().personKnownAs(user.getId());
        } catch (IOException | PolicyException e) {
            // Whoever configures the policy is told there; here it only means that nobody is asked.
            return Optional.empty();
        }
    }
}

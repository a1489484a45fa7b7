package io.jenkins.plugins.countersign.approval;

import hudson.Extension;
import hudson.model.Api;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.RootAction;
import hudson.model.User;
import hudson.security.Permission;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
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

/**
 * "Waiting for me": every gate, over all jobs, that the person who asks may act on. Counted is where their approval is missing;
 * where they could reject, withdraw or override is listed for whoever asks for that.
 */
@Extension
@ExportedBean
public class WaitingForMe implements RootAction, StaplerProxy {

    static final String URL = "countersign-waiting";

    /** One page of them; whoever has more filters by working them off. */
    private static final int MAX_SHOWN = 500;

    /** In REST below what a depth of 3 shows: lists that cost a look at each gate are made for whoever names them. */
    private static final int BY_NAME = -3;

    private static final Comparator<WaitingGate> NEAREST_DEADLINE =
            Comparator.comparing(WaitingGate::deadlineOrNull, Comparator.nullsLast(Comparator.naturalOrder()));

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
        return (int) mine(gates()).count();
    }

    /** The gates, those with the nearest deadline first. */
    @Exported(visibility = 2)
    public List<GatePage> getGates() {
        return mine(gates().sorted(NEAREST_DEADLINE)).limit(MAX_SHOWN).toList();
    }

    /** Where the person may reject, also their own build. */
    @Exported(visibility = BY_NAME)
    public List<GatePage> getRejectable() {
        return where(ApprovalPermissions.APPROVE, ApproverView::isAbleToReject);
    }

    /** Where something that the person said stands, and may be withdrawn. */
    @Exported(visibility = BY_NAME)
    public List<GatePage> getWithdrawable() {
        return where(ApprovalPermissions.APPROVE, ApproverView::isAbleToWithdraw);
    }

    /** Where somebody's rejection holds, and the person may set it aside. */
    @Exported(visibility = BY_NAME)
    public List<GatePage> getOverridable() {
        return isOverrider() ? where(ApprovalPermissions.OVERRIDE, ApproverView::isAbleToOverride) : List.of();
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

    /** Whether the trust policy lets the person override at all. */
    @Restricted(NoExternalUse.class)
    public boolean isOverrider() {
        return Asker.current()
                .filter(asker -> !Saying.rolesOf(Saying.Word.OVERRIDE, asker.person(), "", asker.policy())
                        .isEmpty())
                .isPresent();
    }

    private static Stream<WaitingGate> gates() {
        return WaitingGates.get().all().stream();
    }

    /** On every page of Jenkins: whose turn it is first, which is cheap, and then what asks of each gate. */
    private static Stream<GatePage> mine(Stream<WaitingGate> gates) {
        Optional<Asker> known = Asker.current();
        if (known.isEmpty()) {
            return Stream.empty();
        }
        Asker asker = known.get();
        String name = asker.person().name();
        return gates.filter(gate -> gate.candidates().contains(name))
                .flatMap(gate -> gate.page().stream())
                .filter(permitted(ApprovalPermissions.APPROVE))
                .filter(page ->
                        FourEyes.objection(page.home(), asker::isOneself).isEmpty());
    }

    /** What the gate's own page would offer. */
    private static List<GatePage> where(Permission permission, Predicate<ApproverView> may) {
        Optional<Asker> known = Asker.current();
        if (known.isEmpty()) {
            return List.of();
        }
        Asker asker = known.get();
        return gates().sorted(NEAREST_DEADLINE)
                .flatMap(gate -> gate.page().stream())
                .filter(permitted(permission))
                .filter(page -> may.test(
                        ApproverView.of(page.home(), page.entry(), asker.user(), asker.person(), asker.policy())))
                .limit(MAX_SHOWN)
                .toList();
    }

    /** Asked once for each job: ten thousand gates are those of a few hundred. For one request. */
    private static Predicate<GatePage> permitted(Permission permission) {
        Map<Job<?, ?>, Boolean> jobs = new IdentityHashMap<>();
        return page -> jobs.computeIfAbsent(
                page.home().job(), job -> job.hasPermission(Item.READ) && job.hasPermission(permission));
    }

    private static Optional<Person> person() {
        return Asker.current().map(Asker::person);
    }

    /** Who asks, and by which policy: the same for all gates of one answer. */
    private record Asker(User user, Person person, TrustPolicy policy, Map<String, Boolean> known) {

        boolean isOneself(String starter) {
            return known.computeIfAbsent(starter, id -> FourEyes.isOneself(id, user, person));
        }

        /** Empty for whom the policy does not know. */
        static Optional<Asker> current() {
            User user = User.current();
            if (user == null) {
                return Optional.empty();
            }
            try {
                TrustPolicy policy = GatePolicy.forPages().policy();
                return policy.personKnownAs(user.getId())
                        .map(person -> new Asker(user, person, policy, new HashMap<>()));
            } catch (IOException | PolicyException e) {
                // Whoever configures the policy is told there; here it only means that nobody is asked.
                return Optional.empty();
            }
        }
    }
}

package io.jenkins.plugins.countersign.approval;

import hudson.EnvVars;
import hudson.model.Api;
import hudson.model.BuildBadgeAction;
import hudson.model.EnvironmentContributingAction;
import hudson.model.Item;
import hudson.model.Run;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jenkins.model.RunAction2;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;
import org.kohsuke.stapler.StaplerProxy;
import org.kohsuke.stapler.export.Exported;
import org.kohsuke.stapler.export.ExportedBean;

/** The gates of a build: what was waited for, who approved, what is missing. */
@ExportedBean
public class ImageApprovalsAction implements RunAction2, BuildBadgeAction, EnvironmentContributingAction, StaplerProxy {

    static final String URL = "countersign";

    private List<GateEntry> gates = new ArrayList<>();
    private transient Run<?, ?> run;

    /** The build's, made when there is none. */
    static ImageApprovalsAction of(Run<?, ?> run) {
        synchronized (run) {
            ImageApprovalsAction action = run.getAction(ImageApprovalsAction.class);
            if (action == null) {
                action = new ImageApprovalsAction();
                run.addAction(action);
            }
            return action;
        }
    }

    /** Whether a gate of the stage opened in the build. */
    static boolean passed(Run<?, ?> run, String stage) {
        ImageApprovalsAction action = run.getAction(ImageApprovalsAction.class);
        return action != null
                && action.entries().stream()
                        .anyMatch(entry ->
                                entry.stage().equals(stage) && entry.state().equals(GateEntry.OPEN));
    }

    synchronized GateEntry add(
            String repository,
            String tag,
            String digest,
            String stage,
            String message,
            long since,
            long deadline,
            String state) {
        GateEntry entry =
                new GateEntry(gates.size() + 1, repository, tag, digest, stage, message, since, deadline, state);
        // A new list each time: the old one may just be being written.
        List<GateEntry> more = new ArrayList<>(gates);
        more.add(entry);
        gates = more;
        return entry;
    }

    /** The entry of an image at a stage; made when there is none. */
    synchronized GateEntry note(String repository, String tag, String digest, String stage) {
        return gates.stream()
                .filter(entry -> entry.stage().equals(stage)
                        && entry.repository().equals(repository)
                        && entry.digest().equals(digest))
                .findFirst()
                .orElseGet(
                        () -> add(repository, tag, digest, stage, "", System.currentTimeMillis(), 0, GateEntry.NOTED));
    }

    /**
     * Keeps on the build that an image went on from a stage.
     *
     * @param from with its digest
     * @param to {@code repository:tag@digest}
     */
    public static void promoted(Run<?, ?> run, ImageLocation from, String stage, String to) throws IOException {
        if (from.isLayout()) {
            return;
        }
        GateEntry entry = of(run).note(
                        from.repository(),
                        from.tag().orElse(""),
                        from.digest().orElseThrow().toString(),
                        stage);
        entry.promoted(to);
        run.save();
        // The seals are at the image now, and the page should show them.
        WaitingGates.get().ask(entry.repository(), () -> GateActs.lookOnce(GateHome.of(run), entry));
    }

    synchronized List<GateEntry> entries() {
        return gates;
    }

    GateEntry entry(int number) {
        return entries().stream()
                .filter(entry -> entry.number() == number)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the build has no gate " + number));
    }

    /** Whoever may see the build may see this, also when it is reached by another way. */
    @Override
    public Object getTarget() {
        run.getParent().checkPermission(Item.READ);
        return this;
    }

    @Restricted(NoExternalUse.class)
    public Run<?, ?> getRun() {
        return run;
    }

    /** The same, as Jenkins' layout of a build's pages calls it. */
    @Restricted(NoExternalUse.class)
    public Run<?, ?> getObject() {
        return run;
    }

    @Exported(visibility = 2)
    public List<GatePage> getGates() {
        return entries().stream().map(entry -> GatePage.of(run, entry)).toList();
    }

    /** For URLs: {@code gate/1/}. Null, and so "not found", for what is no number of a gate here. */
    @Restricted(NoExternalUse.class)
    public GatePage getGate(String number) {
        return entries().stream()
                .filter(entry -> Integer.toString(entry.number()).equals(number))
                .findFirst()
                .map(entry -> GatePage.of(run, entry))
                .orElse(null);
    }

    /** How many gates wait. */
    @Exported
    public int getWaiting() {
        return (int) entries().stream()
                .filter(entry -> entry.state().equals(GateEntry.WAITING))
                .count();
    }

    /** The remote API. */
    public Api getApi() {
        return new Api(this);
    }

    @Restricted(NoExternalUse.class)
    public String getBadgeText() {
        return Messages.ImageApprovalsAction_Badge(getWaiting());
    }

    @Override
    public void buildEnvironment(Run<?, ?> build, EnvVars environment) {
        for (GatePage gate : getGates()) {
            if (gate.getState().equals(GateEntry.OPEN)) {
                environment.put("COUNTERSIGN_IMAGE", gate.getImage());
                environment.put("COUNTERSIGN_DIGEST", gate.getDigest());
                environment.put("COUNTERSIGN_STAGE", gate.getStage());
                environment.put("COUNTERSIGN_APPROVERS", String.join(",", gate.getApprovers()));
            }
        }
    }

    @Override
    public void onAttached(Run<?, ?> owner) {
        run = owner;
    }

    @Override
    public void onLoad(Run<?, ?> owner) {
        run = owner;
    }

    @Override
    public String getIconFileName() {
        return "symbol-fingerprint";
    }

    @Override
    public String getDisplayName() {
        return Messages.ImageApprovalsAction_DisplayName();
    }

    @Override
    public String getUrlName() {
        return URL;
    }

    private Object readResolve() {
        if (gates == null) {
            gates = new ArrayList<>();
        }
        return this;
    }
}

package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.model.Actionable;
import hudson.model.Run;
import java.util.Collection;
import java.util.List;
import jenkins.management.Badge;
import jenkins.model.Tab;
import jenkins.model.TransientActionFactory;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/**
 * The gates as a tab of Jenkins' new build page; the present one has the link in its side panel and leaves tabs out. What it shows is
 * {@link ImageApprovalsAction}.
 */
@Restricted(NoExternalUse.class)
public final class ImageApprovalsTab extends Tab {

    private final transient ImageApprovalsAction gates;

    ImageApprovalsTab(Actionable build, ImageApprovalsAction gates) {
        super(build);
        this.gates = gates;
    }

    @Override
    public String getIconFileName() {
        return gates.getIconFileName();
    }

    @Override
    public String getDisplayName() {
        return gates.getDisplayName();
    }

    @Override
    public String getUrlName() {
        return gates.getUrlName();
    }

    @Override
    public Badge getBadge() {
        int waiting = gates.getWaiting();
        return waiting == 0 ? null : new Badge(Integer.toString(waiting), gates.getBadgeText(), Badge.Severity.WARNING);
    }

    /** Adds the tab to builds that have gates. */
    @Extension
    @SuppressWarnings("rawtypes")
    public static final class Factory extends TransientActionFactory<Run> {
        @Override
        public Class<Run> type() {
            return Run.class;
        }

        @NonNull
        @Override
        public Collection<? extends Tab> createFor(@NonNull Run target) {
            // Not getAction(Class): that would ask this factory again.
            ImageApprovalsAction gates = null;
            for (Object action : target.getActions()) {
                if (action instanceof ImageApprovalsAction found) {
                    gates = found;
                }
            }
            return gates == null ? List.of() : List.of(new ImageApprovalsTab(target, gates));
        }
    }
}

package io.jenkins.plugins.countersign.approval;

import hudson.ExtensionList;
import hudson.ExtensionPoint;
import java.util.function.Consumer;
import jenkins.util.Listeners;

/**
 * Is told what happens at gates: for mail, chat, dashboards. Called on the thread that does the work, as Jenkins itself; must
 * return quickly, and what it throws is logged and changes nothing.
 */
public abstract class ApprovalListener implements ExtensionPoint {

    /** A gate waits, and something about it is new: its first look, an approval, a rejection. */
    public void onHeld(GatePage gate) {}

    /** A gate has opened. */
    public void onOpened(GatePage gate) {}

    /** A gate's deadline has passed. */
    public void onExpired(GatePage gate) {}

    /** A gate waits no longer, and was not decided: its build was aborted, or left the queue. */
    public void onAborted(GatePage gate) {}

    /**
     * Somebody approved, rejected, withdrew or overrode through Jenkins.
     *
     * @param what {@code approval}, {@code rejection}, {@code withdrawal} or {@code override}
     * @param person the name in the trust policy
     */
    public void onStatement(GatePage gate, String what, String person, String comment) {}

    static void fire(Consumer<ApprovalListener> event) {
        Listeners.notify(ApprovalListener.class, true, event);
    }

    public static ExtensionList<ApprovalListener> all() {
        return ExtensionList.lookup(ApprovalListener.class);
    }
}

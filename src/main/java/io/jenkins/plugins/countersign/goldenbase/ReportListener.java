package io.jenkins.plugins.countersign.goldenbase;

import hudson.ExtensionList;
import hudson.ExtensionPoint;
import hudson.model.Run;
import hudson.model.TaskListener;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Is told of every check of base images, to show its findings elsewhere. */
public interface ReportListener extends ExtensionPoint {

    /**
     * After the report was added to the build, before the build fails for it.
     *
     * @param listener the build's log
     */
    void onReport(Run<?, ?> run, BaseReportAction report, TaskListener listener);

    /** Tells all; who fails is named in Jenkins' log, and changes nothing of the check. */
    static void tell(Run<?, ?> run, BaseReportAction report, TaskListener listener) {
        for (ReportListener one : ExtensionList.lookup(ReportListener.class)) {
            try {
                one.onReport(run, report, listener);
            } catch (RuntimeException e) {
                Logger.getLogger(ReportListener.class.getName())
                        .log(Level.WARNING, "cannot show the check of base images of " + run + " elsewhere", e);
            }
        }
    }
}

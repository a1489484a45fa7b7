package io.jenkins.plugins.countersign;

import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;

/** What a build's reader should know of requests to a registry: warnings and repetitions. */
public record BuildLogProgress(TaskListener listener) implements Progress {

    @Override
    public void on(Event event) {
        if (event instanceof Event.Warned warned) {
            listener.getLogger().println(Messages.BuildLogProgress_Warning(warned.message()));
        } else if (event instanceof Event.Retried retried) {
            listener.getLogger()
                    .println(Messages.BuildLogProgress_Retried(
                            retried.what(),
                            retried.attempt(),
                            retried.reason(),
                            retried.delay().toSeconds()));
        }
    }
}

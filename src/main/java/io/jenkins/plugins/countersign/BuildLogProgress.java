package io.jenkins.plugins.countersign;

import hudson.Util;
import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.io.PrintStream;
import java.io.Serializable;

/** Progress as sparse lines in a build log: what started, what went wrong on the way, what it came to. */
public record BuildLogProgress(TaskListener listener) implements Progress, Serializable {

    @Override
    public void on(Event event) {
        PrintStream log = listener.getLogger();
        if (event instanceof Event.Warned warned) {
            log.println(Messages.BuildLogProgress_Warning(warned.message()));
        } else if (event instanceof Event.Retried retried) {
            log.println(Messages.BuildLogProgress_Retried(
                    retried.what(),
                    retried.attempt(),
                    retried.reason(),
                    retried.delay().toSeconds()));
        } else if (event instanceof Event.TransferStarted started) {
            log.println(Messages.BuildLogProgress_Started(
                    started.from(), started.to(), started.manifests(), started.blobs(), bytes(started.bytes())));
        } else if (event instanceof Event.TransferDone done) {
            log.println(Messages.BuildLogProgress_Done(
                    done.uploaded(),
                    bytes(done.bytesUploaded()),
                    Util.getTimeSpanString(done.took().toMillis()),
                    bytes(done.bytesUploaded() * 1000 / Math.max(1, done.took().toMillis())),
                    done.skipped(),
                    done.mounted()));
        } else if (event instanceof Event.Tagged tagged) {
            log.println(Messages.BuildLogProgress_Tagged(tagged.repository() + ":" + tagged.tag(), tagged.digest()));
        }
    }

    private static String bytes(long count) {
        return count < 10_000 ? count + " B" : count < 10_000_000 ? count / 1000 + " kB" : count / 1_000_000 + " MB";
    }
}

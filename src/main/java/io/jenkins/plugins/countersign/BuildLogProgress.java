package io.jenkins.plugins.countersign;

import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.event.ByteCount;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Milestones;
import io.jenkins.plugins.countersign.engine.event.Milestones.Milestone;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.io.PrintStream;
import java.io.Serializable;

/**
 * Progress as sparse lines in a build log: what started, how far it is, what went wrong on the way, what it came to. Crosses
 * to an agent, where it begins anew.
 */
public final class BuildLogProgress implements Progress, Serializable {

    private static final long serialVersionUID = 1L;

    private final TaskListener listener;
    private transient Milestones milestones = new Milestones(System::nanoTime);

    public BuildLogProgress(TaskListener listener) {
        this.listener = listener;
    }

    private Object readResolve() {
        milestones = new Milestones(System::nanoTime);
        return this;
    }

    @Override
    public void on(Event event) {
        milestones.after(event).ifPresent(this::tell);
        PrintStream log = listener.getLogger();
        if (event instanceof Event.Warned warned) {
            log.println(Messages.BuildLogProgress_Warning(warned.message()));
        } else if (event instanceof Event.Retried retried) {
            log.println(Messages.BuildLogProgress_Retried(
                    retried.what(), retried.attempt(), retried.reason(), ByteCount.time(retried.delay())));
        } else if (event instanceof Event.TransferStarted started) {
            log.println(Messages.BuildLogProgress_Started(
                    started.from(),
                    started.to(),
                    started.manifests(),
                    started.blobs(),
                    ByteCount.text(started.bytes())));
        } else if (event instanceof Event.TransferDone done) {
            log.println(Messages.BuildLogProgress_Done(
                    done.uploaded(),
                    ByteCount.text(done.bytesUploaded()),
                    ByteCount.time(done.took()),
                    ByteCount.perSecond(done.bytesUploaded(), done.took()),
                    done.skipped(),
                    done.mounted()));
        } else if (event instanceof Event.Tagged tagged) {
            log.println(Messages.BuildLogProgress_Tagged(tagged.repository() + ":" + tagged.tag(), tagged.digest()));
        }
    }

    private void tell(Milestone milestone) {
        String soFar = Messages.BuildLogProgress_SoFar(
                milestone.blobs(),
                milestone.allBlobs(),
                ByteCount.text(milestone.bytes()),
                ByteCount.text(milestone.allBytes()),
                ByteCount.time(milestone.since()),
                ByteCount.perSecond(milestone.uploaded(), milestone.since()));
        listener.getLogger()
                .println(milestone
                        .arrived()
                        .map(layer -> Messages.BuildLogProgress_Arrived(
                                layer.digest().shortName(),
                                ByteCount.text(layer.size()),
                                ByteCount.time(layer.took()),
                                soFar))
                        .orElse(soFar));
    }
}

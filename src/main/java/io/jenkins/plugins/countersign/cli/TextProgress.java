package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.ByteCount;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Milestones;
import io.jenkins.plugins.countersign.engine.event.Milestones.Milestone;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** Progress as sparse lines on standard error. */
final class TextProgress implements Progress {

    private final PrintWriter err;
    private final Milestones milestones = new Milestones(System::nanoTime);

    private TextProgress(PrintWriter err) {
        this.err = err;
    }

    /** Sparse lines; where standard error is a terminal, as the launcher says, what happens to each layer as well. */
    static Progress of(CommandSpec spec) {
        PrintWriter err = spec.commandLine().getErr();
        Progress lines = new TextProgress(err);
        return Boolean.getBoolean("countersign.terminal") && !"dumb".equals(System.getenv("TERM"))
                ? new TerminalProgress(err, lines, System::nanoTime)
                : lines;
    }

    static Progress lines(PrintWriter err) {
        return new TextProgress(err);
    }

    @Override
    public void on(Event event) {
        milestones.after(event).ifPresent(this::tell);
        if (event instanceof Event.Warned warned) {
            err.println("Warning: " + warned.message());
        } else if (event instanceof Event.Retried retried) {
            err.printf(
                    "%s: attempt %d failed (%s), again in %s%n",
                    retried.what(), retried.attempt(), retried.reason(), ByteCount.time(retried.delay()));
        } else if (event instanceof Event.TransferStarted started) {
            err.printf(
                    "Transferring %s to %s: %s, %s, %s%n",
                    started.from(),
                    started.to(),
                    count(started.manifests(), "manifest"),
                    count(started.blobs(), "blob"),
                    ByteCount.text(started.bytes()));
        } else if (event instanceof Event.TransferDone done) {
            err.printf(
                    "Uploaded %s, %s in %s%s; already there: %d, mounted: %d%n",
                    count(done.uploaded(), "blob"),
                    ByteCount.text(done.bytesUploaded()),
                    ByteCount.time(done.took()),
                    done.uploaded() == 0 ? "" : ", " + ByteCount.perSecond(done.bytesUploaded(), done.took()),
                    done.skipped(),
                    done.mounted());
        } else if (event instanceof Event.Tagged tagged) {
            err.printf("Tagged %s:%s as %s%n", tagged.repository(), tagged.tag(), tagged.digest());
        }
    }

    private static String count(int some, String what) {
        return some + " " + what + (some == 1 ? "" : "s");
    }

    private void tell(Milestone milestone) {
        milestone
                .arrived()
                .ifPresent(layer -> err.printf(
                        "%s uploaded, %s in %s; ",
                        layer.digest().shortName(), ByteCount.text(layer.size()), ByteCount.time(layer.took())));
        err.printf(
                "%d of %d blobs, %s of %s after %s, %s%n",
                milestone.blobs(),
                milestone.allBlobs(),
                ByteCount.text(milestone.bytes()),
                ByteCount.text(milestone.allBytes()),
                ByteCount.time(milestone.since()),
                ByteCount.perSecond(milestone.uploaded(), milestone.since()));
        err.flush();
    }
}

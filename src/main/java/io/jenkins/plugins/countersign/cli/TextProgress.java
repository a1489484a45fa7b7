package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** Progress as sparse lines on standard error. */
final class TextProgress implements Progress {

    private final PrintWriter err;

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
        if (event instanceof Event.Warned warned) {
            err.println("Warning: " + warned.message());
        } else if (event instanceof Event.Retried retried) {
            err.printf(
                    "%s: attempt %d failed (%s), again in %d s%n",
                    retried.what(),
                    retried.attempt(),
                    retried.reason(),
                    retried.delay().toSeconds());
        } else if (event instanceof Event.TransferStarted started) {
            err.printf(
                    "Transferring %s to %s: %d manifests, %d blobs, %d bytes%n",
                    started.from(), started.to(), started.manifests(), started.blobs(), started.bytes());
        } else if (event instanceof Event.TransferDone done) {
            err.printf(
                    "Uploaded %d blobs (%d bytes) in %.1f s (%s), %d were there, %d mounted%n",
                    done.uploaded(),
                    done.bytesUploaded(),
                    done.took().toMillis() / 1000.0,
                    TerminalProgress.speed(done.bytesUploaded(), done.took().toNanos()),
                    done.skipped(),
                    done.mounted());
        } else if (event instanceof Event.Tagged tagged) {
            err.printf("Tagged %s:%s as %s%n", tagged.repository(), tagged.tag(), tagged.digest());
        }
    }
}

package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.Test;

public class TerminalProgressTest {

    private final StringWriter shown = new StringWriter();
    private final PrintWriter err = new PrintWriter(shown);
    private long now = 1;
    private final TerminalProgress progress = new TerminalProgress(err, TextProgress.lines(err), () -> now);
    private final Digest one = Digest.of(new byte[] {1});
    private final Digest two = Digest.of(new byte[] {2});

    private String shownBy(Event event, long afterMillis) {
        now += afterMillis * 1_000_000;
        shown.getBuffer().setLength(0);
        progress.on(event);
        return shown.toString().replace(System.lineSeparator(), "\n");
    }

    @Test
    public void eachLayerHasALineThatChangesInPlace() {
        shownBy(new Event.TransferStarted("oci:app", "r/app", 1, 2, 3_000_000), 0);
        shownBy(new Event.BlobStarted(one, 1_000_000), 0);
        shownBy(new Event.BlobStarted(two, 2_000_000), 0);
        assertEquals("not more often than anybody sees", "", shownBy(new Event.BlobAdvanced(two, 10, 2_000_000), 1));
        assertThat(
                shownBy(new Event.BlobAdvanced(two, 1_000_000, 2_000_000), 999),
                containsString(two.toString().substring(0, 19)
                        + "  [============            ]  1.0 MB of 2.0 MB  1.0 MB/s\n"
                        + "together             [========                ]  1.0 MB of 3.0 MB  1.0 MB/s\n"));
        String mounted = shownBy(new Event.BlobMounted(one, 1_000_000, "r/base"), 0);
        assertThat(mounted, containsString("\u001b[3F\u001b[J"));
        assertThat(mounted, containsString(one.toString().substring(0, 19) + "  1.0 MB  mounted from r/base\n"));
        assertThat(
                shownBy(new Event.BlobDone(two, 2_000_000, Duration.ofSeconds(2)), 1000),
                endsWith(two.toString().substring(0, 19) + "  2.0 MB  uploaded, 1.0 MB/s\n"));
        assertEquals(
                "Uploaded 1 blob, 2.0 MB in 2.0 s, 1.0 MB/s; already there: 0, mounted: 1\n",
                shownBy(new Event.TransferDone("r/app", 0, 1, 1, 2_000_000, Duration.ofSeconds(2)), 0));
    }

    @Test
    public void warningsStandAboveTheLayers() {
        shownBy(new Event.BlobStarted(one, 10), 0);
        assertThat(
                shownBy(new Event.Warned("plain HTTP"), 0),
                containsString("\u001b[2F\u001b[JWarning: plain HTTP\nsha256:"));
    }
}

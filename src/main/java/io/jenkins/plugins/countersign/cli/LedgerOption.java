package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import picocli.CommandLine.Option;

/** The ledger of whoever promotes from the command line. */
final class LedgerOption {

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "The ledger; else $XDG_STATE_HOME/countersign/ledger.jsonl, or below ~/.local/state.")
    private Path file;

    Ledger open() throws IOException, LedgerException {
        return Ledger.open(file == null ? StateFolder.file("ledger.jsonl") : file, Clock.systemUTC());
    }
}

package io.jenkins.plugins.countersign.audit;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.init.Terminator;
import io.jenkins.plugins.countersign.engine.audit.Ledger;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import jenkins.model.Jenkins;

/** This controller's ledger, in {@code $JENKINS_HOME/countersign/ledger.jsonl}; open while Jenkins runs. */
@Extension
public class ControllerLedger {

    private Ledger ledger;

    /**
     * The open ledger.
     *
     * @throws LedgerException if it cannot be opened or its chain is broken: without a ledger nothing is decided
     */
    public static Ledger get() throws LedgerException {
        return ExtensionList.lookupSingleton(ControllerLedger.class).open();
    }

    private synchronized Ledger open() throws LedgerException {
        if (ledger == null) {
            Path file = new File(Jenkins.get().getRootDir(), "countersign/ledger.jsonl").toPath();
            try {
                Files.createDirectories(file.getParent());
            } catch (IOException e) {
                throw new LedgerException("the folder of the ledger cannot be made: " + file.getParent(), e);
            }
            ledger = Ledger.open(file, Clock.systemUTC());
        }
        return ledger;
    }

    @Terminator
    public static void close() throws LedgerException {
        ControllerLedger here = ExtensionList.lookupSingleton(ControllerLedger.class);
        synchronized (here) {
            if (here.ledger != null) {
                here.ledger.close();
                here.ledger = null;
            }
        }
    }
}

package io.jenkins.plugins.countersign.engine.audit;

/** The ledger could not be written, or is not what was once written. The message says where and what to do. */
public class LedgerException extends Exception {

    private static final long serialVersionUID = 1L;

    public LedgerException(String message) {
        super(message);
    }

    public LedgerException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.evidence;

/** A report or an evidence statement is not what it claims to be, or is about something else. */
public class EvidenceException extends Exception {

    private static final long serialVersionUID = 1L;

    public EvidenceException(String message) {
        super(message);
    }

    public EvidenceException(String message, Throwable cause) {
        super(message, cause);
    }
}

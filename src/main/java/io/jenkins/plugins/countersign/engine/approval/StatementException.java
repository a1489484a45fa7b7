package io.jenkins.plugins.countersign.engine.approval;

/** A statement of ours is not what docs/statements.md says. The message says which member, and what was expected. */
public class StatementException extends Exception {

    private static final long serialVersionUID = 1L;

    public StatementException(String message) {
        super(message);
    }

    public StatementException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.signing.token.helper;

/** Why the helper could not do what it was asked. Crosses to the other process as a line. */
final class HelperException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason a constant's name of KeyException.Reason, which this package must not import */
    HelperException(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The deadline of the operation passed. */
public class DeadlineException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public DeadlineException(String message) {
        super(message);
    }

    public DeadlineException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The registry still fails (5xx) after all repetitions. */
public class UnavailableException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public UnavailableException(String message) {
        super(message);
    }

    public UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The registry still asks to slow down (429) after all repetitions, or for a longer pause than is allowed. */
public class ThrottledException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public ThrottledException(String message) {
        super(message);
    }

    public ThrottledException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The thread was interrupted while it waited; its interrupt flag is set again. */
public class CancelledException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The registry sends elsewhere, to a place that must not be followed to. */
public class RedirectRefusedException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public RedirectRefusedException(String message) {
        super(message);
    }

    public RedirectRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The registry knows who asks and does not allow it (403). */
public class ForbiddenException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public ForbiddenException(String message) {
        super(message);
    }

    public ForbiddenException(String message, Throwable cause) {
        super(message, cause);
    }
}

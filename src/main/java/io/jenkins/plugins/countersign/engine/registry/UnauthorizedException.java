package io.jenkins.plugins.countersign.engine.registry;

/** The registry or its token service wants a login, or refused the one it got (401). */
public class UnauthorizedException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public UnauthorizedException(String message) {
        super(message);
    }

    public UnauthorizedException(String message, Throwable cause) {
        super(message, cause);
    }
}

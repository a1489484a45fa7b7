package io.jenkins.plugins.countersign.engine.registry;

/** No connection stands: the name is unknown, nobody listens, or the connection breaks again and again. */
public class UnreachableException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public UnreachableException(String message) {
        super(message);
    }

    public UnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** The registry answered something its specification does not provide for. */
public class UnexpectedAnswerException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public UnexpectedAnswerException(String message) {
        super(message);
    }

    public UnexpectedAnswerException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** An answer is larger, deeper or longer than is accepted from anybody. */
public class LimitExceededException extends RegistryException {

    private static final long serialVersionUID = 1L;

    LimitExceededException(String message) {
        super(message);
    }
}

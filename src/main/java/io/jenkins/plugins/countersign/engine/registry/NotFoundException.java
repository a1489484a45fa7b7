package io.jenkins.plugins.countersign.engine.registry;

/** Something that must be there is clearly not there. */
public class NotFoundException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public NotFoundException(String message) {
        super(message);
    }
}

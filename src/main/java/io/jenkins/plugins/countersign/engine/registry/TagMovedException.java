package io.jenkins.plugins.countersign.engine.registry;

/** A tag no longer points at the digest that was named with it. */
public class TagMovedException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public TagMovedException(String message) {
        super(message);
    }
}

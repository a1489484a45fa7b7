package io.jenkins.plugins.countersign.engine.registry;

/** There were more or fewer bytes than announced. */
public class SizeMismatchException extends RegistryException {

    private static final long serialVersionUID = 1L;

    SizeMismatchException(String what, long expected, String found) {
        super(what + " has another size than its descriptor says: expected " + expected + " bytes, found " + found);
    }
}

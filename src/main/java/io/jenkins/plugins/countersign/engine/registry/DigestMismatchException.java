package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;

/** The bytes that came are not the bytes that were asked for. */
public class DigestMismatchException extends RegistryException {

    private static final long serialVersionUID = 1L;

    private final Digest expected;
    private final String found;

    DigestMismatchException(String what, Digest expected, String found) {
        super(what + " has other content than its digest says: expected " + expected + ", found " + found);
        this.expected = expected;
        this.found = found;
    }

    public Digest expected() {
        return expected;
    }

    public String found() {
        return found;
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;

/** Something asked of a registry or a layout folder did not succeed. The message says what was tried and what was found. */
public class RegistryException extends IOException {

    private static final long serialVersionUID = 1L;

    public RegistryException(String message) {
        super(message);
    }

    public RegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}

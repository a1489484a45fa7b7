package io.jenkins.plugins.countersign.engine.registry;

/** A manifest, index or list that was read does not have the form its specification demands. */
public class MalformedManifestException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public MalformedManifestException(String message) {
        super(message);
    }

    public MalformedManifestException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

/** An archive of an image is not what it should be: cut off, of another format, or without what was asked for. */
public class ArchiveException extends RegistryException {

    private static final long serialVersionUID = 1L;

    public ArchiveException(String message) {
        super(message);
    }

    public ArchiveException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.export;

/** A policy cannot be exported. The message says what is missing. */
public class ExportException extends Exception {

    private static final long serialVersionUID = 1L;

    public ExportException(String message) {
        super(message);
    }
}

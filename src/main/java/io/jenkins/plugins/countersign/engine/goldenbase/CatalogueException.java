package io.jenkins.plugins.countersign.engine.goldenbase;

/** The catalogue cannot be read. The message names the entry and says what is expected. */
public class CatalogueException extends Exception {

    private static final long serialVersionUID = 1L;

    public CatalogueException(String message) {
        super(message);
    }
}

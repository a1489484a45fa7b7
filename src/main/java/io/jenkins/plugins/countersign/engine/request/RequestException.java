package io.jenkins.plugins.countersign.engine.request;

/** A request, or the signature that came back for one, was refused. The message says what was found and what to do. */
public class RequestException extends Exception {

    private static final long serialVersionUID = 1L;

    public RequestException(String message) {
        super(message);
    }

    public RequestException(String message, Throwable cause) {
        super(message, cause);
    }
}

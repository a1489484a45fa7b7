package io.jenkins.plugins.countersign.engine.dockerfile;

/** The file asks for more work than a Dockerfile may: it is refused, since it was not read to its end. */
final class TooMuchException extends Exception {

    private static final long serialVersionUID = 1L;

    TooMuchException(String message) {
        super(message, null, false, false);
    }
}

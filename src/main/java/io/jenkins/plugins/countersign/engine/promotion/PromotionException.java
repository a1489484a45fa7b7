package io.jenkins.plugins.countersign.engine.promotion;

/** A promotion cannot go on although its gate is open; nothing was tagged. The message says what was found and what to do. */
public class PromotionException extends Exception {

    private static final long serialVersionUID = 1L;

    public PromotionException(String message) {
        super(message);
    }

    public PromotionException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.jenkins.plugins.countersign.engine.signing.token;

/** What a person at the token should know while it works. */
public enum TokenNotice {
    /** Another build uses the token; this one waits. */
    WAITING_FOR_OTHERS("another build is using the token, waiting for it"),
    /** The token has not answered at once: it waits for a finger. */
    TOUCH_NOW("touch the token now"),
    /** Nobody touched it; one more time. */
    TOUCH_AGAIN("nobody touched the token in time; touch it now, this is the last try"),
    /** A wrong PIN was entered since the last right one. */
    PIN_COUNT_LOW("a wrong PIN was entered into the token before; few tries are left");

    private final String message;

    TokenNotice(String message) {
        this.message = message;
    }

    public String message() {
        return message;
    }
}

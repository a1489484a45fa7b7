package io.jenkins.plugins.countersign.engine.contenttrust;

/** What a Notary server says cannot be believed; the message says what was found, and where. */
public final class ContentTrustException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** The server knows nothing of the repository. */
        NO_TRUST_DATA,
        /** Not the form that the role's metadata has, or too large. */
        MALFORMED,
        /** Fewer signatures of the role's keys than its threshold. */
        BAD_SIGNATURE,
        /** No root key that was pinned leads to what the server has. */
        ROOT_NOT_PINNED,
        /** Its time is over: the server may be showing an old state. */
        EXPIRED,
        /** Other content than the metadata above it names. */
        OTHER_CONTENT,
        /** Older than what was seen before. */
        ROLLED_BACK,
        /** The tag is not signed in a released role, or not for this digest. */
        NOT_SIGNED,
        /** What was seen before cannot be read or written. */
        MEMORY
    }

    private final Reason reason;

    public ContentTrustException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public ContentTrustException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}

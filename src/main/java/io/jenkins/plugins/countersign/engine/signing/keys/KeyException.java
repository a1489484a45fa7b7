package io.jenkins.plugins.countersign.engine.signing.keys;

/** A key could not be read or used. The message never contains key material, a password or a PIN. */
public class KeyException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public KeyException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public KeyException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** Why, for callers that branch on it. */
    public enum Reason {
        /** Not one of the formats that are read, or damaged. */
        UNREADABLE,
        /** Encrypted, and no password was given. */
        PASSWORD_MISSING,
        /** Encrypted with another password, or altered. */
        PASSWORD_WRONG,
        /** The parameters of the encryption ask for more work than any honest writer does. */
        TOO_EXPENSIVE,
        /** A kind, size or curve of key that is not accepted. */
        NOT_ACCEPTED,
        /** A public key where a private one is needed, or the other way round. */
        WRONG_KIND,
        /** More than one key, and nothing said which. */
        AMBIGUOUS,
        /** No such key. */
        NOT_FOUND,
        /** What signed is not the key that was expected. */
        NOT_THE_EXPECTED_KEY,
        /** The library is not on the administrator's list. */
        LIBRARY_NOT_ALLOWED,
        /** The library cannot be loaded or used. */
        LIBRARY_BROKEN,
        /** The {@code pkcs11:} URI or the request is not right. */
        BAD_REQUEST,
        /** No token with this label or serial number is in a slot. */
        TOKEN_NOT_FOUND,
        /** The token was taken out while it was in use. */
        TOKEN_REMOVED,
        /** Another signature with this token is under way and did not end in time. */
        TOKEN_BUSY,
        /** A PIN is needed, and none was given. */
        PIN_MISSING,
        /** The token refused the PIN. It is not tried again. */
        PIN_WRONG,
        /** This PIN was refused by this token before; it was not sent again. */
        PIN_REFUSED_BEFORE,
        /** One wrong PIN would lock the token; nothing was sent. */
        PIN_LAST_TRY,
        /** The token is locked. */
        PIN_LOCKED,
        /** Nobody touched the token in time. */
        TOUCH_TIMEOUT,
        /** The helper process or the signature computation failed. */
        FAILED
    }
}

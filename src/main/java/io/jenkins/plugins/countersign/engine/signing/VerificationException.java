package io.jenkins.plugins.countersign.engine.signing;

/** A signature was refused. The message says what was found and what was expected. */
public class VerificationException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public VerificationException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public VerificationException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    /** Why, for callers that branch on it. */
    public enum Reason {
        /** Longer than is read. */
        TOO_LARGE,
        /** Not strict JSON: a key twice, something after the end, broken UTF-8, too deep. */
        NOT_STRICT_JSON,
        /** A member is missing, or has the wrong type. */
        MALFORMED,
        /** The media type or version of the bundle is not one that is read. */
        UNKNOWN_FORMAT,
        /** Base64 that is not base64, or not the canonical one. */
        BAD_BASE64,
        /** No signature, or more than the one that is allowed. */
        SIGNATURE_COUNT,
        /** The payload is of another type than the format asks for. */
        WRONG_PAYLOAD_TYPE,
        /** Not an in-toto statement. */
        NOT_A_STATEMENT,
        /** The statement does not name the digest that it is attached to. */
        WRONG_SUBJECT,
        /** The statement is about something else than a signature of a container image. */
        WRONG_TYPE,
        /** The bytes are not those that the descriptor promised. */
        DIGEST_MISMATCH,
        /** The signature was made by none of the keys, or the content was altered. */
        BAD_SIGNATURE,
        /** There is nothing to verify with: no key was given, and no certificate authority. */
        NO_KEY,
        /** The certificate does not lead to an authority that is trusted. */
        UNTRUSTED_CERTIFICATE,
        /** The certificate was not valid at the time that counts, or nothing proves the time. */
        CERTIFICATE_TIME,
        /** The certificate may not be used to sign. */
        CERTIFICATE_USAGE,
        /** The certificate belongs to somebody else than the one who is expected. */
        WRONG_IDENTITY,
        /** The signature says itself that it has ended. */
        EXPIRED,
        /** A timestamp does not verify. */
        BAD_TIMESTAMP,
        /** The algorithm that the message names is not the key's. */
        WRONG_ALGORITHM,
        /** An extension that must be understood is not. */
        UNKNOWN_CRITICAL
    }
}

package io.jenkins.plugins.countersign.engine.signing.token.helper;

/** The library's answer was not CKR_OK. Source: PKCS#11 v3.0, "pkcs11t.h". */
final class CryptokiException extends Exception {

    private static final long serialVersionUID = 1L;

    static final long FUNCTION_FAILED = 0x06;
    static final long DEVICE_ERROR = 0x30;
    static final long DEVICE_REMOVED = 0x32;
    static final long FUNCTION_CANCELED = 0x50;
    static final long PIN_INCORRECT = 0xA0;
    static final long PIN_INVALID = 0xA1;
    static final long PIN_LEN_RANGE = 0xA2;
    static final long PIN_EXPIRED = 0xA3;
    static final long PIN_LOCKED = 0xA4;
    static final long SESSION_CLOSED = 0xB0;
    static final long SESSION_HANDLE_INVALID = 0xB3;
    static final long TOKEN_NOT_PRESENT = 0xE0;
    static final long TOKEN_NOT_RECOGNIZED = 0xE1;
    static final long USER_ALREADY_LOGGED_IN = 0x100;
    static final long USER_NOT_LOGGED_IN = 0x101;
    static final long FUNCTION_REJECTED = 0x200;

    private final long code;

    CryptokiException(long code, String name) {
        super(name);
        this.code = code;
    }

    long code() {
        return code;
    }
}

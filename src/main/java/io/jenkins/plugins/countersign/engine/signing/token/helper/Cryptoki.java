package io.jenkins.plugins.countersign.engine.signing.token.helper;

/** The few functions of PKCS#11 that signing needs. Source: PKCS#11 v3.0 base specification. */
interface Cryptoki {

    long CLASS = 0x000;
    long LABEL = 0x003;
    long VALUE = 0x011;
    long CERTIFICATE_TYPE = 0x080;
    long KEY_TYPE = 0x100;
    long ID = 0x102;
    long MODULUS = 0x120;
    long PUBLIC_EXPONENT = 0x122;
    long EC_PARAMS = 0x180;
    long EC_POINT = 0x181;
    long ALWAYS_AUTHENTICATE = 0x202;

    long CERTIFICATE = 1;
    long PUBLIC_KEY = 2;
    long PRIVATE_KEY = 3;

    long RSA = 0;
    long EC = 3;

    long RSA_PKCS = 0x0001;
    long ECDSA = 0x1041;

    long USER = 1;
    long CONTEXT_SPECIFIC = 2;

    long FLAG_LOGIN_REQUIRED = 0x4;
    long FLAG_PROTECTED_AUTHENTICATION_PATH = 0x100;
    long FLAG_TOKEN_INITIALIZED = 0x400;
    long FLAG_USER_PIN_COUNT_LOW = 0x10000;
    long FLAG_USER_PIN_FINAL_TRY = 0x20000;
    long FLAG_USER_PIN_LOCKED = 0x40000;

    /** What a token says about itself, trimmed. */
    record Token(String label, String serial, String manufacturer, String model, long flags) {}

    long[] slotsWithToken() throws CryptokiException;

    Token token(long slot) throws CryptokiException;

    long openSession(long slot) throws CryptokiException;

    void closeSession(long session) throws CryptokiException;

    void login(long session, long user, char[] pin) throws CryptokiException;

    /** Handles of all objects of a class. */
    long[] find(long session, long objectClass) throws CryptokiException;

    /** An attribute's bytes; null when the object has none, or does not show it. */
    byte[] bytes(long session, long object, long attribute) throws CryptokiException;

    /** A number's value, or {@code otherwise}. */
    long number(long session, long object, long attribute, long otherwise) throws CryptokiException;

    void signInit(long session, long mechanism, long key) throws CryptokiException;

    byte[] sign(long session, byte[] data) throws CryptokiException;
}

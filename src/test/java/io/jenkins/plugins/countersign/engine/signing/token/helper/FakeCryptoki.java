package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A token that does what no token in software does: it counts wrong PINs, locks, waits for a finger and is taken away. */
final class FakeCryptoki implements Cryptoki {

    static final long EC_KEY = 11;

    long flags = FLAG_TOKEN_INITIALIZED | FLAG_LOGIN_REQUIRED;
    String pin = "1234";
    boolean alwaysAuthenticate;
    boolean present = true;
    /** What each call of sign answers, 0 for a signature; after the last, signatures. */
    final Deque<Long> answers = new ArrayDeque<>();
    /** How long each sign takes, on the clock that the session is given. */
    long signNanos;
    /** What keeps the library from looking through its readers. */
    Runnable beforeLooking = () -> {};

    long now;
    long flagsAfterWrongPin;
    long loginAnswer;
    final List<String> calls = new ArrayList<>();

    @Override
    public long[] slotsWithToken() {
        beforeLooking.run();
        return present ? new long[] {7} : new long[0];
    }

    @Override
    public Token token(long slot) throws CryptokiException {
        if (!present) {
            throw new CryptokiException(CryptokiException.TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT");
        }
        return new Token("release", "4711", "maker", "model", flags);
    }

    @Override
    public long openSession(long slot) {
        return 1;
    }

    @Override
    public void closeSession(long session) {
        calls.add("close");
    }

    @Override
    public void login(long session, long user, char[] given) throws CryptokiException {
        calls.add(user == CONTEXT_SPECIFIC ? "login again" : "login");
        if (loginAnswer != 0) {
            throw new CryptokiException(loginAnswer, "CKR_" + loginAnswer);
        }
        if (given == null || !new String(given).equals(pin)) {
            flags |= flagsAfterWrongPin;
            throw new CryptokiException(CryptokiException.PIN_INCORRECT, "CKR_PIN_INCORRECT");
        }
    }

    @Override
    public long[] find(long session, long objectClass) {
        return objectClass == PRIVATE_KEY || objectClass == PUBLIC_KEY ? new long[] {EC_KEY} : new long[0];
    }

    @Override
    public byte[] bytes(long session, long object, long attribute) {
        if (attribute == ID) {
            return new byte[] {1};
        }
        if (attribute == LABEL) {
            return "alice".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }
        // Not a real curve or point: nothing here verifies.
        return attribute == EC_PARAMS || attribute == EC_POINT ? new byte[] {5, 0} : null;
    }

    @Override
    public long number(long session, long object, long attribute, long otherwise) {
        return attribute == KEY_TYPE ? EC : attribute == ALWAYS_AUTHENTICATE ? (alwaysAuthenticate ? 1 : 0) : otherwise;
    }

    @Override
    public void signInit(long session, long mechanism, long key) {
        calls.add("init");
    }

    @Override
    public byte[] sign(long session, byte[] data) throws CryptokiException {
        calls.add("sign");
        now += signNanos;
        long answer = answers.isEmpty() ? 0 : answers.remove();
        if (answer != 0) {
            throw new CryptokiException(answer, "CKR_" + answer);
        }
        return new byte[64];
    }
}

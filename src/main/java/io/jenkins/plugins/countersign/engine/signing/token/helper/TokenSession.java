package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * One token, one session, one key, from login to the end of the process. A PIN is sent once, and not at all when one more wrong
 * PIN would lock the token or when the token refused this PIN before.
 */
final class TokenSession implements AutoCloseable {

    /** What the other process may tell a person. */
    static final String WAITING = "WAITING_FOR_OTHERS";

    static final String TOUCH = "TOUCH_NOW";
    static final String TOUCH_AGAIN = "TOUCH_AGAIN";
    static final String PIN_COUNT_LOW = "PIN_COUNT_LOW";

    /** A token that has not answered by then waits for a finger. */
    private static final long TOUCH_HINT_MILLIS = 700;
    /** A library that has not looked through its readers by then may be kept out of one. */
    private static final long LOOKING_HINT_MILLIS = 1500;
    /** A refusal that comes later than this is a touch that did not come; YubiKeys wait 15 s. */
    private static final long TOUCH_TIMEOUT_NANOS = 5_000_000_000L;

    private static final Set<Long> GONE = Set.of(
            0x03L,
            CryptokiException.DEVICE_REMOVED,
            CryptokiException.SESSION_CLOSED,
            CryptokiException.SESSION_HANDLE_INVALID,
            CryptokiException.TOKEN_NOT_PRESENT,
            CryptokiException.TOKEN_NOT_RECOGNIZED);
    private static final Set<Long> WRONG_PIN =
            Set.of(CryptokiException.PIN_INCORRECT, CryptokiException.PIN_INVALID, CryptokiException.PIN_LEN_RANGE);
    /** ykcs11 and OpenSC answer "not logged in" when nobody touched; others cancel, reject or fail. */
    private static final Set<Long> NOT_TOUCHED = Set.of(
            0x05L,
            CryptokiException.FUNCTION_FAILED,
            CryptokiException.DEVICE_ERROR,
            CryptokiException.FUNCTION_CANCELED,
            CryptokiException.FUNCTION_REJECTED,
            CryptokiException.USER_NOT_LOGGED_IN);

    private final Cryptoki cryptoki;
    private final Consumer<String> notices;
    private final LongSupplier nanoTime;
    private long slot;
    private Cryptoki.Token token;
    private TokenFolder folder;
    private long session = -1;
    private TokenKeys.Key key;
    private char[] pin;
    private String pinName;

    TokenSession(Cryptoki cryptoki, Consumer<String> notices, LongSupplier nanoTime) {
        this.cryptoki = cryptoki;
        this.notices = notices;
        this.nanoTime = nanoTime;
    }

    /**
     * What is asked for; null where anything will do.
     *
     * @param keyId CKA_ID in lower-case hexadecimal
     * @param expectedKey DER SubjectPublicKeyInfo
     * @param pinName names the credential and its version, so that a refused PIN is not sent again; null where a person types it
     */
    record Wanted(
            String tokenLabel,
            String serial,
            Long slot,
            String keyId,
            String keyLabel,
            byte[] expectedKey,
            char[] pin,
            String pinName,
            java.nio.file.Path lockFolder,
            long lockWaitMillis) {}

    TokenKeys.Key open(Wanted wanted) throws HelperException {
        pin = wanted.pin();
        pinName = wanted.pinName();
        try {
            try (LateHint hint = whileLooking(wanted.lockFolder(), notices)) {
                find(wanted);
            }
            String serial = token.serial().isEmpty() ? token.label() : token.serial();
            folder = TokenFolder.lock(
                    wanted.lockFolder(), serial, wanted.lockWaitMillis(), () -> notices.accept(WAITING));
            token = cryptoki.token(slot);
            if ((token.flags() & Cryptoki.FLAG_LOGIN_REQUIRED) != 0) {
                requireTriesLeft();
            }
            session = cryptoki.openSession(slot);
            if ((token.flags() & Cryptoki.FLAG_LOGIN_REQUIRED) != 0) {
                login(Cryptoki.USER);
            }
            key = choose(new TokenKeys(cryptoki, session).list(true), wanted);
            return key;
        } catch (CryptokiException e) {
            throw failure(e, "using");
        }
    }

    /**
     * Libraries over PC/SC do not even look at a card while another process has it for itself, which lasts until somebody
     * touches it: the build that waits in there must hear for whom.
     */
    static LateHint whileLooking(java.nio.file.Path lockFolder, Consumer<String> notices) {
        return new LateHint(
                () -> {
                    if (TokenFolder.isAnyLocked(lockFolder)) {
                        notices.accept(WAITING);
                    }
                },
                LOOKING_HINT_MILLIS);
    }

    Cryptoki.Token token() {
        return token;
    }

    /** One further try when nobody touched the token; never one when the PIN was wrong. */
    byte[] sign(long mechanism, byte[] data) throws HelperException {
        try {
            return signOnce(mechanism, data);
        } catch (NotTouched first) {
            notices.accept(TOUCH_AGAIN);
            try {
                return signOnce(mechanism, data);
            } catch (NotTouched second) {
                throw new HelperException(
                        "TOUCH_TIMEOUT", "nobody touched the token " + named() + " in time, twice; nothing was signed");
            }
        }
    }

    private static final class NotTouched extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private byte[] signOnce(long mechanism, byte[] data) throws HelperException, NotTouched {
        long start = nanoTime.getAsLong();
        try (LateHint hint = new LateHint(() -> notices.accept(TOUCH), TOUCH_HINT_MILLIS)) {
            cryptoki.signInit(session, mechanism, key.handle());
            if (key.alwaysAuthenticate()) {
                requireTriesLeft();
                login(Cryptoki.CONTEXT_SPECIFIC);
            }
            return cryptoki.sign(session, data);
        } catch (CryptokiException e) {
            if (NOT_TOUCHED.contains(e.code())
                    && nanoTime.getAsLong() - start > TOUCH_TIMEOUT_NANOS
                    && isStillThere()) {
                throw new NotTouched();
            }
            throw failure(e, "signing with");
        }
    }

    private void find(Wanted wanted) throws CryptokiException, HelperException {
        List<String> present = new ArrayList<>();
        List<Long> fitting = new ArrayList<>();
        for (long candidate : cryptoki.slotsWithToken()) {
            Cryptoki.Token found;
            try {
                found = cryptoki.token(candidate);
            } catch (CryptokiException takenOutMeanwhile) {
                continue;
            }
            if ((found.flags() & Cryptoki.FLAG_TOKEN_INITIALIZED) == 0) {
                continue;
            }
            present.add("\"" + found.label() + "\" (serial " + found.serial() + ")");
            if ((wanted.slot() == null || wanted.slot() == candidate)
                    && (wanted.tokenLabel() == null || wanted.tokenLabel().equals(found.label()))
                    && (wanted.serial() == null || wanted.serial().equalsIgnoreCase(found.serial()))) {
                fitting.add(candidate);
                token = found;
            }
        }
        if (present.isEmpty()) {
            throw new HelperException(
                    "TOKEN_NOT_FOUND",
                    "no token is in any slot: is it plugged into this machine, and can this process reach pcscd? "
                            + "An agent in a container usually cannot.");
        }
        if (fitting.isEmpty()) {
            throw new HelperException(
                    "TOKEN_NOT_FOUND",
                    "the token that is asked for is not there; there are " + String.join(", ", present));
        }
        if (fitting.size() > 1) {
            throw new HelperException(
                    "AMBIGUOUS", fitting.size() + " tokens fit, name one by its serial: " + String.join(", ", present));
        }
        slot = fitting.get(0);
    }

    private void requireTriesLeft() throws HelperException, CryptokiException {
        long flags = cryptoki.token(slot).flags();
        if ((flags & Cryptoki.FLAG_USER_PIN_LOCKED) != 0) {
            throw new HelperException(
                    "PIN_LOCKED", "the token " + named() + " is locked after wrong PINs; unlock it with its PUK");
        }
        if ((flags & Cryptoki.FLAG_USER_PIN_FINAL_TRY) != 0) {
            throw new HelperException(
                    "PIN_LAST_TRY",
                    "one more wrong PIN would lock the token " + named()
                            + ", so no PIN was sent; log in to it once by hand with the right PIN");
        }
        if ((flags & Cryptoki.FLAG_USER_PIN_COUNT_LOW) != 0) {
            notices.accept(PIN_COUNT_LOW);
        }
    }

    private void login(long user) throws HelperException, CryptokiException {
        boolean ownKeypad = (token.flags() & Cryptoki.FLAG_PROTECTED_AUTHENTICATION_PATH) != 0;
        if (pin == null && !ownKeypad) {
            throw new HelperException("PIN_MISSING", "the token " + named() + " needs a PIN, and none was given");
        }
        if (pinName != null) {
            if (folder.wasRefused(pinName)) {
                throw new HelperException(
                        "PIN_REFUSED_BEFORE",
                        "the token " + named()
                                + " refused this PIN before, so it was not sent again; correct the PIN in the"
                                + " credential, which also makes it count as new");
            }
            folder.remember(pinName);
        }
        try {
            cryptoki.login(session, user, pin);
        } catch (CryptokiException e) {
            if (WRONG_PIN.contains(e.code())) {
                throw new HelperException("PIN_WRONG", "the token " + named() + " refused the PIN" + triesLeft());
            }
            forget();
            if (e.code() == CryptokiException.PIN_LOCKED) {
                throw new HelperException(
                        "PIN_LOCKED", "the token " + named() + " is locked after wrong PINs; unlock it with its PUK");
            }
            if (e.code() == CryptokiException.PIN_EXPIRED) {
                throw new HelperException("FAILED", "the PIN of the token " + named() + " has expired; set a new one");
            }
            throw e;
        }
        forget();
    }

    private void forget() throws HelperException {
        if (pinName != null) {
            folder.forget(pinName);
        }
    }

    private String triesLeft() throws CryptokiException {
        long flags = cryptoki.token(slot).flags();
        if ((flags & Cryptoki.FLAG_USER_PIN_LOCKED) != 0) {
            return " and is locked now";
        }
        return (flags & Cryptoki.FLAG_USER_PIN_FINAL_TRY) != 0 ? "; one more wrong PIN will lock it" : "";
    }

    private TokenKeys.Key choose(List<TokenKeys.Key> keys, Wanted wanted) throws HelperException {
        List<TokenKeys.Key> fitting = keys.stream()
                .filter(candidate -> wanted.keyId() == null || wanted.keyId().equals(candidate.id()))
                // The id decides when it is given, as in cosign; the label is then a note.
                .filter(candidate -> wanted.keyId() != null
                        || wanted.keyLabel() == null
                        || wanted.keyLabel().equals(candidate.label()))
                .toList();
        if (fitting.isEmpty()) {
            throw new HelperException(
                    "NOT_FOUND", "the token " + named() + " has no such private key; it has " + names(keys));
        }
        if (wanted.expectedKey() != null) {
            List<TokenKeys.Key> equal = fitting.stream()
                    .filter(candidate -> Arrays.equals(candidate.publicKey(), wanted.expectedKey()))
                    .toList();
            if (!equal.isEmpty()) {
                // Twice the same key is one key.
                return equal.get(0);
            }
            if (fitting.stream().allMatch(candidate -> candidate.publicKey() != null)) {
                throw new HelperException(
                        "NOT_THE_EXPECTED_KEY",
                        "no key of the token " + named() + " is the expected one; those that were asked for: "
                                + names(fitting));
            }
            fitting = fitting.stream()
                    .filter(candidate -> candidate.publicKey() == null)
                    .toList();
        }
        if (fitting.size() > 1) {
            throw new HelperException(
                    "AMBIGUOUS",
                    "several keys of the token " + named() + " fit, name one by its id: " + names(fitting));
        }
        if (fitting.get(0).publicKey() == null && wanted.expectedKey() == null) {
            throw new HelperException(
                    "BAD_REQUEST",
                    "the token " + named() + " does not show the public key of " + names(fitting)
                            + ": give the expected public key");
        }
        return fitting.get(0);
    }

    private static String names(List<TokenKeys.Key> keys) {
        return keys.isEmpty()
                ? "none"
                : String.join(
                        ", ",
                        keys.stream()
                                .limit(20)
                                .map(key ->
                                        "id " + (key.id().isEmpty() ? "(none)" : key.id()) + " \"" + key.label() + "\"")
                                .toList());
    }

    private HelperException failure(CryptokiException e, String doing) {
        if (GONE.contains(e.code()) || token != null && !isStillThere()) {
            return new HelperException(
                    "TOKEN_REMOVED",
                    "the token " + named() + " was taken out while " + doing + " it (" + e.getMessage() + ")");
        }
        return new HelperException("FAILED", doing + " the token " + named() + " failed: " + e.getMessage());
    }

    private boolean isStillThere() {
        try {
            for (long present : cryptoki.slotsWithToken()) {
                if (present == slot) {
                    return cryptoki.token(slot).serial().equals(token.serial());
                }
            }
            return false;
        } catch (CryptokiException gone) {
            return false;
        }
    }

    private String named() {
        return token == null ? "" : "\"" + token.label() + "\" (serial " + token.serial() + ")";
    }

    @Override
    public void close() {
        if (pin != null) {
            Arrays.fill(pin, '\0');
        }
        if (session >= 0) {
            try {
                cryptoki.closeSession(session);
            } catch (CryptokiException processEndsAnyway) {
                session = -1;
            }
        }
        if (folder != null) {
            folder.close();
        }
    }
}

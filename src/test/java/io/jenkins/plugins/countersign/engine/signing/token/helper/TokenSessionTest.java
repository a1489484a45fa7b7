package io.jenkins.plugins.countersign.engine.signing.token.helper;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The PIN's rules and the touch's, on a token that locks and waits. */
public class TokenSessionTest {

    private static final long SECOND = 1_000_000_000L;

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final FakeCryptoki token = new FakeCryptoki();
    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());

    private TokenSession session() {
        return new TokenSession(token, notices::add, () -> token.now);
    }

    private TokenSession.Wanted wanted(String pin, String pinName) {
        return new TokenSession.Wanted(
                "release",
                null,
                null,
                null,
                "alice",
                null,
                pin == null ? null : pin.toCharArray(),
                pinName,
                folder.getRoot().toPath(),
                100);
    }

    private String refusal(String pin, String pinName) {
        try (TokenSession session = session()) {
            HelperException e = assertThrows(HelperException.class, () -> session.open(wanted(pin, pinName)));
            assertFalse(e.getMessage(), pin != null && e.getMessage().contains(pin));
            return e.reason();
        }
    }

    @Test
    public void atTheLastTryNoPinIsSent() {
        token.flags |= Cryptoki.FLAG_USER_PIN_FINAL_TRY | Cryptoki.FLAG_USER_PIN_COUNT_LOW;
        assertEquals("PIN_LAST_TRY", refusal("1234", null));
        assertFalse(token.calls.contains("login"));
    }

    @Test
    public void aLockedTokenGetsNoPin() {
        token.flags |= Cryptoki.FLAG_USER_PIN_LOCKED;
        assertEquals("PIN_LOCKED", refusal("1234", null));
        assertFalse(token.calls.contains("login"));
    }

    @Test
    public void aWrongPinBeforeIsSaidAndTheRightOneStillWorks() throws Exception {
        token.flags |= Cryptoki.FLAG_USER_PIN_COUNT_LOW;
        try (TokenSession session = session()) {
            session.open(wanted("1234", "c#1"));
            session.sign(Cryptoki.ECDSA, new byte[32]);
        }
        assertEquals(List.of(TokenSession.PIN_COUNT_LOW), notices);
    }

    @Test
    public void aWrongPinIsSentOnceAndRememberedAcrossProcesses() {
        token.flagsAfterWrongPin = Cryptoki.FLAG_USER_PIN_COUNT_LOW;
        assertEquals("PIN_WRONG", refusal("9999", "c#1"));
        assertEquals("PIN_REFUSED_BEFORE", refusal("9999", "c#1"));
        assertEquals("PIN_REFUSED_BEFORE", refusal("1234", "c#1"));
        assertEquals(1, Collections.frequency(token.calls, "login"));
        assertEquals("PIN_WRONG", refusal("8888", "c#2"));
        assertEquals(2, Collections.frequency(token.calls, "login"));
    }

    @Test
    public void afterAWrongPinItSaysThatTheNextOneLocks() {
        token.flagsAfterWrongPin = Cryptoki.FLAG_USER_PIN_FINAL_TRY;
        try (TokenSession session = session()) {
            HelperException e = assertThrows(HelperException.class, () -> session.open(wanted("9999", null)));
            assertTrue(e.getMessage(), e.getMessage().contains("one more wrong PIN will lock it"));
        }
        assertEquals("PIN_LAST_TRY", refusal("1234", null));
        assertEquals(1, Collections.frequency(token.calls, "login"));
    }

    @Test
    public void whatIsNotTheFaultOfThePinDoesNotMakeItRefused() throws Exception {
        token.loginAnswer = CryptokiException.DEVICE_ERROR;
        assertEquals("FAILED", refusal("1234", "c#1"));
        token.loginAnswer = CryptokiException.PIN_LOCKED;
        assertEquals("PIN_LOCKED", refusal("1234", "c#1"));
        token.loginAnswer = CryptokiException.PIN_EXPIRED;
        assertEquals("FAILED", refusal("1234", "c#1"));
        token.loginAnswer = 0;
        try (TokenSession session = session()) {
            session.open(wanted("1234", "c#1"));
        }
    }

    @Test
    public void aProcessThatDiedWhileThePinWasUnderWayDoesNotSendItAgain() throws Exception {
        try (TokenFolder locked = TokenFolder.lock(folder.getRoot().toPath(), "4711", 100, () -> {})) {
            locked.remember("c#1");
        }
        assertEquals("PIN_REFUSED_BEFORE", refusal("1234", "c#1"));
        assertFalse(token.calls.contains("login"));
    }

    @Test
    public void aLibraryThatWaitsForTheCardOfAnotherBuildIsSaidToWait() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        token.beforeLooking = () -> await(told);
        TokenFolder others = TokenFolder.lock(folder.getRoot().toPath(), "another", 100, () -> {});
        try (TokenSession session = new TokenSession(
                token,
                notice -> {
                    notices.add(notice);
                    told.countDown();
                },
                () -> token.now)) {
            session.open(wanted("1234", "c#1"));
        } finally {
            others.close();
        }
        assertEquals(List.of(TokenSession.WAITING), notices);
        assertFalse(
                "and nobody is waited for now",
                TokenFolder.isAnyLocked(folder.getRoot().toPath()));
    }

    private static void await(CountDownLatch told) {
        try {
            assertTrue("nobody was told", told.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    public void aKeyThatAlwaysAsksGetsThePinBeforeEachSignatureUnlessTheTriesRunOut() throws Exception {
        token.alwaysAuthenticate = true;
        try (TokenSession session = session()) {
            session.open(wanted("1234", "c#1"));
            session.sign(Cryptoki.ECDSA, new byte[32]);
            session.sign(Cryptoki.ECDSA, new byte[32]);
            assertEquals(List.of("login", "init", "login again", "sign", "init", "login again", "sign"), token.calls);
            token.flags |= Cryptoki.FLAG_USER_PIN_FINAL_TRY;
            HelperException e = assertThrows(HelperException.class, () -> session.sign(Cryptoki.ECDSA, new byte[32]));
            assertEquals("PIN_LAST_TRY", e.reason());
        }
        assertEquals(2, Collections.frequency(token.calls, "login again"));
    }

    @Test
    public void whoDoesNotTouchInTimeGetsOneMoreTry() throws Exception {
        token.signNanos = 15 * SECOND;
        token.answers.add(CryptokiException.USER_NOT_LOGGED_IN);
        try (TokenSession session = session()) {
            session.open(wanted("1234", null));
            assertEquals(64, session.sign(Cryptoki.ECDSA, new byte[32]).length);
        }
        assertEquals(List.of(TokenSession.TOUCH_AGAIN), notices);
    }

    @Test
    public void whoDoesNotTouchTwiceIsToldSo() throws Exception {
        token.signNanos = 15 * SECOND;
        token.answers.addAll(List.of(CryptokiException.FUNCTION_CANCELED, CryptokiException.FUNCTION_REJECTED));
        try (TokenSession session = session()) {
            session.open(wanted("1234", null));
            HelperException e = assertThrows(HelperException.class, () -> session.sign(Cryptoki.ECDSA, new byte[32]));
            assertEquals("TOUCH_TIMEOUT", e.reason());
        }
        assertEquals(2, Collections.frequency(token.calls, "sign"));
    }

    @Test
    public void aQuickRefusalIsNoMissingTouch() throws Exception {
        token.answers.add(CryptokiException.USER_NOT_LOGGED_IN);
        try (TokenSession session = session()) {
            session.open(wanted("1234", null));
            assertEquals(
                    "FAILED",
                    assertThrows(HelperException.class, () -> session.sign(Cryptoki.ECDSA, new byte[32]))
                            .reason());
        }
        assertEquals(1, Collections.frequency(token.calls, "sign"));
    }

    @Test
    public void aTokenThatIsTakenAwayIsGoneWhateverTheLibraryAnswers() throws Exception {
        for (long answer :
                new long[] {CryptokiException.DEVICE_REMOVED, CryptokiException.SESSION_HANDLE_INVALID, 0x05}) {
            FakeCryptoki fake = new FakeCryptoki();
            fake.answers.add(answer);
            fake.signNanos = 15 * SECOND;
            try (TokenSession session = new TokenSession(fake, notices::add, () -> fake.now)) {
                session.open(wanted("1234", null));
                fake.present = false;
                assertEquals(
                        "TOKEN_REMOVED",
                        assertThrows(HelperException.class, () -> session.sign(Cryptoki.ECDSA, new byte[32]))
                                .reason());
            }
        }
        token.present = false;
        assertEquals("TOKEN_NOT_FOUND", refusal("1234", null));
    }

    @Test
    public void aFolderForLocksThatIsNotOnesOwnIsNotUsed() throws Exception {
        java.nio.file.Path real = folder.newFolder("real").toPath();
        java.nio.file.Path link = folder.getRoot().toPath().resolve("link");
        java.nio.file.Files.createSymbolicLink(link, real);
        assertThrows(HelperException.class, () -> TokenFolder.lock(link, "4711", 100, () -> {}));
        java.nio.file.Files.setPosixFilePermissions(
                real, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThrows(HelperException.class, () -> TokenFolder.lock(real, "4711", 100, () -> {}));
        java.nio.file.Path fresh = real.resolve("a/b");
        TokenFolder.lock(fresh, "4711", 100, () -> {}).close();
        assertEquals(
                "rwx------",
                java.nio.file.attribute.PosixFilePermissions.toString(
                        java.nio.file.Files.getPosixFilePermissions(fresh)));
    }

    @Test
    public void aTokenWithoutALoginNeedsNoPinAndOneWithAKeypadNeither() throws Exception {
        token.flags = Cryptoki.FLAG_TOKEN_INITIALIZED;
        try (TokenSession session = session()) {
            session.open(wanted(null, null));
        }
        assertFalse(token.calls.contains("login"));
        token.flags |= Cryptoki.FLAG_LOGIN_REQUIRED;
        assertEquals("PIN_MISSING", refusal(null, null));
        token.flags |= Cryptoki.FLAG_PROTECTED_AUTHENTICATION_PATH;
        token.pin = "1234";
        assertEquals("the token was asked", "PIN_WRONG", refusal(null, null));
    }
}

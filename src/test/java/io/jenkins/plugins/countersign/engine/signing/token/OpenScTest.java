package io.jenkins.plugins.countersign.engine.signing.token;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** OpenSC's own library, the real smart card daemon, and a PIV card that counts what it is asked. */
public class OpenScTest {

    private static final byte[] MESSAGE = "what people approve".getBytes(StandardCharsets.UTF_8);
    /** OpenSC numbers the slots of a PIV card. */
    private static final String AUTHENTICATION = "01";

    private static final String SIGNATURE = "02";

    @Rule
    public final PivCard card = new PivCard();

    private KeyPair usual;
    private KeyPair careful;

    @Before
    public void aCardWithTwoKeys() throws Exception {
        TestCertificates authority = TestCertificates.authority("CN=authority");
        usual = TestCertificates.pair("EC", 256);
        careful = TestCertificates.pair("EC", 256);
        card.with(
                0x9a,
                usual,
                authority
                        .issue(
                                "CN=usual",
                                usual,
                                KeyPurposeId.id_kp_codeSigning,
                                TestCertificates.NOW,
                                java.time.Duration.ofDays(9))
                        .certificate());
        card.with(
                0x9c,
                careful,
                authority
                        .issue(
                                "CN=careful",
                                careful,
                                KeyPurposeId.id_kp_codeSigning,
                                TestCertificates.NOW,
                                java.time.Duration.ofDays(9))
                        .certificate());
        card.plugIn();
    }

    private TokenInfo token() throws Exception {
        List<TokenInfo> tokens = TokenList.read(card.host(), null);
        assertEquals(tokens.toString(), 1, tokens.size());
        return tokens.get(0);
    }

    private TokenRequest key(String id) throws Exception {
        return new TokenRequest(null, token().label(), null, null, id, null);
    }

    private TokenSigner open(TokenRequest request, String pin, List<TokenNotice> notices) throws KeyException {
        return TokenSigner.open(
                card.host(), request, new TokenPin(pin.toCharArray(), "credential#" + pin), null, notices::add);
    }

    private KeyException refusal(TokenRequest request, String pin) {
        return assertThrows(
                KeyException.class, () -> open(request, pin, new ArrayList<>()).close());
    }

    @Test
    public void theCardSignsWithOneLoginAndWithThePinBeforeEachSignatureWhereItWantsThat() throws Exception {
        assertEquals(TokenInfo.PinState.READY, token().pinState());
        assertEquals(2, token().keys().size());
        assertTrue(token().keys().get(0).certificatePem().startsWith("-----BEGIN CERTIFICATE-----"));
        try (TokenSigner signer = open(key(AUTHENTICATION), PivCard.PIN, new ArrayList<>())) {
            assertEquals(usual.getPublic(), signer.publicKey());
            assertEquals(1, signer.certificates().size());
            for (int i = 0; i < 2; i++) {
                assertTrue(SignatureScheme.ECDSA_SHA256.matches(usual.getPublic(), MESSAGE, signer.sign(MESSAGE)));
            }
        }
        assertEquals(1, card.pinsSent());
        try (TokenSigner signer = open(key(SIGNATURE), PivCard.PIN, new ArrayList<>())) {
            for (int i = 0; i < 2; i++) {
                assertTrue(SignatureScheme.ECDSA_SHA256.matches(careful.getPublic(), MESSAGE, signer.sign(MESSAGE)));
            }
        }
        assertEquals("once to log in, once for each signature", 1 + 3, card.pinsSent());
    }

    @Test
    public void aWrongPinReachesTheCardOnceAndTheLastTryIsLeftToPeople() throws Exception {
        TokenRequest request = key(AUTHENTICATION);
        assertEquals(Reason.PIN_WRONG, refusal(request, "999999").reason());
        assertEquals(Reason.PIN_REFUSED_BEFORE, refusal(request, "999999").reason());
        assertEquals(Reason.PIN_REFUSED_BEFORE, refusal(request, "999999").reason());
        assertEquals(1, card.pinsSent());
        assertEquals(PivCard.TRIES - 1, card.triesLeft());

        card.setTriesLeft(1);
        assertEquals(Reason.PIN_LAST_TRY, refusal(request, "888888").reason());
        assertEquals(Reason.PIN_LAST_TRY, refusal(request, PivCard.PIN).reason());
        assertEquals("nothing was sent", 1, card.pinsSent());
        assertEquals(TokenInfo.PinState.LAST_TRY, token().pinState());

        card.setTriesLeft(0);
        assertEquals(Reason.PIN_LOCKED, refusal(request, PivCard.PIN).reason());
        assertEquals("nothing was sent", 1, card.pinsSent());
    }

    @Test
    public void whenTheCardWantsAFingerPeopleAreToldAndTwoBuildsTakeTurns() throws Exception {
        TokenRequest request = key(AUTHENTICATION);
        List<TokenNotice> notices = Collections.synchronizedList(new ArrayList<>());
        card.wantTouch();
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Future<byte[]>> builds = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                builds.add(pool.submit(() -> {
                    try (TokenSigner signer = open(request, PivCard.PIN, notices)) {
                        return signer.sign(MESSAGE);
                    }
                }));
                // The second comes when the first has the card for itself: OpenSC does not even look at it then.
                card.awaitAsked();
            }
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (!notices.containsAll(List.of(TokenNotice.TOUCH_NOW, TokenNotice.WAITING_FOR_OTHERS))
                    && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
            assertTrue(
                    notices.toString(),
                    notices.containsAll(List.of(TokenNotice.TOUCH_NOW, TokenNotice.WAITING_FOR_OTHERS)));
            card.touch();
            for (Future<byte[]> build : builds) {
                assertTrue(SignatureScheme.ECDSA_SHA256.matches(
                        usual.getPublic(), MESSAGE, build.get(120, TimeUnit.SECONDS)));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    public void aCardThatIsPulledOutInTheMiddleIsSaidToBeGone() throws Exception {
        try (TokenSigner signer = open(key(AUTHENTICATION), PivCard.PIN, new ArrayList<>())) {
            signer.sign(MESSAGE);
            card.pullOut();
            KeyException e = assertThrows(KeyException.class, () -> signer.sign(MESSAGE));
            assertEquals(e.getMessage(), Reason.TOKEN_REMOVED, e.reason());
        }
        assertEquals(
                Reason.TOKEN_NOT_FOUND,
                refusal(new TokenRequest(null, "x", null, null, "01", null), PivCard.PIN)
                        .reason());
    }

    @Test
    public void anRsaKeyOnTheCardSignsBothWays() throws Exception {
        KeyPair rsa = TestCertificates.pair("RSA", 2048);
        card.with(
                0x9a,
                rsa,
                TestCertificates.authority("CN=authority")
                        .issue(
                                "CN=rsa",
                                rsa,
                                KeyPurposeId.id_kp_codeSigning,
                                TestCertificates.NOW,
                                java.time.Duration.ofDays(9))
                        .certificate());
        try (TokenSigner signer = open(key(AUTHENTICATION), PivCard.PIN, new ArrayList<>())) {
            for (SignatureScheme scheme : List.of(SignatureScheme.RSA_PKCS1_SHA256, SignatureScheme.RSA_PSS_SHA256)) {
                assertTrue(scheme.matches(rsa.getPublic(), MESSAGE, signer.sign(MESSAGE, scheme)));
            }
        }
    }
}

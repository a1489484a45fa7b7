package io.jenkins.plugins.countersign.engine.signing.token;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** Real tokens (SoftHSM2, filled by OpenSC's pkcs11-tool) and the real helper process. */
public class TokenSignerTest {

    private static final byte[] MESSAGE = "what people approve".getBytes(StandardCharsets.UTF_8);

    @Rule
    public final SoftHsm hsm = new SoftHsm();

    @Before
    public void aTokenWithAKey() throws Exception {
        hsm.makeToken("release");
        hsm.makeKey("release", "EC:prime256v1", "01", "alice");
    }

    private static TokenRequest key(String token, String id, String label) {
        return new TokenRequest(null, token, null, null, id, label);
    }

    private static TokenPin pin() {
        return new TokenPin(SoftHsm.PIN.toCharArray(), "credential#1");
    }

    private TokenSigner open(TokenRequest request, PublicKey expected) throws KeyException {
        return TokenSigner.open(hsm.host(), request, pin(), expected, notice -> {});
    }

    private Reason refusal(TokenRequest request, PublicKey expected) {
        return assertThrows(KeyException.class, () -> open(request, expected).close())
                .reason();
    }

    @Test
    public void aKeyWithoutACertificateSignsAndOpensslAgrees() throws Exception {
        byte[] signature;
        try (TokenSigner signer = open(key("release", null, "alice"), null)) {
            assertEquals(List.of(), signer.certificates());
            signature = signer.sign(MESSAGE);
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(signer.publicKey(), MESSAGE, signature));
            Files.writeString(hsm.folder().resolve("key.pem"), PublicKeys.pem(signer.publicKey()));
        }
        Files.write(hsm.folder().resolve("message"), MESSAGE);
        Files.write(hsm.folder().resolve("signature"), signature);
        assertTrue(hsm.run("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message")
                .output()
                .contains("Verified OK"));
    }

    @Test
    public void rsaAndTheLargerCurvesSign() throws Exception {
        hsm.makeKey("release", "rsa:2048", "02", "rsa");
        hsm.makeKey("release", "EC:secp384r1", "03", "p384");
        for (String label : List.of("rsa", "p384")) {
            try (TokenSigner signer = open(key("release", null, label), null)) {
                byte[] signature = signer.sign(MESSAGE);
                SignatureScheme scheme = SignatureScheme.ofSigner(signer.publicKey());
                assertTrue(label, scheme.matches(signer.publicKey(), MESSAGE, signature));
            }
        }
        try (TokenSigner signer = open(key("release", null, "rsa"), null)) {
            for (SignatureScheme scheme : List.of(
                    SignatureScheme.RSA_PSS_SHA256, SignatureScheme.RSA_PSS_SHA384, SignatureScheme.RSA_PSS_SHA512)) {
                assertTrue(scheme.matches(signer.publicKey(), MESSAGE, signer.sign(MESSAGE, scheme)));
            }
        }
        try (TokenSigner signer = open(key("release", null, "p384"), null)) {
            byte[] signature = signer.sign(MESSAGE, SignatureScheme.ECDSA_SHA384);
            assertTrue(SignatureScheme.ECDSA_SHA384.matches(signer.publicKey(), MESSAGE, signature));
            assertEquals(
                    Reason.NOT_ACCEPTED,
                    assertThrows(KeyException.class, () -> signer.sign(MESSAGE, SignatureScheme.RSA_PKCS1_SHA256))
                            .reason());
        }
    }

    @Test
    public void aKeyWithACertificateBringsIt() throws Exception {
        certificate("release", "01", "alice-cert", hsm.publicKey("release", "01"));
        try (TokenSigner signer = open(key("release", "01", null), null)) {
            assertEquals(signer.publicKey(), signer.certificates().get(0).getPublicKey());
        }
    }

    @Test
    public void theCertificateOfAnotherKeyBesideAKeyIsNotBelieved() throws Exception {
        hsm.makeKey("release", "EC:prime256v1", "02", "bob");
        PublicKey alice = PublicKeys.decode(hsm.publicKey("release", "01"));
        certificate("release", "01", "wrong", hsm.publicKey("release", "02"));
        try (TokenSigner signer = open(key("release", "01", null), null)) {
            assertEquals(alice, signer.publicKey());
            assertEquals(List.of(), signer.certificates());
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(alice, MESSAGE, signer.sign(MESSAGE)));
        }
    }

    @Test
    public void twoKeysWithOneLabelAreToldApartByIdOrByTheExpectedKey() throws Exception {
        hsm.makeKey("release", "EC:prime256v1", "02", "alice");
        PublicKey first = PublicKeys.decode(hsm.publicKey("release", "01"));
        PublicKey second = PublicKeys.decode(hsm.publicKey("release", "02"));
        assertEquals(Reason.AMBIGUOUS, refusal(key("release", null, "alice"), null));
        try (TokenSigner signer = open(key("release", "02", null), null)) {
            assertEquals(second, signer.publicKey());
        }
        try (TokenSigner signer = open(key("release", null, "alice"), first)) {
            assertEquals(first, signer.publicKey());
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(first, MESSAGE, signer.sign(MESSAGE)));
        }
    }

    @Test
    public void anotherKeyThanTheExpectedOneIsRefused() throws Exception {
        PublicKey other = KeyGenerator.generate(new SecureRandom()).publicKey();
        assertEquals(Reason.NOT_THE_EXPECTED_KEY, refusal(key("release", null, "alice"), other));
    }

    @Test
    public void aKeyWhosePublicHalfIsNotOnTheTokenNeedsTheExpectedKeyAndIsCheckedBySigning() throws Exception {
        PublicKey alice = PublicKeys.decode(hsm.publicKey("release", "01"));
        hsm.delete("release", "pubkey", "01");
        assertEquals(Reason.BAD_REQUEST, refusal(key("release", null, "alice"), null));
        PublicKey other = KeyGenerator.generate(new SecureRandom()).publicKey();
        try (TokenSigner signer = open(key("release", null, "alice"), other)) {
            assertEquals(
                    Reason.NOT_THE_EXPECTED_KEY,
                    assertThrows(KeyException.class, () -> signer.sign(MESSAGE)).reason());
        }
        try (TokenSigner signer = open(key("release", null, "alice"), alice)) {
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(alice, MESSAGE, signer.sign(MESSAGE)));
        }
    }

    @Test
    public void ofTwoTokensTheOneThatIsNamedSigns() throws Exception {
        hsm.makeToken("security");
        hsm.makeKey("security", "EC:prime256v1", "01", "alice");
        List<TokenInfo> tokens = TokenList.read(hsm.host(), null);
        assertEquals(
                2,
                tokens.stream()
                        .filter(token -> token.pinState() == TokenInfo.PinState.READY)
                        .count());
        for (String label : List.of("release", "security")) {
            TokenInfo token = tokens.stream()
                    .filter(info -> info.label().equals(label))
                    .findFirst()
                    .orElseThrow();
            PublicKey expected = PublicKeys.decode(hsm.publicKey(label, "01"));
            assertEquals(PublicKeys.pem(expected), token.keys().get(0).publicKeyPem());
            TokenRequest bySerial = new TokenRequest(null, null, token.serial(), null, "01", null);
            try (TokenSigner signer = open(bySerial, null)) {
                assertEquals(expected, signer.publicKey());
            }
            try (TokenSigner signer = open(key(label, "01", null), expected)) {
                assertEquals(expected, signer.publicKey());
            }
        }
        assertEquals(Reason.TOKEN_NOT_FOUND, refusal(key("purchasing", "01", null), null));
        hsm.makeToken("release");
        assertEquals(Reason.AMBIGUOUS, refusal(key("release", "01", null), null));
    }

    @Test
    public void aKeyThatIsNotThereIsNamedWithThoseThatAre() {
        KeyException e = assertThrows(KeyException.class, () -> open(key("release", null, "bob"), null));
        assertEquals(Reason.NOT_FOUND, e.reason());
        assertTrue(e.getMessage(), e.getMessage().contains("id 01 \"alice\""));
    }

    @Test
    public void aWrongPinIsSentOnceAndNeverAgain() throws Exception {
        TokenRequest request = key("release", null, "alice");
        for (Reason expected : List.of(Reason.PIN_WRONG, Reason.PIN_REFUSED_BEFORE, Reason.PIN_REFUSED_BEFORE)) {
            TokenPin wrong = new TokenPin("wrong-canary-4711".toCharArray(), "credential#1");
            KeyException e = assertThrows(
                    KeyException.class, () -> TokenSigner.open(hsm.host(), request, wrong, null, notice -> {}));
            assertEquals(e.getMessage(), expected, e.reason());
            assertFalse(e.toString().contains("4711"));
        }
        // The corrected credential has another version, and is tried.
        TokenPin corrected = new TokenPin(SoftHsm.PIN.toCharArray(), "credential#2");
        try (TokenSigner signer = TokenSigner.open(hsm.host(), request, corrected, null, notice -> {})) {
            assertTrue(SignatureScheme.ECDSA_SHA256.matches(signer.publicKey(), MESSAGE, signer.sign(MESSAGE)));
        }
    }

    @Test
    public void aPinThatPersonsTypeIsNotRemembered() throws Exception {
        TokenRequest request = key("release", null, "alice");
        for (int i = 0; i < 2; i++) {
            TokenPin wrong = new TokenPin("wrong-canary-4711".toCharArray(), null);
            assertEquals(
                    Reason.PIN_WRONG,
                    assertThrows(
                                    KeyException.class,
                                    () -> TokenSigner.open(hsm.host(), request, wrong, null, notice -> {}))
                            .reason());
        }
    }

    @Test
    public void withoutAPinNothingIsSent() {
        assertEquals(
                Reason.PIN_MISSING,
                assertThrows(
                                KeyException.class,
                                () -> TokenSigner.open(
                                        hsm.host(), key("release", null, "alice"), null, null, notice -> {}))
                        .reason());
    }

    @Test
    public void aTokenThatIsPulledOutInTheMiddleIsSaidToBeGone() throws Exception {
        try (TokenSigner signer = open(key("release", null, "alice"), null)) {
            signer.sign(MESSAGE);
            hsm.pullOut();
            KeyException e = assertThrows(KeyException.class, () -> signer.sign(MESSAGE));
            assertEquals(e.getMessage(), Reason.TOKEN_REMOVED, e.reason());
        }
    }

    @Test
    public void aKeyThatWantsThePinForEachSignatureGetsIt() throws Exception {
        hsm.makeKey("release", "EC:prime256v1", "09", "careful", "--always-auth");
        try (TokenSigner signer = open(key("release", "09", null), null)) {
            for (int i = 0; i < 3; i++) {
                assertTrue(SignatureScheme.ECDSA_SHA256.matches(signer.publicKey(), MESSAGE, signer.sign(MESSAGE)));
            }
        }
    }

    @Test
    public void afterASignatureNobodyElseInThisProcessCanUseTheTokenWithoutThePin() throws Exception {
        try (TokenSigner signer = open(key("release", null, "alice"), null)) {
            signer.sign(MESSAGE);
            try (java.util.stream.Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                assertTrue("the library is loaded in this process", maps.noneMatch(line -> line.contains("softhsm")));
            }
            assertEquals(
                    Reason.PIN_MISSING,
                    assertThrows(
                                    KeyException.class,
                                    () -> TokenSigner.open(shortLockWait(), other(), null, null, notice -> {}))
                            .reason());
        }
    }

    private TokenRequest other() throws Exception {
        hsm.makeToken("other");
        hsm.makeKey("other", "EC:prime256v1", "01", "bob");
        return key("other", null, "bob");
    }

    private TokenHost shortLockWait() {
        return new TokenHost(
                hsm.host().libraries(),
                hsm.environment(),
                hsm.host().lockFolder(),
                Duration.ofMillis(200),
                Duration.ofSeconds(30));
    }

    @Test
    public void thePinIsInNoArgumentNoEnvironmentAndNoFile() throws Exception {
        try (TokenSigner signer = open(key("release", null, "alice"), null)) {
            signer.sign(MESSAGE);
            Path process = Path.of("/proc", Long.toString(signer.helperProcess().pid()));
            String seen = new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1)
                    + new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.ISO_8859_1);
            assertTrue("this is the helper: " + seen, seen.contains("HelperMain"));
            String encoded = java.util.Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(SoftHsm.PIN.getBytes(StandardCharsets.UTF_8));
            assertFalse(seen.contains(SoftHsm.PIN));
            assertFalse(seen.contains(encoded));
            Path work = Files.readSymbolicLink(process.resolve("cwd"));
            for (Path folder : List.of(work, hsm.folder().resolve("locks"))) {
                try (var files = Files.walk(folder)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                        assertFalse(file.toString(), content.contains(SoftHsm.PIN) || content.contains(encoded));
                    }
                }
            }
            assertEquals(
                    "only this user may look into the helper's folder",
                    "rwx------",
                    java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(work)));
        }
    }

    @Test
    public void closingEndsTheProcessAndLeavesNoFolder() throws Exception {
        ProcessHandle process;
        Path work;
        try (TokenSigner signer = open(key("release", null, "alice"), null)) {
            process = signer.helperProcess();
            work = Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"));
            assertTrue(process.isAlive());
        }
        assertFalse(process.isAlive());
        assertFalse(Files.exists(work));
    }

    @Test
    public void twoBuildsAtOnceSignOneAfterTheOther() throws Exception {
        int builds = 3;
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<TokenNotice> notices = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService pool = Executors.newFixedThreadPool(builds);
        try {
            List<Future<byte[]>> signatures = new ArrayList<>();
            for (int i = 0; i < builds; i++) {
                String build = "build " + i;
                signatures.add(pool.submit(() -> {
                    start.await();
                    try (TokenSigner signer =
                            TokenSigner.open(hsm.host(), key("release", null, "alice"), pin(), null, notices::add)) {
                        order.add("in " + build);
                        byte[] signature = signer.sign(MESSAGE);
                        order.add("out " + build);
                        return signature;
                    }
                }));
            }
            start.countDown();
            PublicKey alice = PublicKeys.decode(hsm.publicKey("release", "01"));
            for (Future<byte[]> signature : signatures) {
                assertTrue(SignatureScheme.ECDSA_SHA256.matches(alice, MESSAGE, signature.get(60, TimeUnit.SECONDS)));
            }
        } finally {
            pool.shutdownNow();
        }
        for (int i = 0; i < order.size(); i += 2) {
            assertEquals(
                    order.toString(),
                    order.get(i).substring(3),
                    order.get(i + 1).substring(4));
        }
    }

    @Test
    public void whoeverWaitsTooLongForTheTokenIsToldThatItIsBusy() throws Exception {
        List<TokenNotice> notices = new ArrayList<>();
        try (TokenSigner first = open(key("release", null, "alice"), null)) {
            KeyException e = assertThrows(
                    KeyException.class,
                    () -> TokenSigner.open(shortLockWait(), key("release", null, "alice"), pin(), null, notices::add));
            assertEquals(Reason.TOKEN_BUSY, e.reason());
            assertEquals(List.of(TokenNotice.WAITING_FOR_OTHERS), notices);
            first.sign(MESSAGE);
        }
    }

    @Test
    public void aKilledHelperFreesTheTokenAndIsReported() throws Exception {
        TokenSigner signer = open(key("release", null, "alice"), null);
        signer.helperProcess().destroyForcibly();
        assertEquals(
                Reason.FAILED,
                assertThrows(KeyException.class, () -> signer.sign(MESSAGE)).reason());
        signer.close();
        try (TokenSigner next = open(key("release", null, "alice"), null)) {
            next.sign(MESSAGE);
        }
    }

    @Test
    public void aLibraryThatIsNotOnTheListIsNotLoaded() throws Exception {
        Path forbidden = hsm.folder().resolve("evil.so");
        Files.copy(Path.of(hsm.library()), forbidden);
        TokenRequest request = new TokenRequest(forbidden.toString(), "release", null, null, null, "alice");
        assertEquals(Reason.LIBRARY_NOT_ALLOWED, refusal(request, null));
        TokenRequest detour = new TokenRequest(
                Path.of(hsm.library()).getParent() + "/../softhsm/libsofthsm2.so",
                "release",
                null,
                null,
                null,
                "alice");
        assertEquals(Reason.LIBRARY_NOT_ALLOWED, refusal(detour, null));
        TokenHost none = new TokenHost(List.of());
        assertEquals(
                Reason.LIBRARY_NOT_ALLOWED,
                assertThrows(KeyException.class, () -> TokenList.read(none, null))
                        .reason());
    }

    @Test
    public void aLibraryThatIsNoneIsReported() throws Exception {
        Path broken = hsm.folder().resolve("broken.so");
        Files.writeString(broken, "not a library");
        TokenHost host = new TokenHost(List.of(broken.toString(), hsm.library()));
        KeyException e = assertThrows(KeyException.class, () -> TokenList.read(host, broken.toString()));
        assertEquals(Reason.LIBRARY_BROKEN, e.reason());
        assertEquals(
                Reason.AMBIGUOUS,
                assertThrows(KeyException.class, () -> TokenList.read(host, null))
                        .reason());
    }

    @Test
    public void theListShowsTokensAndKeysWithoutAPin() throws Exception {
        TokenInfo token = TokenList.read(hsm.host(), hsm.library()).stream()
                .filter(info -> info.label().equals("release"))
                .findFirst()
                .orElseThrow();
        assertNotEquals("", token.serial());
        assertEquals("alice", token.keys().get(0).label());
        assertEquals("01", token.keys().get(0).id());
        assertFalse(token.keys().get(0).hasCertificate());
        hsm.makeKey("release", "EC:secp256k1", "05", "bitcoin");
        TokenInfo.Key foreign = TokenList.read(hsm.host(), null).stream()
                .flatMap(info -> info.keys().stream())
                .filter(key -> key.id().equals("05"))
                .findFirst()
                .orElseThrow();
        assertNull(foreign.publicKeyPem());
    }

    @Test
    public void everyClassOfTheHelperIsSentAlong() throws Exception {
        Path classes = Path.of(TokenHelper.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path folder = classes.resolve(TokenHelper.class.getPackageName().replace('.', '/') + "/helper");
        try (var files = Files.list(folder)) {
            assertEquals(
                    TokenHelper.CLASSES,
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".class") && !name.equals("package-info.class"))
                            .map(name -> name.substring(0, name.length() - ".class".length()))
                            .sorted()
                            .toList());
        }
    }

    private void certificate(String token, String id, String label, byte[] publicKey) throws Exception {
        Path folder = hsm.folder();
        Files.write(folder.resolve("pub.der"), publicKey);
        Run.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-keyout",
                        folder + "/ca.key",
                        "-out",
                        folder + "/ca.pem",
                        "-subj",
                        "/CN=ca",
                        "-days",
                        "2")
                .succeeded();
        hsm.run(
                "openssl",
                "x509",
                "-new",
                "-subj",
                "/CN=alice",
                "-force_pubkey",
                "pub.der",
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-days",
                "2",
                "-outform",
                "DER",
                "-out",
                "cert.der");
        hsm.store(token, "cert", folder.resolve("cert.der"), id, label);
    }
}

package io.jenkins.plugins.countersign.engine.signing.keys;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Every format that openssl writes, read here and signed with; then what must be refused. */
public class KeyPairReaderTest {

    private static final String PASSWORD = "canary-password-3141";
    private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Before
    public void openssl() {
        RealPart.require("openssl");
    }

    private byte[] openssl(String out, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Run.of(Map.of(), folder.getRoot().toPath(), command).succeeded();
        return Files.readAllBytes(folder.getRoot().toPath().resolve(out));
    }

    private void generate(String name, String algorithm, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("genpkey", "-algorithm", algorithm, "-out", name));
        for (String option : options) {
            arguments.add("-pkeyopt");
            arguments.add(option);
        }
        openssl(name, arguments.toArray(String[]::new));
        openssl(name + ".pub", "pkey", "-in", name, "-pubout", "-out", name + ".pub");
    }

    private void signsLike(String publicKey, SigningKey key) throws Exception {
        String pem = Files.readString(folder.getRoot().toPath().resolve(publicKey));
        assertEquals(pem, PublicKeys.pem(key.publicKey()));
        assertEquals(key.publicKey(), PublicKeys.read(pem));
        SignatureScheme scheme = SignatureScheme.ofSigner(key.publicKey());
        assertTrue(scheme.matches(PublicKeys.read(pem), MESSAGE, key.sign(MESSAGE)));
    }

    private static Reason refusal(byte[] content, String password) {
        char[] given = password == null ? null : password.toCharArray();
        KeyException e = assertThrows(KeyException.class, () -> KeyPairReader.read(content, given));
        java.io.StringWriter trace = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(trace));
        assertFalse(trace.toString(), trace.toString().contains("canary"));
        return e.reason();
    }

    @Test
    public void pkcs8OfEveryKindThatIsAccepted() throws Exception {
        for (List<String> kind : List.of(
                List.of("EC", "ec_paramgen_curve:P-256"),
                List.of("EC", "ec_paramgen_curve:P-384"),
                List.of("EC", "ec_paramgen_curve:P-521"),
                List.of("RSA", "rsa_keygen_bits:2048"),
                List.of("RSA", "rsa_keygen_bits:3072"),
                List.of("ED25519"))) {
            generate("key", kind.get(0), kind.subList(1, kind.size()).toArray(String[]::new));
            signsLike(
                    "key.pub",
                    KeyPairReader.read(
                            Files.readAllBytes(folder.getRoot().toPath().resolve("key")), null));
            byte[] der = openssl(
                    "key.der", "pkcs8", "-topk8", "-nocrypt", "-in", "key", "-outform", "DER", "-out", "key.der");
            signsLike("key.pub", KeyPairReader.read(der, null));
        }
    }

    @Test
    public void encryptedPkcs8WithTheDerivationsThatOpensslHas() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        for (List<String> options : List.of(
                List.of("-v2", "aes-256-cbc"),
                List.of("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-iter", "100000"),
                List.of("-v2", "des3"),
                List.of("-v1", "PBE-SHA1-3DES"),
                List.of("-scrypt"))) {
            List<String> arguments = new ArrayList<>(
                    List.of("pkcs8", "-topk8", "-in", "key", "-passout", "pass:" + PASSWORD, "-out", "enc"));
            arguments.addAll(options);
            byte[] encrypted = openssl("enc", arguments.toArray(String[]::new));
            signsLike("key.pub", KeyPairReader.read(encrypted, PASSWORD.toCharArray()));
            assertEquals(options.toString(), Reason.PASSWORD_MISSING, refusal(encrypted, null));
            assertEquals(options.toString(), Reason.PASSWORD_WRONG, refusal(encrypted, "canary-wrong"));
        }
        byte[] der = openssl(
                "enc.der",
                "pkcs8",
                "-topk8",
                "-in",
                "key",
                "-passout",
                "pass:" + PASSWORD,
                "-outform",
                "DER",
                "-out",
                "enc.der");
        signsLike("key.pub", KeyPairReader.read(der, PASSWORD.toCharArray()));
    }

    @Test
    public void traditionalKeysPlainAndEncrypted() throws Exception {
        generate("ec", "EC", "ec_paramgen_curve:P-256");
        byte[] sec1 = openssl("ec.trad", "ec", "-in", "ec", "-out", "ec.trad");
        assertTrue(new String(sec1, StandardCharsets.UTF_8).contains("BEGIN EC PRIVATE KEY"));
        signsLike("ec.pub", KeyPairReader.read(sec1, null));
        byte[] sec1Encrypted =
                openssl("ec.enc", "ec", "-in", "ec", "-aes256", "-passout", "pass:" + PASSWORD, "-out", "ec.enc");
        assertTrue(new String(sec1Encrypted, StandardCharsets.UTF_8).contains("Proc-Type: 4,ENCRYPTED"));
        signsLike("ec.pub", KeyPairReader.read(sec1Encrypted, PASSWORD.toCharArray()));
        assertEquals(Reason.PASSWORD_MISSING, refusal(sec1Encrypted, null));
        assertEquals(Reason.PASSWORD_WRONG, refusal(sec1Encrypted, "canary-wrong"));
        byte[] withParameters = openssl("params", "ecparam", "-name", "prime256v1", "-out", "params");
        signsLike("ec.pub", KeyPairReader.read(concat(withParameters, sec1), null));
        generate("rsa", "RSA", "rsa_keygen_bits:2048");
        byte[] pkcs1 = openssl("rsa.trad", "rsa", "-in", "rsa", "-traditional", "-out", "rsa.trad");
        assertTrue(new String(pkcs1, StandardCharsets.UTF_8).contains("BEGIN RSA PRIVATE KEY"));
        signsLike("rsa.pub", KeyPairReader.read(pkcs1, null));
    }

    @Test
    public void pkcs12WithItsCertificates() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        openssl("cert", "req", "-new", "-x509", "-key", "key", "-subj", "/CN=alice", "-days", "2", "-out", "cert");
        for (List<String> options : List.of(List.<String>of(), List.of("-legacy"))) {
            List<String> arguments = new ArrayList<>(List.of(
                    "pkcs12",
                    "-export",
                    "-inkey",
                    "key",
                    "-in",
                    "cert",
                    "-name",
                    "alice",
                    "-passout",
                    "pass:" + PASSWORD,
                    "-out",
                    "key.p12"));
            arguments.addAll(options);
            byte[] p12 = openssl("key.p12", arguments.toArray(String[]::new));
            SigningKey key = KeyPairReader.read(p12, PASSWORD.toCharArray());
            signsLike("key.pub", key);
            assertEquals(key.publicKey(), key.certificates().get(0).getPublicKey());
            assertEquals(Reason.PASSWORD_WRONG, refusal(p12, "canary-wrong"));
            assertEquals(Reason.PASSWORD_MISSING, refusal(p12, null));
            assertEquals(
                    Reason.NOT_FOUND,
                    assertThrows(KeyException.class, () -> KeyPairReader.read(p12, PASSWORD.toCharArray(), "bob"))
                            .reason());
        }
        byte[] onlyCertificate = openssl(
                "cert.p12",
                "pkcs12",
                "-export",
                "-nokeys",
                "-in",
                "cert",
                "-passout",
                "pass:" + PASSWORD,
                "-out",
                "cert.p12");
        assertEquals(Reason.NOT_FOUND, refusal(onlyCertificate, PASSWORD));
    }

    @Test
    public void certificatesBesideAPemKeyAreKeptWithItsOwnFirst() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        generate("ca", "EC", "ec_paramgen_curve:P-256");
        byte[] ca = openssl(
                "ca.crt", "req", "-new", "-x509", "-key", "ca", "-subj", "/CN=ca", "-days", "2", "-out", "ca.crt");
        byte[] own = openssl(
                "cert", "req", "-new", "-x509", "-key", "key", "-subj", "/CN=alice", "-days", "2", "-out", "cert");
        byte[] key = Files.readAllBytes(folder.getRoot().toPath().resolve("key"));
        SigningKey read = KeyPairReader.read(concat(ca, concat(key, own)), null);
        assertEquals(2, read.certificates().size());
        assertEquals(read.publicKey(), read.certificates().get(0).getPublicKey());
        assertEquals(List.of(), KeyPairReader.read(concat(ca, key), null).certificates());
    }

    @Test
    public void whatWeGenerateIsEncryptedAndReadAgain() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        for (String password : List.of(PASSWORD, "", "pässwörd ✓")) {
            String pem = key.encrypted(password.toCharArray(), new SecureRandom());
            assertTrue(pem.startsWith("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
            byte[] bytes = pem.getBytes(StandardCharsets.UTF_8);
            assertEquals(
                    key.publicKey(),
                    KeyPairReader.read(bytes, password.toCharArray()).publicKey());
            assertEquals(Reason.PASSWORD_WRONG, refusal(bytes, password + "x"));
            assertEquals(Reason.PASSWORD_MISSING, refusal(bytes, null));
        }
        assertEquals(
                key.publicKey(),
                KeyPairReader.read(key.unencryptedSecret().getBytes(StandardCharsets.UTF_8), null)
                        .publicKey());
        assertFalse(key.toString().contains("PRIVATE"));
    }

    @Test
    public void aCosignKeyThatAsksForTooMuchWorkIsRefusedAtOnce() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        String pem = key.encrypted(PASSWORD.toCharArray(), new SecureRandom());
        String json = new String(Pem.only(pem, CosignKey.HEADER), StandardCharsets.UTF_8);
        for (String[] change : new String[][] {
            {"\"N\":65536", "\"N\":1073741824", "TOO_EXPENSIVE"},
            {"\"N\":65536", "\"N\":1024", "TOO_EXPENSIVE"},
            {"\"N\":65536", "\"N\":65536.0", "TOO_EXPENSIVE"},
            {"\"N\":65536", "\"N\":99999999999999999999", "TOO_EXPENSIVE"},
            {"\"r\":8", "\"r\":4096", "TOO_EXPENSIVE"},
            {"\"p\":1}", "\"p\":64}", "TOO_EXPENSIVE"},
            {"\"N\":65536", "\"N\":32768", "PASSWORD_WRONG"},
            {"\"N\":65536", "\"N\":131072", "PASSWORD_WRONG"},
            {"\"scrypt\"", "\"pbkdf2\"", "NOT_ACCEPTED"},
            {"nacl/secretbox", "none", "NOT_ACCEPTED"},
            {"\"kdf\":", "\"kdf\":{},\"kdf\":", "UNREADABLE"},
            {"\"nonce\":\"", "\"nonce\":\"!", "UNREADABLE"},
            {"\"salt\":\"", "\"salt\":\"AAAA", "UNREADABLE"},
            {"}", "}x", "UNREADABLE"}
        }) {
            String changed = change[0].equals("}") ? json + "x" : json.replace(change[0], change[1]);
            assertFalse(change[1], changed.equals(json));
            byte[] content = Pem.write(CosignKey.HEADER, changed.getBytes(StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8);
            assertEquals(change[1], Reason.valueOf(change[2]), refusal(content, PASSWORD));
        }
    }

    @Test
    public void aCosignKeyInWhichOneBitChangedDoesNotOpen() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        String pem = key.encrypted(PASSWORD.toCharArray(), new SecureRandom());
        String json = new String(Pem.only(pem, CosignKey.HEADER), StandardCharsets.UTF_8);
        int start = json.indexOf("\"ciphertext\":\"") + "\"ciphertext\":\"".length();
        byte[] box = Base64.getDecoder().decode(json.substring(start, json.indexOf('"', start)));
        for (int at : new int[] {0, 15, 16, box.length - 1}) {
            byte[] changed = box.clone();
            changed[at] ^= 1;
            String altered = json.substring(0, start) + Base64.getEncoder().encodeToString(changed) + "\"}";
            byte[] content = Pem.write(CosignKey.HEADER, altered.getBytes(StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8);
            assertEquals(Reason.PASSWORD_WRONG, refusal(content, PASSWORD));
        }
    }

    @Test
    public void keysOfOtherKindsAndSizesAreRefused() throws Exception {
        for (List<String> kind : List.of(
                List.of("EC", "ec_paramgen_curve:secp256k1"),
                List.of("EC", "ec_paramgen_curve:P-224"),
                List.of("EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"),
                List.of("EC", "ec_paramgen_curve:brainpoolP256r1"),
                List.of("RSA", "rsa_keygen_bits:1024"),
                List.of("RSA", "rsa_keygen_bits:2048", "rsa_keygen_pubexp:3"),
                List.of("ED448"),
                List.of("X25519"))) {
            generate("key", kind.get(0), kind.subList(1, kind.size()).toArray(String[]::new));
            byte[] pem = Files.readAllBytes(folder.getRoot().toPath().resolve("key"));
            Reason reason = refusal(pem, null);
            assertTrue(kind + ": " + reason, reason == Reason.NOT_ACCEPTED || reason == Reason.UNREADABLE);
            String publicPem = Files.readString(folder.getRoot().toPath().resolve("key.pub"));
            assertEquals(
                    kind.toString(),
                    Reason.NOT_ACCEPTED,
                    assertThrows(KeyException.class, () -> PublicKeys.read(publicPem))
                            .reason());
        }
    }

    @Test
    public void whatIsNoKeyIsRefusedWithAReason() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        byte[] key = Files.readAllBytes(folder.getRoot().toPath().resolve("key"));
        byte[] publicKey = Files.readAllBytes(folder.getRoot().toPath().resolve("key.pub"));
        String text = new String(key, StandardCharsets.UTF_8);
        assertEquals(Reason.UNREADABLE, refusal(new byte[0], null));
        assertEquals(Reason.UNREADABLE, refusal("hello".getBytes(StandardCharsets.UTF_8), null));
        assertEquals(Reason.UNREADABLE, refusal(new byte[300 * 1024], null));
        assertEquals(Reason.UNREADABLE, refusal(new byte[] {0x30, 0x03, 0x02, 0x01}, null));
        assertEquals(Reason.UNREADABLE, refusal(new byte[] {0x30, (byte) 0x84, 0x7f, 0x7f, 0x7f, 0x7f, 1}, null));
        assertEquals(Reason.WRONG_KIND, refusal(publicKey, null));
        assertEquals(Reason.AMBIGUOUS, refusal(concat(key, key), null));
        assertEquals(Reason.UNREADABLE, refusal(Arrays.copyOf(key, key.length - 20), null));
        assertEquals(Reason.UNREADABLE, refusal(text.replaceFirst("MI", "!!").getBytes(StandardCharsets.UTF_8), null));
        assertEquals(Reason.UNREADABLE, refusal(text.replaceFirst("MI", "AA").getBytes(StandardCharsets.UTF_8), null));
        assertEquals(
                Reason.NOT_ACCEPTED,
                refusal(text.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY").getBytes(StandardCharsets.UTF_8), null));
        assertEquals(
                Reason.WRONG_KIND,
                assertThrows(KeyException.class, () -> PublicKeys.read(text)).reason());
        assertEquals(
                Reason.UNREADABLE,
                assertThrows(KeyException.class, () -> PublicKeys.read("ssh-ed25519 AAAA"))
                        .reason());
    }

    @Test
    public void aKeyThatAsksForEndlessRoundsIsRefusedAtOnce() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        byte[] der = openssl(
                "enc.der",
                "pkcs8",
                "-topk8",
                "-in",
                "key",
                "-passout",
                "pass:" + PASSWORD,
                "-iter",
                "65536",
                "-outform",
                "DER",
                "-out",
                "enc.der");
        int rounds = java.util.Collections.indexOfSubList(boxed(der), boxed(new byte[] {0x02, 0x03, 0x01, 0x00, 0x00}));
        assertTrue("65536 rounds are in it", rounds > 0);
        der[rounds + 2] = 0x7F;
        assertEquals(Reason.TOO_EXPENSIVE, refusal(der, PASSWORD));
        // openssl itself refuses to write this one: scrypt with N = 2^20 and r = 8, a gigabyte.
        byte[] scrypt = openssl(
                "enc.der",
                "pkcs8",
                "-topk8",
                "-in",
                "key",
                "-passout",
                "pass:" + PASSWORD,
                "-scrypt",
                "-outform",
                "DER",
                "-out",
                "enc.der");
        byte[] cost = {0x02, 0x02, 0x40, 0x00};
        int at = java.util.Collections.indexOfSubList(boxed(scrypt), boxed(cost));
        assertTrue("N = 16384 is in it", at > 0);
        scrypt[at + 2] = 0x7F;
        scrypt[at + 7 - 1] = 0x7F;
        assertEquals(Reason.TOO_EXPENSIVE, refusal(scrypt, PASSWORD));
    }

    @Test
    public void theFingerprintIsWhatOpensslComputes() throws Exception {
        generate("key", "EC", "ec_paramgen_curve:P-256");
        byte[] der = openssl("pub.der", "pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "pub.der");
        String sha = Run.of(Map.of(), folder.getRoot().toPath(), List.of("openssl", "dgst", "-sha256", "-r", "pub.der"))
                .succeeded()
                .split(" ")[0];
        Path pub = folder.getRoot().toPath().resolve("key.pub");
        assertEquals(
                "sha256:" + sha,
                PublicKeys.fingerprint(PublicKeys.read(Files.readString(pub))).toString());
        assertArrayEquals(der, PublicKeys.read(Files.readString(pub)).getEncoded());
        assertEquals(
                sha,
                java.util.HexFormat.of()
                        .formatHex(
                                Base64.getDecoder().decode(PublicKeys.hint(PublicKeys.read(Files.readString(pub))))));
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> list = new ArrayList<>();
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}

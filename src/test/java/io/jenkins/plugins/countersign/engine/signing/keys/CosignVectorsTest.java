package io.jenkins.plugins.countersign.engine.signing.keys;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.ForeignVerifiers;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** cosign's encrypted keys: its own test vectors, keys that cosign 2 and 3 make, and our keys in their hands. */
public class CosignVectorsTest {

    private static final String PASSWORD = "hello";

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    /** Read from the test of the Go module, at the version whose checksum is in the database of Go's modules. */
    private static String upstreamTests() throws Exception {
        Path go = RealPart.require("go");
        Path json = Files.createTempFile("go", ".json");
        try {
            Process download = new ProcessBuilder(
                            go.toString(), "mod", "download", "-json", "github.com/sigstore/cosign/v3@v3.1.3")
                    .redirectOutput(json.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertTrue(download.waitFor(120, java.util.concurrent.TimeUnit.SECONDS));
            String dir = new ObjectMapper().readTree(json.toFile()).path("Dir").asText("missing");
            return Files.readString(ForeignVerifiers.require(
                    Path.of(dir, "pkg/cosign/keys_test.go"), "go could not download the module"));
        } finally {
            Files.delete(json);
        }
    }

    private static byte[] vector(String source, String name) {
        Matcher matcher =
                Pattern.compile("(?:const|var) " + name + " = `([^`]*)`").matcher(source);
        assertTrue(name, matcher.find());
        return matcher.group(1).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    public void upstreamVectorsOpenUnderBothHeaders() throws Exception {
        String source = upstreamTests();
        assertEquals("ECDSA", kind(read(vector(source, "pemcosignkey"))));
        assertEquals("ECDSA", kind(read(vector(source, "pemsigstorekey"))));
        // Inside is a SEC1 key where PKCS#8 belongs: cosign opens the box and refuses the content, and so do we.
        assertEquals(
                Reason.UNREADABLE,
                assertThrows(KeyException.class, () -> read(vector(source, "pemcosigneckey")))
                        .reason());
        for (String name : List.of("pemcosignkey", "pemsigstorekey", "pemcosigneckey")) {
            assertEquals(
                    Reason.PASSWORD_WRONG,
                    assertThrows(
                                    KeyException.class,
                                    () -> KeyPairReader.read(vector(source, name), "wrong".toCharArray()))
                            .reason());
        }
    }

    @Test
    public void upstreamsPlainKeysAreReadAndItsBadOnesRefused() throws Exception {
        String source = upstreamTests();
        for (String name : List.of(
                "validrsa",
                "validrsapkcs1",
                "validrsapkcs8",
                "validecp256",
                "validecp384",
                "validecp521",
                "validecpkcs8",
                "ed25519key")) {
            SigningKey key = KeyPairReader.read(vector(source, name), null);
            assertTrue(
                    name,
                    SignatureScheme.ofSigner(key.publicKey())
                            .matches(key.publicKey(), new byte[] {1}, key.sign(new byte[] {1})));
        }
        for (String name : List.of(
                "invalidrsawithpubkey", "invalidrsasmallkey", "invalidkey", "invalidecp224", "invalidecunsupported")) {
            assertThrows(name, KeyException.class, () -> KeyPairReader.read(vector(source, name), null));
        }
    }

    @Test
    public void keysThatCosignMakesAreRead() throws Exception {
        for (String cosign : List.of("cosign2", "cosign3")) {
            for (String password : List.of(PASSWORD, "")) {
                Path made = folder.newFolder().toPath();
                Run.of(
                                Map.of("COSIGN_PASSWORD", password),
                                made,
                                List.of(RealPart.require(cosign).toString(), "generate-key-pair"))
                        .succeeded();
                SigningKey key =
                        KeyPairReader.read(Files.readAllBytes(made.resolve("cosign.key")), password.toCharArray());
                assertEquals(Files.readString(made.resolve("cosign.pub")), PublicKeys.pem(key.publicKey()));
            }
        }
    }

    @Test
    public void cosignReadsTheKeysThatWeMake() throws Exception {
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        Path file = folder.getRoot().toPath().resolve("ours.key");
        Files.writeString(file, key.encrypted(PASSWORD.toCharArray(), new SecureRandom()));
        for (String cosign : List.of("cosign2", "cosign3")) {
            String printed = Run.of(
                            Map.of("COSIGN_PASSWORD", PASSWORD),
                            folder.getRoot().toPath(),
                            List.of(RealPart.require(cosign).toString(), "public-key", "--key", file.toString()))
                    .succeeded();
            assertEquals(PublicKeys.pem(key.publicKey()).strip(), printed.strip());
        }
    }

    private static SigningKey read(byte[] content) throws KeyException {
        return KeyPairReader.read(content, PASSWORD.toCharArray());
    }

    private static String kind(SigningKey key) {
        return PublicKeys.describe(key.publicKey()).split(" ")[0];
    }
}

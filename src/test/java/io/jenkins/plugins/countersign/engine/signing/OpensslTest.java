package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** With nothing but openssl: it verifies what we sign, and what it signs over the same bytes is good. */
public class OpensslTest {

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void aStatementIsVerifiedByOpenssl() throws Exception {
        TamperedSamples samples = new TamperedSamples();
        DsseEnvelope envelope = SigstoreBundle.read(samples.bundle()).envelope();
        Path root =
                write("key.pub", PublicKeys.pemBytes(samples.key.publicKey())).getParent();
        write("message", envelope.preAuthenticationEncoding());
        write("signature", envelope.signatures().get(0));
        assertEquals(
                0,
                openssl(root, "dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "message")
                        .exitCode());
        write("message", envelope.payload());
        assertNotEquals(
                0,
                openssl(root, "dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "message")
                        .exitCode());
    }

    @Test
    public void whatOpensslSignsIsAGoodStatement() throws Exception {
        TamperedSamples samples = new TamperedSamples();
        byte[] statement = samples.statement().toBytes();
        Path root = write("message", DsseEnvelope.preAuthenticationEncoding(SignatureTypes.IN_TOTO, statement))
                .getParent();
        openssl(root, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key")
                .succeeded();
        openssl(root, "ec", "-in", "key", "-pubout", "-out", "key.pub").succeeded();
        openssl(root, "dgst", "-sha256", "-sign", "key", "-out", "signature", "message")
                .succeeded();
        var key = PublicKeys.read(Files.readString(root.resolve("key.pub")));
        DsseEnvelope envelope = new DsseEnvelope(
                SignatureTypes.IN_TOTO, statement, List.of(Files.readAllBytes(root.resolve("signature"))));
        FoundSignature found = new FoundSignature(
                SignatureFormat.BUNDLE,
                samples.image.digest(),
                samples.other,
                SigstoreBundle.of(envelope, key).toBytes(),
                Map.of());
        assertEquals(key, Verifier.verify(found, List.of(key)).key());
    }

    @Test
    public void noAlteredSignatureIsGoodForOpenssl() throws Exception {
        TamperedSamples samples = new TamperedSamples();
        Path root =
                write("key.pub", PublicKeys.pemBytes(samples.key.publicKey())).getParent();
        Map<String, String> accepted = new TreeMap<>();
        int asked = 0;
        for (TamperedSamples.Sample sample : samples.all) {
            if (sample.reason() != VerificationException.Reason.BAD_SIGNATURE) {
                continue;
            }
            byte[] message;
            byte[] signature;
            switch (sample.found().format()) {
                case BUNDLE -> {
                    JsonNode envelope = new ObjectMapper()
                            .readTree(sample.found().content())
                            .get("dsseEnvelope");
                    message = DsseEnvelope.preAuthenticationEncoding(
                            envelope.get("payloadType").asText(),
                            envelope.get("payload").binaryValue());
                    signature = envelope.get("signatures").get(0).get("sig").binaryValue();
                }
                case RECORD, ATTESTATION -> {
                    DsseEnvelope envelope = DsseEnvelope.read(sample.found().content());
                    message = envelope.preAuthenticationEncoding();
                    signature = envelope.signatures().get(0);
                }
                case SIMPLE_SIGNING -> {
                    message = sample.found().content();
                    signature = Base64.getDecoder()
                            .decode(sample.found().annotations().get(SignatureStore.SIGNATURE_ANNOTATION));
                }
                default -> {
                    continue;
                }
            }
            asked++;
            write("message", message);
            write("signature", signature);
            Run run = judge(root);
            if (run.exitCode() == 0) {
                accepted.put(sample.defect(), run.output());
            }
        }
        assertEquals(Map.of(), accepted);
        assertTrue(asked + " samples", asked >= 20);
        byte[] message = "what is signed".getBytes(StandardCharsets.UTF_8);
        write("message", message);
        write("signature", samples.key.sign(message));
        judge(root).succeeded();
    }

    /** Not {@code dgst}: it reads no more of a signature's file than the longest signature has, and not a byte after it. */
    private static Run judge(Path root) throws Exception {
        return openssl(
                root,
                "pkeyutl",
                "-verify",
                "-rawin",
                "-digest",
                "sha256",
                "-pubin",
                "-inkey",
                "key.pub",
                "-sigfile",
                "signature",
                "-in",
                "message");
    }

    private static Run openssl(Path root, String... arguments) throws Exception {
        List<String> command =
                new java.util.ArrayList<>(List.of(RealPart.require("openssl").toString()));
        command.addAll(List.of(arguments));
        return Run.of(Map.of(), root, command);
    }

    private Path write(String name, byte[] content) throws Exception {
        return Files.write(folder.getRoot().toPath().resolve(name), content);
    }
}

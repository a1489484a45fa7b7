package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** npm's {@code @sigstore/verify} accepts our bundles and refuses the tampered ones that we refuse. */
public class SigstoreJsTest {

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void itAgreesOnEachSample() throws Exception {
        TamperedSamples samples = new TamperedSamples();
        List<TamperedSamples.Sample> bundles = samples.all.stream()
                .filter(sample -> sample.found().format() == SignatureFormat.BUNDLE && sample.everybody())
                .toList();
        List<byte[]> contents = new ArrayList<>(List.of(samples.bundle()));
        bundles.forEach(sample -> contents.add(sample.found().content()));
        List<String> answers = ask(PublicKeys.pem(samples.key.publicKey()), contents);
        assertEquals("ok", answers.get(0));
        Map<String, String> accepted = new TreeMap<>();
        for (int i = 0; i < bundles.size(); i++) {
            if (!answers.get(i + 1).startsWith("refused")) {
                accepted.put(bundles.get(i).defect(), answers.get(i + 1));
            }
        }
        assertEquals(Map.of(), accepted);
        assertTrue(bundles.size() + " samples", bundles.size() >= 40);
    }

    @Test
    public void itAcceptsEveryKindOfKeyAndRefusesWhatAnotherSigned() throws Exception {
        Map<String, String> answers = new TreeMap<>();
        for (List<Object> kind : List.<List<Object>>of(
                List.of("EC", 256),
                List.of("EC", 384),
                List.of("EC", 521),
                List.of("RSA", 2048),
                List.of("Ed25519", 255))) {
            SigningKey key = KeyPairReader.read(
                    TestCertificates.pair((String) kind.get(0), (int) kind.get(1))
                            .getPrivate()
                            .getEncoded(),
                    null);
            TamperedSamples samples = new TamperedSamples();
            byte[] good = SigstoreBundle.sign(samples.statement(), key).toBytes();
            List<String> said = ask(PublicKeys.pem(key.publicKey()), List.of(good, samples.bundle()));
            answers.put(
                    kind.get(0) + " " + kind.get(1),
                    said.get(0) + ", " + (said.get(1).startsWith("refused") ? "refused" : said.get(1)));
        }
        assertEquals(
                Map.of(
                        "EC 256", "ok, refused",
                        "EC 384", "ok, refused",
                        "EC 521", "ok, refused",
                        "RSA 2048", "ok, refused",
                        "Ed25519 255", "ok, refused"),
                answers);
    }

    private List<String> ask(String pem, List<byte[]> bundles) throws Exception {
        Path node = RealPart.require("node");
        Path verifiers = ForeignVerifiers.folder();
        ForeignVerifiers.require(verifiers.resolve("node_modules/@sigstore/verify"), "run npm ci in " + verifiers);
        Path key = Files.createTempFile(folder.getRoot().toPath(), "key", ".pem");
        Files.writeString(key, pem);
        ArrayNode list = StrictJson.object().putArray("bundles");
        bundles.forEach(bundle -> list.add(TamperedSamples.base64(bundle)));
        Path input = Files.createTempFile(folder.getRoot().toPath(), "bundles", ".json");
        Files.write(input, list.toString().getBytes(StandardCharsets.UTF_8));
        Path output = Files.createTempFile(folder.getRoot().toPath(), "answers", "");
        Process process = new ProcessBuilder(
                        node.toString(),
                        verifiers.resolve("sigstore-verify.mjs").toString(),
                        key.toString())
                .redirectInput(input.toFile())
                .redirectOutput(output.toFile())
                .redirectErrorStream(true)
                .start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        assertEquals(Files.readString(output), 0, process.exitValue());
        return Files.readAllLines(output);
    }
}

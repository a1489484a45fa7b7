package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * The library inside podman, skopeo, Buildah and CRI-O judges our {@code .sig} signatures, through the small program in {@code
 * src/test/verifiers/containers-image}: Debian's skopeo is built without sigstore.
 */
public class ContainersImageTest {

    @ClassRule
    public static final ReferrersRegistry registry = new ReferrersRegistry();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final SigningKey alice = KeyGenerator.generate(new SecureRandom());
    private final SigningKey bob = KeyGenerator.generate(new SecureRandom());

    @Test
    public void eachPlatformIsLetInWithTheSignaturesOfBoth() throws Exception {
        Repository repository = registry.open("team/app");
        var index = Samples.pushIndex(repository, 21).digest();
        SignatureStore store = new SignatureStore(repository);
        List<Descriptor> images = Subjects.of(repository, index);
        for (Descriptor image : images) {
            byte[] payload = payload("team/app:1", image);
            store.addSimpleSignature(image.digest(), payload, alice.sign(payload));
        }
        for (Descriptor image : images.subList(1, 3)) {
            assertEquals("accepted", ask("team/app", image, alice.publicKey()));
            assertTrue(ask("team/app", image, bob.publicKey()).startsWith("refused"));
            assertTrue(
                    ask("team/app", image, alice.publicKey(), bob.publicKey()).startsWith("refused"));
        }
        for (Descriptor image : images) {
            byte[] payload = payload("team/app:1", image);
            store.addSimpleSignature(image.digest(), payload, bob.sign(payload));
        }
        for (Descriptor image : images.subList(1, 3)) {
            assertEquals("accepted", ask("team/app", image, alice.publicKey(), bob.publicKey()));
        }
    }

    @Test
    public void aBundleAloneIsNotEnoughForIt() throws Exception {
        Repository repository = registry.open("team/bundle");
        Descriptor image = Samples.pushImage(repository, 22, 100).descriptor();
        Statement statement = new Statement(
                List.of(new Statement.Subject("", image.digest(), Map.of())),
                SignatureTypes.COSIGN_SIGN_PREDICATE,
                StrictJson.object());
        new SignatureStore(repository)
                .attachBundle(
                        image, SigstoreBundle.sign(statement, alice), statement.predicateType(), TestCertificates.NOW);
        assertTrue(ask("team/bundle", image, alice.publicKey()).startsWith("refused"));
    }

    @Test
    public void itRefusesTheTamperedSamplesThatWeRefuse() throws Exception {
        Map<String, String> accepted = new TreeMap<>();
        int asked = 0;
        TamperedSamples samples = new TamperedSamples(
                Samples.pushImage(registry.open("tampered/app"), 23, 100).descriptor(),
                registry.host() + "/tampered/app:1");
        SignatureStore store = new SignatureStore(registry.open("tampered/app"));
        for (TamperedSamples.Sample sample : samples.all) {
            if (sample.found().format() != SignatureFormat.SIMPLE_SIGNING) {
                continue;
            }
            asked++;
            LayerTag tag = new LayerTag(registry.open("tampered/app"), samples.image.digest(), ".sig");
            // One tag: what was refused before stays refused beside the next.
            tag.add(
                    SignatureTypes.SIMPLE_SIGNING,
                    sample.found().content(),
                    sample.found().annotations());
            String answer = ask("tampered/app", samples.image, samples.key.publicKey());
            if (!answer.startsWith("refused")) {
                accepted.put(sample.defect(), answer);
                break;
            }
        }
        assertEquals(Map.of(), accepted);
        assertTrue(asked + " samples", asked >= 15);
        store.addSimpleSignature(samples.image.digest(), samples.payload(), samples.key.sign(samples.payload()));
        assertEquals("accepted", ask("tampered/app", samples.image, samples.key.publicKey()));
    }

    @Test
    public void keysOfOtherKindsAreAcceptedWhereItKnowsThem() throws Exception {
        Map<String, String> answers = new TreeMap<>();
        for (List<Object> kind : List.<List<Object>>of(
                List.of("EC", 384), List.of("EC", 521), List.of("RSA", 3072), List.of("Ed25519", 255))) {
            SigningKey key = KeyPairReader.read(
                    TestCertificates.pair((String) kind.get(0), (int) kind.get(1))
                            .getPrivate()
                            .getEncoded(),
                    null);
            String name = ("kinds/" + kind.get(0) + kind.get(1)).toLowerCase(java.util.Locale.ROOT);
            Descriptor image = Samples.pushImage(registry.open(name), 24, 100).descriptor();
            byte[] payload = payload(name + ":1", image);
            new SignatureStore(registry.open(name)).addSimpleSignature(image.digest(), payload, key.sign(payload));
            String answer = ask(name, image, key.publicKey());
            answers.put(kind.get(0) + " " + kind.get(1), answer);
            assertTrue(ask(name, image, alice.publicKey()).startsWith("refused"));
        }
        assertEquals(
                Map.of("EC 384", "accepted", "EC 521", "accepted", "RSA 3072", "accepted", "Ed25519 255", "accepted"),
                answers);
    }

    private byte[] payload(String reference, Descriptor image) {
        return new SimpleSigning(registry.host() + "/" + reference, image.digest(), Map.of()).toBytes();
    }

    /** Whether the image is let in when every one of the keys must have signed. */
    private String ask(String repository, Descriptor image, PublicKey... keys) throws Exception {
        Path program = RealPart.require("containers-image-verify");
        Path root = folder.newFolder().toPath();
        List<String> requirements = Arrays.stream(keys)
                .map(key -> "{\"type\":\"sigstoreSigned\",\"keyData\":\""
                        + TamperedSamples.base64(PublicKeys.pemBytes(key)) + "\"}")
                .toList();
        Files.writeString(
                root.resolve("policy.json"),
                "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{\"" + registry.host() + "/"
                        + repository + "\":[" + String.join(",", requirements) + "]}}}");
        Path registries = Files.createDirectories(root.resolve("registries.d"));
        Files.writeString(
                registries.resolve("test.yaml"),
                "docker:\n  " + registry.host() + ":\n    use-sigstore-attachments: true\n");
        Run run = Run.of(
                Map.of("HOME", root.toString()),
                root,
                List.of(
                        program.toString(),
                        root.resolve("policy.json").toString(),
                        registries.toString(),
                        "docker://" + registry.host() + "/" + repository + "@" + image.digest()));
        return run.output().strip();
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** On a registry without the referrers API: what we attach, cosign finds, and the other way round. */
public class FallbackTagTest {

    @ClassRule
    public static final DockerRegistry registry = DockerRegistry.plain();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    @Test
    public void bundlesAreFoundInBothDirections() throws Exception {
        Path cosign = RealPart.require("cosign3");
        Repository repository = Repositories.open(
                registry.host() + "/team/app",
                RegistryAccess.of(registry.host()).insecurePlainHttp());
        Descriptor image = Samples.pushImage(repository, 1, 100).descriptor();
        SigningKey key = KeyGenerator.generate(new SecureRandom());
        Statement statement = new Statement(
                List.of(new Statement.Subject("", image.digest(), Map.of("stage", "qa"))),
                SignatureTypes.COSIGN_SIGN_PREDICATE,
                StrictJson.object());
        SignatureStore store = new SignatureStore(repository);
        store.attachBundle(image, SigstoreBundle.sign(statement, key), statement.predicateType(), Instant.now());
        Path root = folder.getRoot().toPath();
        Files.writeString(root.resolve("cosign.key"), key.encrypted("hello".toCharArray(), new SecureRandom()));
        Files.writeString(root.resolve("cosign.pub"), PublicKeys.pem(key.publicKey()));
        Files.writeString(
                root.resolve("offline.json"),
                "{\"mediaType\":\"application/vnd.dev.sigstore.signingconfig.v0.2+json\",\"rekorTlogConfig\":{},"
                        + "\"tsaConfig\":{}}");
        String name = registry.host() + "/team/app@" + image.digest();
        run(cosign, root, "verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", "-a", "stage=qa", name);
        run(
                cosign,
                root,
                "sign",
                "--key",
                "cosign.key",
                "--signing-config=offline.json",
                "--yes",
                "-a",
                "stage=theirs",
                name);
        List<String> stages = store.collect(image.digest()).stream()
                .map(found -> verified(found, key).annotations().get("stage"))
                .sorted()
                .toList();
        assertEquals(List.of("qa", "theirs"), stages);
    }

    private static Evidence verified(FoundSignature found, SigningKey key) {
        try {
            return Verifier.verify(found, List.of(key.publicKey()));
        } catch (VerificationException e) {
            throw new AssertionError(e);
        }
    }

    private static void run(Path program, Path root, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Run.of(
                        Map.of(
                                "COSIGN_PASSWORD",
                                "hello",
                                "HTTPS_PROXY",
                                "http://localhost:1",
                                "NO_PROXY",
                                "localhost"),
                        root,
                        command)
                .succeeded();
    }
}

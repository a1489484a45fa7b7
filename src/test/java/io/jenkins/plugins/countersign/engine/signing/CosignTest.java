package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.ReferrersRegistry;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** cosign 2 and 3 accept what we write, we accept what they write, and all three refuse the same. */
public class CosignTest {

    private static final String PASSWORD = "hello";

    /** Not every verifier looks at what was signed; cosign does, here. */
    private static final Set<String> ALSO_REFUSED_BY_COSIGN =
            Set.of("another-image's-digest", "a-record-dressed-as-an-approval", "no-subject");

    /** cosign also takes an ECDSA signature as r and s one after the other: the same signature in a second spelling. */
    private static final Set<String> ACCEPTED_BY_COSIGN = Set.of("signature-as-r-and-s-without-der");

    @ClassRule
    public static final ReferrersRegistry registry = new ReferrersRegistry();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final SigningKey key = KeyGenerator.generate(new SecureRandom());
    private Path publicKey;
    private Path foreignKey;

    @Before
    public void keys() throws Exception {
        RealPart.require("cosign2");
        RealPart.require("cosign3");
        publicKey = write("ours.pub", PublicKeys.pem(key.publicKey()));
        foreignKey = write(
                "stranger.pub",
                PublicKeys.pem(KeyGenerator.generate(new SecureRandom()).publicKey()));
    }

    @Test
    public void oneBundleOverAnIndexIsAcceptedForItAndForEachPlatform() throws Exception {
        Repository repository = registry.open("ours/index");
        Digest index = Samples.pushIndex(repository, 1).digest();
        List<Descriptor> images = Subjects.of(repository, index);
        assertEquals(3, images.size());
        Statement statement = new Statement(
                Subjects.of(repository, index, "ours/index:1", Map.of("stage", "qa")),
                SignatureTypes.COSIGN_SIGN_PREDICATE,
                StrictJson.object());
        SigstoreBundle bundle = SigstoreBundle.sign(statement, key);
        SignatureStore store = new SignatureStore(repository);
        for (Descriptor image : images) {
            store.attachBundle(image, bundle, statement.predicateType(), Instant.now());
        }
        for (Descriptor image : images) {
            String name = "ours/index@" + image.digest();
            accepted(cosign3(name, publicKey, "-a", "stage=qa"));
            refused(cosign3(name, publicKey, "-a", "stage=production"));
            refused(cosign3(name, foreignKey));
        }
        accepted(cosign2("ours/index@" + index, publicKey, "--new-bundle-format", trustedRoot(), "-a", "stage=qa"));
        refused(cosign2("ours/index@" + index, foreignKey, "--new-bundle-format", trustedRoot()));
    }

    @Test
    public void ourSimpleSignaturesAreAcceptedBesideThoseOfOthers() throws Exception {
        Repository repository = registry.open("ours/sig");
        Digest image = Samples.pushImage(repository, 2, 100).digest();
        CosignKey cosign = cosignKey("cosign2");
        run("cosign2", "sign", "--key", cosign.privateKey(), "--tlog-upload=false", "--yes", name("ours/sig@" + image));
        byte[] payload = new SimpleSigning(
                        registry.host() + "/ours/sig:1",
                        image,
                        Map.of("stage", StrictJson.object().textNode("seal")))
                .toBytes();
        SignatureStore store = new SignatureStore(repository);
        store.addSimpleSignature(image, payload, key.sign(payload));
        store.addSimpleSignature(image, payload, key.sign(payload));
        for (String program : List.of("cosign2", "cosign3")) {
            accepted(verify(program, "ours/sig@" + image, publicKey, "-a", "stage=seal"));
            accepted(verify(program, "ours/sig@" + image, cosign.publicKey()));
            refused(verify(program, "ours/sig@" + image, foreignKey));
        }
        assertTrue(store.firstBundleHidesOlderSignatures(image));
        // What the warning is about: with a first bundle cosign 3 no longer sees the others.
        store.attachBundle(
                Subjects.of(repository, image).get(0), bundle(image, key), "https://example.com/x", Instant.now());
        assertFalse(store.firstBundleHidesOlderSignatures(image));
        // cosign 2.6 does the same without being asked for the new format.
        refused(cosign3("ours/sig@" + image, cosign.publicKey()));
        refused(cosign2("ours/sig@" + image, cosign.publicKey(), trustedRoot()));
        accepted(cosign3("ours/sig@" + image, publicKey));
        accepted(cosign2("ours/sig@" + image, publicKey, trustedRoot()));
    }

    @Test
    public void keysOfOtherKindsAreAcceptedWhereCosignKnowsThem() throws Exception {
        Map<String, String> answers = new TreeMap<>();
        for (List<String> kind : List.of(
                List.of("p384", "EC", "ec_paramgen_curve:P-384"),
                List.of("p521", "EC", "ec_paramgen_curve:P-521"),
                List.of("rsa3072", "RSA", "rsa_keygen_bits:3072"),
                List.of("ed25519", "ED25519", ""))) {
            SigningKey other = opensslKey(kind);
            Path pub = write(kind.get(0) + ".pub", PublicKeys.pem(other.publicKey()));
            Repository repository = registry.open("kinds/" + kind.get(0));
            Digest image = Samples.pushImage(repository, 3, 100).digest();
            SignatureStore store = new SignatureStore(repository);
            byte[] payload = new SimpleSigning("kinds", image, Map.of()).toBytes();
            store.addSimpleSignature(image, payload, other.sign(payload));
            String name = "kinds/" + kind.get(0) + "@" + image;
            answers.put(kind.get(0) + " .sig", verdict(cosign2(name, pub)) + " " + verdict(cosign3(name, pub)));
            store.attachBundle(
                    Subjects.of(repository, image).get(0),
                    bundle(image, other),
                    "https://example.com/x",
                    Instant.now());
            answers.put(
                    kind.get(0) + " bundle",
                    verdict(cosign2(name, pub, "--new-bundle-format", trustedRoot())) + " "
                            + verdict(cosign3(name, pub)));
        }
        assertEquals(answers.toString(), 8, answers.size());
        for (Map.Entry<String, String> answer : answers.entrySet()) {
            assertEquals(answer.toString(), "yes yes", answer.getValue());
        }
    }

    @Test
    public void whatCosignSignsIsCollectedAndAccepted() throws Exception {
        for (String program : List.of("cosign2", "cosign3")) {
            CosignKey cosign = cosignKey(program);
            Repository repository = registry.open("theirs/" + program);
            Digest image = Samples.pushImage(repository, 4, 100).digest();
            String name = name("theirs/" + program + "@" + image);
            Path predicate = write("predicate.json", "{\"scanned\":true}");
            run(program, "sign", "--key", cosign.privateKey(), offline(program), "--yes", "-a", "stage=qa", name);
            run(
                    program,
                    "attest",
                    "--key",
                    cosign.privateKey(),
                    offline(program),
                    "--yes",
                    "--type",
                    "https://example.com/scan",
                    "--predicate",
                    predicate.toString(),
                    name);
            List<FoundSignature> found = new SignatureStore(repository).collect(image);
            List<String> seen = new ArrayList<>();
            for (FoundSignature signature : found) {
                Evidence evidence = Verifier.verify(
                        signature, List.of(key.publicKey(), PublicKeys.read(Files.readString(cosign.publicKey()))));
                seen.add(evidence.format() + " "
                        + evidence.inTotoStatement()
                                .map(Statement::predicateType)
                                .orElse("")
                        + evidence.annotations());
            }
            seen.sort(null);
            assertEquals(
                    program.equals("cosign2")
                            ? List.of("ATTESTATION https://example.com/scan{}", "SIMPLE_SIGNING {stage=qa}")
                            : List.of(
                                    "BUNDLE https://example.com/scan{}",
                                    "BUNDLE " + SignatureTypes.COSIGN_SIGN_PREDICATE + "{stage=qa}"),
                    seen);
        }
    }

    @Test
    public void keysOfOtherKindsThatCosignSignsWithAreAccepted() throws Exception {
        for (List<String> kind : List.of(
                List.of("p384", "EC", "ec_paramgen_curve:P-384"), List.of("rsa3072", "RSA", "rsa_keygen_bits:3072"))) {
            SigningKey imported = opensslKey(kind);
            Path made = folder.newFolder().toPath();
            Files.writeString(made.resolve("plain.pem"), imported.unencryptedSecret());
            runIn(made, "cosign3", "import-key-pair", "--key", "plain.pem");
            Repository repository = registry.open("theirs/" + kind.get(0));
            Digest image = Samples.pushImage(repository, 5, 100).digest();
            String name = name("theirs/" + kind.get(0) + "@" + image);
            String privateKey = made.resolve("import-cosign.key").toString();
            run("cosign3", "sign", "--key", privateKey, offline("cosign3"), "--yes", name);
            run("cosign2", "sign", "--key", privateKey, offline("cosign2"), "--yes", name);
            List<FoundSignature> found = new SignatureStore(repository).collect(image);
            assertEquals(2, found.size());
            for (FoundSignature signature : found) {
                assertEquals(
                        imported.publicKey(),
                        Verifier.verify(signature, List.of(imported.publicKey()))
                                .key());
            }
            assertEquals(
                    imported.publicKey(),
                    KeyPairReader.read(Files.readAllBytes(Path.of(privateKey)), PASSWORD.toCharArray())
                            .publicKey());
        }
    }

    @Test
    public void aRecordIsNoSignatureForAnybody() throws Exception {
        Repository repository = registry.open("ours/record");
        Digest image = Samples.pushImage(repository, 6, 100).digest();
        SignatureStore store = new SignatureStore(repository);
        Descriptor descriptor = Subjects.of(repository, image).get(0);
        store.attachRecord(
                descriptor,
                DsseEnvelope.sign(SignatureTypes.RECORD, statement(image).toBytes(), key),
                Instant.now());
        refused(cosign3("ours/record@" + image, publicKey));
        refused(cosign2("ours/record@" + image, publicKey, "--new-bundle-format", trustedRoot()));
        refused(cosign2("ours/record@" + image, publicKey));
    }

    @Test
    public void tamperedBundlesAreRefusedByCosignToo() throws Exception {
        TamperedSamples samples = new TamperedSamples(imageOf("tampered/seed"));
        Path pub = write("samples.pub", PublicKeys.pem(samples.key.publicKey()));
        Map<String, String> accepted = new TreeMap<>();
        int asked = 0;
        for (TamperedSamples.Sample sample : samples.all) {
            String defect = sample.defect();
            if (sample.found().format() != SignatureFormat.BUNDLE
                    || !sample.everybody() && !ALSO_REFUSED_BY_COSIGN.contains(defect)) {
                continue;
            }
            Repository repository = registry.open("tampered/bundle" + asked);
            Descriptor image = imageOf("tampered/bundle" + asked);
            assertEquals(samples.image.digest(), image.digest());
            new SignatureStore(repository)
                    .attach(
                            image,
                            SignatureTypes.BUNDLE_V03,
                            SignatureTypes.BUNDLE_V03,
                            sample.found().content(),
                            Map.of("dev.sigstore.bundle.content", "dsse-envelope"),
                            Instant.now());
            String name = "tampered/bundle" + asked + "@" + image.digest();
            for (Run run : List.of(cosign3(name, pub), cosign2(name, pub, "--new-bundle-format", trustedRoot()))) {
                if (run.exitCode() == 0) {
                    accepted.put(defect, run.output());
                }
            }
            asked++;
        }
        assertEquals(accepted.toString(), ACCEPTED_BY_COSIGN, accepted.keySet());
        assertTrue(asked + " samples", asked >= 45);
        Repository good = registry.open("tampered/good");
        new SignatureStore(good)
                .attach(
                        imageOf("tampered/good"),
                        SignatureTypes.BUNDLE_V03,
                        SignatureTypes.BUNDLE_V03,
                        samples.bundle(),
                        Map.of(),
                        Instant.now());
        accepted(cosign3("tampered/good@" + samples.image.digest(), pub));
    }

    @Test
    public void tamperedSimpleSignaturesAreRefusedByCosignToo() throws Exception {
        TamperedSamples samples = new TamperedSamples(imageOf("tampered/seed"));
        Path pub = write("samples.pub", PublicKeys.pem(samples.key.publicKey()));
        Map<String, String> accepted = new TreeMap<>();
        int asked = 0;
        for (TamperedSamples.Sample sample : samples.all) {
            String signature = sample.found().annotations().get(SignatureStore.SIGNATURE_ANNOTATION);
            if (sample.found().format() != SignatureFormat.SIMPLE_SIGNING || !sample.everybody() || signature == null) {
                continue;
            }
            String name = "tampered/sig" + asked++;
            Descriptor image = imageOf(name);
            new LayerTag(registry.open(name), image.digest(), ".sig")
                    .add(
                            SignatureTypes.SIMPLE_SIGNING,
                            sample.found().content(),
                            sample.found().annotations());
            for (Run run :
                    List.of(cosign3(name + "@" + image.digest(), pub), cosign2(name + "@" + image.digest(), pub))) {
                if (run.exitCode() == 0) {
                    accepted.put(sample.defect(), run.output());
                }
            }
        }
        assertEquals(Map.of(), accepted);
        assertTrue(asked + " samples", asked >= 5);
    }

    private static Descriptor imageOf(String repository) throws Exception {
        return Samples.pushImage(registry.open(repository), 7, 100).descriptor();
    }

    private static Statement statement(Digest image) {
        return new Statement(
                List.of(new Statement.Subject("", image, Map.of())),
                "https://plugins.jenkins.io/countersign/approval/v1",
                StrictJson.object());
    }

    private static SigstoreBundle bundle(Digest image, Signer signer) throws Exception {
        return SigstoreBundle.sign(statement(image), signer);
    }

    private record CosignKey(String privateKey, Path publicKey) {}

    private CosignKey cosignKey(String program) throws Exception {
        Path made = folder.newFolder().toPath();
        runIn(made, program, "generate-key-pair");
        return new CosignKey(made.resolve("cosign.key").toString(), made.resolve("cosign.pub"));
    }

    private SigningKey opensslKey(List<String> kind) throws Exception {
        RealPart.require("openssl");
        List<String> command = new ArrayList<>(List.of("openssl", "genpkey", "-algorithm", kind.get(1)));
        if (!kind.get(2).isEmpty()) {
            command.addAll(List.of("-pkeyopt", kind.get(2)));
        }
        Path out = folder.getRoot().toPath().resolve(kind.get(0) + ".pem");
        command.addAll(List.of("-out", out.toString()));
        Run.of(command.toArray(String[]::new)).succeeded();
        return KeyPairReader.read(Files.readAllBytes(out), null);
    }

    /** cosign 3 takes a signing configuration where cosign 2 takes a flag. */
    private String offline(String program) throws Exception {
        if (program.equals("cosign2")) {
            return "--tlog-upload=false";
        }
        return "--signing-config="
                + write(
                        "signing-config.json",
                        "{\"mediaType\":\"application/vnd.dev.sigstore.signingconfig.v0.2+json\","
                                + "\"rekorTlogConfig\":{},\"tsaConfig\":{}}");
    }

    /** Empty: cosign 2 wants to have one even where a key is all that it needs. */
    private String trustedRoot() throws Exception {
        return "--trusted-root="
                + write(
                        "trusted-root.json",
                        "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[],"
                                + "\"certificateAuthorities\":[],\"ctlogs\":[],\"timestampAuthorities\":[]}");
    }

    private Run cosign2(String name, Path pub, String... more) throws Exception {
        return verify("cosign2", name, pub, more);
    }

    private Run cosign3(String name, Path pub, String... more) throws Exception {
        return verify("cosign3", name, pub, more);
    }

    private Run verify(String program, String name, Path pub, String... more) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(program, "verify", "--key", pub.toString(), "--insecure-ignore-tlog=true"));
        command.addAll(List.of(more));
        command.add(name(name));
        return execute(folder.getRoot().toPath(), command);
    }

    private static String name(String repository) {
        return registry.host() + "/" + repository;
    }

    private void run(String... command) throws Exception {
        execute(folder.getRoot().toPath(), List.of(command)).succeeded();
    }

    private void runIn(Path where, String... command) throws Exception {
        execute(where, List.of(command)).succeeded();
    }

    /** Without a way to the world: what verifies must verify from what is here. */
    private Run execute(Path where, List<String> command) throws Exception {
        return Run.of(
                Map.of("COSIGN_PASSWORD", PASSWORD, "HTTPS_PROXY", "http://localhost:1", "NO_PROXY", "localhost"),
                where,
                command);
    }

    private Path write(String name, String content) throws Exception {
        Path file = folder.getRoot().toPath().resolve(name);
        Files.write(file, content.getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private static String verdict(Run run) {
        return run.exitCode() == 0
                ? "yes"
                : "no (" + run.output().strip().lines().reduce((a, b) -> b).orElse("") + ")";
    }

    private static void accepted(Run run) {
        assertEquals(run.output(), 0, run.exitCode());
    }

    private static void refused(Run run) {
        assertNotEquals(run.output(), 0, run.exitCode());
        assertFalse(run.output(), run.output().contains("unknown flag"));
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class SignatureStoreTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Instant CREATED = Instant.parse("2026-11-22T03:04:05.678Z");

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final SigningKey key = KeyGenerator.generate(new SecureRandom());
    private LayoutRepository repository;
    private SignatureStore store;
    private Descriptor image;

    @Before
    public void anImage() throws Exception {
        repository = LayoutRepository.at(folder.getRoot().toPath().resolve("layout"));
        store = new SignatureStore(repository);
        image = Samples.pushImage(repository, 1, 100).descriptor();
    }

    private SigstoreBundle bundle(String predicateType) throws Exception {
        return SigstoreBundle.sign(
                new Statement(
                        List.of(new Statement.Subject("", image.digest(), Map.of())),
                        predicateType,
                        StrictJson.object()),
                key);
    }

    @Test
    public void aBundleHasTheManifestThatCosignWrites() throws Exception {
        SigstoreBundle bundle = bundle("https://example.com/x");
        Digest attached = store.attachBundle(image, bundle, "https://example.com/x", CREATED);
        JsonNode manifest =
                MAPPER.readTree(repository.manifest(attached).orElseThrow().content());
        ObjectNode expected = (ObjectNode) MAPPER.readTree("""
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
                 "artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json",
                 "config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,
                  "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
                 "annotations":{"org.opencontainers.image.created":"2026-11-22T03:04:05Z",
                  "dev.sigstore.bundle.content":"dsse-envelope",
                  "dev.sigstore.bundle.predicateType":"https://example.com/x"}}
                """);
        Descriptor layer = Descriptor.of(SignatureTypes.BUNDLE_V03, bundle.toBytes());
        expected.putArray("layers").add(ManifestJson.json(layer));
        expected.set("subject", ManifestJson.json(image));
        assertEquals(MAPPER.readTree(expected.toString()), manifest);
        FoundSignature found = store.collect(image.digest()).get(0);
        assertEquals(SignatureFormat.BUNDLE, found.format());
        assertEquals(attached, found.manifest());
        assertArrayEquals(bundle.toBytes(), found.content());
        assertEquals(
                key.publicKey(),
                Verifier.verify(found, List.of(key.publicKey())).key());
    }

    @Test
    public void everythingInEachFormatIsCollectedAndForeignThingsAreLeftOut() throws Exception {
        store.attachBundle(image, bundle("https://example.com/a"), "https://example.com/a", CREATED);
        store.attachBundle(image, bundle("https://example.com/b"), "https://example.com/b", CREATED);
        store.attachRecord(
                image,
                DsseEnvelope.sign(
                        SignatureTypes.RECORD,
                        bundle("https://example.com/r").envelope().payload(),
                        key),
                CREATED);
        byte[] payload = new SimpleSigning("app:1", image.digest(), Map.of()).toBytes();
        store.addSimpleSignature(image.digest(), payload, key.sign(payload));
        byte[] attestation = bundle("https://example.com/c").envelope().toBytes();
        new LayerTag(repository, image.digest(), ".att")
                .add(SignatureTypes.DSSE, attestation, Map.of(SignatureStore.SIGNATURE_ANNOTATION, ""));
        repository.attach(Samples.statement(repository, image, "somebody else's"));
        List<String> formats = new ArrayList<>();
        for (FoundSignature found : store.collect(image.digest())) {
            formats.add(found.format().name());
            if (found.format() != SignatureFormat.RECORD) {
                Verifier.verify(found, List.of(key.publicKey()));
            }
        }
        formats.sort(null);
        assertEquals(List.of("ATTESTATION", "BUNDLE", "BUNDLE", "RECORD", "SIMPLE_SIGNING"), formats);
    }

    @Test
    public void nothingAttachedIsAnEmptyListAndNotAnError() throws Exception {
        assertEquals(List.of(), store.collect(image.digest()));
        assertFalse(store.firstBundleHidesOlderSignatures(image.digest()));
    }

    @Test
    public void aReferrerThatIsListedAndGoneIsNotTakenForNone() throws Exception {
        Digest attached = store.attachBundle(image, bundle("https://example.com/x"), "https://example.com/x", CREATED);
        Files.delete(blob(attached));
        String message = assertThrows(RegistryException.class, () -> store.collect(image.digest()))
                .getMessage();
        assertTrue(message, message.contains(attached.toString()));
    }

    @Test
    public void aStatementWhoseBytesWereExchangedIsNotRead() throws Exception {
        SigstoreBundle bundle = bundle("https://example.com/x");
        store.attachBundle(image, bundle, "https://example.com/x", CREATED);
        Path file = blob(Digest.of(bundle.toBytes()));
        byte[] other = bundle.toBytes();
        other[20] ^= 1;
        assertTrue(file.toFile().setWritable(true));
        Files.write(file, other);
        assertThrows(RegistryException.class, () -> store.collect(image.digest()));
        Files.write(file, java.util.Arrays.copyOf(other, other.length - 1));
        assertThrows(RegistryException.class, () -> store.collect(image.digest()));
        Files.delete(file);
        assertThrows(RegistryException.class, () -> store.collect(image.digest()));
    }

    @Test
    public void anOversizedBundleIsNotReadAndAnOversizedRecordIsNotTakenForNone() throws Exception {
        byte[] large = new byte[SignatureStore.MAX_CONTENT + 1];
        attachRaw(SignatureTypes.BUNDLE_V03, large);
        FoundSignature found = store.collect(image.digest()).get(0);
        assertEquals(large.length, found.oversized());
        assertEquals(
                VerificationException.Reason.TOO_LARGE,
                assertThrows(VerificationException.class, () -> Verifier.verify(found, List.of(key.publicKey())))
                        .reason());
        attachRaw(SignatureTypes.RECORD, large);
        String message = assertThrows(RegistryException.class, () -> store.collect(image.digest()))
                .getMessage();
        assertTrue(message, message.contains("cannot be told"));
    }

    @Test
    public void tooManyLayersAreRefused() throws Exception {
        StringBuilder layers = new StringBuilder();
        byte[] payload = new SimpleSigning("app:1", image.digest(), Map.of()).toBytes();
        Descriptor layer = Samples.pushBlob(repository, SignatureTypes.SIMPLE_SIGNING, payload);
        for (int i = 0; i <= SignatureStore.MAX_LAYERS; i++) {
            layers.append(i == 0 ? "" : ",").append(ManifestJson.json(layer));
        }
        tagRaw(".sig", layers.toString());
        String message = assertThrows(RegistryException.class, () -> store.collect(image.digest()))
                .getMessage();
        assertTrue(message, message.contains("1001 layers"));
        assertThrows(
                RegistryException.class, () -> store.addSimpleSignature(image.digest(), payload, key.sign(payload)));
    }

    @Test
    public void moreThanIsReadInAllIsRefusedBeforeAnyOfItIs() throws Exception {
        StringBuilder layers = new StringBuilder();
        long most = SignatureStore.MAX_TOTAL / SignatureStore.MAX_CONTENT;
        for (int i = 0; i <= most; i++) {
            layers.append(i == 0 ? "" : ",")
                    .append("{\"mediaType\":\"" + SignatureTypes.SIMPLE_SIGNING + "\",\"size\":"
                            + SignatureStore.MAX_CONTENT + ",\"digest\":\"" + Digest.of(new byte[] {(byte) i, 1})
                            + "\"}");
        }
        // None of them is there: reading any would say so.
        tagRaw(".sig", layers.toString());
        String message = assertThrows(RegistryException.class, () -> store.collect(image.digest()))
                .getMessage();
        assertTrue(message, message.contains("has more than " + SignatureStore.MAX_TOTAL + " bytes"));
    }

    @Test
    public void damagedManifestsAreErrors() throws Exception {
        tagRaw(".sig", "{\"mediaType\":\"" + SignatureTypes.SIMPLE_SIGNING + "\",\"digest\":\"sha256:12\",\"size\":3}");
        assertThrows(RegistryException.class, () -> store.collect(image.digest()));
        tagRaw(
                ".sig",
                "{\"mediaType\":\"" + SignatureTypes.SIMPLE_SIGNING + "\",\"digest\":\"" + image.digest()
                        + "\",\"size\":-3}");
        assertThrows(RegistryException.class, () -> store.collect(image.digest()));
    }

    @Test
    public void manyWritersOfOneSigTagLoseNothing() throws Exception {
        int writers = 12;
        List<SigningKey> keys = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(writers);
        try {
            List<Future<?>> done = new ArrayList<>();
            byte[] payload = new SimpleSigning("app:1", image.digest(), Map.of()).toBytes();
            for (int i = 0; i < writers; i++) {
                SigningKey writer = KeyGenerator.generate(new SecureRandom());
                keys.add(writer);
                done.add(pool.submit(() -> {
                    new SignatureStore(LayoutRepository.at(repository.folder()))
                            .addSimpleSignature(image.digest(), payload, writer.sign(payload));
                    return null;
                }));
            }
            for (Future<?> writer : done) {
                writer.get(60, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
        List<FoundSignature> found = store.collect(image.digest());
        assertEquals(writers, found.size());
        assertEquals(
                "the same payload signed by different people is not the same signature",
                writers,
                found.stream().map(FoundSignature::id).distinct().count());
        for (SigningKey writer : keys) {
            assertTrue(found.stream().anyMatch(signature -> verifies(signature, writer)));
        }
    }

    private static boolean verifies(FoundSignature signature, SigningKey writer) {
        try {
            return Verifier.verify(signature, List.of(writer.publicKey())) != null;
        } catch (VerificationException e) {
            return false;
        }
    }

    @Test
    public void aSignatureThatIsThereIsNotWrittenTwiceAndOthersAreKeptAsTheyAre() throws Exception {
        byte[] payload = new SimpleSigning("app:1", image.digest(), Map.of()).toBytes();
        byte[] signature = key.sign(payload);
        Descriptor foreign = Samples.pushBlob(repository, "application/vnd.example.other", new byte[] {1});
        tagRaw(
                ".sig",
                "{\"mediaType\":\"application/vnd.example.other\",\"size\":1,\"digest\":\"" + foreign.digest()
                        + "\",\"annotations\":{\"a\":\"b\"},\"urls\":[\"x\"]}");
        store.addSimpleSignature(image.digest(), payload, signature);
        store.addSimpleSignature(image.digest(), payload, signature);
        JsonNode layers = MAPPER.readTree(new LayerTag(repository, image.digest(), ".sig")
                        .read()
                        .orElseThrow()
                        .content())
                .path("layers");
        assertEquals(2, layers.size());
        assertEquals("x", layers.get(0).path("urls").get(0).asText());
        assertEquals(1, store.collect(image.digest()).size());
    }

    @Test
    public void anIndexIsCoveredWithItsPlatformsAndNotWithItsAttestations() throws Exception {
        Manifest amd = Samples.pushImage(repository, 5, 100);
        Manifest provenance = Samples.pushImage(repository, 6, 100);
        Manifest index = ManifestContent.index(List.of(
                        entry(amd, Map.of(), new Platform("linux", "amd64", "")),
                        entry(amd, Map.of(), new Platform("linux", "amd64", "v2")),
                        entry(
                                provenance,
                                Map.of(
                                        "vnd.docker.reference.type",
                                        "attestation-manifest",
                                        "vnd.docker.reference.digest",
                                        amd.digest().toString()),
                                Platform.UNKNOWN)))
                .toManifest();
        repository.pushManifest(index);
        assertEquals(
                List.of(index.digest(), amd.digest()),
                Subjects.of(repository, index.digest()).stream()
                        .map(Descriptor::digest)
                        .toList());
        assertEquals(1, Subjects.of(repository, amd.digest()).size());
        assertThrows(
                RegistryException.class,
                () -> Subjects.of(repository, Digest.of("nothing".getBytes(StandardCharsets.UTF_8))));
    }

    private static Descriptor entry(Manifest manifest, Map<String, String> annotations, Platform platform) {
        return new Descriptor(
                manifest.mediaType(), manifest.digest(), manifest.content().length, "", annotations, platform);
    }

    private Path blob(Digest digest) {
        return repository.folder().resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }

    private void attachRaw(String type, byte[] content) throws Exception {
        Descriptor layer = Samples.pushBlob(repository, type, content);
        Samples.pushBlob(repository, MediaTypes.OCI_EMPTY, "{}".getBytes(StandardCharsets.UTF_8));
        repository.attach(
                ManifestContent.artifact(type, image, List.of(layer), Map.of()).toManifest());
    }

    private void tagRaw(String suffix, String layers) throws Exception {
        Samples.pushBlob(repository, MediaTypes.OCI_EMPTY, "{}".getBytes(StandardCharsets.UTF_8));
        Manifest manifest = new Manifest(
                MediaTypes.OCI_MANIFEST,
                ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST
                                + "\",\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"size\":2,\"digest\":\""
                                + Digest.of("{}".getBytes(StandardCharsets.UTF_8)) + "\"},\"layers\":[" + layers + "]}")
                        .getBytes(StandardCharsets.UTF_8));
        Path file = blob(manifest.digest());
        Files.createDirectories(file.getParent());
        Files.write(file, manifest.content());
        repository.tag(
                manifest.digest(),
                image.digest().algorithm() + "-" + image.digest().hex() + suffix);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Promotion of an index with signatures of every kind, between all kinds of places. */
public class CopyTest {

    @ClassRule
    public static final DockerRegistry BUILD = new DockerRegistry();

    @ClassRule
    public static final DockerRegistry PRODUCTION = DockerRegistry.plain();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private static int number;

    private String name;
    private Repository layout;
    private Repository build;
    private Repository release;
    private Repository production;
    private Manifest index;
    private Manifest onIndex;
    private Manifest onPlatform;
    private Manifest onStatement;
    private Manifest signature;

    private static RegistryAccess buildAccess() throws Exception {
        return RegistryAccess.of(BUILD.host())
                .withAuthorities(Files.readString(BUILD.authority()))
                .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD);
    }

    @Before
    public void open() throws Exception {
        name = "app" + number++;
        layout = Repositories.open("oci:" + temporary.getRoot().toPath().resolve("layout"));
        build = Repositories.open(BUILD.host() + "/build/" + name, buildAccess());
        release = Repositories.open(BUILD.host() + "/release/" + name, buildAccess());
        production = Repositories.open(
                PRODUCTION.host() + "/" + name,
                RegistryAccess.of(PRODUCTION.host()).insecurePlainHttp());
    }

    private void makeImageIn(Repository repository) throws Exception {
        index = Samples.pushIndex(repository, number);
        repository.tag(index.digest(), "candidate");
        Descriptor platform = index.read().manifests().get(0);
        onIndex = Samples.statement(repository, index.descriptor(), "approved " + name);
        repository.attach(onIndex);
        onPlatform = Samples.statement(repository, platform, "scanned " + name);
        repository.attach(onPlatform);
        onStatement = Samples.statement(repository, onIndex.descriptor(), "countersigned " + name);
        repository.attach(onStatement);
        signature = signature(repository, "first");
        repository.tag(signature.digest(), signatureTag());
    }

    private String signatureTag() {
        return "sha256-" + index.digest().hex() + ".sig";
    }

    private Manifest signature(Repository repository, String value) throws Exception {
        Descriptor payload = Samples.pushBlob(
                repository, "application/vnd.dev.cosign.simplesigning.v1+json", "{\"critical\":{}}".getBytes());
        Descriptor layer = new Descriptor(
                payload.mediaType(),
                payload.digest(),
                payload.size(),
                "",
                Map.of("dev.cosignproject.cosign/signature", value),
                null);
        Manifest manifest = new ManifestContent(
                        MediaTypes.OCI_MANIFEST,
                        "",
                        Samples.pushBlob(repository, MediaTypes.OCI_CONFIG, "{}".getBytes()),
                        List.of(layer),
                        List.of(),
                        null,
                        Map.of())
                .toManifest();
        repository.pushManifest(manifest);
        return manifest;
    }

    private void assertAllIsIn(Repository to) throws Exception {
        assertEquals(index.digest(), to.resolve("v1").orElseThrow().digest());
        assertEquals(List.of(onIndex.digest()), digests(to, index.digest()));
        assertEquals(
                List.of(onPlatform.digest()),
                digests(to, index.read().manifests().get(0).digest()));
        assertEquals(List.of(onStatement.digest()), digests(to, onIndex.digest()));
        assertEquals(
                signature.digest(), to.resolve(signatureTag()).orElseThrow().digest());
        for (Manifest manifest :
                ImageTree.of(to, index.digest(), Limits.DEFAULT).manifests()) {
            for (Descriptor blob : manifest.read().blobs()) {
                try (InputStream in = to.openBlob(blob)) {
                    in.readAllBytes();
                }
            }
        }
    }

    private static List<Digest> digests(Repository repository, Digest subject) throws Exception {
        return repository.referrers(subject).stream().map(Descriptor::digest).toList();
    }

    @Test
    public void insideOneRegistryNoBlobTravels() throws Exception {
        makeImageIn(build);
        PushResult result = Copy.of(build, index.digest(), release).tagged("v1").run();
        assertEquals(0, result.bytesUploaded());
        assertEquals(0, result.uploaded());
        assertTrue(result.mounted() > 0);
        assertEquals(4, result.attachments());
        assertAllIsIn(release);
    }

    /** What comes from a registry is compared by the one that takes it. */
    @Test
    public void sourceThatHandsOutAnotherLayer() throws Exception {
        FakeRegistry liar = FakeRegistry.plain();
        liar.before();
        try {
            Repository from = Repositories.open(liar.host() + "/app", liar.access());
            Manifest image = Samples.pushImage(from, number, 10, 200_000);
            Descriptor layer = image.read().layers().get(1);
            byte[] other = Samples.bytes(77, 200_000);
            Copy promotion = Copy.of(from, image.digest(), production).tagged("v1");

            liar.lies("GET", "/blobs/" + layer.digest(), e -> FakeRegistry.answer(e, 200, "", other));
            String refused =
                    assertThrows(DigestMismatchException.class, promotion::run).getMessage();
            assertTrue(refused, refused.contains("expected " + layer.digest()));
            assertTrue(refused, refused.contains("found " + Digest.of(other)));
            assertEquals(Optional.empty(), production.resolve("v1"));
            assertFalse(production.hasBlob(layer.digest()));
            assertFalse(production.hasBlob(Digest.of(other)));

            liar.honest();
            liar.lies("GET", "/blobs/" + layer.digest(), e -> {
                e.sendResponseHeaders(200, 0); // in chunks: no length to compare
                e.getResponseBody().write(Samples.bytes(77, 200_001));
                e.close();
                return true;
            });
            assertThrows(SizeMismatchException.class, promotion::run);
            assertEquals(Optional.empty(), production.resolve("v1"));

            liar.honest();
            AtomicInteger readings = new AtomicInteger();
            liar.lies(
                    "GET",
                    "/blobs/" + layer.digest(),
                    e -> readings.incrementAndGet() == 1 && FakeRegistry.answer(e, 200, "", other));
            promotion.run();
            assertEquals("wrong, read to see whose fault, sent again", 3, readings.get());
            assertEquals(layer.digest(), Digest.of(production.openBlob(layer).readAllBytes()));
        } finally {
            liar.after();
        }
    }

    @Test
    public void betweenTwoRegistriesEverythingArrives() throws Exception {
        makeImageIn(build);
        Copy.of(build, index.digest(), production).tagged("v1").run();
        assertAllIsIn(production);
        PushResult again =
                Copy.of(build, index.digest(), production).tagged("v1").run();
        assertEquals("the second time all is there", 0, again.uploaded());
        assertAllIsIn(production);
    }

    @Test
    public void betweenFolderAndRegistryEverythingArrives() throws Exception {
        makeImageIn(layout);
        Copy.of(layout, index.digest(), production).tagged("v1").run();
        assertAllIsIn(production);
        Repository back =
                Repositories.open("oci:" + temporary.getRoot().toPath().resolve("back"));
        Copy.of(production, index.digest(), back).tagged("v1").run();
        assertAllIsIn(back);
    }

    @Test
    public void signaturesThatWereThereStay() throws Exception {
        makeImageIn(build);
        Manifest other = signature(production, "second");
        production.tag(other.digest(), signatureTag());
        Copy.of(build, index.digest(), production).tagged("v1").run();
        Copy.of(build, index.digest(), production).tagged("v1").run();
        Digest merged = production.resolve(signatureTag()).orElseThrow().digest();
        List<String> values = production.manifest(merged).orElseThrow().read().layers().stream()
                .map(layer -> layer.annotations().get("dev.cosignproject.cosign/signature"))
                .toList();
        assertEquals(List.of("second", "first"), values);
    }

    @Test
    public void attachmentThatIsNotWholeLeavesTheTagWhereItWas() throws Exception {
        makeImageIn(layout);
        Manifest before = Samples.pushImage(production, 77, 10);
        production.tag(before.digest(), "v1");
        Files.delete(temporary
                .getRoot()
                .toPath()
                .resolve("layout/blobs/sha256")
                .resolve(onStatement.read().layers().get(0).digest().hex()));
        assertThrows(
                NotFoundException.class,
                () -> Copy.of(layout, index.digest(), production).tagged("v1").run());
        assertEquals(before.digest(), production.resolve("v1").orElseThrow().digest());
        assertEquals("nothing of it is attached", List.of(), digests(production, index.digest()));
    }

    @Test
    public void imageAloneGoesWhenThatIsWanted() throws Exception {
        makeImageIn(layout);
        Copy.of(layout, index.digest(), production)
                .tagged("v1")
                .withoutAttachments()
                .run();
        assertEquals(List.of(), digests(production, index.digest()));
        assertEquals(Optional.empty(), production.resolve(signatureTag()));
    }

    @Test
    public void indexesNestedTooDeepAreRefused() throws Exception {
        Manifest deep = Samples.pushImage(layout, 5, 10);
        for (int i = 0; i < 6; i++) {
            deep = ManifestContent.index(List.of(deep.descriptor())).toManifest();
            layout.pushManifest(deep);
        }
        Digest digest = deep.digest();
        String message = assertThrows(
                        LimitExceededException.class,
                        () -> Copy.of(layout, digest, production).tagged("deep").run())
                .getMessage();
        assertTrue(message, message.contains("nested more than 4 deep"));
        assertEquals(Optional.empty(), production.resolve("deep"));
    }
}

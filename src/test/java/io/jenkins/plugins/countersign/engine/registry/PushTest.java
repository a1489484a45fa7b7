package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.event.Event;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.image.Platform;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Every kind of source into registry:2 with TLS and htpasswd, read back by other people's clients. */
public class PushTest {

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Path folder;
    private Repository layout;
    private Manifest image;
    private byte[] layer;

    @Before
    public void makeImage() throws Exception {
        folder = temporary.getRoot().toPath();
        layout = Repositories.open("oci:" + folder.resolve("layout"));
        layer = Tars.tar(Map.of("hello.txt", "hello".getBytes(), "data", Samples.bytes(5, 200_000)));
        Descriptor layerDescriptor = Samples.pushBlob(layout, Samples.LAYER, layer);
        byte[] config =
                ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                                + Digest.of(layer) + "\"]}}")
                        .getBytes(StandardCharsets.UTF_8);
        image = new ManifestContent(
                        MediaTypes.OCI_MANIFEST,
                        "",
                        Samples.pushBlob(layout, MediaTypes.OCI_CONFIG, config),
                        List.of(layerDescriptor),
                        List.of(),
                        null,
                        Map.of())
                .toManifest();
        layout.pushManifest(image);
        layout.tag(image.digest(), "v1");
    }

    private static RegistryAccess access() throws Exception {
        return RegistryAccess.of(REGISTRY.host())
                .withAuthorities(Files.readString(REGISTRY.authority()))
                .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD);
    }

    private static Repository repository(String name) throws Exception {
        return Repositories.open(REGISTRY.host() + "/" + name, access());
    }

    private static PushResult push(String source, String name) throws Exception {
        try (ImageSource opened = ImageSource.open(source, access())) {
            return Push.of(opened, repository(name)).tagged("v1").run();
        }
    }

    private static String skopeo(String name) throws Exception {
        RealPart.require("skopeo");
        return Run.of(
                        "skopeo",
                        "inspect",
                        "--creds",
                        DockerRegistry.USER + ":" + DockerRegistry.PASSWORD,
                        "--cert-dir",
                        REGISTRY.certificates().toString(),
                        "--format",
                        "{{.Digest}}",
                        "docker://" + REGISTRY.host() + "/" + name + ":v1")
                .succeeded()
                .trim();
    }

    private static void assertHasLayer(String name, Digest digest, byte[] tar) throws Exception {
        ManifestContent manifest =
                repository(name).manifest(digest).orElseThrow().read();
        assertEquals(1, manifest.layers().size());
        InputStream in = repository(name).openBlob(manifest.layers().get(0));
        boolean gzip = manifest.layers().get(0).mediaType().endsWith("gzip");
        assertEquals(Digest.of(tar), Digest.of((gzip ? new GZIPInputStream(in) : in).readAllBytes()));
    }

    @Test
    public void layoutFolderGoesAsItIs() throws Exception {
        PushResult result = push("oci:" + folder.resolve("layout") + ":v1", "from-layout");
        assertEquals(image.digest(), result.digest());
        assertEquals(2, result.uploaded());
        assertEquals(REGISTRY.host() + "/from-layout:v1@" + image.digest(), result.reference());
        assertEquals(image.digest().toString(), skopeo("from-layout"));
        PushResult again = push("oci:" + folder.resolve("layout"), "from-layout");
        assertEquals(0, again.bytesUploaded());
        assertEquals(2, again.skipped());
    }

    @Test
    public void ociArchiveGoesAsItIs() throws Exception {
        RealPart.require("skopeo");
        Run.of(
                        "skopeo",
                        "copy",
                        "--preserve-digests",
                        "oci:" + folder.resolve("layout") + ":v1",
                        "oci-archive:" + folder.resolve("image.tar") + ":v1")
                .succeeded();
        PushResult result = push("oci-archive:" + folder.resolve("image.tar") + ":v1", "from-oci-archive");
        assertEquals(image.digest(), result.digest());
        assertEquals(image.digest().toString(), skopeo("from-oci-archive"));
    }

    @Test
    public void dockerArchiveIsCompressedTheSameWayEachTime() throws Exception {
        RealPart.require("skopeo");
        Path archive = folder.resolve("docker.tar");
        Run.of("skopeo", "copy", "oci:" + folder.resolve("layout") + ":v1", "docker-archive:" + archive + ":team/app:1")
                .succeeded();
        PushResult result = push("docker-archive:" + archive + ":team/app:1", "from-docker-archive");
        assertEquals(result.digest().toString(), skopeo("from-docker-archive"));
        assertHasLayer("from-docker-archive", result.digest(), layer);
        assertEquals(
                DockerArchive.LAYER_GZIP,
                repository("from-docker-archive")
                        .manifest(result.digest())
                        .orElseThrow()
                        .read()
                        .layers()
                        .get(0)
                        .mediaType());
        PushResult again = push("docker-archive:" + archive, "from-docker-archive");
        assertEquals(result.digest(), again.digest());
        assertEquals(0, again.bytesUploaded());
        Path zipped = folder.resolve("docker.tar.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            Files.copy(archive, out);
        }
        assertEquals(
                result.digest(), push("docker-archive:" + zipped, "from-zipped").digest());
        String message = assertThrows(
                        ArchiveException.class, () -> push("docker-archive:" + archive + ":team/other:1", "other"))
                .getMessage();
        assertTrue(message, message.contains("there is no image of the name \"team/other:1\""));
        assertTrue(message, message.contains("team/app:1"));
    }

    @Test
    public void layersThatWereCompressedAlreadyGoAsTheyAre() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(layer);
        }
        Path archive = folder.resolve("zipped-layers.tar");
        Files.write(archive, Tars.dockerArchive(zipped.toByteArray(), Digest.of(layer), "app:1"));
        PushResult result = push("docker-archive:" + archive, "zipped-layers");
        assertEquals(
                Digest.of(zipped.toByteArray()),
                repository("zipped-layers")
                        .manifest(result.digest())
                        .orElseThrow()
                        .read()
                        .layers()
                        .get(0)
                        .digest());
        assertHasLayer("zipped-layers", result.digest(), layer);
    }

    @Test
    public void layerThatIsNotTheOneOfTheConfigIsRefused() throws Exception {
        Path archive = folder.resolve("swapped-layer.tar");
        Files.write(archive, Tars.dockerArchive("another layer".getBytes(), Digest.of(layer), "app:1"));
        String message = assertThrows(ArchiveException.class, () -> push("docker-archive:" + archive, "swapped"))
                .getMessage();
        assertTrue(message, message.contains("has other content than the config says: expected " + Digest.of(layer)));
    }

    /** One layer of parts that are worth compressing and parts that are not, as others unpack it. */
    @Test
    public void partsOfALayerThatAreCompressedAlreadyAreLeftAsTheyAre() throws Exception {
        int part = 700_000;
        byte[] mixed = Tars.tar(Map.of(
                "1", Samples.bytes(1, part),
                "2", "all work and no play ".repeat(part / 21).getBytes(StandardCharsets.US_ASCII),
                "3", Samples.bytes(3, part),
                "4", new byte[part],
                "5", Samples.bytes(5, 100)));
        Path archive = Files.write(folder.resolve("docker.tar"), Tars.dockerArchive(mixed, Digest.of(mixed), "app:1"));
        PushResult result = push("docker-archive:" + archive, "mixed");
        assertHasLayer("mixed", result.digest(), mixed);
        Descriptor compressed = repository("mixed")
                .manifest(result.digest())
                .orElseThrow()
                .read()
                .layers()
                .get(0);
        assertTrue("" + compressed, compressed.size() > 2 * part && compressed.size() < 2 * part + part / 10);
        Path file = folder.resolve("layer.gz");
        Files.write(file, repository("mixed").openBlob(compressed).readAllBytes());
        assertEquals(
                "",
                Run.of("gzip", "--test", "--verbose", file.toString())
                        .succeeded()
                        .replaceAll(".*OK\\s*", ""));
    }

    @Test
    public void archiveThatWasCutOffIsRefusedBeforeAnythingIsPushed() throws Exception {
        byte[] whole = Tars.dockerArchive(layer, Digest.of(layer), "app:1");
        for (int length : new int[] {0, 100, 512, 700, whole.length / 2, whole.length - 1024, whole.length - 10_241}) {
            if (length < 0) {
                continue;
            }
            Path archive = folder.resolve("cut-" + length + ".tar");
            Files.write(archive, java.util.Arrays.copyOf(whole, length));
            String message = assertThrows(ArchiveException.class, () -> push("docker-archive:" + archive, "cut"))
                    .getMessage();
            assertTrue(message, message.contains("cut off"));
        }
        assertEquals(List.of(), repository("cut").tags());
        Path damaged = folder.resolve("damaged.tar");
        byte[] other = whole.clone();
        other[20] ^= 1;
        Files.write(damaged, other);
        assertTrue(assertThrows(ArchiveException.class, () -> push("docker-archive:" + damaged, "cut"))
                .getMessage()
                .contains("wrong checksum"));
    }

    @Test
    public void blobThatIsMissingInTheSourceLeavesNoTag() throws Exception {
        Path blob =
                folder.resolve("layout/blobs/sha256").resolve(Digest.of(layer).hex());
        Files.delete(blob);
        assertThrows(NotFoundException.class, () -> push("oci:" + folder.resolve("layout") + ":v1", "missing-blob"));
        Files.write(blob, Samples.bytes(1, layer.length));
        assertThrows(
                DigestMismatchException.class, () -> push("oci:" + folder.resolve("layout") + ":v1", "missing-blob"));
        assertEquals(List.of(), repository("missing-blob").tags());
    }

    @Test
    public void everyPlatformOfAnIndexGoesAlong() throws Exception {
        Manifest index = Samples.pushIndex(layout, 3);
        layout.tag(index.digest(), "multi");
        List<Event> events = Collections.synchronizedList(new ArrayList<>());
        PushResult result;
        try (ImageSource source = ImageSource.open("oci:" + folder.resolve("layout") + ":multi")) {
            result = Push.of(source, repository("multi"))
                    .tagged("v1")
                    .inParallel(2)
                    .reporting(events::add)
                    .run();
        }
        assertEquals(index.digest(), result.digest());
        for (Descriptor platform : index.read().manifests()) {
            assertTrue(repository("multi").manifest(platform.digest()).isPresent());
            assertTrue(List.of(new Platform("linux", "amd64", ""), new Platform("linux", "arm64", ""))
                    .contains(platform.platform()));
        }
        assertEquals(
                "the tag is the last thing that happens",
                Event.Tagged.class,
                events.get(events.size() - 2).getClass());
        assertEquals(6, events.stream().filter(e -> e instanceof Event.BlobDone).count());
        // from registry to registry, inside one: nothing travels
        PushResult moved = push("docker://" + REGISTRY.host() + "/multi:v1", "multi-moved");
        assertEquals(0, moved.bytesUploaded());
        assertEquals(6, moved.mounted());
    }
}

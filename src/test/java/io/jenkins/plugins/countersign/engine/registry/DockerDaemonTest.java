package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Images of a real Docker daemon, into a registry to which that daemon pushes too. */
public class DockerDaemonTest {

    private static final byte[] LAYER = Samples.bytes(5, 300_000);

    @ClassRule
    public static final Dockerd DAEMON = new Dockerd();

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.plain();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private static Repository repository(String name) throws Exception {
        return Repositories.open(
                REGISTRY.host() + "/" + name, RegistryAccess.of(REGISTRY.host()).insecurePlainHttp());
    }

    private ImageSource source(String image) throws Exception {
        return ImageSource.daemon(image, temporary.getRoot().toPath(), new DockerDaemon(DAEMON.socket()));
    }

    @Test
    public void anImageByEachOfItsNames_isTheImageThatDockerPushes() throws Exception {
        byte[] tar = Tars.tar(Map.of("data", LAYER));
        String id = DAEMON.load("team/app:1.0", tar);
        String byDocker = REGISTRY.host() + "/by-docker:1.0";
        DAEMON.docker("tag", "team/app:1.0", byDocker);
        DAEMON.docker("push", byDocker);
        ManifestContent theirs = manifest("by-docker");
        assertEquals(id, theirs.configOrNull().digest().toString());
        DAEMON.docker("rmi", byDocker);

        for (String name :
                List.of("team/app:1.0", "team/app", id, id.substring("sha256:".length(), "sha256:".length() + 12))) {
            try (ImageSource source = source(name)) {
                push(source, "ours");
                ManifestContent ours = manifest("ours");
                assertEquals(
                        name,
                        theirs.configOrNull().digest(),
                        ours.configOrNull().digest());
                assertEquals(name, 1, ours.layers().size());
                assertArrayEquals(name, tar, unpacked("ours", ours.layers().get(0)));
                assertArrayEquals(tar, unpacked("by-docker", theirs.layers().get(0)));
            }
        }
    }

    private static ManifestContent manifest(String repository) throws Exception {
        Repository opened = repository(repository);
        return opened.manifest(opened.resolve("1.0").orElseThrow().digest())
                .orElseThrow()
                .read();
    }

    private static byte[] unpacked(String repository, Descriptor layer) throws Exception {
        try (InputStream in = new GZIPInputStream(repository(repository).openBlob(layer))) {
            return in.readAllBytes();
        }
    }

    @Test
    public void aLayerThatWasCompressedBefore_isCompressedOnlyForARegistryThatHasItNot() throws Exception {
        DAEMON.load("team/again:1.0", Tars.tar(Map.of("data", Samples.bytes(8, 400_000))));
        PushResult first;
        try (ImageSource source = source("team/again:1.0")) {
            first = push(source, "again");
            assertEquals(1, compressed().size());
        }
        try (ImageSource source = source("team/again:1.0")) {
            PushResult again = push(source, "again");
            assertEquals(first.digest(), again.digest());
            assertEquals(0, again.bytesUploaded());
            assertEquals("not even asked for", List.of(), temporaryFiles());

            PushResult elsewhere = push(source, "elsewhere");
            assertEquals(first.digest(), elsewhere.digest());
            assertEquals(first.bytesUploaded(), elsewhere.bytesUploaded());
            assertEquals(1, compressed().size());
        }
        assertEquals(List.of(), temporaryFiles());

        // The same layer, in another image.
        DAEMON.docker("build", "--tag", "team/again:2.0", DAEMON.context("FROM team/again:1.0\nLABEL other=image\n"));
        try (ImageSource source = source("team/again:2.0")) {
            PushResult other = push(source, "again");
            assertNotEquals(first.digest(), other.digest());
            assertEquals(List.of(), compressed());
            assertEquals(1, other.skipped());
        }
    }

    @Test
    public void aNameThatMoved_isNotTakenForTheImageOfBefore() throws Exception {
        String before = DAEMON.load("team/moved:1.0", Tars.tar(Map.of("data", Samples.bytes(11, 1000))));
        PushResult first;
        try (ImageSource source = source("team/moved:1.0")) {
            first = push(source, "moved");
        }
        DAEMON.load("team/moved:1.0", Tars.tar(Map.of("data", Samples.bytes(12, 1000))));
        try (ImageSource source = source("team/moved:1.0")) {
            assertNotEquals(first.digest(), push(source, "moved").digest());
        }
        try (ImageSource source = source(before)) {
            assertEquals(first.digest(), push(source, "moved").digest());
        }
        try (ImageSource source = source(before)) {
            DAEMON.docker("rmi", before);
            assertEquals(first.digest(), push(source, "moved").digest());
            assertThat(
                    assertThrows(RegistryException.class, () -> push(source, "moved-away"))
                            .getMessage(),
                    containsString(before + " from the Docker daemon"));
            assertEquals(List.of(), repository("moved-away").tags());
        }
    }

    @Test
    public void aLayerThatPassesForOneThatWasCompressedBefore_isRefused() throws Exception {
        byte[] tar = Tars.tar(Map.of("data", Samples.bytes(9, 400_000)));
        Path archive = temporary.newFile("image.tar").toPath();
        Files.write(archive, Tars.dockerArchive(tar, Digest.of(tar), "app:1"));
        try (ImageSource source = ImageSource.open("docker-archive:" + archive)) {
            push(source, "passes");
        }
        Files.write(archive, Tars.dockerArchive(Samples.bytes(10, 400_000), Digest.of(tar), "app:1"));
        assertThat(
                assertThrows(ArchiveException.class, () -> ImageSource.open("docker-archive:" + archive))
                        .getMessage(),
                containsString("has other content than the config says"));
    }

    private static PushResult push(ImageSource source, String repository) throws Exception {
        return Push.of(source, repository(repository)).tagged("1.0").run();
    }

    private List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> all = Files.walk(temporary.getRoot().toPath())) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private List<Path> compressed() throws IOException {
        return temporaryFiles().stream()
                .filter(file -> file.toString().endsWith(".tar.gz"))
                .toList();
    }

    @Test
    public void aNameOfSeveralImagesOrOfNone_isRefused() throws Exception {
        DAEMON.load("team/many:1.0", Tars.tar(Map.of("data", Samples.bytes(6, 1000))));
        DAEMON.load("team/many:2.0", Tars.tar(Map.of("data", Samples.bytes(7, 1000))));
        assertThat(
                assertThrows(ArchiveException.class, () -> source("team/many")).getMessage(),
                containsString("2 images in docker-daemon:team/many, say which"));
        assertThat(
                assertThrows(NotFoundException.class, () -> source("team/many:3.0"))
                        .getMessage(),
                containsString("there is no image team/many:3.0 at the Docker daemon at " + DAEMON.socket()));
        source("team/many:2.0").close();
    }

    @Test(timeout = 60_000)
    public void anAnswerThatBreaksOff() throws Exception {
        byte[] archive = Tars.dockerArchive(LAYER, Digest.of(LAYER), "app:1");
        Path socket = temporary.getRoot().toPath().resolve("docker.sock");
        try (FakeDaemon daemon = new FakeDaemon(socket)) {
            daemon.answers("HTTP/1.0 200 OK\r\n\r\n", Arrays.copyOf(archive, archive.length / 2));
            assertThat(
                    assertThrows(
                                    ArchiveException.class,
                                    () -> ImageSource.daemon(
                                            "app:1", temporary.getRoot().toPath(), new DockerDaemon(socket)))
                            .getMessage(),
                    containsString("cut off"));
            assertTrue(daemon.request, daemon.request.startsWith("GET /images/app%3A1/get HTTP/1.0"));
            daemon.answers("HTTP/1.0 200 OK\r\n\r\n", archive);
            ImageSource.daemon("app:1", temporary.getRoot().toPath(), new DockerDaemon(socket))
                    .close();
        }
    }

    @Test
    public void dockerHostThatIsNoSocketIsRefused() {
        assertThat(
                assertThrows(ArchiveException.class, () -> DockerDaemon.of("tcp://10.0.0.1:2375"))
                        .getMessage(),
                containsString("through its Unix socket only"));
    }

    /** Answers one request after the other as it was told. */
    private static final class FakeDaemon implements AutoCloseable {

        private final Path socket;
        private final ServerSocketChannel server;
        private final Thread thread;
        private volatile String head;
        private volatile byte[] body;
        private volatile String request = "";

        FakeDaemon(Path socket) throws Exception {
            this.socket = socket;
            this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            thread = new Thread(this::serve);
            thread.setDaemon(true);
            thread.start();
        }

        void answers(String someHead, byte[] someBody) {
            head = someHead;
            body = someBody;
        }

        private void serve() {
            while (server.isOpen()) {
                try (SocketChannel channel = server.accept()) {
                    ByteBuffer buffer = ByteBuffer.allocate(4096);
                    channel.read(buffer);
                    request = new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
                    var out = Channels.newOutputStream(channel);
                    out.write(head.getBytes(StandardCharsets.US_ASCII));
                    out.write(body);
                } catch (IOException e) {
                    return;
                }
            }
        }

        @Override
        public void close() throws Exception {
            server.close();
        }
    }
}

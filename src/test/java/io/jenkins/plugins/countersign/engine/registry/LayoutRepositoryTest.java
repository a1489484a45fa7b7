package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class LayoutRepositoryTest extends RepositoryContract {

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Path folder;
    private Repository layout;

    @Before
    public void open() {
        folder = temporary.getRoot().toPath().resolve("layout");
        layout = Repositories.open("oci:" + folder);
    }

    @Override
    Repository open(String name) {
        return Repositories.open("oci:" + temporary.getRoot().toPath().resolve(name));
    }

    @Test
    public void blobWithOtherBytesIsNotStored() throws Exception {
        Descriptor descriptor = Descriptor.of("a/b", "good".getBytes());
        String message = assertThrows(
                        DigestMismatchException.class,
                        () -> layout.pushBlob(descriptor, ContentSource.of("evil".getBytes())))
                .getMessage();
        assertTrue(message, message.contains("expected " + descriptor.digest()));
        assertTrue(message, message.contains("found " + Digest.of("evil".getBytes())));
        assertThrows(
                SizeMismatchException.class,
                () -> layout.pushBlob(descriptor, ContentSource.of("good and".getBytes())));
        assertThrows(
                SizeMismatchException.class, () -> layout.pushBlob(descriptor, ContentSource.of("goo".getBytes())));
        assertFalse(layout.hasBlob(descriptor.digest()));
        assertEquals("nothing half done is left", List.of(), blobFiles());
    }

    @Test
    public void blobThatWasDamagedOnDiskIsRefusedBeforeItsLastByte() throws Exception {
        Descriptor descriptor = Samples.pushBlob(layout, "a/b", "good".getBytes());
        Files.writeString(
                folder.resolve("blobs/sha256").resolve(descriptor.digest().hex()), "evil");
        try (InputStream in = layout.openBlob(descriptor)) {
            assertThrows(DigestMismatchException.class, () -> in.readNBytes(4));
        }
        Files.writeString(
                folder.resolve("blobs/sha256").resolve(descriptor.digest().hex()), "good and more");
        try (InputStream in = layout.openBlob(descriptor)) {
            assertThrows(SizeMismatchException.class, () -> in.readNBytes(4));
        }
    }

    @Test
    public void manifestThatWasDamagedOnDiskIsRefused() throws Exception {
        Manifest image = Samples.pushImage(layout, 1, 10);
        Path file = folder.resolve("blobs/sha256").resolve(image.digest().hex());
        Files.writeString(file, Files.readString(file).replace("schemaVersion", "schemaversion"));
        assertThrows(DigestMismatchException.class, () -> layout.manifest(image.digest()));
    }

    @Test
    public void manifestWhosePartsAreMissingIsNotStored() {
        Descriptor missing = Descriptor.of("a/b", "never pushed".getBytes());
        Manifest manifest = ManifestContent.artifact("x/y", null, List.of(missing), java.util.Map.of())
                .toManifest();
        assertThrows(NotFoundException.class, () -> layout.pushManifest(manifest));
        assertThrows(NotFoundException.class, () -> layout.tag(manifest.digest(), "v1"));
    }

    @Test
    public void oneTagOnTwoManifestsIsRefusedAsAmbiguous() throws Exception {
        layout.tag(Samples.pushImage(layout, 1, 10).digest(), "v1");
        layout.tag(Samples.pushImage(layout, 2, 10).digest(), "v2");
        Path index = folder.resolve("index.json");
        Files.writeString(index, Files.readString(index).replace("\"v2\"", "\"v1\""));
        String message = assertThrows(MalformedManifestException.class, () -> layout.resolve("v1"))
                .getMessage();
        assertTrue(message, message.contains("gives the tag \"v1\" to 2 manifests"));
    }

    @Test
    public void imageIsReadBackAndItsTagMoves() throws Exception {
        Manifest first = Samples.pushImage(layout, 1, 10, 0, 5000);
        Manifest second = Samples.pushIndex(layout, 2);
        assertTrue(layout.resolve("v1").isEmpty());
        layout.tag(first.digest(), "v1");
        layout.tag(first.digest(), "other");
        layout.tag(second.digest(), "v1");
        assertEquals(second.descriptor(), layout.resolve("v1").orElseThrow());
        assertEquals(List.of("other", "v1"), layout.tags());
        Manifest read = layout.manifest(first.digest()).orElseThrow();
        assertEquals(first.mediaType(), read.mediaType());
        assertArrayEquals(first.content(), read.content());
        for (Descriptor blob : read.read().blobs()) {
            try (InputStream in = layout.openBlob(blob)) {
                assertEquals(blob.digest(), Digest.of(in.readAllBytes()));
            }
        }
        assertEquals(
                "a blob is no manifest",
                java.util.Optional.empty(),
                layout.manifest(read.read().layers().get(0).digest()));
    }

    @Test
    public void whatIsAttachedIsListedOnce() throws Exception {
        Descriptor image = Samples.pushImage(layout, 1, 10).descriptor();
        Descriptor other = Samples.pushImage(layout, 2, 10).descriptor();
        assertEquals(List.of(), layout.referrers(image.digest()));
        Manifest statement = Samples.statement(layout, image, "approved");
        layout.attach(statement);
        layout.attach(statement);
        layout.tag(statement.digest(), "statement");
        layout.attach(Samples.statement(layout, other, "rejected"));
        List<Descriptor> referrers = layout.referrers(image.digest());
        assertEquals(1, referrers.size());
        assertEquals(statement.digest(), referrers.get(0).digest());
        assertEquals("application/vnd.example.statement+json", referrers.get(0).artifactType());
        assertEquals("approved", referrers.get(0).annotations().get("text"));
        Manifest alone = Samples.pushImage(layout, 3, 10);
        assertThrows(MalformedManifestException.class, () -> layout.attach(alone));
    }

    @Test(timeout = 120_000)
    public void fiftyThreadsAttachAtOnceAndFiftyStatementsAreThere() throws Exception {
        Manifest image = Samples.pushImage(layout, 1, 10);
        FiftyWriters.inThreads(50, () -> Repositories.open("oci:" + folder), image.descriptor());
        assertEquals(50, layout.referrers(image.digest()).size());
    }

    @Test(timeout = 120_000)
    public void severalProcessesAttachAtOnceAndAllStatementsAreThere() throws Exception {
        Manifest image = Samples.pushImage(layout, 1, 10);
        FiftyWriters.inProcesses(4, 10, "oci:" + folder, image.digest());
        assertEquals(40, layout.referrers(image.digest()).size());
    }

    private List<Path> blobFiles() throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve("blobs"))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}

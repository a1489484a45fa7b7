package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.junit.rules.Timeout;

/** Files that leave through the kernel, over plain HTTP: what the registry refuses is blamed on the file, and others read the rest. */
public class ReadersOfPushTest {

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.plain();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    @Rule
    public final Timeout limit = new Timeout(120, TimeUnit.SECONDS);

    private Path folder;
    private Manifest image;
    private Descriptor layer;

    @Before
    public void makeImage() throws Exception {
        folder = temporary.getRoot().toPath();
        Repository layout = Repositories.open("oci:" + folder.resolve("layout"));
        image = Samples.pushImage(layout, 1, 3_000_000);
        layout.tag(image.digest(), "v1");
        layer = image.read().layers().get(0);
    }

    private static Repository repository(String name) {
        return Repositories.open(
                REGISTRY.host() + "/" + name, RegistryAccess.of(REGISTRY.host()).insecurePlainHttp());
    }

    private static PushResult push(String source, String name) throws Exception {
        try (ImageSource opened =
                ImageSource.open(source, RegistryAccess.of(REGISTRY.host()).insecurePlainHttp())) {
            return Push.of(opened, repository(name)).tagged("v1").run();
        }
    }

    private Path layerFile() {
        return folder.resolve("layout/blobs/sha256").resolve(layer.digest().hex());
    }

    @Test
    public void fileThatWasDamagedIsBlamedAndNothingIsTagged() throws Exception {
        byte[] damaged = Files.readAllBytes(layerFile());
        damaged[damaged.length / 2] ^= 1;
        Files.write(layerFile(), damaged);
        String message = assertThrows(
                        DigestMismatchException.class, () -> push("oci:" + folder.resolve("layout") + ":v1", "damaged"))
                .getMessage();
        assertThat(message, containsString("expected " + layer.digest()));
        assertThat(message, containsString("found " + Digest.of(damaged)));
        assertEquals(false, repository("damaged").hasBlob(layer.digest()));
        assertEquals(List.of(), repository("damaged").tags());
    }

    @Test
    public void fileOfAnotherSizeIsRefused() throws Exception {
        Files.write(layerFile(), new byte[(int) layer.size() - 1]);
        assertThrows(SizeMismatchException.class, () -> push("oci:" + folder.resolve("layout") + ":v1", "shorter"));
        assertEquals(List.of(), repository("shorter").tags());
    }

    @Test
    public void archiveThatWasDamagedIsBlamedAndNothingIsTagged() throws Exception {
        RealPart.require("tar");
        byte[] damaged = Files.readAllBytes(layerFile());
        damaged[0] ^= 1;
        Files.write(layerFile(), damaged);
        Path archive = folder.resolve("image.tar");
        Run.of("tar", "-cf", archive.toString(), "-C", folder.resolve("layout").toString(), ".")
                .succeeded();
        assertThrows(DigestMismatchException.class, () -> push("oci-archive:" + archive + ":v1", "damaged-archive"));
        assertEquals(List.of(), repository("damaged-archive").tags());
    }

    @Test
    public void craneOrasAndSkopeoReadWhatEverySourceBrought() throws Exception {
        RealPart.require("crane");
        RealPart.require("oras");
        RealPart.require("skopeo");
        Path archive = folder.resolve("image.tar");
        Run.of("tar", "-cf", archive.toString(), "-C", folder.resolve("layout").toString(), ".")
                .succeeded();
        push("oci:" + folder.resolve("layout") + ":v1", "from-layout");
        push("oci-archive:" + archive + ":v1", "from-archive");
        push("docker://" + REGISTRY.host() + "/from-layout:v1", "from-registry");
        byte[] expected = Files.readAllBytes(layerFile());
        for (String name : List.of("from-layout", "from-archive", "from-registry")) {
            String reference = REGISTRY.host() + "/" + name;
            assertEquals(
                    image.digest().toString(),
                    Run.of("crane", "digest", "--insecure", reference + ":v1")
                            .succeeded()
                            .trim());
            Path blob = folder.resolve(name + ".blob");
            Run.of(
                            "oras",
                            "blob",
                            "fetch",
                            "--plain-http",
                            "--output",
                            blob.toString(),
                            reference + "@" + layer.digest())
                    .succeeded();
            assertArrayEquals(expected, Files.readAllBytes(blob));
            Run.of(
                            "skopeo",
                            "copy",
                            "-q",
                            "--src-tls-verify=false",
                            "--preserve-digests",
                            "docker://" + reference + ":v1",
                            "oci:" + folder.resolve(name) + ":v1")
                    .succeeded();
            assertEquals(
                    image.digest(),
                    Repositories.open("oci:" + folder.resolve(name))
                            .resolve("v1")
                            .orElseThrow()
                            .digest());
        }
    }
}

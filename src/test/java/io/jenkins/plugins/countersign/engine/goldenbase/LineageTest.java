package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.goldenbase.Lineage.Verdict;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Images that buildah really built, on golden bases, on old ones, on others, flattened, recompressed, for two platforms. */
public class LineageTest {

    private static final String GOLDEN = "registry.example.com/golden/java";
    private static final Instant MONDAY = Instant.parse("2026-11-16T00:00:00Z");
    private static final Instant TUESDAY = Instant.parse("2026-11-17T00:00:00Z");
    private static final String TWO_LAYERS = "FROM scratch\nCOPY Dockerfile /golden\nCOPY content /java\n";
    private static final String APPLICATION = "FROM localhost/base\nCOPY content /application\n";

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    private static Path layout;
    private static Repository repository;
    private static GoldenImages golden;

    @BeforeClass
    public static void build() throws Exception {
        RealPart.require("skopeo");
        Buildah buildah = new Buildah(FOLDER.getRoot().toPath());
        layout = FOLDER.newFolder("layout").toPath();
        repository = LayoutRepository.at(layout);

        buildah.build("localhost/base", "java 17.0.1", TWO_LAYERS);
        buildah.push("localhost/base", layout, "golden-17");
        buildah.build("localhost/app", "old application", APPLICATION);
        buildah.push("localhost/app", layout, "on-old");
        golden = GoldenImages.NONE.observe(repository, GOLDEN, "golden-17", MONDAY);

        buildah.build("localhost/base", "java 17.0.2", TWO_LAYERS);
        buildah.push("localhost/base", layout, "golden-17");
        buildah.build("localhost/app", "application", APPLICATION);
        buildah.push("localhost/app", layout, "on-golden");
        buildah.build("localhost/app", "application", APPLICATION, "--squash");
        buildah.push("localhost/app", layout, "squashed");
        golden = golden.observe(repository, GOLDEN, "golden-17", TUESDAY);

        buildah.build("localhost/base", "evil", "FROM scratch\nCOPY Dockerfile /evil\nCOPY content /evil2\n");
        buildah.build("localhost/app", "application", APPLICATION);
        buildah.push("localhost/app", layout, "on-foreign");
        buildah.build("localhost/base", "half", "FROM scratch\nCOPY Dockerfile /golden\n");
        buildMultiPlatform(buildah);
    }

    private static void buildMultiPlatform(Buildah buildah) throws Exception {
        for (String kind : List.of("golden", "app", "mixed")) {
            buildah.run("manifest", "create", "localhost/" + kind + "-index");
        }
        for (String arch : List.of("amd64", "arm64")) {
            buildah.build("localhost/base", "java for " + arch, TWO_LAYERS, "--platform", "linux/" + arch);
            buildah.run("manifest", "add", "localhost/golden-index", "localhost/base");
            buildah.build("localhost/app", "application", APPLICATION, "--platform", "linux/" + arch);
            buildah.run("manifest", "add", "localhost/app-index", "localhost/app");
            if (arch.equals("amd64")) {
                buildah.run("manifest", "add", "localhost/mixed-index", "localhost/app");
            }
        }
        buildah.build(
                "localhost/base",
                "evil",
                "FROM scratch\nCOPY Dockerfile /a\nCOPY content /b\n",
                "--platform",
                "linux/arm64");
        buildah.run("manifest", "add", "localhost/mixed-index", "localhost/base");
        for (String kind : List.of("golden", "app", "mixed")) {
            buildah.run(
                    "manifest",
                    "push",
                    "--all",
                    "localhost/" + kind + "-index",
                    "oci:" + layout + ":" + kind + "-index");
        }
        golden = golden.observe(repository, GOLDEN, "golden-index", TUESDAY);
    }

    @Test
    public void foreignBaseStandsOnSomethingElse() throws Exception {
        Lineage lineage = lineage("on-foreign");

        assertEquals(Verdict.FOREIGN, only(lineage).verdict());
        assertThat(only(lineage).message(), containsString("stands on something else"));
        assertFalse(lineage.isGolden());
    }

    @Test
    public void oldGoldenBaseNamesItsReplacement() throws Exception {
        Lineage lineage = lineage("on-old");
        Digest now = repository.resolve("golden-17").orElseThrow().digest();

        assertEquals(Verdict.REPLACED, only(lineage).verdict());
        assertThat(only(lineage).message(), containsString("has been replaced by " + now));
        assertFalse(lineage.isGolden());
    }

    @Test
    public void squashedImageCannotBeTold() throws Exception {
        Lineage lineage = lineage("squashed");

        assertEquals(Verdict.FLATTENED, only(lineage).verdict());
        assertFalse(lineage.isGolden());
    }

    @Test
    public void goldenBaseIsNamedWithItsDigest() throws Exception {
        Lineage lineage = lineage("on-golden");
        Digest now = repository.resolve("golden-17").orElseThrow().digest();

        assertEquals(Verdict.GOLDEN, only(lineage).verdict());
        assertThat(only(lineage).message(), containsString("descends from golden " + GOLDEN + ":golden-17 at " + now));
        assertTrue(lineage.isGolden());
    }

    @Test
    public void recompressionWithZstandardLosesNothing() throws Exception {
        Path plain = FOLDER.newFolder("plain").toPath();
        Run.of(
                        "skopeo",
                        "copy",
                        "--insecure-policy",
                        "--dest-decompress",
                        "oci:" + layout + ":on-golden",
                        "dir:" + plain)
                .succeeded();
        for (String format : List.of("zstd", "gzip")) {
            String tag = "recompressed-" + format;
            Run.of(
                            "skopeo",
                            "copy",
                            "--insecure-policy",
                            "--dest-compress-format",
                            format,
                            "dir:" + plain,
                            "oci:" + layout + ":" + tag)
                    .succeeded();
            if (format.equals("zstd")) {
                assertFalse("the layers are others now", layers(tag).equals(layers("on-golden")));
            }
            assertEquals(format, Verdict.GOLDEN, only(lineage(tag)).verdict());
        }
    }

    @Test
    public void archiveOfDockerTellsTheSame() throws Exception {
        Path archive = FOLDER.getRoot().toPath().resolve("image.tar");
        Run.of(
                        "skopeo",
                        "copy",
                        "--insecure-policy",
                        "oci:" + layout + ":on-golden",
                        "docker-archive:" + archive + ":a/b:c")
                .succeeded();
        try (ImageSource source = ImageSource.open("docker-archive:" + archive)) {
            Lineage lineage = Lineage.of(source.content(), source.digest(), golden, catalogue(), context());
            assertEquals(Verdict.GOLDEN, only(lineage).verdict());
        }
    }

    @Test
    public void everyPlatformIsJudged() throws Exception {
        Lineage golden = lineage("app-index");
        assertEquals(2, golden.platforms().size());
        assertTrue(golden.toString(), golden.isGolden());

        Lineage mixed = lineage("mixed-index");
        assertEquals(
                List.of(Verdict.GOLDEN, Verdict.FOREIGN),
                mixed.platforms().stream().map(Lineage.OnPlatform::verdict).toList());
        assertFalse("one golden platform does not carry the other", mixed.isGolden());
    }

    @Test
    public void diffIdsThatAreNotTrueAreRefused() throws Exception {
        BuiltImage real = BuiltImage.read(
                        repository,
                        repository.resolve("on-golden").orElseThrow().digest())
                .get(0);
        byte[] layer = "no layer of golden".getBytes(StandardCharsets.UTF_8);
        Descriptor blob = Descriptor.of("application/vnd.oci.image.layer.v1.tar", layer);
        String config =
                "{\"os\":\"linux\",\"architecture\":\"" + real.platform().architecture()
                        + "\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + real.diffIds().get(0) + "\",\""
                        + real.diffIds().get(1) + "\"]}}";
        Descriptor configuration = Descriptor.of(MediaTypes.OCI_CONFIG, config.getBytes(StandardCharsets.UTF_8));
        repository.pushBlob(blob, Repository.ContentSource.of(layer));
        repository.pushBlob(configuration, Repository.ContentSource.of(config.getBytes(StandardCharsets.UTF_8)));
        String entry = "{\"mediaType\":\"" + blob.mediaType() + "\",\"digest\":\"" + blob.digest() + "\",\"size\":"
                + blob.size() + "}";
        Manifest forged = new Manifest(
                MediaTypes.OCI_MANIFEST,
                ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\",\"config\":{\"mediaType\":\""
                                + MediaTypes.OCI_CONFIG + "\",\"digest\":\"" + configuration.digest() + "\",\"size\":"
                                + configuration.size() + "},\"layers\":[" + entry + "," + entry + "]}")
                        .getBytes(StandardCharsets.UTF_8));
        repository.pushManifest(forged);

        RegistryException refusal = assertThrows(
                RegistryException.class, () -> Lineage.of(repository, forged.digest(), golden, catalogue(), context()));
        assertThat(refusal.getMessage(), containsString("its diff ids are not true"));
    }

    @Test
    public void goldenImageThatTheCatalogueDeniesDoesNotCount() throws Exception {
        Catalogue denying = Catalogue.read(new ObjectMapper()
                .readTree("{\"allow\":[\"registry.example.com/golden/**\"],\"deny\":[{\"image\":\"" + GOLDEN
                        + "\",\"reason\":\"CVE-2026-0001\"}]}"));
        Lineage lineage = Lineage.of(
                repository, repository.resolve("on-golden").orElseThrow().digest(), golden, denying, context());

        assertEquals(Verdict.FOREIGN, only(lineage).verdict());
        assertThat(only(lineage).message(), containsString("CVE-2026-0001"));
    }

    @Test
    public void whatWasSeenSurvivesBeingStored() throws Exception {
        assertEquals(
                golden,
                GoldenImages.read(new ObjectMapper().readTree(golden.toJson().toString())));
    }

    private static Lineage lineage(String tag) throws Exception {
        return Lineage.of(repository, repository.resolve(tag).orElseThrow().digest(), golden, catalogue(), context());
    }

    private static Catalogue catalogue() throws CatalogueException {
        return Catalogue.allowing("registry.example.com/golden/**");
    }

    private static CheckContext context() {
        return CheckContext.offline(Clock.fixed(TUESDAY, ZoneOffset.UTC));
    }

    private static Lineage.OnPlatform only(Lineage lineage) {
        assertEquals(1, lineage.platforms().size());
        return lineage.platforms().get(0);
    }

    private static List<Digest> layers(String tag) throws Exception {
        Digest digest = repository.resolve(tag).orElseThrow().digest();
        return ManifestContent.of(repository.manifest(digest).orElseThrow()).layers().stream()
                .map(Descriptor::digest)
                .toList();
    }
}

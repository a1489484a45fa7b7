package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.FakeRegistry;
import io.jenkins.plugins.countersign.engine.registry.LoginSource;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.ClassRule;
import org.junit.Test;

/** A real registry with TLS and a login, asked for repositories, tags and triggers. */
public class RegistryBasesTest {

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    @ClassRule
    public static final FakeRegistry LISTLESS = FakeRegistry.plain();

    private final RegistryBases bases = new RegistryBases(RegistryBasesTest::access);

    private static RegistryAccess access(String host) throws IOException {
        return RegistryAccess.of(host)
                .withAuthorities(Files.readString(REGISTRY.authority()))
                .withLogin(LoginSource.of(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }

    @Test
    public void registryThatLetsNobodyInIsNoEmptyOrganisation() {
        RegistryBases strangers = new RegistryBases(
                host -> RegistryAccess.of(host).withAuthorities(Files.readString(REGISTRY.authority())));
        assertThrows(RegistryException.class, () -> strangers.repositories(REGISTRY.host(), "golden"));
    }

    @Test
    public void organisationHoldsWhatLiesBelowIt() throws Exception {
        push("golden/java", "1", "");
        push("golden/deep/er", "1", "");
        push("goldenish/x", "1", "");
        assertEquals(Set.of("golden/java", "golden/deep/er"), bases.repositories(REGISTRY.host(), "golden"));
    }

    @Test
    public void repositoryIsAskedForItselfWhereTheRegistryListsNothing() throws Exception {
        RegistryBases asked = new RegistryBases(host -> LISTLESS.access());
        GoldenOrganisations cached =
                new CachedOrganisations(asked, Clock.systemUTC(), Duration.ofMinutes(10)).asking(asked);
        try (Repository repository = LISTLESS.repository("golden/java")) {
            push(repository, "1", "");
        }
        for (GoldenOrganisations organisations : List.of(asked, cached)) {
            assertTrue(organisations.contains(LISTLESS.host(), "golden", "golden/java"));
            for (String absent : List.of("golden/absent", "goldenish/java", "golden")) {
                assertThrows(
                        absent,
                        RegistryException.class,
                        () -> organisations.contains(LISTLESS.host(), "golden", absent));
            }
        }
        assertFalse("where there is a list, it decides", bases.contains(REGISTRY.host(), "golden", "golden/absent"));
    }

    @Test
    public void triggersInTheImageAreFollowed() throws Exception {
        push("base/sly", "1", "\"COPY --from=evil.example/x / /\"");
        BuildInputs inputs = BuildInputs.of(
                ("FROM " + REGISTRY.host() + "/base/sly:1\n").getBytes(StandardCharsets.UTF_8),
                "Dockerfile",
                BuildOptions.defaults(),
                (reference, platform) -> reference.startsWith("evil") ? List.of() : bases.onbuild(reference, platform));
        assertEquals(Set.of(REGISTRY.host() + "/base/sly:1", "evil.example/x:latest"), inputs.images());
    }

    @Test
    public void imageThatIsNotThereIsUnknown() {
        BuildInputs inputs = BuildInputs.of(
                ("FROM " + REGISTRY.host() + "/base/none:1\n").getBytes(StandardCharsets.UTF_8),
                "Dockerfile",
                BuildOptions.defaults(),
                bases);
        assertEquals(1, inputs.unknowns().size());
        assertThat(inputs.unknowns().get(0).message(), containsString("could not be read"));
    }

    private void push(String name, String tag, String triggers) throws Exception {
        try (Repository repository = bases.repository(ImageReference.parse(REGISTRY.host() + "/" + name))) {
            push(repository, tag, triggers);
        }
    }

    private static void push(Repository repository, String tag, String triggers) throws Exception {
        byte[] config = ("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"OnBuild\":[" + triggers
                        + "]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}")
                .getBytes(StandardCharsets.UTF_8);
        Descriptor descriptor = Descriptor.of(MediaTypes.OCI_CONFIG, config);
        Manifest manifest = new Manifest(
                MediaTypes.OCI_MANIFEST,
                ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\",\"config\":{\"mediaType\":\""
                                + MediaTypes.OCI_CONFIG + "\",\"digest\":\"" + descriptor.digest() + "\",\"size\":"
                                + config.length + "},\"layers\":[]}")
                        .getBytes(StandardCharsets.UTF_8));
        repository.pushBlob(descriptor, Repository.ContentSource.of(config));
        repository.pushManifest(manifest);
        repository.tag(manifest.digest(), tag);
    }
}

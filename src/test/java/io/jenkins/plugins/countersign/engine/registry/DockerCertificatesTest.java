package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.event.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Folders of the form {@code certs.d}, before two registries that each let in whom their own authority certified. */
public class DockerCertificatesTest {

    private static final TestCertificate BUILDERS = TestCertificate.authority("Builders");
    private static final TestCertificate RELEASERS = TestCertificate.authority("Releasers");

    @ClassRule
    public static final DockerRegistry BUILD = DockerRegistry.demanding(BUILDERS);

    @ClassRule
    public static final DockerRegistry RELEASE = DockerRegistry.demanding(RELEASERS);

    @Rule
    public final TemporaryFolder home = new TemporaryFolder();

    private Path place(String name) {
        return home.getRoot().toPath().resolve(name);
    }

    private static Path file(Path folder, String name, String content) throws Exception {
        Files.createDirectories(folder);
        return Files.writeString(folder.resolve(name), content);
    }

    private static Path keep(Path place, DockerRegistry registry, TestCertificate client) throws Exception {
        Path folder = place.resolve(registry.host());
        file(folder, "ca.crt", Files.readString(registry.authority()));
        file(folder, "client.cert", client.pem());
        file(folder, "client.key", client.keyPem());
        return folder;
    }

    private static RegistryAccess access(DockerRegistry registry, Path... places) throws Exception {
        return DockerCertificates.in(places)
                .addedTo(RegistryAccess.of(registry.host()).withSleeper(pause -> {}), Progress.NONE);
    }

    private static String refused(DockerRegistry registry, Path place) {
        return assertThrows(
                        RegistryException.class, () -> access(registry, place).ping())
                .getMessage();
    }

    @Test
    public void certificateOfOneHostIsNotShownToAnother() throws Exception {
        Path place = place("certs.d");
        keep(place, BUILD, BUILDERS.issue("builder"));
        file(place.resolve(RELEASE.host()), "ca.crt", Files.readString(RELEASE.authority()));
        assertThat(
                refused(RELEASE, place),
                containsString(RELEASE.host() + " wants a client certificate, and none was given for it"));
        access(BUILD, place).ping();
    }

    @Test
    public void folderWithoutThePortIsAnotherHosts() throws Exception {
        Path place = place("certs.d");
        Files.move(keep(place, BUILD, BUILDERS.issue("builder")), place.resolve("localhost"));
        assertThat(refused(BUILD, place), containsString("the certificate of " + BUILD.host() + " is not trusted"));
    }

    @Test
    public void hostThatLeadsOutOfThePlaceKnowsNothing() throws Exception {
        keep(place("certs.d"), BUILD, BUILDERS.issue("builder"));
        for (String host : List.of("../certs.d/" + BUILD.host(), "..", ".", "a/../" + BUILD.host())) {
            RegistryAccess access = RegistryAccess.of(host);
            assertSame(host, access, DockerCertificates.in(place("certs.d")).addedTo(access, Progress.NONE));
        }
    }

    @Test
    public void certificateWithoutItsKey_andKeyWithoutItsCertificate() throws Exception {
        Path folder = keep(place("certs.d"), BUILD, BUILDERS.issue("builder"));
        Files.delete(folder.resolve("client.key"));
        assertThat(
                refused(BUILD, place("certs.d")),
                containsString("client.cert is a client certificate, but its key client.key is not beside it"));
        Files.delete(folder.resolve("client.cert"));
        file(folder, "client.key", BUILDERS.issue("builder").keyPem());
        assertThat(
                refused(BUILD, place("certs.d")),
                containsString("is a client certificate's key, but there is no client.cert beside it"));
    }

    @Test
    public void filesThatAreNoPem() throws Exception {
        Path folder = keep(place("certs.d"), BUILD, BUILDERS.issue("builder"));
        file(folder, "client.key", "a secret that is no key");
        String said = refused(BUILD, place("certs.d"));
        assertThat(said, containsString("client.key cannot be used: "));
        assertThat(said, not(containsString("a secret")));
        file(folder, "client.key", BUILDERS.issue("other").keyPem());
        assertThat(
                refused(BUILD, place("certs.d")),
                containsString("is not the key of the client certificate \"CN=builder\""));
        keep(place("certs.d"), BUILD, BUILDERS.issue("builder"));
        file(folder, "ca.crt", "no authority");
        assertThat(
                refused(BUILD, place("certs.d")),
                containsString("there is no certificate in PEM where one is expected"));
        file(folder, "ca.crt", "x".repeat((1 << 20) + 1));
        assertThat(refused(BUILD, place("certs.d")), containsString("bytes, at most 1048576 are accepted"));
    }

    @Test
    public void firstPlaceThatKnowsTheHostIsTakenAlone() throws Exception {
        keep(place("machine"), BUILD, BUILDERS.issue("builder"));
        file(place("user").resolve(BUILD.host()), "ca.crt", Files.readString(BUILD.authority()));
        RegistryAccess access = access(BUILD, place("user"), place("machine"));
        assertThat(
                assertThrows(UnauthorizedException.class, access::ping).getMessage(),
                containsString("none was given for it"));
        access(BUILD, place("nowhere"), place("machine")).ping();
    }

    @Test
    public void ofSeveralCertificatesTheOneIsShownThatTheRegistryAsksFor() throws Exception {
        Path folder = keep(place("certs.d"), RELEASE, BUILDERS.issue("builder"));
        file(folder, "release.cert", RELEASERS.issue("releaser").pem());
        assertThat(refused(RELEASE, place("certs.d")), containsString("its key release.key is not beside it"));
        TestCertificate releaser = RELEASERS.issue("releaser");
        file(folder, "release.cert", releaser.pem());
        file(folder, "release.key", releaser.keyPem());
        access(RELEASE, place("certs.d")).ping();
    }

    /** One folder serves both, so what is set up for podman and skopeo needs no second copy here. */
    @Test
    public void promotesBetweenTwoRegistriesThatAskForDifferentCertificates_asSkopeoDoes() throws Exception {
        Path place = place(".config/containers/certs.d");
        keep(place, BUILD, BUILDERS.issue("builder"));
        keep(place, RELEASE, RELEASERS.issue("releaser"));
        Map<String, String> environment = Map.of("HOME", home.getRoot().toString());
        DockerCertificates certificates = DockerCertificates.ofEnvironment(environment);
        Repository build = Repositories.open(
                BUILD.host() + "/app", certificates.addedTo(RegistryAccess.of(BUILD.host()), Progress.NONE));
        Repository release = Repositories.open(
                RELEASE.host() + "/app", certificates.addedTo(RegistryAccess.of(RELEASE.host()), Progress.NONE));
        Manifest image = Samples.pushIndex(build, 1);
        build.tag(image.digest(), "v1");
        Copy.of(build, image.digest(), release).tagged("v1").run();
        assertEquals(image.digest(), release.resolve("v1").orElseThrow().digest());

        Run.of(
                        environment,
                        null,
                        List.of(
                                RealPart.require("skopeo").toString(),
                                "copy",
                                "--all",
                                "--insecure-policy",
                                "docker://" + BUILD.host() + "/app:v1",
                                "docker://" + RELEASE.host() + "/skopeo:v1"))
                .succeeded();
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.nio.file.Files;
import java.util.List;
import org.junit.ClassRule;
import org.junit.Test;

/** Against registry:2 that lets in only who shows a certificate of one authority ({@code clientcas}). */
public class ClientCertificateTest {

    private static final TestCertificate AUTHORITY = TestCertificate.authority("Builders");

    @ClassRule
    public static final DockerRegistry REGISTRY = DockerRegistry.demanding(AUTHORITY);

    private static RegistryAccess access() throws Exception {
        return RegistryAccess.of(REGISTRY.host())
                .withAuthorities(Files.readString(REGISTRY.authority()))
                .withSleeper(pause -> {
                    throw new AssertionError("a refusal was taken for a broken connection, and asked again");
                });
    }

    private static RegistryAccess showing(TestCertificate client) throws Exception {
        return access().withClientCertificate(new ClientCertificate(client.pem(), client.keyPem()));
    }

    /** Repeatedly, because whether the alert comes before or after our last write is chance. */
    private static String refused(RegistryAccess access) {
        for (int i = 0; i < 10; i++) {
            assertThrows(UnauthorizedException.class, access::ping);
        }
        return assertThrows(UnauthorizedException.class, access::ping).getMessage();
    }

    @Test
    public void whoShowsNoneIsToldSo() throws Exception {
        assertThat(
                refused(access()),
                containsString(REGISTRY.host() + " wants a client certificate, and none was given for it"));
    }

    @Test
    public void certificateOfAnUnknownAuthority() throws Exception {
        assertThat(
                refused(showing(TestCertificate.forName("Strangers").issue("mallory"))),
                containsString(
                        "did not take the client certificate \"CN=mallory\" (issued by \"CN=Strangers\", ends "));
    }

    @Test
    public void certificateOfAnAuthorityThatOnlyHasTheSameName() throws Exception {
        assertThat(
                refused(showing(TestCertificate.forName("Builders").issue("mallory"))),
                containsString("did not take the client certificate \"CN=mallory\" (issued by \"CN=Builders\", ends "));
    }

    @Test
    public void certificateThatHasEnded() throws Exception {
        assertThat(
                refused(showing(AUTHORITY.issueEnded("builder"))),
                containsString("did not take the client certificate \"CN=builder\""));
    }

    /** The registry sends its readers on to another host, which asks for a certificate as well. */
    @Test
    public void certificateOfTheRegistryIsShownToNoHostThatItSendsTo() throws Exception {
        TestCertificate client = AUTHORITY.issue("builder");
        FakeRegistry stranger = FakeRegistry.tls().demanding(client);
        FakeRegistry registry = FakeRegistry.tls().demanding(AUTHORITY);
        registry.before();
        stranger.before();
        try {
            byte[] content = Samples.bytes(1, 1000);
            Descriptor blob = Descriptor.of(Samples.LAYER, content);
            registry.lies(
                    "GET",
                    "/blobs/",
                    exchange -> FakeRegistry.redirect(
                            exchange, stranger.url() + exchange.getRequestURI().getPath()));
            RegistryAccess access = registry.access()
                    .withAuthorities(registry.authority(), stranger.authority())
                    .withClientCertificate(new ClientCertificate(client.pem(), client.keyPem()));
            access.ping();
            assertThrows(
                    RegistryException.class,
                    () -> Repositories.open(registry.host() + "/app", access)
                            .openBlob(blob)
                            .readAllBytes());
            assertEquals(List.of(), stranger.requests());
        } finally {
            registry.after();
            stranger.after();
        }
    }

    @Test
    public void certificateOfTheAuthorityPushesAndReads() throws Exception {
        Repository repository = Repositories.open(REGISTRY.host() + "/app", showing(AUTHORITY.issue("builder")));
        Manifest image = Samples.pushImage(repository, 1, 10, 2_000_000);
        repository.tag(image.digest(), "v1");
        assertEquals(image.digest(), repository.resolve("v1").orElseThrow().digest());
        for (Descriptor layer : image.read().layers()) {
            assertEquals(layer.size(), repository.openBlob(layer).readAllBytes().length);
        }
    }
}

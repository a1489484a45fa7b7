package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.ClassRule;
import org.junit.Test;

/** Against registry:2 with TLS by an authority of its own and htpasswd, which has no referrers API. */
public class DockerRegistryContractTest extends RepositoryContract {

    private static final int PROCESSES = Integer.getInteger("countersign.processes", 5);

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    private static RegistryAccess access() throws Exception {
        return RegistryAccess.of(REGISTRY.host())
                .withAuthorities(Files.readString(REGISTRY.authority()))
                .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD);
    }

    @Override
    Repository open(String name) throws Exception {
        return Repositories.open(REGISTRY.host() + "/" + name, access());
    }

    @Test
    public void serverOfUnknownAuthorityIsRefused() throws Exception {
        RegistryAccess access = RegistryAccess.of(REGISTRY.host()).withLogin("somebody", "a secret");
        String message =
                assertThrows(UntrustedCertificateException.class, access::ping).getMessage();
        assertTrue(message, message.contains("the certificate of " + REGISTRY.host() + " is not trusted"));
        access().ping();
    }

    @Test
    public void wrongPasswordIsRefusedWithoutBeingShown() throws Exception {
        RegistryAccess access = access().withLogin(DockerRegistry.USER, "wrong password");
        UnauthorizedException refused = assertThrows(UnauthorizedException.class, access::ping);
        assertTrue(refused.getMessage(), refused.getMessage().contains("refused the login of user builder"));
        assertTrue(refused.getMessage(), !refused.getMessage().contains("wrong password"));
        RegistryAccess nobody = access().withLogin(LoginSource.ANONYMOUS);
        assertTrue(assertThrows(UnauthorizedException.class, nobody::ping)
                .getMessage()
                .contains("wants a login, but none was given"));
    }

    @Test
    public void stoppedServerIsNamedAsUnreachable() {
        RegistryAccess access = RegistryAccess.of("localhost:1").withRetries(Retries.NONE);
        String message = assertThrows(UnreachableException.class, access::ping).getMessage();
        assertTrue(message, message.contains("no connection to localhost:1"));
    }

    @Test
    public void blobIsMountedFromAnotherRepositoryOfTheRegistry() throws Exception {
        Repository from = open("mount-from");
        Repository to = open("mount-to");
        byte[] content = Samples.bytes(11, 2_000_000);
        Descriptor blob = Samples.pushBlob(from, Samples.LAYER, content);
        assertTrue(to.mountBlob(blob, from));
        assertTrue(to.hasBlob(blob.digest()));
        Descriptor missing = Descriptor.of(Samples.LAYER, "never pushed".getBytes());
        assertEquals(false, to.mountBlob(missing, from));
    }

    @Test
    public void uploadGoesInChunksWhereRequestsAreLimited() throws Exception {
        Repository repository = Repositories.open(REGISTRY.host() + "/chunks", access().withChunksOf(300_000));
        byte[] content = Samples.bytes(12, 2_000_000);
        Descriptor blob = Descriptor.of(Samples.LAYER, content);
        assertEquals(BlobArrival.UPLOADED, repository.pushBlob(blob, ContentSource.of(content)));
        assertEquals(blob.digest(), Digest.of(repository.openBlob(blob).readAllBytes()));
    }

    @Test
    public void contentWithOtherBytesIsNotUploaded() throws Exception {
        Repository repository = open("other-bytes");
        for (int size : new int[] {10, 3_000_000}) {
            Descriptor blob = Descriptor.of(Samples.LAYER, Samples.bytes(1, size));
            assertThrows(
                    DigestMismatchException.class,
                    () -> repository.pushBlob(blob, ContentSource.of(Samples.bytes(2, size))));
            assertThrows(
                    SizeMismatchException.class,
                    () -> repository.pushBlob(blob, ContentSource.of(Samples.bytes(1, size - 1))));
            assertThrows(
                    SizeMismatchException.class,
                    () -> repository.pushBlob(blob, ContentSource.of(Samples.bytes(1, size + 1))));
            assertEquals(false, repository.hasBlob(blob.digest()));
        }
    }

    @Test(timeout = 240_000)
    public void fiftyThreadsAttachAtOnceAndFiftyStatementsAreThere() throws Exception {
        Repository repository = open("fifty");
        Manifest image = Samples.pushImage(repository, 1, 10);
        RegistryAccess shared = access().withTimeouts(
                        new Timeouts(Duration.ofSeconds(20), Duration.ofSeconds(60), Duration.ofSeconds(100)));
        FiftyWriters.inThreads(50, () -> Repositories.open(REGISTRY.host() + "/fifty", shared), image.descriptor());
        assertEquals(50, repository.referrers(image.digest()).size());
        assertEquals("and other clients find them", 50, listed(repository, image.digest()));
    }

    @Test(timeout = 240_000)
    public void severalProcessesAttachAtOnceAndAllStatementsAreThere() throws Exception {
        Repository repository = open("processes");
        Manifest image = Samples.pushImage(repository, 1, 10);
        FiftyWriters.inProcesses(
                PROCESSES,
                50 / PROCESSES,
                REGISTRY.host() + "/processes",
                image.digest(),
                REGISTRY.authority().toString(),
                DockerRegistry.USER,
                DockerRegistry.PASSWORD);
        assertEquals(50, repository.referrers(image.digest()).size());
        assertEquals("and other clients find them", 50, listed(repository, image.digest()));
    }

    /** How many entries the fallback tag alone has. */
    private static int listed(Repository repository, Digest subject) throws Exception {
        Digest list = repository.resolve(FallbackTag.of(subject)).orElseThrow().digest();
        return repository.manifest(list).orElseThrow().read().manifests().size();
    }
}

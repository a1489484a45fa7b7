package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.nio.file.Path;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What is not asked when it is known already, and what is asked although it costs a request. */
public class NeedlessRequestsTest {

    @Rule
    public final FakeRegistry registry = FakeRegistry.plain();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private final RegistryAccess[] access = new RegistryAccess[1];
    private String layout;
    private Manifest image;

    @Before
    public void makeImage() throws Exception {
        access[0] = registry.access();
        layout = "oci:" + Path.of(temporary.getRoot().toString(), "layout");
        Repository folder = Repositories.open(layout);
        image = Samples.pushImage(folder, 1, 10, 20, 30);
        folder.tag(image.digest(), "v1");
    }

    /** One access, as of one command: what belongs to it is shared. */
    private Repository repository(String name) {
        return Repositories.open(registry.host() + "/" + name, access);
    }

    private PushResult push(String tag) throws Exception {
        try (ImageSource source = ImageSource.open(layout + ":v1")) {
            return Push.of(source, repository("app")).tagged(tag).run();
        }
    }

    private PushResult promote() throws Exception {
        return Copy.of(repository("app"), image.digest(), repository("release"))
                .tagged("v1")
                .inParallel(1)
                .run();
    }

    private List<String> requests(String beginning) {
        return registry.requests().stream()
                .filter(request -> request.startsWith(beginning))
                .toList();
    }

    private Digest tagged(String tag) throws Exception {
        return repository("app").resolve(tag).orElseThrow().digest();
    }

    @Test
    public void tagThatSaysItNamesTheImageButHasOtherBytesIsWrittenAnew() throws Exception {
        registry.lies(exchange -> {
            if (!exchange.getRequestURI().getPath().endsWith("/manifests/v1")
                    || exchange.getRequestMethod().equals("PUT")
                    || !requests("PUT /v2/app/manifests/v1").isEmpty()) {
                return false;
            }
            exchange.getResponseHeaders()
                    .set("Docker-Content-Digest", image.digest().toString());
            byte[] other = new String(image.content())
                    .replace("\"schemaVersion\"", " \"schemaVersion\"")
                    .getBytes();
            return FakeRegistry.answer(exchange, 200, image.mediaType(), other);
        });
        assertEquals(4, push("v1").uploaded());
        assertEquals(image.digest(), tagged("v1"));
    }

    @Test
    public void tagOfSomethingThatIsNoImageIsWrittenAnew() throws Exception {
        for (String body : List.of("{}", "no JSON", "{\"schemaVersion\":1}")) {
            registry.lies(
                    "HEAD", "/manifests/v1", e -> FakeRegistry.answer(e, 200, image.mediaType(), body.getBytes()));
            registry.lies("GET", "/manifests/v1", e -> FakeRegistry.answer(e, 200, image.mediaType(), body.getBytes()));
            push("v1");
            registry.honest();
            assertEquals(image.digest(), tagged("v1"));
        }
    }

    @Test
    public void registryThatDoesNotSayWhatItStoredIsReadBackBeforeTheTag() throws Exception {
        registry.lies("PUT", "/manifests/sha256:", exchange -> {
            exchange.getRequestBody().readAllBytes();
            return FakeRegistry.answer(exchange, 201, "", new byte[0]);
        });
        assertThat(
                assertThrows(NotFoundException.class, () -> push("v1")).getMessage(),
                containsString("there is no such manifest in " + registry.host() + "/app"));
        assertEquals(List.of(), requests("PUT /v2/app/manifests/v1"));
    }

    @Test
    public void mountOfAnotherBlobThanTheOneAskedForIsRefused() throws Exception {
        push("v1");
        registry.lies("POST", "mount=", exchange -> {
            exchange.getResponseHeaders().set("Docker-Content-Digest", "sha256:" + "0".repeat(64));
            return FakeRegistry.answer(exchange, 201, "", new byte[0]);
        });
        assertThat(
                assertThrows(DigestMismatchException.class, this::promote).getMessage(),
                containsString("was taken over from app"));
        assertEquals(List.of(), requests("PUT /v2/release"));
    }

    @Test
    public void refusedMountIsAskedForOnce_andItsUploadIsTakenBackWhereTheBlobIsThere() throws Exception {
        push("v1");
        PushResult promoted = promote(); // blobs of this registry are in all its repositories, and it mounts none
        assertEquals(4, promoted.skipped());
        assertEquals(1, requests("POST /v2/release/blobs/uploads/?mount=").size());
        assertEquals(4, requests("HEAD /v2/release/blobs/").size());
        assertEquals("it was taken back", 0, registry.uploads());
        assertEquals(
                image.digest(),
                repository("release").resolve("v1").orElseThrow().digest());
    }

    @Test
    public void whatIsMountedIsNotLookedForFirst() throws Exception {
        push("v1");
        registry.lies("POST", "mount=", e -> FakeRegistry.answer(e, 201, "", new byte[0]));
        assertEquals(4, promote().mounted());
        assertEquals(4, requests("POST /v2/release/").size());
        assertEquals(List.of(), requests("HEAD /v2/release/blobs/"));
    }

    @Test
    public void secondPushUnderTheSameTagReadsItsManifestAndNoMore() throws Exception {
        push("v1");
        int before = registry.requests().size();
        PushResult again = push("v1");
        assertEquals(
                List.of("HEAD /v2/app/manifests/v1", "GET /v2/app/manifests/v1"),
                registry.requests().subList(before, registry.requests().size()));
        assertEquals(4, again.skipped());
        assertEquals(image.digest(), again.digest());
    }

    @Test
    public void manifestThatTheRegistryConfirmedIsNotReadBack() throws Exception {
        push("v1");
        assertEquals(List.of(), requests("GET"));
    }

    @Test
    public void oneTokenServesAPush() throws Exception {
        registry.lies(exchange -> {
            if (exchange.getRequestURI().getPath().equals("/token")) {
                return FakeRegistry.answer(exchange, 200, "application/json", "{\"token\":\"t\"}".getBytes());
            }
            if (exchange.getRequestHeaders().containsKey("Authorization")) {
                return false;
            }
            exchange.getResponseHeaders()
                    .set("WWW-Authenticate", "Bearer realm=\"" + registry.url() + "/token\",service=\"s\"");
            return FakeRegistry.answer(exchange, 401, "", new byte[0]);
        });
        push("v1");
        assertEquals(List.of("GET /token?service=s&scope=repository%3Aapp%3Apull%2Cpush"), requests("GET /token"));
        assertEquals(
                "one request was refused",
                registry.requests().size() - 2,
                registry.logins().size());
    }

    /** The way out for whoever lost layers of an image that still has its tag. */
    @Test
    public void pushUnderAnotherTagLooksForEveryBlob() throws Exception {
        push("v1");
        Descriptor lost = image.read().layers().get(1);
        registry.lose(lost.digest());
        push("v1");
        assertEquals(
                "what has its tag is not looked at", false, repository("app").hasBlob(lost.digest()));
        assertEquals(1, push("v2").uploaded());
        assertEquals(true, repository("app").hasBlob(lost.digest()));
    }

    @Test
    public void promotionUnderATagThatNamesTheImageStillBringsWhatWasAttachedSince() throws Exception {
        push("v1");
        promote();
        Repository app = repository("app");
        Manifest statement = Samples.statement(app, image.descriptor(), "later");
        app.attach(statement);
        assertEquals(1, promote().attachments());
        assertEquals(
                List.of(statement.digest()),
                repository("release").referrers(image.digest()).stream()
                        .map(Descriptor::digest)
                        .toList());
        assertEquals(
                "the tag stayed", 1, requests("PUT /v2/release/manifests/v1").size());
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.Repository.ContentSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.Rule;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;
import org.junit.rules.TemporaryFolder;
import org.junit.rules.Timeout;

/** A registry that lies, throttles or never ends is refused, with what was expected and what came. */
public class LyingRegistryTest {

    private static final String HTTP_OK_TYPE = MediaTypes.OCI_MANIFEST;

    @Rule
    public final FakeRegistry registry = FakeRegistry.tls();

    @Rule
    public final FakeRegistry other = FakeRegistry.plain();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    @Rule
    public final Timeout limit = new Timeout(60, TimeUnit.SECONDS);

    private Repository repository() {
        return registry.repository("app");
    }

    private RegistryAccess loggedIn() {
        registry.lies(exchange -> {
            if (exchange.getRequestHeaders().containsKey("Authorization")) {
                return false;
            }
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"tests\"");
            return FakeRegistry.answer(exchange, 401, "application/json", new byte[0]);
        });
        return registry.access().withLogin("alice", "secret");
    }

    private static <T extends Throwable> String refused(Class<T> type, ThrowingRunnable attempt, String... parts) {
        String message = assertThrows(type, attempt).getMessage();
        for (String part : parts) {
            assertTrue(message, message.contains(part));
        }
        return message;
    }

    // what is read

    @Test
    public void manifestWithOtherBytes() throws Exception {
        Manifest good = Samples.pushImage(repository(), 1, 10);
        Manifest evil = Samples.pushImage(repository(), 2, 10);
        registry.lies(
                "GET", good.digest().toString(), e -> FakeRegistry.answer(e, 200, evil.mediaType(), evil.content()));
        refused(
                DigestMismatchException.class,
                () -> repository().manifest(good.digest()),
                "expected " + good.digest(),
                "found " + evil.digest());
    }

    @Test
    public void tagWhoseDigestIsNotThatOfItsBytes() throws Exception {
        Manifest image = Samples.pushImage(repository(), 1, 10);
        repository().tag(image.digest(), "v1");
        registry.lies("HEAD", "/manifests/v1", e -> FakeRegistry.answer(e, 405, "", new byte[0]));
        registry.lies("GET", "/manifests/v1", e -> {
            e.getResponseHeaders().set("Docker-Content-Digest", "sha256:" + "0".repeat(64));
            return FakeRegistry.answer(e, 200, image.mediaType(), image.content());
        });
        refused(
                UnexpectedAnswerException.class,
                () -> repository().resolve("v1"),
                "the bytes that came have " + image.digest());
    }

    @Test
    public void blobWithOtherBytes() throws Exception {
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes());
        registry.lies("GET", "/blobs/", e -> FakeRegistry.answer(e, 200, "", "evil".getBytes()));
        refused(
                DigestMismatchException.class,
                () -> repository().openBlob(blob).readAllBytes(),
                "expected " + blob.digest(),
                "found " + Digest.of("evil".getBytes()));
    }

    @Test
    public void blobOfAnotherSize() throws Exception {
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes());
        registry.lies("GET", "/blobs/", e -> FakeRegistry.answer(e, 200, "", "good and more".getBytes()));
        refused(
                SizeMismatchException.class,
                () -> repository().openBlob(blob).readAllBytes(),
                "expected 4 bytes",
                "found 13");
        registry.lies("HEAD", "/blobs/", e -> FakeRegistry.answer(e, 200, "", "good and more".getBytes()));
        refused(
                SizeMismatchException.class,
                () -> repository().pushBlob(blob, ContentSource.of("good".getBytes())),
                "found 13");
    }

    @Test
    public void blobWithoutAnEnd() throws Exception {
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, Samples.bytes(1, 100_000));
        registry.lies("GET", "/blobs/", LyingRegistryTest::endless);
        refused(
                SizeMismatchException.class,
                () -> repository().openBlob(blob).transferTo(OutputStream.nullOutputStream()),
                "expected 100000 bytes, found more");
    }

    @Test
    public void manifestWithoutAnEnd() {
        registry.lies("GET", "/manifests/", e -> {
            e.getResponseHeaders().set("Content-Type", HTTP_OK_TYPE);
            return endless(e);
        });
        refused(
                LimitExceededException.class,
                () -> repository().manifest(Digest.of("x".getBytes())),
                "more than 4194304 bytes");
    }

    @Test
    public void hugeManifest() {
        registry.lies("GET", "/manifests/", e -> FakeRegistry.answer(e, 200, HTTP_OK_TYPE, new byte[5 << 20]));
        refused(
                LimitExceededException.class,
                () -> repository().manifest(Digest.of("x".getBytes())),
                "5242880 bytes, at most 4194304");
    }

    @Test
    public void pageForPeopleInPlaceOfAManifest() throws Exception {
        byte[] page = "<html>Sign in</html>".getBytes();
        registry.lies("GET", "/manifests/", e -> FakeRegistry.answer(e, 200, "text/html; charset=utf-8", page));
        refused(
                UnexpectedAnswerException.class,
                () -> repository().manifest(Digest.of(page)),
                "content type \"text/html\"",
                "expected one of application/vnd");
        registry.lies("HEAD", "/manifests/", e -> FakeRegistry.answer(e, 200, "text/html", page));
        assertThrows(UnexpectedAnswerException.class, () -> repository().resolve("v1"));
    }

    @Test
    public void notFoundOfAProxyIsNotTakenForNone() {
        registry.lies(e -> FakeRegistry.answer(e, 404, "text/html", "<html>no such host</html>".getBytes()));
        Digest digest = Digest.of("x".getBytes());
        for (ThrowingRunnable attempt : List.<ThrowingRunnable>of(
                () -> repository().manifest(digest),
                () -> repository().resolve("v1"),
                () -> repository().hasBlob(digest),
                () -> repository().tags(),
                () -> repository().referrers(digest))) {
            refused(UnexpectedAnswerException.class, attempt, "whether it is there is unknown");
        }
    }

    @Test
    public void manifestUnderAnotherMediaTypeThanItsOwn() throws Exception {
        Manifest image = Samples.pushImage(repository(), 1, 10);
        registry.lies(
                "GET", "/manifests/", e -> FakeRegistry.answer(e, 200, MediaTypes.DOCKER_MANIFEST, image.content()));
        refused(
                MalformedManifestException.class,
                () -> repository().manifest(image.digest()),
                "was served as " + MediaTypes.DOCKER_MANIFEST + " and calls itself " + MediaTypes.OCI_MANIFEST);
    }

    @Test
    public void manifestsThatReadersUnderstandDifferently() {
        Map<String, String> bad = new HashMap<>(Map.of(
                "{\"schemaVersion\":2,\"config\":{},\"manifests\":[]}",
                "a manifest and an index at once",
                "{\"schemaVersion\":2,\"config\":{},\"config\":{}}",
                "Duplicate field",
                "{\"schemaVersion\":1}",
                "expected 2",
                "{\"schemaVersion\":2} {}",
                "not strict JSON",
                "[]",
                "not a JSON object",
                "{\"schemaVersion\":2}",
                "has no config",
                "{\"a\":".repeat(100) + "1" + "}".repeat(100),
                "nesting depth",
                "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"md5:00\",\"size\":1}}",
                "md5",
                "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:" + "0".repeat(64)
                        + "\",\"size\":-1}}",
                "negative",
                "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:" + "0".repeat(64)
                        + "\",\"size\":1e99}}",
                "not a descriptor"));
        bad.put("\uFEFF{\"schemaVersion\":2}", "begins with a byte order mark");
        bad.forEach((json, reason) -> refused(
                MalformedManifestException.class,
                () -> new Manifest(MediaTypes.OCI_MANIFEST, json.getBytes(StandardCharsets.UTF_8)).read(),
                reason));
    }

    @Test
    public void indexWithAManifestOfAnotherSize() throws Exception {
        Descriptor image = Samples.pushImage(repository(), 1, 10).descriptor();
        Manifest index = ManifestContent.index(
                        List.of(new Descriptor(image.mediaType(), image.digest(), image.size() + 1)))
                .toManifest();
        repository().pushManifest(index);
        refused(
                SizeMismatchException.class,
                () -> Copy.of(repository(), index.digest(), layout())
                        .tagged("v1")
                        .run(),
                "expected " + (image.size() + 1));
        assertEquals(List.of(), layout().tags());
    }

    // where it sends to

    @Test
    public void redirectToPlainHttp() throws Exception {
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes());
        registry.lies("GET", "/blobs/", e -> FakeRegistry.redirect(e, other.url() + "/stolen"));
        refused(
                RedirectRefusedException.class,
                () -> repository().openBlob(blob),
                "redirects to " + other.url() + "/stolen",
                "nothing is encrypted");
        assertEquals("it was not asked", List.of(), other.requests());
    }

    @Test
    public void redirectToAnotherHostGetsNoLogin() throws Exception {
        FakeRegistry storage = FakeRegistry.plain();
        FakeRegistry plain = FakeRegistry.plain();
        storage.before();
        plain.before();
        try {
            plain.lies(exchange -> {
                if (exchange.getRequestHeaders().containsKey("Authorization")) {
                    return false;
                }
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"tests\"");
                return FakeRegistry.answer(exchange, 401, "", new byte[0]);
            });
            Repository loggedIn =
                    Repositories.open(plain.host() + "/app", plain.access().withLogin("alice", "secret"));
            byte[] content = "good".getBytes();
            Descriptor blob = Samples.pushBlob(loggedIn, Samples.LAYER, content);
            storage.lies(e -> FakeRegistry.answer(e, 200, "", content));
            plain.lies("GET", "/blobs/", e -> FakeRegistry.redirect(e, storage.url() + "/there"));
            assertEquals(blob.digest(), Digest.of(loggedIn.openBlob(blob).readAllBytes()));
            assertEquals(List.of("GET /there"), storage.requests());
            assertEquals(List.of(), storage.logins());
            assertFalse(plain.logins().isEmpty());
        } finally {
            storage.after();
            plain.after();
        }
    }

    @Test
    public void unverifiedTlsIsNotTakenAlongToAnotherHost() throws Exception {
        FakeRegistry elsewhere = FakeRegistry.tls();
        elsewhere.before();
        try {
            RegistryAccess unverified =
                    RegistryAccess.of(registry.host()).insecureUnverifiedTls().withRetries(Retries.NONE);
            Repository repository = Repositories.open(registry.host() + "/app", unverified);
            Descriptor blob = Samples.pushBlob(repository, Samples.LAYER, "good".getBytes());
            registry.lies("GET", "/blobs/", e -> FakeRegistry.redirect(e, elsewhere.url() + "/there"));
            refused(UntrustedCertificateException.class, () -> repository.openBlob(blob), "is not trusted");
            assertEquals(List.of(), elsewhere.requests());
        } finally {
            elsewhere.after();
        }
    }

    @Test
    public void redirectInCircles() throws Exception {
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes());
        registry.lies(
                "GET",
                "/blobs/",
                e -> FakeRegistry.redirect(e, e.getRequestURI().toString()));
        refused(RedirectRefusedException.class, () -> repository().openBlob(blob), "more than 5 times");
    }

    @Test
    public void uploadThatIsSentToPlainHttp() {
        registry.lies("POST", "/uploads/", e -> {
            e.getResponseHeaders().set("Location", other.url() + "/v2/app/blobs/uploads/1");
            return FakeRegistry.answer(e, 202, "", new byte[0]);
        });
        byte[] content = Samples.bytes(1, 2_000_000);
        refused(
                RedirectRefusedException.class,
                () -> repository().pushBlob(Descriptor.of(Samples.LAYER, content), ContentSource.of(content)),
                "wants the upload to go to " + other.url(),
                "X-Forwarded-Proto");
        assertEquals(List.of(), other.requests());
    }

    @Test
    public void tokenServiceOfAnotherHostGetsNoLogin() {
        registry.lies(e -> {
            e.getResponseHeaders()
                    .set("WWW-Authenticate", "Bearer realm=\"https://tokens.evil.example/token\",service=\"s\"");
            return FakeRegistry.answer(e, 401, "", new byte[0]);
        });
        Repository repository =
                Repositories.open(registry.host() + "/app", registry.access().withLogin("alice", "secret"));
        refused(
                UnauthorizedException.class,
                () -> repository.resolve("v1"),
                "wants a token of tokens.evil.example, a host that the login of " + registry.host()
                        + " is not meant for");
    }

    @Test
    public void tokenServiceInPlainHttp() {
        registry.lies(e -> {
            e.getResponseHeaders().set("WWW-Authenticate", "Bearer realm=\"" + other.url() + "/token\",service=\"s\"");
            return FakeRegistry.answer(e, 401, "", new byte[0]);
        });
        Repository repository =
                Repositories.open(registry.host() + "/app", registry.access().withLogin("alice", "secret"));
        refused(RedirectRefusedException.class, () -> repository.resolve("v1"), "not reached by https");
        assertEquals(List.of(), other.requests());
    }

    @Test
    public void loginIsNotSentBeforeItIsAskedForAndOnlyToItsRegistry() throws Exception {
        Repository repository = Repositories.open(registry.host() + "/app", loggedIn());
        repository.resolve("v1");
        assertEquals(
                "asked first without a login, then with it",
                2,
                registry.requests().size());
        assertEquals(List.of("Basic YWxpY2U6c2VjcmV0"), registry.logins());
        repository.resolve("v2");
        assertEquals("then always with it", 3, registry.requests().size());
    }

    @Test
    public void tokensAreFetchedOncePerScopeAndAgainWhenTheyExpire() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-22T00:00:00Z"));
        registry.lies("GET", "/token", e -> {
            String login = e.getRequestHeaders().getFirst("Authorization");
            assertEquals("Basic YWxpY2U6c2VjcmV0", login);
            return FakeRegistry.answer(e, 200, "application/json", "{\"token\":\"t-1\",\"expires_in\":100}".getBytes());
        });
        registry.lies(e -> {
            if (e.getRequestURI().getPath().equals("/token")
                    || "Bearer t-1".equals(e.getRequestHeaders().getFirst("Authorization"))) {
                return false;
            }
            e.getResponseHeaders()
                    .set(
                            "WWW-Authenticate",
                            "Bearer realm=\"" + registry.url() + "/token\",service=\"the service\",scope=\"x\"");
            return FakeRegistry.answer(e, 401, "", new byte[0]);
        });
        RegistryAccess access = registry.access().withLogin("alice", "secret").withClock(new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now.get();
            }
        });
        Repository repository = Repositories.open(registry.host() + "/app", access);
        Samples.pushBlob(repository, Samples.LAYER, "good".getBytes());
        repository.resolve("v1");
        List<String> tokens =
                registry.requests().stream().filter(r -> r.contains("/token")).toList();
        assertEquals(
                List.of(
                        "GET /token?service=the+service&scope=repository%3Aapp%3Apull%2Cpush&account=alice",
                        "GET /token?service=the+service&scope=repository%3Aapp%3Apull&account=alice"),
                tokens);
        now.set(now.get().plusSeconds(90));
        repository.resolve("v1");
        assertEquals(
                3,
                registry.requests().stream().filter(r -> r.contains("/token")).count());
    }

    // uploads

    private static boolean bringsALayer(HttpExchange exchange) {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        return exchange.getRequestURI().getPath().contains("/blobs/uploads/")
                && length != null
                && Integer.parseInt(length) > 100_000;
    }

    @Test
    public void uploadThatBreaksGoesOnWhereItWas() throws Exception {
        List<String> ranges = new ArrayList<>();
        registry.lies(e -> {
            if (!bringsALayer(e)) {
                return false;
            }
            ranges.add(String.valueOf(e.getRequestHeaders().getFirst("Content-Range")));
            if (ranges.size() < 3) {
                registry.arrives(e, 1_000_000);
                return true;
            }
            return false;
        });
        byte[] content = Samples.bytes(1, 3_000_000);
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, content);
        assertEquals(List.of("null", "1000000-2999999", "2000000-2999999"), ranges);
        assertEquals(blob.digest(), Digest.of(repository().openBlob(blob).readAllBytes()));
    }

    @Test
    public void downloadThatBreaksGoesOnWhereItWas() throws Exception {
        byte[] content = Samples.bytes(1, 3_000_000);
        Descriptor blob = Samples.pushBlob(repository(), Samples.LAYER, content);
        List<String> ranges = new ArrayList<>();
        registry.lies("GET", "/blobs/sha256", e -> {
            String range = String.valueOf(e.getRequestHeaders().getFirst("Range"));
            ranges.add(range);
            int from = range.equals("null") ? 0 : Integer.parseInt(range.replaceAll("[^0-9]", ""));
            int to = Math.min(content.length, from + 1_000_000);
            if (from > 0) {
                e.getResponseHeaders().set("Content-Range", "bytes " + from + "-2999999/3000000");
            }
            e.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
            e.getResponseBody().write(content, from, to - from);
            e.close();
            return true;
        });
        assertEquals(blob.digest(), Digest.of(repository().openBlob(blob).readAllBytes()));
        assertEquals(List.of("null", "bytes=1000000-", "bytes=2000000-"), ranges);
    }

    @Test
    public void uploadThatIsStoredUnderAnotherDigest() {
        registry.lies("PUT", "/uploads/", e -> {
            e.getRequestBody().readAllBytes();
            e.getResponseHeaders().set("Docker-Content-Digest", "sha256:" + "0".repeat(64));
            return FakeRegistry.answer(e, 201, "", new byte[0]);
        });
        refused(
                DigestMismatchException.class,
                () -> Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes()),
                "found sha256:000");
    }

    @Test
    public void uploadOfWhichMoreArrivedThanWasSent() throws Exception {
        byte[] content = Samples.bytes(1, 2_000_000);
        registry.lies("PATCH", "/uploads/", e -> {
            e.getRequestBody().readAllBytes();
            e.getResponseHeaders().set("Location", e.getRequestURI().toString());
            e.getResponseHeaders().set("Range", "0-99999999");
            return FakeRegistry.answer(e, 202, "", new byte[0]);
        });
        refused(
                UnreachableException.class,
                () -> Samples.pushBlob(
                        Repositories.open(
                                registry.host() + "/app", registry.access().withChunksOf(1_500_000)),
                        Samples.LAYER,
                        content),
                "it has 100000000 bytes of 2000000");
        assertFalse(repository().hasBlob(Digest.of(content)));
    }

    @Test
    public void uploadWhoseBytesWereChangedOnTheWayIsRepeatedAndGivenUp() throws Exception {
        registry.lies("PUT", "/uploads/", e -> {
            e.getRequestBody().readAllBytes();
            return FakeRegistry.answer(
                    e,
                    400,
                    "application/json",
                    "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"other\"}]}".getBytes());
        });
        refused(
                UnreachableException.class,
                () -> Samples.pushBlob(repository(), Samples.LAYER, "good".getBytes()),
                "3 times",
                "DIGEST_INVALID other");
        assertEquals(
                3, registry.requests().stream().filter(r -> r.startsWith("PUT")).count());
    }

    @Test
    public void blobThatIsUnknownForAMomentIsAskedForAgainAndBelievedAtLast() throws Exception {
        Manifest image = Samples.pushImage(repository(), 1, 10);
        AtomicInteger refusals = new AtomicInteger();
        registry.lies("PUT", "/manifests/", e -> {
            if (refusals.incrementAndGet() == 3) {
                return false;
            }
            e.getRequestBody().readAllBytes();
            return FakeRegistry.answer(
                    e,
                    400,
                    "application/json",
                    "{\"errors\":[{\"code\":\"MANIFEST_BLOB_UNKNOWN\",\"message\":\"gone\"}]}".getBytes());
        });
        repository().tag(image.digest(), "v1");
        assertEquals(image.digest(), repository().resolve("v1").orElseThrow().digest());
        refused(
                UnexpectedAnswerException.class,
                () -> repository().tag(image.digest(), "v2"),
                "MANIFEST_BLOB_UNKNOWN gone");
        assertEquals("bounded", 3 + 6, refusals.get());
    }

    @Test
    public void requestThatIsTooLargeForAProxyIsCutIntoSmallerOnes() throws Exception {
        registry.lies(e -> {
            if (!bringsALayer(e)
                    || e.getRequestHeaders().getFirst("Content-Length").length() < 8) {
                return false;
            }
            e.getRequestBody().readAllBytes();
            return FakeRegistry.answer(e, 413, "", new byte[0]);
        });
        byte[] content = Samples.bytes(1, 17_000_000);
        Samples.pushBlob(repository(), Samples.LAYER, content);
        assertTrue(repository().hasBlob(Digest.of(content)));
    }

    @Test
    public void manifestThatIsStoredUnderAnotherDigestIsNotTagged() throws Exception {
        registry.lies("PUT", "/manifests/", e -> {
            e.getRequestBody().readAllBytes();
            e.getResponseHeaders().set("Docker-Content-Digest", "sha256:" + "0".repeat(64));
            return FakeRegistry.answer(e, 201, "", new byte[0]);
        });
        Manifest image = Samples.pushImage(layout(), 1, 10);
        refused(
                DigestMismatchException.class,
                () -> Copy.of(layout(), image.digest(), repository())
                        .tagged("v1")
                        .run(),
                "expected " + image.digest());
        assertEquals(
                0,
                registry.requests().stream()
                        .filter(r -> r.startsWith("PUT") && r.contains("/manifests/v1"))
                        .count());
    }

    // referrers

    @Test
    public void failureOfTheReferrersListIsNotTakenForNone() {
        Digest subject = Digest.of("x".getBytes());
        for (int status : new int[] {400, 403, 500, 503, 200, 302}) {
            registry.lies(
                    "GET", "/referrers/", e -> FakeRegistry.answer(e, status, "application/json", "{}".getBytes()));
            assertThrows(
                    "" + status, RegistryException.class, () -> repository().referrers(subject));
        }
    }

    @Test
    public void failureOfTheFallbackTagIsNotTakenForNone() throws Exception {
        FakeRegistry old = FakeRegistry.plain().withoutReferrersApi();
        old.before();
        try {
            Repository repository = old.repository("app");
            Descriptor image = Samples.pushImage(repository, 1, 10).descriptor();
            repository.attach(Samples.statement(repository, image, "rejected"));
            assertEquals(1, repository.referrers(image.digest()).size());
            old.lies("GET", "/manifests/sha256-", e -> FakeRegistry.answer(e, 500, "", new byte[0]));
            refused(UnavailableException.class, () -> repository.referrers(image.digest()), "3 times");
        } finally {
            old.after();
        }
    }

    @Test
    public void leftoversOfWritersThatDiedAreMendedAndOthersTagsIgnored() throws Exception {
        FakeRegistry old = FakeRegistry.plain().withoutReferrersApi();
        old.before();
        try {
            Repository repository = old.repository("app");
            Descriptor image = Samples.pushImage(repository, 1, 10).descriptor();
            Manifest stranger = Samples.pushImage(repository, 2, 10);
            String prefix = FallbackTag.of(image.digest()) + ".r-";
            repository.tag(stranger.digest(), prefix + "0".repeat(40));
            // died between its own tag and the list
            Manifest died = Samples.statement(repository, image, "died");
            repository.pushManifest(died);
            repository.tag(died.digest(), prefix + died.digest().hex().substring(0, 40));
            assertEquals(
                    "a reader finds it all the same",
                    1,
                    repository.referrers(image.digest()).size());
            repository.attach(Samples.statement(repository, image, "lives"));
            Digest list = repository
                    .resolve(FallbackTag.of(image.digest()))
                    .orElseThrow()
                    .digest();
            assertEquals(
                    2,
                    repository.manifest(list).orElseThrow().read().manifests().size());
            assertEquals(2, repository.referrers(image.digest()).size());
        } finally {
            old.after();
        }
    }

    @Test
    public void referrersListWithoutAnEnd() {
        registry.lies("GET", "/referrers/", e -> {
            e.getResponseHeaders().set("Link", "<" + e.getRequestURI() + ">; rel=\"next\"");
            return FakeRegistry.answer(
                    e,
                    200,
                    MediaTypes.OCI_INDEX,
                    ManifestContent.index(List.of()).toManifest().content());
        });
        refused(LimitExceededException.class, () -> repository().referrers(Digest.of("x".getBytes())), "has no end");
    }

    @Test
    public void referrersListWhoseNextPageIsElsewhere() {
        registry.lies("GET", "/referrers/", e -> {
            e.getResponseHeaders().set("Link", "<" + other.url() + "/v2/app/referrers/x>; rel=\"next\"");
            return FakeRegistry.answer(
                    e,
                    200,
                    MediaTypes.OCI_INDEX,
                    ManifestContent.index(List.of()).toManifest().content());
        });
        refused(
                RedirectRefusedException.class,
                () -> repository().referrers(Digest.of("x".getBytes())),
                "said to be elsewhere");
        assertEquals(List.of(), other.requests());
    }

    @Test
    public void referrersListWithAStrangersStatementIsNotCopied() throws Exception {
        Descriptor image = Samples.pushImage(repository(), 1, 10).descriptor();
        Descriptor another = Samples.pushImage(repository(), 2, 10).descriptor();
        Manifest statement = Samples.statement(repository(), another, "approved");
        repository().attach(statement);
        registry.lies(
                "GET",
                "/referrers/" + image.digest(),
                e -> FakeRegistry.answer(
                        e,
                        200,
                        MediaTypes.OCI_INDEX,
                        ManifestContent.index(List.of(statement.descriptor()))
                                .toManifest()
                                .content()));
        refused(
                MalformedManifestException.class,
                () -> Copy.of(repository(), image.digest(), layout())
                        .tagged("v1")
                        .run(),
                "which is not attached to it");
        assertEquals(List.of(), layout().tags());
    }

    @Test
    public void registryThatKeepsAListButDoesNotListWhatWasAttached() throws Exception {
        Descriptor image = Samples.pushImage(repository(), 1, 10).descriptor();
        registry.lies(
                "GET",
                "/referrers/",
                e -> FakeRegistry.answer(
                        e,
                        200,
                        MediaTypes.OCI_INDEX,
                        ManifestContent.index(List.of()).toManifest().content()));
        Manifest statement = Samples.statement(repository(), image, "approved");
        refused(UnreachableException.class, () -> repository().attach(statement), "does not list it");
    }

    // patience

    @Test
    public void retryAfterIsHonoured() throws Exception {
        List<Duration> pauses = new ArrayList<>();
        RegistryAccess access = registry.access().withSleeper(pauses::add);
        List<String> answers = new ArrayList<>(List.of("429 7", "503 ", "ok"));
        registry.lies(e -> {
            String next = answers.remove(0);
            if (next.equals("ok")) {
                return false;
            }
            if (next.length() > 4) {
                e.getResponseHeaders().set("Retry-After", next.substring(4));
            }
            return FakeRegistry.answer(e, Integer.parseInt(next.substring(0, 3)), "", new byte[0]);
        });
        assertEquals(
                Optional.empty(),
                Repositories.open(registry.host() + "/app", access).resolve("v1"));
        assertEquals(Duration.ofSeconds(7), pauses.get(0));
        assertTrue(
                "doubled, shortened by up to a half: " + pauses,
                pauses.get(1).toMillis() >= 100 && pauses.get(1).toMillis() <= 200);
    }

    @Test
    public void pauseThatIsTooLongIsAnErrorAtOnce() {
        registry.lies(e -> {
            e.getResponseHeaders().set("Retry-After", "3600");
            return FakeRegistry.answer(e, 429, "", new byte[0]);
        });
        refused(
                ThrottledException.class,
                () -> repository().resolve("v1"),
                "asks to wait 3600 s, at most 300 s are waited");
        assertEquals(1, registry.requests().size());
    }

    @Test
    public void deadlineEndsTheRepetitions() {
        RegistryAccess access = registry.access()
                .withTimeouts(new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(20)));
        registry.lies(e -> {
            e.getResponseHeaders().set("Retry-After", "30");
            return FakeRegistry.answer(e, 503, "", new byte[0]);
        });
        refused(
                DeadlineException.class,
                () -> Repositories.open(registry.host() + "/app", access).resolve("v1"),
                "its deadline of 20 s passes before it may be tried again");
    }

    @Test
    public void retryAfterMayBeADate() {
        Clock clock = Clock.fixed(Instant.parse("2026-11-22T00:00:00Z"), ZoneOffset.UTC);
        assertEquals(Optional.of(Duration.ofSeconds(30)), Failure.retryAfter("Sun, 22 Nov 2026 00:00:30 GMT", clock));
        assertEquals(Optional.of(Duration.ZERO), Failure.retryAfter("Sun, 22 Nov 2026 00:00:00 GMT", clock));
        assertEquals(Optional.empty(), Failure.retryAfter("soon", clock));
        assertEquals(Optional.empty(), Failure.retryAfter("-5", clock));
    }

    @Test
    public void registryThatNeverAnswersIsGivenUp() {
        CountDownLatch end = new CountDownLatch(1);
        registry.lies(e -> awaited(end));
        RegistryAccess access = registry.access()
                .withRetries(Retries.NONE)
                .withTimeouts(new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(300), Duration.ofSeconds(20)));
        refused(
                UnreachableException.class,
                () -> Repositories.open(registry.host() + "/app", access).resolve("v1"),
                "nothing moved for");
        end.countDown();
    }

    @Test
    public void interruptionCancels() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        registry.lies(e -> {
            asked.countDown();
            return awaited(end);
        });
        Manifest image = Samples.pushImage(layout(), 1, 10);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = copies(image, thrown);
        asked.await();
        thread.interrupt();
        thread.join();
        end.countDown();
        assertNotNull(thrown.get());
        assertEquals(CancelledException.class, thrown.get().getClass());
    }

    /** Starts copying; keeps what that threw, if the thread still knows that it was interrupted. */
    private Thread copies(Manifest image, AtomicReference<Throwable> thrown) {
        Thread thread = new Thread(() -> {
            try {
                Copy.of(layout(), image.digest(), repository()).tagged("v1").run();
            } catch (Throwable e) {
                thrown.set(Thread.currentThread().isInterrupted() ? e : new AssertionError("the flag is lost", e));
            }
        });
        thread.start();
        return thread;
    }

    @Test(timeout = 60_000)
    public void interruptionInTheMiddleOfLayersTakesTheirUploadsBack() throws Exception {
        CountDownLatch arriving = new CountDownLatch(2);
        CountDownLatch end = new CountDownLatch(1);
        registry.lies(exchange -> {
            if (!bringsALayer(exchange)) {
                return false;
            }
            exchange.getRequestBody().readNBytes(100_000);
            arriving.countDown();
            return awaited(end);
        });
        Manifest image = Samples.pushImage(layout(), 1, 3_000_000, 4_000_000);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = copies(image, thrown);
        arriving.await();
        assertEquals(2, registry.uploads());
        thread.interrupt();
        thread.join();
        assertEquals(CancelledException.class, thrown.get().getClass());
        assertEquals("the registry need not keep what came", 0, registry.uploads());
        assertTrue(repository().resolve("v1").isEmpty());
        end.countDown();
    }

    /** Whoever aborts a build does not wait for a registry that has fallen silent. */
    @Test(timeout = 60_000)
    public void interruptionDoesNotWaitForARegistryThatDoesNotAnswer() throws Exception {
        CountDownLatch arriving = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        registry.lies(exchange -> {
            if (!bringsALayer(exchange)) {
                return false;
            }
            arriving.countDown();
            return awaited(end);
        });
        registry.lies("DELETE", "/blobs/uploads/", exchange -> awaited(end));
        Manifest image = Samples.pushImage(layout(), 1, 3_000_000);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = copies(image, thrown);
        arriving.await();
        thread.interrupt();
        thread.join();
        assertEquals(CancelledException.class, thrown.get().getClass());
        end.countDown();
    }

    // TLS

    @Test
    public void clientCertificateIsShownToItsRegistry() throws Exception {
        TestCertificate client = TestCertificate.forName("builder");
        FakeRegistry demanding = FakeRegistry.tls().demanding(client);
        demanding.before();
        try {
            RegistryAccess without = demanding.access().withRetries(Retries.NONE);
            assertThrows(RegistryException.class, without::ping);
            demanding
                    .access()
                    .withClientCertificate(new ClientCertificate(client.pem(), client.keyPem()))
                    .ping();
        } finally {
            demanding.after();
        }
    }

    @Test
    public void certificateOfAnotherHostIsRefused() throws Exception {
        RegistryAccess access = RegistryAccess.of(registry.host().replace("localhost", "127.0.0.1"))
                .withAuthorities(TestCertificate.forName("localhost").pem())
                .withRetries(Retries.NONE);
        assertThrows(UntrustedCertificateException.class, access::ping);
    }

    @Test
    public void everyInsecureWayIsWarnedOf() throws Exception {
        List<Object> events = new ArrayList<>();
        RegistryAccess.of(registry.host())
                .insecureUnverifiedTls()
                .withProgress(events::add)
                .ping();
        other.access().withProgress(events::add).ping();
        assertEquals(2, events.size());
        assertTrue(events.get(0).toString(), events.get(0).toString().contains("is not verified"));
        assertTrue(events.get(1).toString(), events.get(1).toString().contains("plain HTTP"));
    }

    private Repository layout() {
        return Repositories.open("oci:" + Path.of(temporary.getRoot().toString(), "layout"));
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(50, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static boolean endless(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        byte[] piece = new byte[1 << 16];
        try (OutputStream out = exchange.getResponseBody()) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException e) {
            return true;
        }
    }
}

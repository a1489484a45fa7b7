package io.jenkins.plugins.countersign.engine.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import org.junit.rules.ExternalResource;

/**
 * A registry in this process: honest, with the referrers API, until it is told to lie. Remembers what it was asked and with
 * which logins.
 */
public final class FakeRegistry extends ExternalResource {

    /** Answers in the registry's place. */
    @FunctionalInterface
    public interface Lie {
        /** @return false to let the registry answer */
        boolean answer(HttpExchange exchange) throws IOException;
    }

    private static final Pattern PATH = Pattern.compile("/v2/(.+)/(manifests|blobs|referrers|tags)/(.+)");

    static {
        // else every answer waits 40 ms for the other side's acknowledgement
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final TestCertificate certificate;
    private TestCertificate client;
    private boolean referrersApi = true;
    private final Map<String, Manifest> manifests = new ConcurrentHashMap<>();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> logins = new CopyOnWriteArrayList<>();
    private final List<Lie> lies = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private ExecutorService threads;

    private FakeRegistry(TestCertificate certificate) {
        this.certificate = certificate;
    }

    public static FakeRegistry plain() {
        return new FakeRegistry(null);
    }

    public static FakeRegistry tls() {
        try {
            return new FakeRegistry(TestCertificate.forName("localhost"));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    FakeRegistry demanding(TestCertificate someClient) {
        client = someClient;
        return this;
    }

    public FakeRegistry withoutReferrersApi() {
        referrersApi = false;
        return this;
    }

    @Override
    public void before() throws Exception {
        InetSocketAddress address = new InetSocketAddress("localhost", 0);
        if (certificate == null) {
            server = HttpServer.create(address, 0);
        } else {
            HttpsServer https = HttpsServer.create(address, 0);
            https.setHttpsConfigurator(new HttpsConfigurator(certificate.server(client)) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters some = getSSLContext().getDefaultSSLParameters();
                    some.setNeedClientAuth(client != null);
                    parameters.setSSLParameters(some);
                }
            });
            server = https;
        }
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    @Override
    public void after() {
        server.stop(0);
        threads.shutdownNow();
    }

    public String host() {
        return "localhost:" + server.getAddress().getPort();
    }

    public String url() {
        return (certificate == null ? "http://" : "https://") + host();
    }

    /** With the right authority or plain HTTP, and no login. Waits for nothing. */
    public RegistryAccess access() {
        try {
            RegistryAccess access = RegistryAccess.of(host())
                    .withRetries(new Retries(
                            3,
                            java.time.Duration.ofMillis(100),
                            java.time.Duration.ofSeconds(1),
                            java.time.Duration.ofMinutes(5)))
                    .withSleeper(pause -> {});
            return certificate == null ? access.insecurePlainHttp() : access.withAuthorities(certificate.pem());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** PEM of who vouches for this registry; it speaks TLS. */
    String authority() throws Exception {
        return certificate.pem();
    }

    public Repository repository(String name) {
        return Repositories.open(host() + "/" + name, access());
    }

    public void lies(Lie lie) {
        lies.add(lie);
    }

    /** Lies to requests of that method whose path has that part. */
    public void lies(String method, String part, Lie lie) {
        lies(exchange -> exchange.getRequestMethod().equals(method)
                && exchange.getRequestURI().toString().contains(part)
                && lie.answer(exchange));
    }

    /** {@code METHOD path?query} of each, in order. */
    public List<String> requests() {
        return requests;
    }

    /** The {@code Authorization} headers that came. */
    public List<String> logins() {
        return logins;
    }

    /** Uploads that were neither ended nor cancelled. */
    public int uploads() {
        return uploads.size();
    }

    /** Lies no more. */
    void honest() {
        lies.clear();
    }

    /** As a registry whose storage was cleaned too well. */
    void lose(Digest blob) {
        blobs.remove(blob.toString());
    }

    /** A part of an upload arrives, and then the connection breaks. */
    void arrives(HttpExchange exchange, int bytes) throws IOException {
        String path = exchange.getRequestURI().getPath();
        uploads.get(path.substring(path.lastIndexOf('/') + 1))
                .write(exchange.getRequestBody().readNBytes(bytes));
        exchange.close();
    }

    static boolean answer(HttpExchange exchange, int status, String contentType, byte[] body) throws IOException {
        if (!contentType.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Type", contentType);
        }
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
        return true;
    }

    static boolean redirect(HttpExchange exchange, String location) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        return answer(exchange, 307, "", new byte[0]);
    }

    private void handle(HttpExchange exchange) throws IOException {
        requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        List<String> authorization = exchange.getRequestHeaders().getOrDefault("Authorization", List.of());
        logins.addAll(authorization);
        try {
            for (Lie lie : lies) {
                if (lie.answer(exchange)) {
                    return;
                }
            }
            honest(exchange);
        } catch (RuntimeException e) {
            answer(exchange, 500, "text/plain", e.toString().getBytes(StandardCharsets.UTF_8));
        } finally {
            exchange.close();
        }
    }

    private void honest(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/v2/")) {
            answer(exchange, 200, "application/json", "{}".getBytes());
            return;
        }
        Matcher matcher = PATH.matcher(path.endsWith("/uploads/") ? path + "new" : path);
        if (!matcher.matches()) {
            answer(exchange, 404, "text/plain", new byte[0]);
            return;
        }
        String name = matcher.group(1);
        String last = matcher.group(3);
        switch (matcher.group(2)) {
            case "manifests" -> manifest(exchange, name, last);
            case "referrers" -> referrers(exchange, name, last);
            case "tags" -> tags(exchange, name);
            default -> blob(exchange, name, last);
        }
    }

    private void manifest(HttpExchange exchange, String name, String reference) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            byte[] content = exchange.getRequestBody().readAllBytes();
            Manifest manifest = new Manifest(exchange.getRequestHeaders().getFirst("Content-Type"), content);
            manifests.put(name + "@" + manifest.digest(), manifest);
            manifests.put(name + "@" + reference, manifest);
            exchange.getResponseHeaders()
                    .set("Docker-Content-Digest", manifest.digest().toString());
            answer(exchange, 201, "", new byte[0]);
            return;
        }
        Manifest manifest = manifests.get(name + "@" + reference);
        if (manifest == null) {
            answer(exchange, 404, "application/json", "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}".getBytes());
            return;
        }
        exchange.getResponseHeaders()
                .set("Docker-Content-Digest", manifest.digest().toString());
        answer(exchange, 200, manifest.mediaType(), manifest.content());
    }

    private void referrers(HttpExchange exchange, String name, String subject) throws IOException {
        if (!referrersApi) {
            answer(exchange, 404, "text/plain", "404 page not found".getBytes());
            return;
        }
        List<Descriptor> found = new ArrayList<>();
        for (Map.Entry<String, Manifest> entry : manifests.entrySet()) {
            Manifest manifest = entry.getValue();
            if (entry.getKey().equals(name + "@" + manifest.digest())
                    && manifest.read()
                            .subject()
                            .filter(s -> s.digest().toString().equals(subject))
                            .isPresent()) {
                found.add(manifest.read().asReferrer(manifest));
            }
        }
        answer(
                exchange,
                200,
                MediaTypes.OCI_INDEX,
                ManifestContent.index(found).toManifest().content());
    }

    private void tags(HttpExchange exchange, String name) throws IOException {
        String tags = String.join(
                ",",
                manifests.keySet().stream()
                        .filter(key -> key.startsWith(name + "@") && !key.contains(":"))
                        .map(key -> "\"" + key.substring(name.length() + 1) + "\"")
                        .sorted()
                        .toList());
        answer(exchange, 200, "application/json", ("{\"name\":\"" + name + "\",\"tags\":[" + tags + "]}").getBytes());
    }

    private void blob(HttpExchange exchange, String name, String last) throws IOException {
        String method = exchange.getRequestMethod();
        if (!last.startsWith("uploads/")) {
            byte[] blob = blobs.get(last);
            answer(exchange, blob == null ? 404 : 200, "application/octet-stream", blob == null ? new byte[0] : blob);
            return;
        }
        if (method.equals("POST")) {
            String id = "u" + begun.getAndIncrement();
            uploads.put(id, new ByteArrayOutputStream());
            exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + id);
            answer(exchange, 202, "", new byte[0]);
            return;
        }
        ByteArrayOutputStream upload = uploads.get(last.substring("uploads/".length()));
        if (upload == null) {
            answer(exchange, 404, "application/json", new byte[0]);
            return;
        }
        if (method.equals("DELETE")) {
            uploads.remove(last.substring("uploads/".length()));
            answer(exchange, 204, "", new byte[0]);
            return;
        }
        upload.write(exchange.getRequestBody().readAllBytes());
        if (method.equals("PUT")) {
            String digest = exchange.getRequestURI().getQuery().replace("digest=", "");
            boolean right = Digest.of(upload.toByteArray()).toString().equals(digest);
            if (right) {
                blobs.put(digest, upload.toByteArray());
                uploads.remove(last.substring("uploads/".length()));
                exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
            }
            answer(exchange, right ? 201 : 400, "", new byte[0]);
            return;
        }
        exchange.getResponseHeaders().set("Location", exchange.getRequestURI().toString());
        exchange.getResponseHeaders().set("Range", "0-" + Math.max(0, upload.size() - 1));
        answer(exchange, method.equals("PATCH") ? 202 : 204, "", new byte[0]);
    }
}

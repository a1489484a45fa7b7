package io.jenkins.plugins.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registry in memory, on the loopback address alone, for machines that have no other: the demonstration needs Java and
 * nothing else. It speaks what a client of the OCI distribution specification needs, including the referrers API, over
 * plain HTTP and without logins. Never a registry for anything that matters.
 */
public final class DemoRegistry implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PATH = Pattern.compile("/v2/(.+)/(blobs|manifests|tags|referrers)/(.*)");

    private record Stored(String mediaType, byte[] content) {}

    /** One repository: what it holds, and what its tags point at. */
    private static final class Holding {
        final Map<Digest, Stored> manifests = new ConcurrentHashMap<>();
        final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
        final Map<String, Digest> tags = new ConcurrentHashMap<>();
        final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    }

    private final Map<String, Holding> repositories = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(8, work -> {
        Thread thread = new Thread(work, "demo registry");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    /** @param port 0 for any free one */
    public DemoRegistry(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** {@code localhost:port} */
    public String host() {
        return "localhost:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                route(exchange);
            } catch (IllegalArgumentException e) {
                refuse(exchange, 400, "NAME_INVALID", e.getMessage());
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/v2/") || path.equals("/v2")) {
            send(exchange, 200, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
            return;
        }
        Matcher matcher = PATH.matcher(path);
        if (!matcher.matches()) {
            refuse(exchange, 404, "UNSUPPORTED", "no such endpoint");
            return;
        }
        String name = new ImageReference("localhost", matcher.group(1), null, null).repository();
        Holding holding = repositories.computeIfAbsent(name, n -> new Holding());
        String rest = matcher.group(3);
        switch (matcher.group(2)) {
            case "blobs" -> {
                if (rest.startsWith("uploads/")) {
                    upload(exchange, name, holding, rest.substring("uploads/".length()));
                } else {
                    blob(exchange, holding, Digest.parse(rest));
                }
            }
            case "manifests" -> manifest(exchange, name, holding, rest);
            case "tags" -> tags(exchange, name, holding);
            default -> referrers(exchange, holding, Digest.parse(rest));
        }
    }

    private void upload(HttpExchange exchange, String name, Holding holding, String id) throws IOException {
        Map<String, String> query = query(exchange);
        if (exchange.getRequestMethod().equals("POST")) {
            Holding from = query.containsKey("from") ? repositories.get(query.get("from")) : null;
            if (from != null && query.containsKey("mount")) {
                Digest digest = Digest.parse(query.get("mount"));
                byte[] content = from.blobs.get(digest);
                if (content != null) {
                    holding.blobs.put(digest, content);
                    created(exchange, "/v2/" + name + "/blobs/" + digest, digest);
                    return;
                }
            }
            String session = UUID.randomUUID().toString();
            holding.uploads.put(session, new ByteArrayOutputStream());
            if (query.containsKey("digest")) {
                finish(exchange, name, holding, session, Digest.parse(query.get("digest")));
                return;
            }
            exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + session);
            exchange.getResponseHeaders().set("Range", "0-0");
            exchange.sendResponseHeaders(202, -1);
            return;
        }
        ByteArrayOutputStream body = holding.uploads.get(id);
        if (body == null) {
            refuse(exchange, 404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
            return;
        }
        switch (exchange.getRequestMethod()) {
            case "PATCH" -> {
                exchange.getRequestBody().transferTo(body);
                exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + id);
                exchange.getResponseHeaders().set("Range", "0-" + Math.max(0, body.size() - 1));
                exchange.sendResponseHeaders(202, -1);
            }
            case "GET" -> {
                exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + id);
                exchange.getResponseHeaders().set("Range", "0-" + Math.max(0, body.size() - 1));
                exchange.sendResponseHeaders(204, -1);
            }
            case "PUT" -> finish(exchange, name, holding, id, Digest.parse(query.getOrDefault("digest", "")));
            default -> {
                holding.uploads.remove(id);
                exchange.sendResponseHeaders(204, -1);
            }
        }
    }

    private void finish(HttpExchange exchange, String name, Holding holding, String session, Digest digest)
            throws IOException {
        ByteArrayOutputStream body = holding.uploads.remove(session);
        exchange.getRequestBody().transferTo(body);
        byte[] content = body.toByteArray();
        if (!digest.matches(content)) {
            refuse(exchange, 400, "DIGEST_INVALID", "the content has the digest " + Digest.of(content));
            return;
        }
        holding.blobs.put(digest, content);
        created(exchange, "/v2/" + name + "/blobs/" + digest, digest);
    }

    private static void blob(HttpExchange exchange, Holding holding, Digest digest) throws IOException {
        byte[] content = holding.blobs.get(digest);
        if (content == null) {
            refuse(exchange, 404, "BLOB_UNKNOWN", digest.toString());
            return;
        }
        exchange.getResponseHeaders().set("Docker-Content-Digest", digest.toString());
        send(exchange, 200, "application/octet-stream", content);
    }

    private void manifest(HttpExchange exchange, String name, Holding holding, String reference) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            put(exchange, name, holding, reference);
            return;
        }
        Digest digest = Digest.isDigest(reference) ? Digest.parse(reference) : holding.tags.get(reference);
        Stored stored = digest == null ? null : holding.manifests.get(digest);
        if (stored == null) {
            refuse(exchange, 404, "MANIFEST_UNKNOWN", reference);
            return;
        }
        exchange.getResponseHeaders().set("Docker-Content-Digest", digest.toString());
        send(exchange, 200, stored.mediaType(), stored.content());
    }

    private static void put(HttpExchange exchange, String name, Holding holding, String reference) throws IOException {
        byte[] content = exchange.getRequestBody().readAllBytes();
        Digest digest = Digest.of(content);
        if (Digest.isDigest(reference) && !Digest.parse(reference).equals(digest)) {
            refuse(exchange, 400, "DIGEST_INVALID", "the manifest has the digest " + digest);
            return;
        }
        JsonNode json = JSON.readTree(content);
        String mediaType = exchange.getRequestHeaders().getFirst("Content-Type");
        for (JsonNode blob : json.path("layers")) {
            if (!holding.blobs.containsKey(Digest.parse(blob.path("digest").asText()))) {
                refuse(
                        exchange,
                        400,
                        "MANIFEST_BLOB_UNKNOWN",
                        blob.path("digest").asText());
                return;
            }
        }
        holding.manifests.put(digest, new Stored(mediaType, content));
        if (!Digest.isDigest(reference)) {
            holding.tags.put(reference, digest);
        }
        if (json.has("subject")) {
            exchange.getResponseHeaders()
                    .set("OCI-Subject", json.path("subject").path("digest").asText());
        }
        created(exchange, "/v2/" + name + "/manifests/" + digest, digest);
    }

    private static void tags(HttpExchange exchange, String name, Holding holding) throws IOException {
        ObjectNode json = JSON.createObjectNode().put("name", name);
        ArrayNode tags = json.putArray("tags");
        new TreeMap<>(holding.tags).keySet().forEach(tags::add);
        send(exchange, 200, "application/json", JSON.writeValueAsBytes(json));
    }

    private static void referrers(HttpExchange exchange, Holding holding, Digest subject) throws IOException {
        ObjectNode index = JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_INDEX);
        ArrayNode manifests = index.putArray("manifests");
        for (Map.Entry<Digest, Stored> entry : new TreeMap<>(holding.manifests).entrySet()) {
            JsonNode json = JSON.readTree(entry.getValue().content());
            if (subject.toString().equals(json.path("subject").path("digest").asText())) {
                ObjectNode descriptor = manifests
                        .addObject()
                        .put("mediaType", entry.getValue().mediaType())
                        .put("digest", entry.getKey().toString())
                        .put("size", entry.getValue().content().length)
                        .put("artifactType", json.path("artifactType").asText());
                if (json.has("annotations")) {
                    descriptor.set("annotations", json.get("annotations"));
                }
            }
        }
        send(exchange, 200, MediaTypes.OCI_INDEX, JSON.writeValueAsBytes(index));
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new TreeMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                int equals = pair.indexOf('=');
                query.put(
                        URLDecoder.decode(equals < 0 ? pair : pair.substring(0, equals), StandardCharsets.UTF_8),
                        equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    private static void created(HttpExchange exchange, String location, Digest digest) throws IOException {
        exchange.getResponseHeaders().set("Location", location);
        exchange.getResponseHeaders().set("Docker-Content-Digest", digest.toString());
        exchange.sendResponseHeaders(201, -1);
    }

    private static void send(HttpExchange exchange, int status, String mediaType, byte[] content) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", mediaType);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
        exchange.getResponseBody().write(content);
    }

    private static void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
        try (InputStream body = exchange.getRequestBody()) {
            body.skipNBytes(body.available());
        } catch (IOException broken) {
            // The client is gone; there is nobody to refuse.
            return;
        }
        ObjectNode json = JSON.createObjectNode();
        json.putArray("errors").addObject().put("code", code).put("message", message);
        send(exchange, status, "application/json", JSON.writeValueAsBytes(json));
    }
}

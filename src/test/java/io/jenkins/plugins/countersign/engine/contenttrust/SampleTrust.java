package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository's trust metadata with the keys at hand, and a server that gives out whatever is in {@link #files}: what a
 * stolen key, a lying server or a damaged disk would make of it.
 */
final class SampleTrust implements AutoCloseable {

    static final String GUN = "registry.example.com/team/app";
    static final Digest IMAGE = Digest.of("image".getBytes(StandardCharsets.UTF_8));

    /** Path below the repository, without {@code .json}. */
    final Map<String, byte[]> files = new ConcurrentHashMap<>();

    final Map<String, TestCertificate> keys = new LinkedHashMap<>();
    private final HttpServer server;

    SampleTrust() throws Exception {
        for (String role : List.of("root", "timestamp", "snapshot", "targets", "targets/releases")) {
            keys.put(role, TestCertificate.forName(role.equals("root") ? GUN : role));
        }
        publish(json -> {}, json -> {}, json -> {}, json -> {});
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            if (exchange.getRequestMethod().equals("POST")) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                byte[] answer = taken(body).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.length == 0 ? 200 : 400, answer.length == 0 ? -1 : answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
                return;
            }
            String path = exchange.getRequestURI().getPath().replaceFirst("^/v2/.*/_trust/tuf/", "");
            byte[] file = files.get(path.replaceFirst("\\.json$", ""));
            exchange.sendResponseHeaders(file == null ? 404 : 200, file == null ? -1 : file.length);
            if (file != null) {
                exchange.getResponseBody().write(file);
            }
            exchange.close();
        });
        server.start();
    }

    /** Somebody who publishes before the next one who wants to does, and once more for each. */
    final Deque<Callable<?>> others = new ConcurrentLinkedDeque<>();

    /** As a server: empty when it was taken, else why not. */
    private String taken(String body) {
        try {
            Callable<?> other = others.poll();
            if (other != null) {
                other.call();
                return "{\"errors\":[{\"code\":\"VERSION\",\"message\":\"A newer version of metadata is already available.\"}]}";
            }
            Matcher part = Pattern.compile("filename=\"([^\"]+)\"\r\n.*?\r\n\r\n(.*?)\r\n--", Pattern.DOTALL)
                    .matcher(body);
            while (part.find()) {
                put(part.group(1), part.group(2).getBytes(StandardCharsets.UTF_8));
            }
            putSnapshot(json -> {});
            putTimestamp();
            return "";
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    TrustMetadata metadata(String gun) {
        String host = "127.0.0.1:" + server.getAddress().getPort();
        return new TrustMetadata(RegistryAccess.of(host).insecurePlainHttp(), gun);
    }

    /** Signs and puts all files anew, each after it was changed. */
    void publish(
            Consumer<ObjectNode> root,
            Consumer<ObjectNode> targets,
            Consumer<ObjectNode> releases,
            Consumer<ObjectNode> snapshot)
            throws Exception {
        files.clear();
        putRoot(root);
        put("targets/releases", changed(target("2.0", "Targets"), releases), keys.get("targets/releases"));
        ObjectNode own = target("1.0", "Targets");
        delegate(own, "targets/releases", "");
        put("targets", changed(own, targets), keys.get("targets"));
        putSnapshot(snapshot);
        putTimestamp();
    }

    void putRoot(Consumer<ObjectNode> change) throws Exception {
        put("root", changed(root(), change), keys.get("root"));
    }

    ObjectNode root() throws Exception {
        ObjectNode root = common("Root").put("consistent_snapshot", false);
        ObjectNode all = root.putObject("keys");
        ObjectNode roles = root.putObject("roles");
        for (String role : List.of("root", "timestamp", "snapshot", "targets")) {
            String id = addKey(all, keys.get(role));
            roles.putObject(role).put("threshold", 1).putArray("keyids").add(id);
        }
        return root;
    }

    void putSnapshot(Consumer<ObjectNode> change) throws Exception {
        ObjectNode snapshot = common("Snapshot");
        ObjectNode meta = snapshot.putObject("meta");
        for (String role : List.of("root", "targets", "targets/releases")) {
            meta.set(role, meta(role));
        }
        put("snapshot", changed(snapshot, change), keys.get("snapshot"));
    }

    void putTimestamp() throws Exception {
        ObjectNode timestamp = common("Timestamp");
        timestamp.putObject("meta").set("snapshot", meta("snapshot"));
        put("timestamp", timestamp, keys.get("timestamp"));
    }

    private static ObjectNode changed(ObjectNode json, Consumer<ObjectNode> change) {
        change.accept(json);
        return json;
    }

    static ObjectNode common(String type) {
        return StrictJson.object().put("_type", type).put("version", 1).put("expires", "2099-01-01T00:00:00Z");
    }

    private static ObjectNode target(String tag, String type) {
        ObjectNode json = common(type);
        json.putObject("delegations").putObject("keys");
        json.withObject("/delegations").putArray("roles");
        addTag(json, tag, IMAGE);
        return json;
    }

    static void addTag(ObjectNode targets, String tag, Digest digest) {
        targets.withObject("/targets")
                .putObject(tag)
                .put("length", 5)
                .putObject("hashes")
                .put("sha256", base64(HexFormat.of().parseHex(digest.hex())));
    }

    void delegate(ObjectNode targets, String role, String... paths) throws Exception {
        String id = addKey(targets.withObject("/delegations/keys"), keys.get(role));
        ObjectNode delegation =
                targets.withObject("/delegations").withArray("roles").addObject();
        delegation.put("name", role).put("threshold", 1);
        delegation.putArray("keyids").add(id);
        ArrayNode all = delegation.putArray("paths");
        for (String path : paths) {
            all.add(path);
        }
    }

    private ObjectNode meta(String role) {
        byte[] content = files.get(role);
        ObjectNode meta = StrictJson.object().put("length", content.length);
        meta.putObject("hashes").put("sha256", base64(Digest.sha256().digest(content)));
        return meta;
    }

    static String addKey(ObjectNode all, TestCertificate key) throws Exception {
        String material = base64(key.pem().getBytes(StandardCharsets.UTF_8));
        String id = Digest.of(CanonicalJson.ofKey("ecdsa-x509", material)).hex();
        all.putObject(id)
                .put("keytype", "ecdsa-x509")
                .putObject("keyval")
                .putNull("private")
                .put("public", material);
        return id;
    }

    /** Under its own name, and under that of its digest. */
    void put(String role, ObjectNode signed, TestCertificate... signers) throws Exception {
        ObjectNode json = StrictJson.object();
        json.set("signed", signed);
        ArrayNode signatures = json.putArray("signatures");
        for (TestCertificate signer : signers) {
            signatures
                    .addObject()
                    .put("keyid", addKey(StrictJson.object(), signer))
                    .put("method", "ecdsa")
                    .put("sig", base64(sign(signer, CanonicalJson.bytes(signed))));
        }
        put(role, StrictJson.write(json));
    }

    void put(String role, byte[] content) {
        files.put(role, content);
        files.put(role + "." + Digest.of(content).hex(), content);
    }

    /** The signed part of a file as it is now. */
    JsonNode signed(String role) throws Exception {
        return StrictJson.readObject(files.get(role), SignedMetadata.MAX_BYTES).path("signed");
    }

    private static byte[] sign(TestCertificate signer, byte[] message) throws Exception {
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initSign(signer.keys().getPrivate());
        signature.update(message);
        return signature.sign();
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

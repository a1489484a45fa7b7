package io.jenkins.plugins.countersign.webhook;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl;
import org.jvnet.hudson.test.JenkinsRule;

/** A Jenkins that a registry tells of its events. */
public final class Told {

    public static final String SECRET = "a-secret-that-only-the-registry-knows";

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private Told() {}

    /** Sources {@code bearer}, {@code signed} (GitHub's format) and {@code path} (Quay's), all for one registry over plain HTTP. */
    static void configure(String registry) throws Exception {
        PlainRegistry.configure(registry);
        SystemCredentialsProvider.getInstance().getCredentials().clear();
        keepSecret();
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new StringCredentialsImpl(
                        CredentialsScope.SYSTEM, "basic", "With a user", Secret.fromString("registry:" + SECRET)));
        WebhookSource basic = new WebhookSource("basic", PayloadKind.GITHUB, registry, "basic");
        basic.setProof(Proof.HEADER);
        WebhookConfiguration.get()
                .setSources(List.of(
                        basic,
                        source("bearer", PayloadKind.DISTRIBUTION, registry, Proof.HEADER),
                        source("signed", PayloadKind.GITHUB, registry, Proof.HMAC),
                        source("path", PayloadKind.QUAY, registry, Proof.PATH)));
    }

    /** One source, {@code production}, of Distribution's events. */
    public static void listen(String registry) throws Exception {
        keepSecret();
        WebhookConfiguration.get()
                .setSources(List.of(source("production", PayloadKind.DISTRIBUTION, registry, Proof.HEADER)));
    }

    private static void keepSecret() throws Exception {
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new StringCredentialsImpl(
                        CredentialsScope.SYSTEM, "hook", "Of the registry", Secret.fromString(SECRET)));
        SystemCredentialsProvider.getInstance().save();
    }

    private static WebhookSource source(String id, PayloadKind kind, String registry, Proof proof) {
        WebhookSource source = new WebhookSource(id, kind, registry, "hook");
        source.setProof(proof);
        return source;
    }

    /** Pushes an image of its own content. */
    static Digest push(String registry, String tag, String content) throws Exception {
        try (Repository opened = Repositories.open(
                registry + "/team/app", RegistryAccess.of(registry).insecurePlainHttp())) {
            Digest digest = DemoImage.build(opened, null, Map.of("app/run.sh", content), opened);
            opened.tag(digest, tag);
            return digest;
        }
    }

    /** As GitHub tells of a push. */
    static byte[] published(String tag, String id) {
        return """
                {"action": "published", "registry_package": {"name": "app", "package_type": "CONTAINER",
                   "owner": {"login": "Team"}, "package_version": {"id": "%s",
                     "container_metadata": {"tag": {"name": "%s"}}}},
                 "sender": {"login": "carol"}}""".formatted(id, tag).getBytes(StandardCharsets.UTF_8);
    }

    /** Tells the source {@code production} of a push. */
    public static String sendPush(JenkinsRule jenkins, String secret, String repository, String tag, Digest digest)
            throws Exception {
        byte[] body = """
                {"events": [{"id": "1", "action": "push", "actor": {"name": "carol"}, "target": {
                   "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "%s",
                   "repository": "%s", "tag": "%s"}}]}""".formatted(digest, repository, tag).getBytes(StandardCharsets.UTF_8);
        return send(jenkins, "POST", "production", body, "Authorization", "Bearer " + secret);
    }

    static String signature(byte[] body) {
        return "sha256=" + HexFormat.of().formatHex(Proof.hmac(SECRET.getBytes(StandardCharsets.UTF_8), body));
    }

    /** What the sender gets: status, type and text. */
    static String send(JenkinsRule jenkins, String method, String path, byte[] body, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(jenkins.getURL() + "countersign-webhook/" + path)
                                .normalize())
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " "
                + response.headers().firstValue("Content-Type").orElse("") + " " + response.body();
    }

    /** What goes into a docker-registry's configuration so that it tells this Jenkins. */
    static String notifications(JenkinsRule jenkins) throws Exception {
        return "notifications: {endpoints: [{name: jenkins, url: '" + jenkins.getURL()
                + "countersign-webhook/bearer', headers: {Authorization: ['Bearer " + SECRET
                + "']}, timeout: 10s, threshold: 5, backoff: 1s}]}";
    }

    /** As Distribution tells of a manifest that was pushed by its digest. */
    static String sendDistribution(JenkinsRule jenkins, String registry, Digest digest, String id) throws Exception {
        byte[] body = """
                {"events": [{"id": "%s", "action": "push", "target": {
                   "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "%s", "repository": "team/app"}}]}""".formatted(id, digest).getBytes(StandardCharsets.UTF_8);
        return send(jenkins, "POST", "bearer", body, "Authorization", "Bearer " + SECRET);
    }

    static String sendSigned(JenkinsRule jenkins, byte[] body) throws Exception {
        return send(jenkins, "POST", "signed", body, "X-Hub-Signature-256", signature(body));
    }

    /** Whether everything is worked off that a controller accepted, which is another process. */
    static boolean nothingLies(File home) {
        String[] files = new File(home, "countersign/deliveries").list();
        return files == null || files.length == 0;
    }

    /** Waits for a condition, at most a minute. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited a minute for: " + what);
            }
            Thread.sleep(20);
        }
    }
}

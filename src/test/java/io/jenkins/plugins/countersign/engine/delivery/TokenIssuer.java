package io.jenkins.plugins.countersign.engine.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** In Google's place: signs tokens, and publishes its keys on the loopback. */
public final class TokenIssuer implements AutoCloseable {

    public static final String EMAIL = "pusher@my-project.iam.gserviceaccount.com";

    /** One for all: to make it takes longer than a test. */
    private static final KeyPair KEY = newKey();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private final KeyPair key = KEY;
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch question = new CountDownLatch(1);
    private volatile CountDownLatch silence = new CountDownLatch(0);
    private volatile int status = 200;
    private volatile String body;

    public TokenIssuer() throws IOException {
        publish(jwk("one", key));
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    static KeyPair newKey() {
        try {
            return KeyPairGenerator.getInstance("RSA").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        question.countDown();
        try {
            silence.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        byte[] content = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Cache-Control", "public, max-age=3600, must-revalidate, no-transform");
        exchange.getResponseHeaders().set("Location", "/elsewhere");
        exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
        exchange.getResponseBody().write(content);
        exchange.close();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/certs");
    }

    int asked() {
        return asked.get();
    }

    void awaitQuestion() throws InterruptedException {
        if (!question.await(1, TimeUnit.MINUTES)) {
            throw new AssertionError("nobody asked for the keys");
        }
    }

    /** Answers no question until the latch is opened. */
    CountDownLatch fallSilent() {
        silence = new CountDownLatch(1);
        return silence;
    }

    void answer(int withStatus, String content) {
        status = withStatus;
        body = content;
    }

    void publish(String... keys) {
        answer(200, "{\"keys\":[" + String.join(",", keys) + "]}");
    }

    KeyPair key() {
        return key;
    }

    public String header() {
        return "{\"alg\":\"RS256\",\"kid\":\"one\",\"typ\":\"JWT\"}";
    }

    /** As in Google's example, good for an hour. */
    public String claims(String audience, Instant now) {
        return "{\"aud\":\"" + audience + "\",\"azp\":\"113774264463038321964\",\"email\":\"" + EMAIL
                + "\",\"sub\":\"113774264463038321964\",\"email_verified\":true,\"exp\":"
                + (now.getEpochSecond() + 3600) + ",\"iat\":" + now.getEpochSecond()
                + ",\"iss\":\"https://accounts.google.com\"}";
    }

    public String sign(String header, String claims) throws GeneralSecurityException {
        return sign(header, claims, key);
    }

    static String sign(String header, String claims, KeyPair by) throws GeneralSecurityException {
        String signed = part(header) + "." + part(claims);
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(by.getPrivate());
        signature.update(signed.getBytes(UTF_8));
        return signed + "." + part(signature.sign());
    }

    static String jwk(String id, KeyPair pair) {
        RSAPublicKey rsa = (RSAPublicKey) pair.getPublic();
        return "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"" + id + "\",\"n\":\""
                + part(unsigned(rsa.getModulus())) + "\",\"e\":\"" + part(unsigned(rsa.getPublicExponent())) + "\"}";
    }

    private static byte[] unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    static String part(String text) {
        return part(text.getBytes(UTF_8));
    }

    static String part(byte[] content) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(content);
    }

    @Override
    public void close() {
        silence.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}

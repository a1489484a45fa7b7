package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys with which somebody signs RS256 tokens, from where they publish them: kept as long as the publisher says, asked for
 * once more when a token names another, and never more often than {@link #BETWEEN}, whatever strangers send. One thread asks;
 * nobody waits for it.
 *
 * <p>Source: RFC 7517 (JSON Web Key), RFC 7518 section 6.3 (RSA), RFC 9111 section 5.2.2.1 (max-age).
 */
public final class JsonWebKeys {

    static final int MAX_LENGTH = 64 * 1024;
    static final Duration BETWEEN = Duration.ofSeconds(30);

    private static final int MAX_KEYS = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration MIN_AGE = Duration.ofMinutes(1);
    private static final Duration USUAL_AGE = Duration.ofMinutes(5);
    private static final Duration MAX_AGE = Duration.ofDays(1);
    private static final Pattern AGE = Pattern.compile("(?:^|[\\s,])max-age=\"?([0-9]{1,9})");
    private static final Pattern BASE64_URL = Pattern.compile("[A-Za-z0-9_-]+");

    private final URI address;
    private final Supplier<HttpClient> client;
    private final Duration patience;
    private final Clock clock;
    private final ReentrantLock asking = new ReentrantLock();
    private Instant lastAsked = Instant.MIN;
    private volatile Known known = new Known(Map.of(), Instant.MIN, Instant.MIN);
    private volatile String lastFailure = "they were not asked for yet";

    /** @param renewAt before they are no good any more, so that one asks and the others go on */
    private record Known(Map<String, PublicKey> byId, Instant renewAt, Instant goodUntil) {}

    /** @param client is asked for each time: how Jenkins reaches the world may change */
    public JsonWebKeys(URI address, Supplier<HttpClient> client, Clock clock) {
        this(address, client, PATIENCE, clock);
    }

    JsonWebKeys(URI address, Supplier<HttpClient> client, Duration patience, Clock clock) {
        this.address = address;
        this.client = client;
        this.patience = patience;
        this.clock = clock;
    }

    /**
     * A key for RS256, by its name.
     *
     * @throws DeliveryException if there is none of the name, or if the keys are not known now
     */
    PublicKey key(String id) throws DeliveryException {
        Instant now = clock.instant();
        Known keys = known;
        PublicKey key = now.isBefore(keys.goodUntil) ? keys.byId.get(id) : null;
        if (key != null && now.isBefore(keys.renewAt)) {
            return key;
        }
        if (asking.tryLock()) {
            try {
                askUnlessJustAsked(now);
            } finally {
                asking.unlock();
            }
        }
        keys = known;
        if (!clock.instant().isBefore(keys.goodUntil)) {
            throw new DeliveryException(Sentence.of("delivery.keysUnknown", address, lastFailure));
        }
        key = keys.byId.get(id);
        if (key == null) {
            throw new DeliveryException(Sentence.of("delivery.otherKey", address));
        }
        return key;
    }

    private void askUnlessJustAsked(Instant now) {
        // Both ways: a clock that was put back must not silence it.
        if (lastAsked.isAfter(now.minus(BETWEEN)) && lastAsked.isBefore(now.plus(BETWEEN))) {
            return;
        }
        lastAsked = now;
        try {
            HttpResponse<byte[]> answer = ask();
            if (answer.statusCode() != 200) {
                throw new IOException("the answer has the status " + answer.statusCode());
            }
            Duration age = age(answer.headers().firstValue("Cache-Control").orElse(""));
            known = new Known(read(answer.body()), now.plus(age.multipliedBy(4).dividedBy(5)), now.plus(age));
        } catch (IOException e) {
            lastFailure = e.getMessage();
        }
    }

    private HttpResponse<byte[]> ask() throws IOException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(patience)
                .header("Accept", "application/json")
                .build();
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.get().sendAsync(request, info -> new LimitedBody(MAX_LENGTH));
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause().getMessage()), e);
        } catch (TimeoutException e) {
            throw new IOException("no whole answer within " + patience.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }

    private static Duration age(String cacheControl) {
        Matcher age = AGE.matcher(cacheControl);
        Duration told = age.find() ? Duration.ofSeconds(Long.parseLong(age.group(1))) : USUAL_AGE;
        return told.compareTo(MIN_AGE) < 0 ? MIN_AGE : told.compareTo(MAX_AGE) > 0 ? MAX_AGE : told;
    }

    private static Map<String, PublicKey> read(byte[] content) throws IOException {
        JsonNode list = StrictJson.readObject(content, MAX_LENGTH).path("keys");
        if (!list.isArray() || list.size() > MAX_KEYS) {
            throw new IOException("the answer has no list of keys, or one of more than " + MAX_KEYS);
        }
        Map<String, PublicKey> keys = new HashMap<>();
        for (JsonNode key : list) {
            boolean isForSignatures = isAbsentOr(key, "use", "sig") && isAbsentOr(key, "alg", "RS256");
            if (!"RSA".equals(key.path("kty").textValue()) || !isForSignatures) {
                continue;
            }
            String id = key.path("kid").textValue();
            if (id == null || keys.put(id, rsa(number(key, "n"), number(key, "e"))) != null) {
                throw new IOException("a key has no name, or two have the same");
            }
        }
        return Map.copyOf(keys);
    }

    private static boolean isAbsentOr(JsonNode key, String member, String value) {
        return !key.has(member) || value.equals(key.get(member).textValue());
    }

    private static BigInteger number(JsonNode key, String member) throws IOException {
        String text = key.path(member).asText();
        if (!BASE64_URL.matcher(text).matches() || text.length() % 4 == 1) {
            throw new IOException("a key's \"" + member + "\" is not Base64url");
        }
        return new BigInteger(1, Base64.getUrlDecoder().decode(text));
    }

    private static PublicKey rsa(BigInteger modulus, BigInteger exponent) throws IOException {
        try {
            PublicKey key = KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
            PublicKeys.requireAccepted(key);
            return key;
        } catch (GeneralSecurityException | KeyException e) {
            throw new IOException("a key is none: " + e.getMessage(), e);
        }
    }
}

package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The token with which a Pub/Sub push subscription shows whose it is: signed by Google (RS256), for one audience, in the name of
 * one service account. It does not cover the bytes of the delivery, which TLS does, and is the same for up to an hour.
 *
 * <p>Source: cloud.google.com, "Authentication for push subscriptions" (pubsub/docs/authenticate-push-subscriptions; read on 22
 * November 2026); RFC 7515 (JWS), RFC 7519 (JWT), and RFC 8725 for what is refused. No library: what is taken is one algorithm
 * and seven claims, and the JDK verifies RSA.
 *
 * @param audience what the subscription was told to write into {@code aud}
 * @param email of the service account that the subscription was given
 */
public record GoogleToken(String audience, String email) {

    /** Where Google publishes the keys of its tokens, as its OpenID configuration says. */
    public static final URI KEYS = URI.create("https://www.googleapis.com/oauth2/v3/certs");

    private static final Set<String> ISSUERS = Set.of("https://accounts.google.com", "accounts.google.com");
    private static final String BEARER = "Bearer ";
    private static final int MAX_LENGTH = 8 * 1024;
    private static final Duration SKEW = Duration.ofMinutes(1);
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_-]+");
    private static final Pattern KEY_NAME = Pattern.compile("[A-Za-z0-9_.-]{1,128}");

    /**
     * Does nothing if the token is Google's, for this audience, in this account's name, and good now.
     *
     * @param authorizationOrNull the header
     * @throws DeliveryException with what is wrong with it
     */
    public void verify(String authorizationOrNull, JsonWebKeys keys, Instant now) throws DeliveryException {
        if (authorizationOrNull == null || !authorizationOrNull.startsWith(BEARER)) {
            throw new DeliveryException(Sentence.of("delivery.noToken"));
        }
        String token = authorizationOrNull.substring(BEARER.length());
        String[] parts = token.split("\\.", -1);
        if (token.length() > MAX_LENGTH || parts.length != 3) {
            throw new DeliveryException(Sentence.of("delivery.tokenParts"));
        }
        ObjectNode header = object(parts[0]);
        // The key alone says which algorithm; a header that says another one is not Google's.
        if (!"RS256".equals(header.path("alg").textValue()) || header.has("crit")) {
            throw new DeliveryException(Sentence.of("delivery.tokenAlgorithm"));
        }
        String name = header.path("kid").textValue();
        if (name == null || !KEY_NAME.matcher(name).matches()) {
            throw new DeliveryException(Sentence.of("delivery.tokenWithoutKey"));
        }
        PublicKey key = keys.key(name);
        byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
        if (!SignatureScheme.RSA_PKCS1_SHA256.matches(key, signed, decode(parts[2]))) {
            throw new DeliveryException(Sentence.of("delivery.tokenSignature"));
        }
        requireClaims(object(parts[1]), now);
    }

    private void requireClaims(ObjectNode claims, Instant now) throws DeliveryException {
        String issuer = claims.path("iss").textValue();
        if (issuer == null || !ISSUERS.contains(issuer)) {
            throw new DeliveryException(Sentence.of("delivery.tokenIssuer"));
        }
        if (!audience.equals(claims.path("aud").textValue())) {
            throw new DeliveryException(Sentence.of("delivery.tokenAudience", audience));
        }
        JsonNode isVerified = claims.path("email_verified");
        if (!email.equals(claims.path("email").textValue()) || !isVerified.isBoolean() || !isVerified.booleanValue()) {
            throw new DeliveryException(Sentence.of("delivery.tokenName", email));
        }
        Instant issued = time(claims, "iat");
        Instant expires = time(claims, "exp");
        if (!now.isBefore(expires.plus(SKEW))) {
            throw new DeliveryException(Sentence.of("delivery.tokenExpired", expires));
        }
        if (now.isBefore(issued.minus(SKEW)) || expires.isBefore(issued)) {
            throw new DeliveryException(Sentence.of("delivery.tokenTooEarly", issued));
        }
    }

    private static Instant time(ObjectNode claims, String claim) throws DeliveryException {
        JsonNode seconds = claims.path(claim);
        if (!seconds.isIntegralNumber()
                || !seconds.canConvertToLong()
                || seconds.longValue() < 0
                || seconds.longValue() > Integer.MAX_VALUE * 4L) {
            throw new DeliveryException(Sentence.of("delivery.tokenTime", claim));
        }
        return Instant.ofEpochSecond(seconds.longValue());
    }

    private static ObjectNode object(String part) throws DeliveryException {
        try {
            return StrictJson.readObject(decode(part), MAX_LENGTH);
        } catch (IOException e) {
            throw new DeliveryException(Sentence.of("delivery.tokenNotReadable", e.getMessage()), e);
        }
    }

    private static byte[] decode(String part) throws DeliveryException {
        if (!PART.matcher(part).matches() || part.length() % 4 == 1) {
            throw new DeliveryException(Sentence.of("delivery.tokenNotBase64"));
        }
        return Base64.getUrlDecoder().decode(part);
    }
}

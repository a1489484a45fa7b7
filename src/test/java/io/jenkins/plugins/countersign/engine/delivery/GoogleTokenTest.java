package io.jenkins.plugins.countersign.engine.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.promotion.World.MovableClock;
import java.net.http.HttpClient;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** Whose a Pub/Sub delivery is, by a token; the keys come from a server on the loopback. */
public class GoogleTokenTest {

    private static final GoogleToken WANTED =
            new GoogleToken("https://jenkins.example.com/countersign-webhook/google", TokenIssuer.EMAIL);

    private static final KeyPair STRANGER = TokenIssuer.newKey();

    private final MovableClock hand = new MovableClock();
    private TokenIssuer google;
    private JsonWebKeys keys;

    @Before
    public void start() throws Exception {
        google = new TokenIssuer();
        keys = keys(Duration.ofSeconds(10));
    }

    @After
    public void stop() {
        google.close();
    }

    private JsonWebKeys keys(Duration patience) {
        return new JsonWebKeys(google.address(), HttpClient::newHttpClient, patience, hand);
    }

    private String refusal(String token) {
        return assertThrows(
                        token, DeliveryException.class, () -> WANTED.verify("Bearer " + token, keys, hand.instant()))
                .getMessage();
    }

    private void accept(String token) throws Exception {
        WANTED.verify("Bearer " + token, keys, hand.instant());
    }

    private String claims(String... replacements) {
        String claims = google.claims(WANTED.audience(), hand.instant());
        for (int i = 0; i < replacements.length; i += 2) {
            assertThat(claims, containsString(replacements[i]));
            claims = claims.replace(replacements[i], replacements[i + 1]);
        }
        return claims;
    }

    @Test
    public void hostileTokens_areRefusedByName() throws Exception {
        String header = google.header();
        String good = google.sign(header, claims());

        String none = TokenIssuer.part("{\"alg\":\"none\",\"kid\":\"one\"}") + "." + TokenIssuer.part(claims());
        assertThat(refusal(none + "."), containsString("not signed by RS256"));
        assertThat(refusal(none), containsString("three parts"));
        assertThat(refusal(good.substring(0, good.lastIndexOf('.') + 1)), containsString("not Base64url"));

        // The public key, which everybody has, as the secret of an HMAC.
        String confused = TokenIssuer.part(header.replace("RS256", "HS256")) + "." + TokenIssuer.part(claims());
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(google.key().getPublic().getEncoded(), "HmacSHA256"));
        byte[] tag = mac.doFinal(confused.getBytes(UTF_8));
        assertThat(refusal(confused + "." + TokenIssuer.part(tag)), containsString("not signed by RS256"));
        String lying = TokenIssuer.part(header) + "." + TokenIssuer.part(claims());
        assertThat(
                "the same, with a header that says RS256",
                refusal(lying + "." + TokenIssuer.part(mac.doFinal(lying.getBytes(UTF_8)))),
                containsString("signature is wrong"));

        KeyPair stranger = STRANGER;
        assertThat(refusal(TokenIssuer.sign(header, claims(), stranger)), containsString("signature is wrong"));
        assertThat(
                refusal(TokenIssuer.sign(header.replace("\"one\"", "\"two\""), claims(), stranger)),
                containsString("none of those at " + google.address()));
        assertThat(
                refusal(google.sign(header.replace("\"one\"", "\"../one\\u0000\""), claims())),
                containsString("names no key"));
        assertThat(refusal(google.sign("{\"alg\":\"RS256\"}", claims())), containsString("names no key"));
        assertThat(
                "a key that the token brings along",
                refusal(TokenIssuer.sign(
                        header.replace("}", ",\"jwk\":" + TokenIssuer.jwk("one", stranger) + "}"), claims(), stranger)),
                containsString("signature is wrong"));
        assertThat(
                refusal(google.sign(header.replace("}", ",\"crit\":[\"b64\"],\"b64\":false}"), claims())),
                containsString("RS256 alone"));
        assertThat(refusal(good.substring(0, good.length() - 8) + "AAAAAAAA"), containsString("signature is wrong"));
        assertThat(
                refusal(TokenIssuer.part(header) + "." + TokenIssuer.part(claims("true", "true ")) + "."
                        + good.substring(good.lastIndexOf('.') + 1)),
                containsString("signature is wrong"));
        assertThat(refusal(good + "."), containsString("three parts"));
        assertThat(refusal(good.replace('.', '!')), containsString("three parts"));
        assertThat(refusal(good + "=="), containsString("not Base64url"));
        assertThat(refusal("a".repeat(9000)), containsString("too long"));

        assertThat(refusal(claims("https://jenkins.", "https://other."), header), containsString("another audience"));
        assertThat(
                "a list with ours in it",
                refusal(
                        claims(
                                "\"https://jenkins.example.com/countersign-webhook/google\"",
                                "[\"https://jenkins.example.com/countersign-webhook/google\"]"),
                        header),
                containsString("another audience"));
        assertThat(
                refusal(claims(TokenIssuer.EMAIL, "mallory@evil.example.com"), header),
                containsString("not in the name"));
        assertThat(refusal(claims("true", "false"), header), containsString("not in the name"));
        assertThat(refusal(claims("true", "\"true\""), header), containsString("not in the name"));
        assertThat(refusal(claims("\"email_verified\":true,", ""), header), containsString("not in the name"));
        assertThat(
                refusal(claims("https://accounts.google.com", "https://accounts.google.com.evil.example.com"), header),
                containsString("not issued by Google"));
        assertThat(
                refusal(claims("\"aud\"", "\"aud\":\"https://evil.example.com\",\"aud\""), header),
                containsString("Duplicate"));
        assertThat(
                refusal(google.sign(header.replace("{", "{\"alg\":\"none\","), claims())), containsString("Duplicate"));
        assertThat(refusal(claims("\"exp\":", "\"was\":"), header), containsString("\"exp\" is no time"));
        assertThat(refusal(claims("\"exp\":", "\"exp\":1e3,\"was\":"), header), containsString("\"exp\" is no time"));
        assertThat(refusal(claims("\"iat\":", "\"iat\":-1,\"was\":"), header), containsString("\"iat\" is no time"));
        assertThat(
                refusal(claims("\"exp\":", "\"exp\":99999999999999999999,\"was\":"), header),
                containsString("\"exp\" is no time"));
        assertThat(
                assertThrows(DeliveryException.class, () -> WANTED.verify(null, keys, hand.instant()))
                        .getMessage(),
                containsString("shows no token"));
        assertThat(
                assertThrows(DeliveryException.class, () -> WANTED.verify("Basic " + good, keys, hand.instant()))
                        .getMessage(),
                containsString("shows no token"));

        accept(good);
        String made = claims();
        hand.set(hand.instant().plus(Duration.ofMinutes(60).plusSeconds(59)));
        accept(google.sign(header, made));
        hand.set(hand.instant().plusSeconds(1));
        assertThat(refusal(google.sign(header, made)), containsString("expired at"));
        hand.set(hand.instant().minus(Duration.ofMinutes(62).plusSeconds(1)));
        assertThat(refusal(google.sign(header, made)), containsString("not yet"));
    }

    private String refusal(String claims, String header) throws Exception {
        return refusal(google.sign(header, claims));
    }

    @Test
    public void keys_areAskedForOnceAndAgainOnlyAsOftenAsTheyMayBe() throws Exception {
        String token = google.sign(google.header(), claims());
        accept(token);
        accept(token);
        assertEquals(1, google.asked());
        String other = google.header().replace("\"one\"", "\"two\"");
        for (int i = 0; i < 20; i++) {
            refusal(google.sign(other.replace("two", "two" + i), claims()));
        }
        assertEquals("a stranger's names ask for nothing so soon", 1, google.asked());

        KeyPair next = STRANGER;
        google.publish(TokenIssuer.jwk("one", google.key()), TokenIssuer.jwk("two", next));
        hand.set(hand.instant().plus(JsonWebKeys.BETWEEN));
        accept(TokenIssuer.sign(other, claims(), next));
        assertEquals("a new key is found at once", 2, google.asked());

        // A key that is published no more is good as long as was said: an hour here, renewed after 48 minutes.
        google.publish(TokenIssuer.jwk("two", next));
        hand.set(hand.instant().plus(Duration.ofMinutes(47)));
        accept(google.sign(google.header(), claims()));
        hand.set(hand.instant().plus(Duration.ofMinutes(2)));
        assertThat(refusal(google.sign(google.header(), claims())), containsString("none of those"));
        assertEquals(3, google.asked());

        // Out of reach: good for their time, and not longer.
        google.answer(503, "");
        hand.set(hand.instant().plus(Duration.ofMinutes(50)));
        accept(TokenIssuer.sign(other, claims(), next));
        hand.set(hand.instant().plus(Duration.ofMinutes(11)));
        assertThat(
                refusal(TokenIssuer.sign(other, claims(), next)),
                containsString("are not known: the answer has the status 503"));
        assertEquals(5, google.asked());
        refusal(TokenIssuer.sign(other, claims(), next));
        assertEquals("once in half a minute", 5, google.asked());
        google.publish(TokenIssuer.jwk("two", next));
        hand.set(hand.instant().plus(JsonWebKeys.BETWEEN));
        accept(TokenIssuer.sign(other, claims(), next));
    }

    @Test
    public void keysThatAreNone_areNotTaken() throws Exception {
        String one = TokenIssuer.jwk("one", google.key());
        String token = google.sign(google.header(), claims());
        KeyPairGenerator small = KeyPairGenerator.getInstance("RSA");
        small.initialize(1024);
        String[][] answers = {
            {"{\"keys\":[" + one + "," + one + "]}", "two have the same"},
            {"{\"keys\":[" + one + "],\"keys\":[]}", "Duplicate"},
            {"{\"keys\":[" + one.replace("\"n\":\"", "\"n\":\"+") + "]}", "not Base64url"},
            {"{\"keys\":[" + one.replace("\"e\":\"AQAB\"", "\"e\":\"AQ\"") + "]}", "exponent"},
            {"{\"keys\":[" + one.replace("\"e\":\"AQAB\"", "\"e\":\"Aw\"") + "]}", "exponent is not accepted, use 65537"
            },
            {"{\"keys\":[" + TokenIssuer.jwk("one", small.generateKeyPair()) + "]}", "1024 bits"},
            {"{\"keys\":[" + "{},".repeat(32) + "{}]}", "no list of keys"},
            {"{}", "no list of keys"},
            {"[]", "not a JSON object"},
            {" ".repeat(JsonWebKeys.MAX_LENGTH + 1), "more than 65536 bytes"},
        };
        for (String[] answer : answers) {
            google.answer(200, answer[0]);
            keys = keys(Duration.ofSeconds(10));
            assertThat(refusal(token), containsString(answer[1]));
        }
        for (String other : new String[] {
            one.replace("\"RS256\"", "\"RS512\""), one.replace("\"sig\"", "\"enc\""), one.replace("\"RSA\"", "\"oct\"")
        }) {
            google.answer(200, "{\"keys\":[" + other + "]}");
            keys = keys(Duration.ofSeconds(10));
            assertThat(refusal(token), containsString("none of those"));
        }
        google.answer(302, "");
        keys = keys(Duration.ofSeconds(10));
        assertThat("nobody is followed", refusal(token), containsString("status 302"));
    }

    @Test
    public void whoeverDoesNotAnswer_holdsUpOneAtMost() throws Exception {
        CountDownLatch silence = google.fallSilent();
        keys = keys(Duration.ofSeconds(30));
        String token = google.sign(google.header(), claims());
        Thread first = new Thread(() -> refusalOrNot(token));
        first.start();
        google.awaitQuestion();
        assertThat("the second does not wait", refusal(token), containsString("not asked for yet"));
        silence.countDown();
        first.join(TimeUnit.SECONDS.toMillis(30));
        accept(token);
        assertEquals(1, google.asked());

        google.fallSilent();
        keys = keys(Duration.ofMillis(200));
        assertThat(refusal(token), containsString("are not known"));
    }

    private void refusalOrNot(String token) {
        try {
            accept(token);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The example of "Authentication for push subscriptions": its claims are what we read, its key is long gone. */
    @Test
    public void googlesOwnExample_isUnderstoodAndSignedByNobodyWeKnow() throws Exception {
        String header = "{\"alg\":\"RS256\",\"kid\":\"7d680d8c70d44e947133cbd499ebc1a61c3d5abc\",\"typ\":\"JWT\"}";
        String claims = """
                {"aud":"https://example.com","azp":"113774264463038321964","email":"gae-gcp@appspot.gserviceaccount.com",
                 "sub":"113774264463038321964","email_verified":true,"exp":1550185935,"iat":1550182335,
                 "iss":"https://accounts.google.com"}""";
        assertThat(refusal(google.sign(header, claims)), containsString("none of those"));
        google.publish(TokenIssuer.jwk("7d680d8c70d44e947133cbd499ebc1a61c3d5abc", google.key()));
        hand.set(Instant.ofEpochSecond(1550182335));
        new GoogleToken("https://example.com", "gae-gcp@appspot.gserviceaccount.com")
                .verify("Bearer " + google.sign(header, claims), keys(Duration.ofSeconds(10)), hand.instant());
        assertEquals(
                "eyJhbGciOiJSUzI1NiIsImtpZCI6IjdkNjgwZDhj",
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(header.getBytes(UTF_8))
                        .substring(0, 40));
    }
}

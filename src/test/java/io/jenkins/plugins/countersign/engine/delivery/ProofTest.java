package io.jenkins.plugins.countersign.engine.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.promotion.World.MovableClock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class ProofTest {

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static final String SECRET = "It's a Secret to Everybody";
    private static final byte[] BODY = "Hello, World!".getBytes(UTF_8);
    /** From docs.github.com, "Validating webhook deliveries, Testing the webhook payload validation". */
    private static final String GITHUB_SAYS = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    private static String refusal(Proof proof, String secret, String shown, byte[] body) {
        return assertThrows(DeliveryException.class, () -> proof.verify(secret, shown, body))
                .getMessage();
    }

    @Test
    public void hmac_isGitHubsOwnExample_andNothingNearIt() throws Exception {
        assertThat(refusal(Proof.HMAC, SECRET, GITHUB_SAYS, "Hello, World?".getBytes(UTF_8)), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET + "!", GITHUB_SAYS, BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET, GITHUB_SAYS.substring(0, 69), BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET, "sha1=" + GITHUB_SAYS.substring(7), BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET, "sha256=", BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET, SECRET, BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC, SECRET, null, BODY), containsString("shows no proof"));
        assertThat(
                refusal(Proof.HMAC, "", "sha256=" + HexFormat.of().formatHex(new byte[32]), BODY),
                containsString("fewer than 16"));
        Proof.HMAC.verify(SECRET, GITHUB_SAYS, BODY);
        Proof.HMAC.verify(SECRET, GITHUB_SAYS.substring(7), BODY);
    }

    /** openssl: {@code printf 'Hello, World!' | openssl dgst -sha1 -hmac "It's a Secret to Everybody"}. */
    @Test
    public void hmacSha1_isForNexusAlone() throws Exception {
        String openssl = "01dc10d0c83e72ed246219cdd91669667fe2ca59";
        assertThat(refusal(Proof.HMAC, SECRET, openssl, BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC_SHA1, SECRET, GITHUB_SAYS.substring(7), BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC_SHA1, SECRET, "sha1=" + openssl, BODY), containsString("wrong"));
        assertThat(refusal(Proof.HMAC_SHA1, SECRET, openssl.replace('a', 'b'), BODY), containsString("wrong"));
        Proof.HMAC_SHA1.verify(SECRET, openssl, BODY);
        assertEquals("X-Nexus-Webhook-Signature", PayloadKind.NEXUS_PATH.defaultHeader(Proof.HMAC_SHA1));
        assertEquals("X-JFrog-Event-Auth", PayloadKind.ARTIFACTORY.defaultHeader(Proof.HMAC));
        assertEquals("Authorization", PayloadKind.AZURE.defaultHeader(Proof.HEADER));
    }

    @Test
    public void header_isTheSecretAlone_bearerOrBasic() throws Exception {
        String secret = "harbor:correct horse battery";
        assertThat(refusal(Proof.HEADER, secret, "Bearer", BODY), containsString("wrong"));
        assertThat(refusal(Proof.HEADER, secret, "Bearer " + secret + " ", BODY), containsString("wrong"));
        assertThat(refusal(Proof.HEADER, secret, "Basic " + secret, BODY), containsString("wrong"));
        Proof.HEADER.verify(secret, secret, BODY);
        Proof.HEADER.verify(secret, "Bearer " + secret, BODY);
        Proof.HEADER.verify(secret, "Basic aGFyYm9yOmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==", BODY);
    }

    @Test
    public void seenDeliveries_areKnownByTheirBytes_withinTheWindow_inBoundedMemory() throws Exception {
        MovableClock hand = new MovableClock();
        SeenDeliveries seen = new SeenDeliveries(3, Duration.ofHours(1), hand);
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", BODY));
        assertEquals("being kept", SeenDeliveries.Seen.ARRIVING, arrives(seen, "hub", BODY));
        kept(seen, "hub", BODY);
        assertEquals(SeenDeliveries.Seen.BEFORE, arrives(seen, "hub", BODY.clone()));
        assertEquals("another source's is another's", SeenDeliveries.Seen.NEVER, arrives(seen, "quay", BODY));
        hand.set(hand.instant().plus(Duration.ofMinutes(61)));
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", BODY));
        for (int i = 0; i < 100; i++) {
            assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", new byte[] {(byte) i}));
            kept(seen, "hub", new byte[] {(byte) i});
        }
        assertEquals(3, seen.size());
        byte[] failed = {100};
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", failed));
        seen.forget(SeenDeliveries.key("hub", failed));
        assertEquals("it may come again", SeenDeliveries.Seen.NEVER, arrives(seen, "hub", failed));
    }

    @Test
    public void seenDeliveries_areKnownAfterARestart_onceTheyWereKept_andTheFileStaysSmall() throws Exception {
        MovableClock hand = new MovableClock();
        Path file = folder.getRoot().toPath().resolve("seen");
        SeenDeliveries seen = new SeenDeliveries(file, 10, Duration.ofHours(1), hand);
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", BODY));
        kept(seen, "hub", BODY);
        byte[] unanswered = {1};
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(seen, "hub", unanswered));
        byte[] takenBack = {2};
        kept(seen, "hub", takenBack);
        // As an earlier version took one back, and cut off by a crash.
        Files.writeString(
                file,
                "0 " + SeenDeliveries.key("hub", takenBack) + "\n1790000000000 hub 0123",
                StandardOpenOption.APPEND);
        SeenDeliveries restarted = new SeenDeliveries(file, 10, Duration.ofHours(1), hand);
        assertEquals(SeenDeliveries.Seen.BEFORE, arrives(restarted, "hub", BODY));
        assertEquals(
                "killed before it was kept, it comes again",
                SeenDeliveries.Seen.NEVER,
                arrives(restarted, "hub", unanswered));
        assertEquals(SeenDeliveries.Seen.NEVER, arrives(restarted, "hub", takenBack));
        hand.set(hand.instant().plus(Duration.ofMinutes(61)));
        assertEquals(
                SeenDeliveries.Seen.NEVER,
                arrives(new SeenDeliveries(file, 10, Duration.ofHours(1), hand), "hub", BODY));
        for (int i = 0; i < 200; i++) {
            assertEquals(SeenDeliveries.Seen.NEVER, arrives(restarted, "hub", new byte[] {(byte) i, 7}));
            kept(restarted, "hub", new byte[] {(byte) i, 7});
        }
        assertTrue(Files.readAllLines(file).size() <= 21);
        restarted.sync();
        kept(restarted, "hub", new byte[] {0, 8});
        Files.delete(file);
        assertThrows("what cannot be on the disk is not taken for it", NoSuchFileException.class, restarted::sync);
        kept(restarted, "hub", new byte[] {(byte) 199, 7});
        kept(restarted, "hub", new byte[] {(byte) 199, 8});
        restarted.sync();
        assertEquals(
                SeenDeliveries.Seen.BEFORE,
                arrives(new SeenDeliveries(file, 10, Duration.ofHours(1), hand), "hub", new byte[] {(byte) 199, 8}));
    }

    private static SeenDeliveries.Seen arrives(SeenDeliveries seen, String source, byte[] body) {
        return seen.arrives(SeenDeliveries.key(source, body));
    }

    private static void kept(SeenDeliveries seen, String source, byte[] body) throws Exception {
        seen.kept(List.of(SeenDeliveries.key(source, body)));
    }

    @Test
    public void rateLimit_letsABurstPassAndThenSoManyASecond() {
        MovableClock hand = new MovableClock();
        RateLimit limit = new RateLimit(2, 3, hand);
        assertTrue(limit.passes() && limit.passes() && limit.passes());
        assertFalse(limit.passes());
        hand.set(hand.instant().plus(Duration.ofMillis(500)));
        assertTrue(limit.passes());
        assertFalse(limit.passes());
        hand.set(hand.instant().minus(Duration.ofHours(1)));
        assertFalse("a clock that goes back gives nothing", limit.passes());
    }
}

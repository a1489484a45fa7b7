package io.jenkins.plugins.countersign.engine.trust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.trust.PolicyException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Attacks on the policy itself, each followed by the legitimate way. */
public class PolicyChainTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Root ROOT = PolicyText.example().policy().root();

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private final SeenVersions seen = SeenVersions.inMemory();

    @Test
    public void aPolicyWithoutSignaturesOfRootKeysIsRefused() throws Exception {
        SignedPolicy forged = new SignedPolicy(
                DsseEnvelope.sign(
                        SignedPolicy.PAYLOAD_TYPE, PolicyText.example().bytes(), TestKeys.of("mallory")),
                PolicyText.example().policy());
        PolicyException e = refused(Reason.THRESHOLD, forged);
        assertThat(e.getMessage(), containsString("is signed by none of the root keys in force, needed are 2"));
        assertEquals(
                7,
                accept(signed(PolicyText.example(), "root-1", "root-3"))
                        .policy()
                        .version());
    }

    @Test
    public void oneStolenRootKeyIsNotEnough() throws Exception {
        PolicyText evil = PolicyText.example().people("mallory").role("release", "mallory, frank");
        PolicyException e = refused(Reason.THRESHOLD, signed(evil, "root-1"));
        assertThat(e.getMessage(), containsString("is signed by 1 (root-1) of the root keys in force, needed are 2"));
        assertThat(e.getMessage(), containsString("these have not signed: root-2, root-3"));
        accept(signed(PolicyText.example(), "root-1", "root-2"));
    }

    @Test
    public void oneRootKeyThatSignsTwiceCountsOnce() throws Exception {
        SignedPolicy once = signed(PolicyText.example(), "root-1");
        // ECDSA signatures differ each time; the key is the same.
        DsseEnvelope twice = once.envelope()
                .withSignature(TestKeys.of("root-1").sign(once.envelope().preAuthenticationEncoding()));
        refused(Reason.THRESHOLD, SignedPolicy.of(twice));
        assertEquals(
                1,
                once.withSignatureOf(ROOT, TestKeys.of("root-1"))
                        .envelope()
                        .signatures()
                        .size());
    }

    @Test
    public void aRootKeyThatThePolicyGivesItselfDoesNotCount() throws Exception {
        PolicyText evil = PolicyText.example().root(1, "mallory");
        refused(Reason.THRESHOLD, signed(evil, "mallory"));
    }

    @Test
    public void newRootKeysThatTheOldOnesAloneSignedAreRefused() throws Exception {
        PolicyText rotated = PolicyText.example().version(8).root(2, "new-1", "new-2");
        PolicyException e = refused(Reason.NEW_ROOT_THRESHOLD, signed(rotated, "root-1", "root-2", "new-1"));
        assertThat(
                e.getMessage(), containsString("is signed by 1 (new-1) of the new root keys it brings, needed are 2"));
        assertEquals(
                8,
                accept(signed(rotated, "root-1", "root-2", "new-1", "new-2"))
                        .policy()
                        .version());
    }

    @Test
    public void newRootKeysThatSignedThemselvesAloneAreRefused() throws Exception {
        PolicyText rotated = PolicyText.example().version(8).root(2, "new-1", "new-2");
        refused(Reason.THRESHOLD, signed(rotated, "new-1", "new-2", "root-1"));
    }

    @Test
    public void aLowerThresholdNeedsTheHigherOne() throws Exception {
        refused(Reason.THRESHOLD, signed(PolicyText.example().version(8).root(1, "root-1"), "root-1"));
    }

    @Test
    public void rootKeysThatWereReplacedCannotSignANewerPolicy() throws Exception {
        accept(signed(PolicyText.example(), "root-1", "root-2"));
        accept(signed(PolicyText.example().version(8).root(2, "new-1", "new-2"), "root-1", "root-2", "new-1", "new-2"));
        // The administrator's pin still names the old keys; what was accepted counts.
        refused(Reason.THRESHOLD, signed(PolicyText.example().version(9), "root-1", "root-2"));
        accept(signed(PolicyText.example().version(9).root(2, "new-1", "new-2"), "new-1", "new-2"));
    }

    @Test
    public void aChainFollowsRootKeysThatChangedMoreThanOnce() throws Exception {
        SignedPolicy first =
                signed(PolicyText.example().version(1).expires("2026-01-01T00:00:00Z"), "root-1", "root-2");
        SignedPolicy second = signed(
                PolicyText.example().version(2).expires("2026-02-01T00:00:00Z").root(2, "new-1", "new-2"),
                "root-1",
                "root-2",
                "new-1",
                "new-2");
        SignedPolicy third = signed(PolicyText.example().version(5).root(1, "newest"), "new-1", "new-2", "newest");
        SignedPolicy fourth = signed(PolicyText.example().version(6).root(1, "newest"), "newest");
        PolicyException e = refused(Reason.THRESHOLD, first, fourth);
        assertThat(e.getMessage(), containsString("version 6"));
        refused(Reason.THRESHOLD, first, third, fourth);
        List<SignedPolicy> file = SignedPolicy.readAll(SignedPolicy.writeAll(List.of(fourth, first, third, second)));
        assertEquals(6, accept(file.toArray(SignedPolicy[]::new)).policy().version());
    }

    @Test
    public void aVersionInBetweenThatTooFewSignedBreaksTheChain() throws Exception {
        SignedPolicy first = signed(PolicyText.example().version(1), "root-1", "root-2");
        SignedPolicy between = signed(PolicyText.example().version(2), "root-1");
        SignedPolicy third = signed(PolicyText.example().version(3), "root-1", "root-2");
        assertThat(refused(Reason.THRESHOLD, first, between, third).getMessage(), containsString("version 2"));
        accept(first);
        assertThat(refused(Reason.THRESHOLD, between, third).getMessage(), containsString("version 2"));
        assertEquals(3, accept(first, third).policy().version());
    }

    @Test
    public void whatAnotherProcessRememberedMeanwhileIsNotReplacedByAnythingOlder() throws Exception {
        Path file = folder.getRoot().toPath().resolve("seen.json");
        remember(file, PolicyText.example().version(8));
        assertEquals(
                Reason.OLDER_THAN_SEEN,
                assertThrows(
                                PolicyException.class,
                                () -> remember(file, PolicyText.example().version(7)))
                        .reason());
        assertEquals(
                Reason.OTHER_THAN_SEEN,
                assertThrows(
                                PolicyException.class,
                                () -> remember(
                                        file, PolicyText.example().version(8).people("zoe")))
                        .reason());
        assertEquals(
                PolicyText.example().version(8).policy().digest(),
                new SeenVersionsFile(file).newest("acme").orElseThrow().digest());
        remember(file, PolicyText.example().version(9));
    }

    private static void remember(Path file, PolicyText text) throws PolicyException {
        TrustPolicy policy = text.policy();
        new SeenVersionsFile(file)
                .remember("acme", new SeenVersions.Seen(policy.version(), policy.digest(), policy.root()));
    }

    @Test
    public void aFileOfTooManyBytesOrDocumentsIsRefusedUnread() {
        for (byte[] file : List.of(
                new byte[32 * 1024 * 1024 + 1],
                ("[" + "{},".repeat(256) + "{}]").getBytes(java.nio.charset.StandardCharsets.UTF_8))) {
            assertEquals(
                    Reason.TOO_LARGE,
                    assertThrows(PolicyException.class, () -> SignedPolicy.readAll(file))
                            .reason());
        }
    }

    @Test
    public void aChainCanBeReadAfterThePinMovedOn() throws Exception {
        SignedPolicy old = signed(PolicyText.example().version(1).root(1, "older"), "older");
        SignedPolicy now = signed(PolicyText.example().version(2), "older", "root-1", "root-2");
        assertEquals(2, accept(old, now).policy().version());
    }

    @Test
    public void anOlderVersionThanSeenIsRefused() throws Exception {
        accept(signed(PolicyText.example().version(8), "root-1", "root-2"));
        PolicyException e =
                refused(Reason.OLDER_THAN_SEEN, signed(PolicyText.example().version(7), "root-1", "root-2"));
        assertThat(e.getMessage(), containsString("has version 7, and version 8 was accepted before"));
        accept(signed(PolicyText.example().version(8), "root-2", "root-3"));
    }

    @Test
    public void anotherPolicyOfTheSameVersionIsRefused() throws Exception {
        accept(signed(PolicyText.example(), "root-1", "root-2"));
        PolicyText other = PolicyText.example().role("qa", "erin");
        refused(Reason.OTHER_THAN_SEEN, signed(other, "root-1", "root-2"));
        accept(signed(other.version(8), "root-1", "root-2"));
    }

    @Test
    public void twoPoliciesOfOneVersionInOneSourceAreRefused() throws Exception {
        refused(
                Reason.OTHER_THAN_SEEN,
                signed(PolicyText.example(), "root-1", "root-2"),
                signed(PolicyText.example().role("qa", "erin"), "root-1", "root-2"));
    }

    @Test
    public void anExpiredPolicyIsRefusedAndNotRemembered() throws Exception {
        PolicyException e = refused(
                Reason.EXPIRED,
                signed(PolicyText.example().version(9).expires("2026-11-22T12:00:00Z"), "root-1", "root-2"));
        assertThat(e.getMessage(), containsString("has expired at 2026-11-22T12:00:00Z"));
        assertEquals(Optional.empty(), seen.newest("acme"));
        accept(signed(PolicyText.example().version(8), "root-1", "root-2"));
    }

    @Test
    public void aPolicyOfAnotherNameIsRefused() throws Exception {
        refused(Reason.OTHER_NAME, signed(PolicyText.example().name("sandbox"), "root-1", "root-2"));
    }

    @Test
    public void anEmptySourceIsRefused() {
        refused(Reason.NOT_FOUND);
    }

    @Test
    public void aSignatureOverSomethingElseThatReadsAsAPolicyIsRefused() throws Exception {
        DsseEnvelope other =
                DsseEnvelope.sign("application/x-yaml", PolicyText.example().bytes(), TestKeys.of("root-1"));
        PolicyException e = assertThrows(PolicyException.class, () -> SignedPolicy.of(other));
        assertThat(e.getMessage(), containsString("the envelope holds a \"application/x-yaml\""));
    }

    @Test
    public void whoeverHasNoRootKeyCannotSign() {
        PolicyException e = assertThrows(
                PolicyException.class,
                () -> SignedPolicy.sign(PolicyText.example().bytes(), ROOT, TestKeys.of("carol")));
        assertThat(e.getMessage(), containsString("is no root key"));
    }

    @Test
    public void theMemoryOnDiskRefusesAsTheOneInMemory() throws Exception {
        Path file = folder.getRoot().toPath().resolve("seen.json");
        accept(new SeenVersionsFile(file), signed(PolicyText.example().version(8), "root-1", "root-2"));
        SeenVersionsFile later = new SeenVersionsFile(file);
        PolicyException e = assertThrows(
                PolicyException.class, () -> accept(later, signed(PolicyText.example(), "root-1", "root-2")));
        assertEquals(Reason.OLDER_THAN_SEEN, e.reason());
        accept(later, signed(PolicyText.example().version(8), "root-1", "root-2"));
        accept(later, signed(PolicyText.example().version(9).root(1, "new-1"), "root-1", "root-2", "new-1"));
        assertEquals(1, later.newest("acme").orElseThrow().root().threshold());
        assertEquals(
                TestKeys.of("new-1").publicKey(),
                later.newest("acme").orElseThrow().root().keys().get(0).key());
        PolicyException old = assertThrows(
                PolicyException.class,
                () -> accept(later, signed(PolicyText.example().version(10), "root-1", "root-2")));
        assertEquals(Reason.THRESHOLD, old.reason());
    }

    @Test
    public void aMemoryThatCannotBeReadIsNotAnEmptyOne() throws Exception {
        Path file = folder.getRoot().toPath().resolve("seen.json");
        for (String content : new String[] {"", "{", "{\"acme\":{\"version\":8}}", "[]"}) {
            Files.writeString(file, content);
            PolicyException e = assertThrows(
                    content,
                    PolicyException.class,
                    () -> accept(new SeenVersionsFile(file), signed(PolicyText.example(), "root-1", "root-2")));
            assertEquals(Reason.MEMORY_UNREADABLE, e.reason());
        }
    }

    @Test
    public void twoWritersOfOneMemoryLoseNothing() throws Exception {
        Path file = folder.getRoot().toPath().resolve("seen.json");
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String name = "policy-" + i;
            writers.add(new Thread(() -> {
                try {
                    new SeenVersionsFile(file)
                            .remember(
                                    name,
                                    new SeenVersions.Seen(
                                            1, PolicyText.example().policy().digest(), ROOT));
                } catch (PolicyException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        for (Thread writer : writers) {
            writer.start();
        }
        for (Thread writer : writers) {
            writer.join(30_000);
        }
        for (int i = 0; i < 8; i++) {
            assertEquals(
                    1,
                    new SeenVersionsFile(file)
                            .newest("policy-" + i)
                            .orElseThrow()
                            .version());
        }
    }

    static SignedPolicy signed(PolicyText text, String... keys) throws Exception {
        SignedPolicy signed = null;
        for (String key : keys) {
            Root anything =
                    new Root(1, List.of(new PolicyKey("", TestKeys.of(key).publicKey(), false, null, null, null)));
            signed = signed == null
                    ? SignedPolicy.sign(text.bytes(), anything, TestKeys.of(key))
                    : signed.withSignatureOf(anything, TestKeys.of(key));
        }
        return signed;
    }

    private TrustedPolicy accept(SignedPolicy... documents) throws PolicyException {
        return accept(seen, documents);
    }

    private static TrustedPolicy accept(SeenVersions memory, SignedPolicy... documents) throws PolicyException {
        return PolicyChain.accept(List.of(documents), ROOT, "acme", "test", memory, NOW);
    }

    private PolicyException refused(Reason reason, SignedPolicy... documents) {
        PolicyException e = assertThrows(PolicyException.class, () -> accept(documents));
        assertEquals(e.getMessage(), reason, e.reason());
        return e;
    }
}

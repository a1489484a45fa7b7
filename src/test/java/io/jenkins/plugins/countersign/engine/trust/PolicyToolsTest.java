package io.jenkins.plugins.countersign.engine.trust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.Test;

/** What whoever writes and signs a policy is told. */
public class PolicyToolsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    public void aStageThatCannotOpenWithDifferentPeopleIsNoted() {
        PolicyText text = PolicyText.example()
                .role("security", "carol")
                .role("qa", "carol")
                .stage("security", "{needs: []}")
                .stage("production", "{needs: []}")
                .stage("qa", "{needs: [{role: qa, count: 1}, {role: security, count: 1}]}");
        assertThat(
                notes(text),
                hasItem(
                        "stages.qa.needs[1]: cannot be filled: 2 places ask for different people, and only 1 have a key for"
                                + " them that is good now: carol"));
    }

    @Test
    public void whatEndsSoonIsNoted() {
        List<String> notes = notes(PolicyText.example()
                .expires("2026-11-30T12:00:00Z")
                .onlyKey("carol", "carol", "notAfter: 2026-12-01T12:00:00Z")
                .onlyKey("erin", "erin", "compromisedSince: 2026-11-01T12:00:00Z"));
        assertThat(notes, hasItem("expires: the policy expires in 8 days; sign a new version before"));
        assertThat(notes, hasItem("people.carol.keys[0].notAfter: the key ends in 9 days"));
        assertThat(notes, hasItem("people.erin.keys: has no key that is good now"));
        assertThat(
                notes(PolicyText.example().expires("2030-01-01T00:00:00Z")),
                hasItem(startsWith("expires: the policy is good for")));
        assertThat(
                notes(PolicyText.example().expires("2026-01-01T00:00:00Z")),
                hasItem(startsWith("expires: the policy has expired")));
    }

    @Test
    public void aRootThatIsLostOrStolenWithOneKeyIsNoted() {
        assertThat(
                notes(PolicyText.example().root(1, "root-1", "root-2")),
                hasItem(startsWith("root.threshold: one stolen")));
        assertThat(
                notes(PolicyText.example().root(2, "root-1", "root-2")),
                hasItem(startsWith("root.threshold: all root keys")));
    }

    @Test
    public void aGoodPolicyHasNothingAgainstIt() {
        assertEquals(
                List.of(),
                notes(PolicyText.example()
                        .with("overrideRole: security")
                        .with("gate: {keys: [{pem: " + TestKeys.quoted("gate") + "}]}")));
    }

    @Test
    public void everyChangeThatLetsMoreThroughIsMarked() {
        PolicyText before = PolicyText.example()
                .with("overrideRole: security")
                .stage(
                        "qa",
                        "{needs: [{role: qa, count: 2}], maxAge: P7D, exclude: [build-starter], evidence:"
                                + " [{kind: sbom, signedBy: qa}]}");
        PolicyText after = PolicyText.example()
                .with("overrideRole: release")
                .version(8)
                .root(1, "root-1", "root-2", "root-4")
                .people("mallory")
                .onlyKey("carol", "carol", "token: true")
                .role("release", "frank, mallory")
                .stage("qa", "{needs: [{role: qa, count: 1}], maxAge: P14D, distinctPeople: false}")
                .stage("security", "{needs: [{role: security, count: 1, token: true}], maxAge: P7D}");
        List<PolicyDiff.Change> changes = PolicyDiff.between(before.policy(), after.policy());
        List<String> marked = changes.stream()
                .filter(PolicyDiff.Change::weakens)
                .map(change -> change.path().replaceAll("[0-9a-f]{12}$", "KEY"))
                .toList();
        assertEquals(
                List.of(
                        "overrideRole",
                        "people.carol.keys.KEY",
                        "people.mallory.keys.KEY",
                        "roles.release.mallory",
                        "root.keys.KEY",
                        "root.threshold",
                        "stages.qa.distinctPeople",
                        "stages.qa.evidence.sbom signed by role qa, named by approvers",
                        "stages.qa.exclude.build-starter",
                        "stages.qa.maxAge",
                        "stages.qa.needs.qa",
                        "stages.security.after.qa"),
                marked);
        assertThat(
                changes.stream().map(PolicyDiff.Change::toString).toList(),
                hasItem("~ stages.qa.needs.qa: 2 -> 1   (lets more through)"));
        assertThat(
                changes.stream().map(PolicyDiff.Change::toString).toList(), hasItem("- roles.release.grace: member"));
        assertThat(changes.stream().map(PolicyDiff.Change::toString).toList(), hasItem("~ version: 7 -> 8"));
    }

    @Test
    public void comparedWithItselfNothingChanged() {
        assertEquals(
                List.of(),
                PolicyDiff.between(
                        PolicyText.example().policy(),
                        PolicyText.example().with("# a comment").policy()));
    }

    @Test
    public void theFirstPolicyCanBeReadAndSigned() throws Exception {
        Map<String, java.security.PublicKey> root = new LinkedHashMap<>();
        root.put("root-1", TestKeys.of("root-1").publicKey());
        root.put("root-2", TestKeys.of("root-2").publicKey());
        Map<String, java.security.PublicKey> people = new LinkedHashMap<>();
        people.put("alice", TestKeys.of("alice").publicKey());
        people.put("bob", TestKeys.of("bob").publicKey());
        String yaml = PolicyTemplate.yaml(
                "acme",
                Instant.parse("2027-06-01T00:00:00Z"),
                2,
                root,
                people,
                TestKeys.of("gate").publicKey());
        TrustPolicy policy = PolicyReader.read(yaml.getBytes(StandardCharsets.UTF_8));
        assertEquals(2, policy.stage("production").orElseThrow().needs().get(0).count());
        SignedPolicy signed = SignedPolicy.sign(
                        yaml.getBytes(StandardCharsets.UTF_8), policy.root(), TestKeys.of("root-1"))
                .withSignatureOf(policy.root(), TestKeys.of("root-2"));
        assertEquals(
                1,
                PolicyChain.accept(List.of(signed), policy.root(), "acme", "test", SeenVersions.inMemory(), NOW)
                        .policy()
                        .version());
        assertTrue(yaml.contains("# aliases:"));
        people.put("x: y", TestKeys.of("carol").publicKey());
        assertThrows(PolicyException.class, () -> PolicyTemplate.yaml("acme", NOW, 2, root, people, null));
    }

    private static List<String> notes(PolicyText text) {
        return PolicyCheck.of(text.policy(), NOW).stream()
                .map(PolicyProblem::toString)
                .toList();
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.trust.PolicyException.Reason;
import java.time.Instant;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Policies as artifacts: whoever can write to the repository can hide and hinder, and forge nothing. */
public class PolicyRepositoryTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Root ROOT = PolicyText.example().policy().root();

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private Repository repository;
    private PolicyRepository policies;
    private final SeenVersions seen = SeenVersions.inMemory();

    @Before
    public void open() {
        repository = Repositories.open("oci:" + folder.getRoot().toPath().resolve("policies"));
        policies = new PolicyRepository(repository);
    }

    @Test
    public void latestMovedBackHidesNothing() throws Exception {
        Digest seven = push(PolicyText.example(), "root-1", "root-2");
        push(PolicyText.example().version(8), "root-1", "root-2");
        repository.tag(seven, "latest");
        assertEquals(8, accept().policy().version());
    }

    @Test
    public void anOlderPolicyAloneIsRefusedOnceTheNewerWasSeen() throws Exception {
        Digest seven = push(PolicyText.example(), "root-1", "root-2");
        push(PolicyText.example().version(8), "root-1", "root-2");
        accept();
        repository.tag(seven, "v8");
        repository.tag(seven, "latest");
        PolicyException e = assertThrows(PolicyException.class, this::accept);
        assertEquals(Reason.OLDER_THAN_SEEN, e.reason());
    }

    @Test
    public void aPolicyThatTooFewSignedIsRefusedWhereverItsTagPoints() throws Exception {
        push(PolicyText.example(), "root-1", "root-2");
        push(PolicyText.example().version(8).role("qa", "erin"), "root-1");
        PolicyException e = assertThrows(PolicyException.class, this::accept);
        assertEquals(Reason.THRESHOLD, e.reason());
        assertThat(e.getMessage(), containsString("version 8 from oci:"));
    }

    @Test
    public void anotherPolicyOfTheSameVersionIsNotPushed() throws Exception {
        push(PolicyText.example(), "root-1", "root-2");
        PolicyException e = assertThrows(
                PolicyException.class, () -> push(PolicyText.example().role("qa", "erin"), "root-1", "root-2"));
        assertEquals(Reason.OTHER_THAN_SEEN, e.reason());
        push(PolicyText.example(), "root-1", "root-2", "root-3");
        assertEquals(7, accept().policy().version());
    }

    @Test
    public void somethingElseUnderThePolicysTagIsRefused() throws Exception {
        push(PolicyText.example(), "root-1", "root-2");
        repository.tag(Samples.pushImage(repository, 1, 10).digest(), "latest");
        PolicyException e = assertThrows(PolicyException.class, this::accept);
        assertEquals(Reason.MALFORMED, e.reason());
        assertThat(e.getMessage(), containsString("latest is not a trust policy"));
    }

    @Test
    public void anEmptyRepositoryHasNoPolicy() throws Exception {
        Samples.pushImage(repository, 1, 10);
        PolicyException e = assertThrows(PolicyException.class, this::accept);
        assertEquals(Reason.NOT_FOUND, e.reason());
    }

    @Test
    public void theChainOfRootKeysIsFollowedFromThePinnedOnes() throws Exception {
        push(PolicyText.example(), "root-1", "root-2");
        push(PolicyText.example().version(8).root(1, "new"), "root-1", "root-2", "new");
        push(PolicyText.example().version(9).root(1, "new"), "new");
        TrustedPolicy accepted = accept();
        assertEquals(9, accepted.policy().version());
        assertEquals(repository.name(), accepted.source());
        assertEquals(
                List.of("new"),
                accepted.signedBy().stream().map(PolicyKey::name).toList());
    }

    @Test
    public void anOlderVersionPushedLaterDoesNotBecomeTheLatest() throws Exception {
        Digest eight = push(PolicyText.example().version(8), "root-1", "root-2");
        push(PolicyText.example(), "root-1", "root-2");
        assertEquals(eight, repository.resolve("latest").orElseThrow().digest());
    }

    @Test
    public void theDocumentComesBackAsItWasWritten() throws Exception {
        PolicyText text = PolicyText.example().with("# a comment that the signers saw");
        push(text, "root-1", "root-2");
        assertArrayEquals(text.bytes(), policies.documents().get(0).envelope().payload());
    }

    private Digest push(PolicyText text, String... keys) throws Exception {
        return policies.push(PolicyChainTest.signed(text, keys));
    }

    private TrustedPolicy accept() throws Exception {
        return PolicyChain.accept(policies.documents(), ROOT, "acme", policies.name(), seen, NOW);
    }
}

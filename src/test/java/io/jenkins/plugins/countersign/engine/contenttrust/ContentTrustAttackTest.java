package io.jenkins.plugins.countersign.engine.contenttrust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What a Notary server, or a stolen key of less than a role's threshold, may try. */
public class ContentTrustAttackTest {

    private static final Consumer<ObjectNode> AS_IT_IS = json -> {};
    private static final Digest OTHER = Digest.of("other".getBytes(StandardCharsets.UTF_8));

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private SampleTrust sample;
    private Path memory;

    @Before
    public void publish() throws Exception {
        sample = new SampleTrust();
        memory = temporary.getRoot().toPath().resolve("seen.json");
    }

    @After
    public void close() throws Exception {
        sample.close();
    }

    private ContentTrust read() throws Exception {
        return read(SampleTrust.GUN, PinnedRoot.of(sample.keys.get("root").pem()));
    }

    private ContentTrust read(String gun, PinnedRoot root) throws Exception {
        return new ContentTrustReader(sample.metadata(gun), root, new SeenMetadataFile(memory), Clock.systemUTC())
                .read();
    }

    private void assertRefused(Reason reason, String words) throws Exception {
        ContentTrustException e = assertThrows(ContentTrustException.class, this::read);
        assertEquals(e.getMessage(), reason, e.reason());
        assertThat(e.getMessage(), containsString(words));

        sample.publish(AS_IT_IS, AS_IT_IS, AS_IT_IS, AS_IT_IS);
        assertEquals(SampleTrust.IMAGE, read().released("1.0").digest());
    }

    @Test
    public void whatIsRightIsRead() throws Exception {
        ContentTrust trust = read();
        assertEquals("targets", trust.released("1.0", SampleTrust.IMAGE).role());
        assertEquals(
                "targets/releases", trust.released("2.0", SampleTrust.IMAGE).role());
    }

    @Test
    public void otherRepositoryOfTheSamePublisher() throws Exception {
        PinnedRoot publisher = PinnedRoot.of(sample.keys.get("root").pem());
        ContentTrustException e =
                assertThrows(ContentTrustException.class, () -> read("registry.example.com/team/other", publisher));
        assertEquals(Reason.ROOT_NOT_PINNED, e.reason());
        assertThat(e.getMessage(), containsString(" for " + SampleTrust.GUN));
    }

    /** The publisher's one root key signs both; the server renames the signature's key and calls it the next version. */
    @Test
    public void otherRepositorysRootAsTheNextVersion() throws Exception {
        TestCertificate mine = sample.keys.get("root");
        sample.put("1.root", sample.root(), mine);
        TestCertificate sameKeyOtherName = new TestCertificate(
                mine.keys(),
                TestCertificate.forName("registry.example.com/team/other").certificate());
        ObjectNode foreign = sample.root().put("version", 2);
        String id = SampleTrust.addKey(foreign.withObject("/keys"), sameKeyOtherName);
        foreign.withObject("/roles/root").putArray("keyids").add(id);
        sample.put("root", foreign, mine, sameKeyOtherName);
        sample.putSnapshot(AS_IT_IS);
        sample.putTimestamp();
        assertRefused(Reason.BAD_SIGNATURE, "0 valid signatures of the role root");
    }

    @Test
    public void rootThatNoOldKeySigned() throws Exception {
        TestCertificate old = sample.keys.get("root");
        sample.put("1.root", sample.root(), old);
        TestCertificate thief = TestCertificate.forName(SampleTrust.GUN);
        sample.keys.put("root", thief);
        sample.put("root", sample.root().put("version", 2), thief);
        sample.putSnapshot(AS_IT_IS);
        sample.putTimestamp();
        sample.keys.put("root", old);
        assertRefused(Reason.BAD_SIGNATURE, "0 valid signatures of the role root");
    }

    @Test
    public void rootOfAnotherVersionThanItsName() throws Exception {
        TestCertificate old = sample.keys.get("root");
        sample.put("1.root", sample.root().put("version", 7), old);
        TestCertificate fresh = TestCertificate.forName(SampleTrust.GUN);
        sample.keys.put("root", fresh);
        sample.put("root", sample.root().put("version", 2), old, fresh);
        sample.keys.put("root", old);
        assertRefused(Reason.MALFORMED, "another version than its name");
    }

    @Test
    public void tagAddedBehindTheSignature() throws Exception {
        ObjectNode altered = StrictJson.readObject(sample.files.get("targets"), SignedMetadata.MAX_BYTES);
        SampleTrust.addTag((ObjectNode) altered.get("signed"), "1.0", OTHER);
        sample.put("targets", StrictJson.write(altered));
        sample.putSnapshot(AS_IT_IS);
        sample.putTimestamp();
        assertRefused(Reason.BAD_SIGNATURE, "0 valid signatures of the role targets");
    }

    @Test
    public void contentThatTheSnapshotDoesNotName() throws Exception {
        sample.files.put(named("targets"), sample.files.get("snapshot"));
        assertRefused(Reason.MALFORMED, "it is of the type \"Snapshot\", expected Targets");

        String named = named("targets");
        ObjectNode other = (ObjectNode) sample.signed("targets").deepCopy();
        SampleTrust.addTag(other, "1.0", OTHER);
        sample.put("targets", other, sample.keys.get("targets"));
        sample.files.put(named, sample.files.get("targets"));
        assertRefused(Reason.OTHER_CONTENT, "is not what the snapshot names");
    }

    private String named(String role) {
        return role + "." + Digest.of(sample.files.get(role)).hex();
    }

    @Test
    public void otherRootThanTheSnapshotNames() throws Exception {
        sample.putRoot(root -> root.put("version", 2));
        assertRefused(Reason.OTHER_CONTENT, "root of " + SampleTrust.GUN);
    }

    @Test
    public void delegationSignsOutsideItsPaths() throws Exception {
        sample.publish(
                AS_IT_IS,
                targets -> ((ObjectNode) targets.at("/delegations/roles/0"))
                        .putArray("paths")
                        .add("dev-"),
                releases -> SampleTrust.addTag(releases, "dev-1", OTHER),
                AS_IT_IS);
        ContentTrust trust = read();
        assertEquals(OTHER, trust.released("dev-1").digest());
        ContentTrustException e = assertThrows(ContentTrustException.class, () -> trust.released("2.0"));
        assertEquals(Reason.NOT_SIGNED, e.reason());
    }

    @Test
    public void delegationToARoleElsewhere() throws Exception {
        for (String name : new String[] {"root", "targets", "targets/", "targets/a/b", "targets/../root", "other/a"}) {
            sample.publish(
                    AS_IT_IS,
                    targets -> ((ObjectNode) targets.at("/delegations/roles/0")).put("name", name),
                    AS_IT_IS,
                    AS_IT_IS);
            assertRefused(Reason.MALFORMED, "delegates to \"" + name + "\"");
        }
    }

    @Test
    public void oneKeyTwiceIsOneSigner() throws Exception {
        TestCertificate releases = sample.keys.get("targets/releases");
        TestCertificate renamed = new TestCertificate(
                releases.keys(), TestCertificate.forName("x").certificate());
        sample.publish(
                AS_IT_IS,
                targets -> ((ObjectNode) targets.at("/delegations/roles/0")).put("threshold", 2),
                AS_IT_IS,
                AS_IT_IS);
        sample.put("targets/releases", (ObjectNode) sample.signed("targets/releases"), releases, releases, renamed);
        sample.putSnapshot(AS_IT_IS);
        sample.putTimestamp();
        assertRefused(Reason.BAD_SIGNATURE, "has 1 valid signatures of the role targets/releases, needed are 2");
    }

    @Test
    public void thresholdOfNobody() throws Exception {
        for (int threshold : new int[] {0, -1}) {
            sample.publish(
                    root -> root.withObject("/roles/targets").put("threshold", threshold),
                    AS_IT_IS,
                    AS_IT_IS,
                    AS_IT_IS);
            assertRefused(Reason.MALFORMED, "no threshold of at least 1");
        }
    }

    @Test
    public void keyUnderAnothersName() throws Exception {
        sample.publish(
                root -> {
                    String id = root.at("/roles/targets/keyids/0").asText();
                    ObjectNode thief = StrictJson.object();
                    try {
                        String own = SampleTrust.addKey(thief, TestCertificate.forName("thief"));
                        root.withObject("/keys").set(id, thief.get(own));
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                },
                AS_IT_IS,
                AS_IT_IS,
                AS_IT_IS);
        assertRefused(Reason.MALFORMED, "that is not its own name");
    }

    @Test
    public void numbersAndNamesThatReadersUnderstandDifferently() throws Exception {
        byte[] twice = "{\"signed\":{\"_type\":\"Root\",\"_type\":\"Root\"},\"signatures\":[]}"
                .getBytes(StandardCharsets.UTF_8);
        sample.files.put("root", twice);
        assertRefused(Reason.MALFORMED, "Duplicate");
        sample.files.put("root", "[]".getBytes(StandardCharsets.UTF_8));
        assertRefused(Reason.MALFORMED, "not a JSON object");
        sample.files.put(
                "root",
                new String(sample.files.get("root"), StandardCharsets.UTF_8)
                        .replace("\"version\":1", "\"version\":1.5")
                        .getBytes(StandardCharsets.UTF_8));
        assertRefused(Reason.MALFORMED, "no version of at least 1");
        sample.files.put("root", new byte[2 << 20]);
        RegistryException e = assertThrows(RegistryException.class, this::read);
        assertThat(e.getMessage(), containsString("bytes"));
    }

    @Test
    public void expiredDelegation() throws Exception {
        sample.publish(AS_IT_IS, AS_IT_IS, releases -> releases.put("expires", "2026-01-01T00:00:00Z"), AS_IT_IS);
        assertRefused(Reason.EXPIRED, "targets/releases of " + SampleTrust.GUN);
    }

    @Test
    public void olderThanSeen_andAMemoryThatCannotBeRead() throws Exception {
        sample.publish(AS_IT_IS, AS_IT_IS, releases -> releases.put("version", 5), AS_IT_IS);
        read();
        sample.publish(AS_IT_IS, AS_IT_IS, releases -> releases.put("version", 4), AS_IT_IS);
        ContentTrustException e = assertThrows(ContentTrustException.class, this::read);
        assertEquals(Reason.ROLLED_BACK, e.reason());
        sample.publish(AS_IT_IS, AS_IT_IS, releases -> releases.put("version", 5), AS_IT_IS);
        read();

        Files.writeString(memory, "{");
        e = assertThrows(ContentTrustException.class, this::read);
        assertEquals(Reason.MEMORY, e.reason());
    }

    @Test
    public void authorityOfTheCertificatesIsPinned() throws Exception {
        TestCertificate authority = TestCertificate.forName("Example authority");
        sample.keys.put("root", authority.issue(SampleTrust.GUN));
        sample.publish(AS_IT_IS, AS_IT_IS, AS_IT_IS, AS_IT_IS);
        PinnedRoot pinned = PinnedRoot.of(authority.pem());
        assertEquals(
                SampleTrust.IMAGE, read(SampleTrust.GUN, pinned).released("1.0").digest());

        sample.keys.put("root", authority.issueEnded(SampleTrust.GUN));
        sample.publish(AS_IT_IS, AS_IT_IS, AS_IT_IS, AS_IT_IS);
        ContentTrustException e = assertThrows(ContentTrustException.class, () -> read(SampleTrust.GUN, pinned));
        assertEquals(Reason.ROOT_NOT_PINNED, e.reason());
        assertThrows(KeyException.class, () -> PinnedRoot.of("nothing"));
    }

    private ContentTrustWriter writer() throws Exception {
        return new ContentTrustWriter(
                sample.metadata(SampleTrust.GUN),
                PinnedRoot.of(sample.keys.get("root").pem()),
                new SeenMetadataFile(memory),
                Clock.systemUTC());
    }

    private Signer releases() throws Exception {
        return KeyPairReader.read(sample.keys.get("targets/releases").keyPem().getBytes(StandardCharsets.UTF_8), null);
    }

    /** Notary's server with its memory loses files when two publish at once; ours stands for one with a database. */
    @Test
    public void othersWhoPublishAtTheSameTimeLoseNothing() throws Exception {
        Manifest image = new Manifest("application/vnd.oci.image.manifest.v1+json", new byte[] {'{', '}'});
        for (int i = 0; i < 3; i++) {
            String tag = "theirs-" + i;
            long version = i + 2;
            sample.others.add(() -> {
                ObjectNode targets =
                        (ObjectNode) sample.signed("targets/releases").deepCopy();
                SampleTrust.addTag(targets.put("version", version), tag, OTHER);
                sample.put("targets/releases", targets, sample.keys.get("targets/releases"));
                sample.putSnapshot(AS_IT_IS);
                sample.putTimestamp();
                return null;
            });
        }
        writer().sign("ours", image, releases());
        ContentTrust trust = read();
        assertEquals(image.digest(), trust.released("ours").digest());
        for (int i = 0; i < 3; i++) {
            assertEquals(OTHER, trust.released("theirs-" + i).digest());
        }
        assertEquals(SampleTrust.IMAGE, trust.released("2.0").digest());

        for (int i = 0; i < 10; i++) {
            sample.others.add(() -> null);
        }
        RegistryException e = assertThrows(RegistryException.class, () -> writer().sign("late", image, releases()));
        assertThat(e.getMessage(), containsString("10 times meanwhile; nothing was signed"));
        assertEquals(List.of(), read().named("late"));
    }

    @Test
    public void tagOutsideTheKeysPathsIsNotSigned() throws Exception {
        sample.publish(
                AS_IT_IS,
                targets -> ((ObjectNode) targets.at("/delegations/roles/0"))
                        .putArray("paths")
                        .add("dev-"),
                AS_IT_IS,
                AS_IT_IS);
        Manifest image = new Manifest("application/vnd.oci.image.manifest.v1+json", new byte[] {'{', '}'});
        ContentTrustException e =
                assertThrows(ContentTrustException.class, () -> writer().sign("3.0", image, releases()));
        assertEquals(Reason.NOT_SIGNED, e.reason());
        assertThat(e.getMessage(), containsString("may not sign the tag 3.0"));
        assertEquals(
                image.digest(), writer().sign("dev-3", image, releases()).get(0).digest());
    }

    @Test
    public void namesThatLeadElsewhereAreNotAsked() {
        for (String gun : new String[] {"", "../etc", "a//b", "a/../b", "a b", "a\nb", "a?b", "a#b", "a%2e"}) {
            assertThrows(gun, IllegalArgumentException.class, () -> sample.metadata(gun));
        }
        assertTrue(sample.metadata("docker.io/library/alpine").gun().endsWith("alpine"));
    }
}

package io.jenkins.plugins.countersign.engine.contenttrust;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.TestCertificate;
import io.jenkins.plugins.countersign.engine.registry.TrustMetadata;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What Notary's own client writes to Notary's own server is read as it was meant. */
public class NotaryTest {

    private static final String GUN = "registry.example.com/team/app";
    private static final Digest ONE = Digest.of("one".getBytes(StandardCharsets.UTF_8));
    private static final Digest TWO = Digest.of("two".getBytes(StandardCharsets.UTF_8));

    @ClassRule
    public static final NotaryServer SERVER = new NotaryServer();

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    private static PinnedRoot firstRoot;
    private static TestCertificate alice;
    private static String firstCertificate;

    @BeforeClass
    public static void signed() throws Exception {
        Path one = Files.writeString(FOLDER.newFile("one").toPath(), "one");
        Path two = Files.writeString(FOLDER.newFile("two").toPath(), "two");
        SERVER.init(GUN);
        firstCertificate = rootCertificate(GUN);
        firstRoot = PinnedRoot.of(firstCertificate);
        SERVER.sign(GUN, "1.0", one);
        alice = TestCertificate.forName("alice");
        SERVER.delegate(GUN, "targets/releases", alice);
        SERVER.delegate(GUN, "targets/alice", alice);
        SERVER.sign(GUN, "2.0", two, "targets/releases", "targets/alice");
        SERVER.sign(GUN, "tried", two, "targets/alice");
    }

    private static String rootCertificate(String gun) throws Exception {
        byte[] content =
                new TrustMetadata(SERVER.access(), gun).read("root", 1 << 20).orElseThrow();
        JsonNode root = new ObjectMapper().readTree(content).path("signed");
        String id = root.path("roles").path("root").path("keyids").path(0).asText();
        return new String(
                Base64.getDecoder()
                        .decode(root.path("keys")
                                .path(id)
                                .path("keyval")
                                .path("public")
                                .asText()),
                StandardCharsets.UTF_8);
    }

    private SeenMetadataFile memory() throws Exception {
        return new SeenMetadataFile(FOLDER.newFolder().toPath().resolve("seen.json"));
    }

    private ContentTrust read(String gun, PinnedRoot root, SeenMetadata seen, Clock clock) throws Exception {
        return new ContentTrustReader(new TrustMetadata(SERVER.access(), gun), root, seen, clock).read();
    }

    private ContentTrust read(PinnedRoot root) throws Exception {
        return read(GUN, root, memory(), Clock.systemUTC());
    }

    private static ContentTrustException refused(Reason reason, org.junit.function.ThrowingRunnable reading) {
        ContentTrustException e = assertThrows(ContentTrustException.class, reading);
        assertEquals(e.getMessage(), reason, e.reason());
        return e;
    }

    @Test
    public void tagsAreReadWithWhoSignedThem() throws Exception {
        ContentTrust trust = read(firstRoot);
        assertEquals(ONE, trust.released("1.0").digest());
        assertEquals("targets", trust.released("1.0").role());
        assertEquals(3, trust.released("1.0").size());
        SignedTag two = trust.released("2.0", TWO);
        assertEquals("targets/releases", two.role());
        assertEquals(1, two.keys().size());
        assertEquals(2, trust.named("2.0").size());
    }

    @Test
    public void signersOwnDelegationReleasesNothing() throws Exception {
        ContentTrust trust = read(firstRoot);
        ContentTrustException e = refused(Reason.NOT_SIGNED, () -> trust.released("tried"));
        assertThat(e.getMessage(), containsString("only by [targets/alice]"));
        e = refused(Reason.NOT_SIGNED, () -> trust.released("3.0"));
        assertThat(e.getMessage(), containsString("signed are 1.0, 2.0"));
        e = refused(Reason.NOT_SIGNED, () -> trust.released("1.0", TWO));
        assertThat(e.getMessage(), containsString("for " + ONE + ", not for " + TWO));
    }

    @Test
    public void rootIsPinnedByKeyToo_andNoOtherIsTaken() throws Exception {
        String bare = PublicKeys.pem(java.security.cert.CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new java.io.ByteArrayInputStream(firstCertificate.getBytes(StandardCharsets.UTF_8)))
                .getPublicKey());
        assertEquals(ONE, read(PinnedRoot.of(bare)).released("1.0").digest());

        ContentTrustException e = refused(
                Reason.ROOT_NOT_PINNED,
                () -> read(PinnedRoot.of(TestCertificate.forName(GUN).pem())));
        assertThat(e.getMessage(), containsString(PublicKeys.fingerprint(PublicKeys.read(bare)) + " for " + GUN));
    }

    @Test
    public void changedRootKeyIsFollowedFromThePinnedOne() throws Exception {
        String gun = "registry.example.com/team/rotated";
        SERVER.init(gun);
        PinnedRoot old = PinnedRoot.of(rootCertificate(gun));
        SERVER.sign(gun, "1.0", FOLDER.getRoot().toPath().resolve("one"));
        SERVER.notary("key", "rotate", gun, "root");
        SERVER.notary("key", "rotate", gun, "root");
        PinnedRoot current = PinnedRoot.of(rootCertificate(gun));
        assertEquals(
                ONE, read(gun, old, memory(), Clock.systemUTC()).released("1.0").digest());
        assertEquals(
                ONE,
                read(gun, current, memory(), Clock.systemUTC()).released("1.0").digest());
        PinnedRoot other = PinnedRoot.of(TestCertificate.forName(gun).pem());
        refused(Reason.ROOT_NOT_PINNED, () -> read(gun, other, memory(), Clock.systemUTC()));
    }

    @Test
    public void staleTimestampIsRefused() throws Exception {
        Clock later = Clock.fixed(Instant.now().plus(Duration.ofDays(15)), ZoneOffset.UTC);
        ContentTrustException e = refused(Reason.EXPIRED, () -> read(GUN, firstRoot, memory(), later));
        assertThat(e.getMessage(), containsString("timestamp of " + GUN));
    }

    @Test
    public void olderThanSeenIsRefused() throws Exception {
        SeenMetadata seen = memory();
        read(GUN, firstRoot, seen, Clock.systemUTC());
        read(GUN, firstRoot, seen, Clock.systemUTC());
        seen.remember(SERVER.host(), GUN, Map.of("targets/releases", 99L));
        seen.remember(SERVER.host(), GUN, Map.of("targets/releases", 1L));
        ContentTrustException e = refused(Reason.ROLLED_BACK, () -> read(GUN, firstRoot, seen, Clock.systemUTC()));
        assertThat(e.getMessage(), containsString("targets/releases of " + GUN));
        assertThat(e.getMessage(), containsString("version 99 was seen before"));
    }

    private ContentTrustWriter writer(String gun, PinnedRoot root) throws Exception {
        return new ContentTrustWriter(new TrustMetadata(SERVER.access(), gun), root, memory(), Clock.systemUTC());
    }

    private static Signer key(TestCertificate certificate) throws Exception {
        return KeyPairReader.read(certificate.keyPem().getBytes(StandardCharsets.UTF_8), null);
    }

    private static Manifest image(String content) {
        return new Manifest("application/vnd.oci.image.manifest.v1+json", content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    public void delegatesSignatureIsWhatNotarysClientReads() throws Exception {
        Manifest image = image("{\"ours\": 1}");
        List<SignedTag> signed = writer(GUN, firstRoot).sign("ours", image, key(alice));
        assertEquals(
                List.of("targets/releases", "targets/alice"),
                signed.stream().map(SignedTag::role).toList());
        assertEquals(image.digest(), read(firstRoot).released("ours").digest());
        String list = SERVER.notary("list", GUN).replaceAll(" +", " ");
        assertThat(list, containsString("ours " + image.digest().hex() + " 11 targets/releases"));
        assertThat("what was there stays", list, containsString("2.0 " + TWO.hex()));

        SERVER.sign(GUN, "theirs", FOLDER.getRoot().toPath().resolve("one"), "targets/releases");
        assertEquals(image.digest(), read(firstRoot).released("ours").digest());
        assertEquals(ONE, read(firstRoot).released("theirs").digest());
    }

    @Test
    public void strangersKeySignsNothing() throws Exception {
        ContentTrustException e = refused(
                Reason.NOT_SIGNED,
                () -> writer(GUN, firstRoot).sign("2.0", image("{}"), key(TestCertificate.forName("mallory"))));
        assertThat(
                e.getMessage(), containsString("is in none of the roles [targets, targets/releases, targets/alice]"));
        assertEquals(TWO, read(firstRoot).released("2.0").digest());
    }

    @Test
    public void repositorysOwnKeySignsInTargets_asNotaryKeepsIt() throws Exception {
        String gun = "registry.example.com/team/own";
        SERVER.init(gun);
        PinnedRoot root = PinnedRoot.of(rootCertificate(gun));
        try (Signer own = KeyPairReader.read(
                SERVER.privateKey("targets", gun), NotaryServer.REPOSITORY_PASSPHRASE.toCharArray())) {
            Manifest image = image("{\"own\": 1}");
            assertEquals(
                    "targets", writer(gun, root).sign("1.0", image, own).get(0).role());
            assertThat(SERVER.notary("list", gun), containsString(image.digest().hex()));
        }
    }

    /** As Notary's client leaves it, and docker's does not. */
    @Test
    public void snapshotKeyThatTheServerDoesNotHave() throws Exception {
        String gun = "registry.example.com/team/offline";
        SERVER.notary("init", gun, "--publish");
        PinnedRoot root = PinnedRoot.of(rootCertificate(gun));
        SERVER.delegate(gun, "targets/releases", alice);
        RegistryException e =
                assertThrows(RegistryException.class, () -> writer(gun, root).sign("1.0", image("{}"), key(alice)));
        assertThat(e.getMessage(), containsString("but it was refused: "));
        assertEquals(List.of(), read(gun, root, memory(), Clock.systemUTC()).named("1.0"));
    }

    @Test
    public void repositoryThatTheServerDoesNotKnow() throws Exception {
        ContentTrustException e = refused(
                Reason.NO_TRUST_DATA, () -> read("registry.example.com/none", firstRoot, memory(), Clock.systemUTC()));
        assertEquals(SERVER.host() + " has no trust metadata of registry.example.com/none", e.getMessage());
    }
}

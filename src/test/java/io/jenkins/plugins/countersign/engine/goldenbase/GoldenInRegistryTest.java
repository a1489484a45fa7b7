package io.jenkins.plugins.countersign.engine.goldenbase;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jenkins.plugins.countersign.cli.demo.DemoImage;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseSignatures.UnprovenException;
import io.jenkins.plugins.countersign.engine.goldenbase.Lineage.Verdict;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.LoginSource;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SimpleSigning;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.PolicyText;
import io.jenkins.plugins.countersign.engine.trust.TestKeys;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Golden images in a real registry: who signed them, what stands on them, and what is said when it does not answer. */
public class GoldenInRegistryTest {

    @ClassRule
    public static final DockerRegistry REGISTRY = new DockerRegistry();

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static final Clock CLOCK = Clock.systemUTC();
    private static final SignedBy PLATFORM = new SignedBy.People("platform", 1);
    private static TrustPolicy policy;

    private final RegistryBases bases = new RegistryBases(GoldenInRegistryTest::access);
    private final RegistrySignatures signatures = new RegistrySignatures(bases, policy, CLOCK);

    @BeforeClass
    public static void policy() throws Exception {
        RealPart.require("docker-registry");
        policy = PolicyReader.read(new PolicyText()
                .people("dana", "erin", "mallory")
                .key("dana", "dana-lost", "compromisedSince: 2026-01-01T00:00:00Z")
                .role("platform", "dana, erin")
                .role("qa", "mallory")
                .stage("build", "{needs: [{role: qa, count: 1}]}")
                .text()
                .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    public void goldenImageThatNobodySigned() throws Exception {
        unproven(image("signed/nobody", "1", "x"), PLATFORM, "nobody in the role");
    }

    @Test
    public void goldenImageThatSomebodyElseSigned() throws Exception {
        ImageReference image = image("signed/mallory", "1", "x");
        sign(image, TestKeys.of("mallory"));
        sign(image, TestKeys.of("stranger"));
        unproven(image, PLATFORM, "nobody in the role");
    }

    @Test
    public void goldenImageThatAStolenKeySigned() throws Exception {
        ImageReference image = image("signed/stolen", "1", "x");
        sign(image, TestKeys.of("dana-lost"));
        unproven(image, PLATFORM, "is compromised since 2026-01-01T00:00:00Z");
    }

    @Test
    public void onePersonWithTwoKindsOfSignatureIsOnePerson() throws Exception {
        ImageReference image = image("signed/twice", "1", "x");
        sign(image, TestKeys.of("dana"));
        approve(image, "dana", "platform");
        unproven(image, new SignedBy.People("platform", 2), "valid signatures of dana");
        sign(image, TestKeys.of("erin"));
        assertThat(
                signatures.prove(image, new SignedBy.People("platform", 2)).text(),
                containsString("dana, erin (platform) signed"));
    }

    @Test
    public void signatureOfAnotherDigestDoesNotCount() throws Exception {
        ImageReference image = image("signed/moved", "1", "x");
        sign(image, TestKeys.of("dana"));
        assertThat(signatures.prove(image, PLATFORM).text(), containsString("dana (platform) signed"));
        image("signed/moved", "1", "y");
        unproven(image, PLATFORM, "nobody in the role");
    }

    @Test
    public void rejectionDecidesOverSignaturesUntilItIsWithdrawn() throws Exception {
        ImageReference image = image("signed/rejected", "1", "x");
        sign(image, TestKeys.of("dana"));
        try (Repository repository = bases.repository(image)) {
            Digest digest = repository.resolve("1").orElseThrow().digest();
            ImageStatements statements = ImageStatements.about(repository, digest, "1", policy, CLOCK);
            GateRecord rejection = statements.record(
                    GateRecord.Kind.REJECTION,
                    policy.person("erin").orElseThrow(),
                    "build",
                    "platform",
                    List.of(),
                    null,
                    null,
                    "CVE-2026-0001");
            statements.attach(rejection, TestKeys.of("erin"));
            unproven(image, PLATFORM, "erin of the role platform says no");
            statements.attach(
                    statements.record(
                            GateRecord.Kind.WITHDRAWAL,
                            policy.person("erin").orElseThrow(),
                            "build",
                            "",
                            List.of(Digest.of(rejection.payload())),
                            null,
                            null,
                            "fixed"),
                    TestKeys.of("erin"));
        }
        assertThat(signatures.prove(image, PLATFORM).text(), containsString("dana (platform) signed"));
    }

    @Test
    public void registryThatDoesNotAnswerIsUnknown() throws Exception {
        RegistrySignatures strangers = new RegistrySignatures(
                new RegistryBases(
                        host -> RegistryAccess.of(host).withAuthorities(Files.readString(REGISTRY.authority()))),
                policy,
                CLOCK);
        UnprovenException refusal = assertThrows(
                UnprovenException.class,
                () -> strangers.prove(ImageReference.parse(REGISTRY.host() + "/signed/mallory:1"), PLATFORM));
        assertThat(refusal.getMessage(), containsString("what is signed could not be read"));
    }

    @Test
    public void baseIsFoundInTheOrganisationAndItsReplacementIsNoticed() throws Exception {
        ImageReference java = image("org-a/java", "17", "17.0.1");
        Digest application = application("team/on-a", java);
        LineageCheck check = check("{\"organisations\":[\"" + REGISTRY.host() + "/org-a\"]}");

        assertEquals(Verdict.GOLDEN, verdict(check, "team/on-a", application));
        image("org-a/java", "17", "17.0.2");
        assertEquals("though it was seen before", Verdict.REPLACED, verdict(check, "team/on-a", application));
        assertEquals(
                "somebody else never saw the old one",
                Verdict.FOREIGN,
                verdict(
                        new LineageCheck(
                                bases,
                                new GoldenImagesFile(folder.getRoot().toPath().resolve("other.json")),
                                catalogue("{\"organisations\":[\"" + REGISTRY.host() + "/org-a\"]}"),
                                context(bases)),
                        "team/on-a",
                        application));
    }

    @Test
    public void pinnedBaseWhoseTagMovedIsReplacedAndNotForeign() throws Exception {
        ImageReference old = image("org-b/java", "17", "17.0.1");
        Digest application = application("team/on-b", old);
        ImageReference pinned;
        try (Repository repository = bases.repository(old)) {
            pinned = old.withDigest(repository.resolve("17").orElseThrow().digest());
        }
        image("org-b/java", "17", "17.0.2");
        LineageCheck check = check("{\"allow\":[\"" + REGISTRY.host() + "/org-b/java:17\"]}");
        check.remember(List.of(pinned));

        assertEquals(Verdict.REPLACED, verdict(check, "team/on-b", application));
    }

    @Test
    public void strangerIsForeignOnlyIfEveryGoldenImageCouldBeRead() throws Exception {
        ImageReference stranger = image("strangers/java", "17", "evil");
        Digest application = application("team/on-strangers", stranger);
        image("org-c/java", "17", "17.0.1");

        assertEquals(
                Verdict.FOREIGN,
                verdict(check("{\"allow\":[\"" + REGISTRY.host() + "/org-c/**\"]}"), "team/on-strangers", application));
        LineageCheck unknown =
                check("{\"allow\":[\"" + REGISTRY.host() + "/org-c/**\",\"nowhere.invalid/golden/java\"]}");
        RegistryException refusal =
                assertThrows(RegistryException.class, () -> verdict(unknown, "team/on-strangers", application));
        assertThat(refusal.getMessage(), containsString("stands on is not known"));
        assertThat(refusal.getMessage(), containsString("nowhere.invalid/golden/java"));
    }

    @Test
    public void goldenImageOfAnotherCatalogueDoesNotStandBeforeOurs() throws Exception {
        ImageReference base = image("org-d/base", "1", "x");
        Digest application = application("team/on-d", base);
        ImageReference twin = ImageReference.parse(REGISTRY.host() + "/org-e/twin:1");
        try (Repository repository = bases.repository(twin)) {
            repository.tag(DemoImage.build(null, null, Map.of("org-d/base", "x"), repository), "1");
        }
        ImageReference above = ImageReference.parse(REGISTRY.host() + "/org-f/above:1");
        try (Repository repository = bases.repository(above);
                Repository below = bases.repository(base)) {
            Digest digest = DemoImage.build(
                    below, below.resolve("1").orElseThrow().digest(), Map.of("app", "team/on-d"), repository);
            repository.tag(digest, "1");
        }
        LineageCheck others =
                check("{\"allow\":[\"" + REGISTRY.host() + "/org-e/**\",\"" + REGISTRY.host() + "/org-f/**\"]}");
        assertEquals(Verdict.GOLDEN, verdict(others, "team/on-d", application));

        LineageCheck ours = check("{\"allow\":[\"" + REGISTRY.host() + "/org-d/**\"]}");
        assertEquals(Verdict.GOLDEN, verdict(ours, "team/on-d", application));
        LineageCheck nobodys = check("{\"allow\":[\"" + REGISTRY.host() + "/org-g/**\"]}");
        assertEquals(Verdict.FOREIGN, verdict(nobodys, "team/on-d", application));
        LineageCheck denied = check("{\"allow\":[\"" + REGISTRY.host() + "/org-d/**\"],\"deny\":[{\"image\":\""
                + REGISTRY.host() + "/org-f/**\",\"reason\":\"it is not patched\"}]}");
        assertEquals("what it stands on first is denied", Verdict.FOREIGN, verdict(denied, "team/on-d", application));
    }

    @Test
    public void memoryThatCannotBeReadIsNoEmptyMemory() throws Exception {
        LineageCheck check = check("{\"allow\":[\"" + REGISTRY.host() + "/org-a/**\"]}");
        Digest application = application("team/any", image("org-a/other", "1", "x"));
        for (String damaged : List.of(
                "",
                "[",
                "[{}]",
                "[]}",
                "{\"images\":[{\"name\":",
                "{\"images\":{}}",
                "{\"image\":[]}",
                "{\"images\":[{}]}")) {
            Files.writeString(folder.getRoot().toPath().resolve("golden.json"), damaged);
            RegistryException refusal =
                    assertThrows(damaged, RegistryException.class, () -> verdict(check, "team/any", application));
            assertThat(damaged, refusal.getMessage(), containsString("restore the file from a backup"));
        }
    }

    @Test
    public void memoryOfAnEarlierVersionIsAList() throws Exception {
        Path file = folder.getRoot().toPath().resolve("golden.json");
        ImageReference base = image("org-h/base", "1", "h");
        LineageCheck check = check("{\"allow\":[\"" + REGISTRY.host() + "/org-h/**\"]}");
        Digest application = application("team/on-h", base);
        assertEquals(Verdict.GOLDEN, verdict(check, "team/on-h", application));
        GoldenImages known = check.known();
        JsonMapper json = JsonMapper.builder().build();
        Files.writeString(file, json.readTree(file.toFile()).get("images").toString());

        assertEquals(known, check.known());
        image("org-h/base", "2", "other");
        assertEquals(
                Verdict.GOLDEN,
                verdict(check, "team/on-h", application("team/on-h", image("org-h/base", "3", "third"))));
        assertTrue(
                "it is written as today's",
                json.readTree(file.toFile()).path("images").size()
                        > known.images().size());
    }

    private LineageCheck check(String golden) throws Exception {
        return new LineageCheck(
                bases,
                new GoldenImagesFile(folder.getRoot().toPath().resolve("golden.json")),
                catalogue(golden),
                context(bases));
    }

    private static Catalogue catalogue(String golden) throws Exception {
        return Catalogue.read(JsonMapper.builder().build().readTree(golden));
    }

    private static CheckContext context(RegistryBases bases) {
        return CheckContext.offline(CLOCK).withOrganisations(bases);
    }

    private Verdict verdict(LineageCheck check, String name, Digest digest) throws Exception {
        try (Repository repository = bases.repository(ImageReference.parse(REGISTRY.host() + "/" + name))) {
            return check.of(repository, digest).platforms().get(0).verdict();
        }
    }

    private void unproven(ImageReference image, SignedBy by, String reason) {
        UnprovenException refusal = assertThrows(UnprovenException.class, () -> signatures.prove(image, by));
        assertThat(refusal.getMessage(), containsString(reason));
    }

    private ImageReference image(String name, String tag, String content) throws Exception {
        ImageReference image =
                ImageReference.parse(REGISTRY.host() + "/" + name).withTag(tag);
        try (Repository repository = bases.repository(image)) {
            repository.tag(DemoImage.build(null, null, Map.of(name, content), repository), tag);
        }
        return image;
    }

    private Digest application(String name, ImageReference base) throws Exception {
        try (Repository below = bases.repository(base);
                Repository repository = bases.repository(ImageReference.parse(REGISTRY.host() + "/" + name))) {
            return DemoImage.build(
                    below,
                    below.resolve(base.tag().orElseThrow()).orElseThrow().digest(),
                    Map.of("app", name),
                    repository);
        }
    }

    /** As cosign does it, without its program. */
    private void sign(ImageReference image, Signer signer) throws Exception {
        try (Repository repository = bases.repository(image)) {
            Digest digest =
                    repository.resolve(image.tag().orElseThrow()).orElseThrow().digest();
            byte[] payload = new SimpleSigning(image.toString(), digest, Map.of()).toBytes();
            new SignatureStore(repository).addSimpleSignature(digest, payload, signer.sign(payload));
        }
    }

    private void approve(ImageReference image, String person, String role) throws Exception {
        try (Repository repository = bases.repository(image)) {
            Digest digest =
                    repository.resolve(image.tag().orElseThrow()).orElseThrow().digest();
            ImageStatements statements = ImageStatements.about(repository, digest, "1", policy, CLOCK);
            statements.attach(
                    statements.approval(
                            policy.person(person).orElseThrow(), "build", role, "", List.of(), Origin.UNKNOWN),
                    TestKeys.of(person));
        }
    }

    private static RegistryAccess access(String host) throws IOException {
        return RegistryAccess.of(host)
                .withAuthorities(Files.readString(REGISTRY.authority()))
                .withLogin(LoginSource.of(DockerRegistry.USER, DockerRegistry.PASSWORD));
    }
}

package io.jenkins.plugins.countersign.signing;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import hudson.model.FreeStyleProject;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.Result;
import hudson.model.Run;
import hudson.model.StringParameterDefinition;
import hudson.model.StringParameterValue;
import hudson.slaves.EnvironmentVariablesNodeProperty;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.FormsRule;
import io.jenkins.plugins.countersign.cli.demo.DemoRegistry;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.PlainRegistry;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.ImageSignature;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.NotationClient;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.SimpleSigning;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.signing.TestCertificates;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.jenkinsci.plugins.structs.describable.DescribableModel;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.steps.StepConfigTester;
import org.junit.AfterClass;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.Issue;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.LoggerRule;

/** {@code signImage} and {@code verifyImage} with a key of the controller's, in both kinds of jobs. */
public class SignImageStepTest {

    private static final String PASSWORD = "canary-password-141421";

    @ClassRule
    public static final JenkinsRule r = new FormsRule();

    static {
        // For all tests of this class together.
        r.timeout = 900;
    }

    @Rule
    public final LoggerRule logs = new LoggerRule()
            .record("", Level.INFO)
            .record("io.jenkins.plugins.countersign", Level.ALL)
            .record("com.cloudbees.plugins.credentials", Level.ALL)
            .capture(10_000);

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private static DemoRegistry registry;
    private static SigningKey key;
    private static final Canaries CANARIES = new Canaries();
    private static int images;

    private Repository repository;
    private Manifest index;
    private String name;

    @BeforeClass
    public static void registryAndKey() throws Exception {
        registry = new DemoRegistry(0);
        PlainRegistry.configure(registry.host());
        key = KeyGenerator.generate(new SecureRandom());
        String encrypted = key.encrypted(PASSWORD.toCharArray(), new SecureRandom());
        CANARIES.watch(PASSWORD).watchKey(key.unencryptedSecret()).watchKey(encrypted);
        SigningKeyCredentialsImpl good =
                new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, "release", "", Secret.fromString(encrypted));
        good.setPassword(Secret.fromString(PASSWORD));
        SigningKeyCredentialsImpl shut =
                new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, "shut", "", Secret.fromString(encrypted));
        shut.setPassword(Secret.fromString(PASSWORD + "-wrong"));
        SigningTokenCredentialsImpl token = new SigningTokenCredentialsImpl(
                CredentialsScope.GLOBAL,
                "token",
                "",
                "pkcs11:token=a;object=b?module-path=/somewhere/lib.so",
                PublicKeys.pem(key.publicKey()));
        token.setPin(Secret.fromString("canary-pin-173205"));
        CANARIES.watch("canary-pin-173205");
        SystemCredentialsProvider.getInstance().getCredentials().addAll(List.of(good, shut, token));
        SystemCredentialsProvider.getInstance().save();
    }

    @AfterClass
    public static void stop() {
        registry.close();
    }

    @Before
    public void anImage() throws Exception {
        images++;
        name = registry.host() + "/team/app" + images;
        repository = Repositories.open(name, RegistryAccess.of(registry.host()).insecurePlainHttp());
        index = Samples.pushIndex(repository, images);
        repository.tag(index.digest(), "1");
    }

    private Run<?, ?> pipeline(Result expected, String script) throws Exception {
        WorkflowJob job = r.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(script, true));
        Run<?, ?> build = r.assertBuildStatus(expected, job.scheduleBuild2(0));
        CANARIES.assertNotInFilesOf(r.jenkins.getRootDir().toPath());
        StringBuilder all = new StringBuilder();
        for (LogRecord record : logs.getRecords()) {
            all.append(new SimpleFormatter().format(record));
        }
        CANARIES.assertNotIn("the log", all.toString());
        return build;
    }

    private String pinned() {
        return name + ":1@" + index.digest();
    }

    private ImageSignatures signatures(Digest digest) throws Exception {
        return ImageSignatures.by(repository, digest, List.of(key.publicKey()));
    }

    private List<FoundSignature> found() throws Exception {
        return new SignatureStore(repository).collect(index.digest());
    }

    @Test
    public void aTagThatMovedBetweenPushAndSignIsNotSigned() throws Exception {
        repository.tag(Samples.pushIndex(repository, 1000 + images).digest(), "1");
        Run<?, ?> build = pipeline(Result.FAILURE, "signImage image: '" + pinned() + "', credentialsId: 'release'");
        r.assertLogContains("The tag moved between push and sign", build);
        r.assertLogNotContains("\tat ", build);
        assertEquals(List.of(), found());
    }

    @Test
    public void aTagThatIsGoneIsNotSigned() throws Exception {
        Run<?, ?> build = pipeline(
                Result.FAILURE, "signImage image: '" + name + ":2@" + index.digest() + "', credentialsId: 'release'");
        r.assertLogContains("is no image now, expected " + index.digest(), build);
        assertEquals(List.of(), found());
    }

    @Issue("SECURITY-3499")
    @Test
    public void aKeyThatDoesNotOpenSignsNothingAndSaysNothing() throws Exception {
        Run<?, ?> build = pipeline(Result.FAILURE, "signImage image: '" + pinned() + "', credentialsId: 'shut'");
        r.assertLogContains("The signing key \"shut\" cannot be used: the password does not open the key", build);
        r.assertLogNotContains("\tat ", build);
        assertEquals(List.of(), found());
    }

    @Test
    public void whateverHappensToAKeyItsSecretsAreSeenNowhere() throws Exception {
        SigningKey damaged = KeyGenerator.generate(new SecureRandom());
        String pem = damaged.encrypted("canary-password-261497".toCharArray(), new SecureRandom());
        CANARIES.watch("canary-password-261497");
        keep("damaged", pem.replaceFirst("(?m)^([A-Za-z0-9+/]{20})", "$1!$1"));
        keep("truncated", pem.substring(0, pem.length() / 2));
        keep("of-another-kind", pem.replace("SIGSTORE PRIVATE KEY", "OTHER PRIVATE KEY"));
        keep("open", damaged.unencryptedSecret().replace("A", "B"));
        List<String> urls = new ArrayList<>(List.of("credentials/store/system/domain/_/"));
        for (String id : List.of("release", "shut", "gone", "damaged", "truncated", "of-another-kind", "open")) {
            Run<?, ?> build = pipeline(
                    id.equals("release") ? Result.SUCCESS : Result.FAILURE,
                    "signImage image: '" + pinned() + "', credentialsId: '" + id + "'");
            r.assertLogNotContains("\tat ", build);
            urls.add(build.getUrl());
            Traces.processes(CANARIES);
        }
        try (JenkinsRule.WebClient browser = r.createWebClient().withJavaScriptEnabled(false)) {
            for (String id : List.of("release", "shut", "damaged", "truncated", "of-another-kind", "open", "token")) {
                CANARIES.assertNotIn(
                        "the dialog of " + id,
                        browser.goTo("credentials/store/system/domain/_/credential/" + id + "/updateDialog", null)
                                .getWebResponse()
                                .getContentAsString());
            }
        }
        int pages = Traces.pages(r, CANARIES, false, urls.toArray(String[]::new));
        assertTrue(pages + " pages", pages > 5 * urls.size());
    }

    @Test
    public void whatIsMissingIsNamed() throws Exception {
        r.assertLogContains(
                "There is no signing key or token \"nobody\"",
                pipeline(Result.FAILURE, "signImage image: '" + pinned() + "', credentialsId: 'nobody'"));
        r.assertLogContains(
                "no image is named", pipeline(Result.FAILURE, "signImage image: '', credentialsId: 'release'"));
        r.assertLogContains(
                "Expected one NAME=VALUE on each line",
                pipeline(
                        Result.FAILURE,
                        "signImage image: '" + pinned() + "', credentialsId: 'release', annotations: 'a=1\\na=2'"));
        r.assertLogContains(
                "put the step inside a node",
                pipeline(Result.FAILURE, "signImage image: '" + pinned() + "', credentialsId: 'token'"));
        r.assertLogContains(
                "The library /somewhere/lib.so may not be loaded on",
                pipeline(Result.FAILURE, "node {signImage image: '" + pinned() + "', credentialsId: 'token'}"));
        r.assertLogContains(
                "is a folder", pipeline(Result.FAILURE, "signImage image: 'oci:/etc:1', credentialsId: 'release'"));
        assertEquals(List.of(), found());
    }

    @Test
    public void aSignatureCoversTheIndexAndEveryPlatformAndItsBuildKnowsTheImage() throws Exception {
        Run<?, ?> build = pipeline(
                Result.SUCCESS,
                "def signed = signImage(image: '" + pinned() + "', credentialsId: 'release', annotations: 'build=7')\n"
                        + "echo \"signed: ${signed}\"\n"
                        + "def v = verifyImage(image: signed, publicKeys: '''"
                        + PublicKeys.pem(
                                KeyGenerator.generate(new SecureRandom()).publicKey())
                        + PublicKeys.pem(key.publicKey()) + "''')\n"
                        + "echo \"verified: ${v.image} ${v.signatures[0].annotations.build} ${v.signatures[0].key}\"");
        r.assertLogContains("signed: " + pinned(), build);
        r.assertLogContains("verified: " + pinned() + " 7 " + PublicKeys.fingerprint(key.publicKey()), build);
        r.assertLogContains("and 2 platform manifests below it", build);
        var believed = signatures(index.digest()).believed();
        assertEquals(1, believed.size());
        assertEquals(
                3, believed.get(0).inTotoStatement().orElseThrow().subjects().size());
    }

    @Test
    public void withoutADigestTheTagIsResolvedOnceAndTheLogSaysSo() throws Exception {
        Run<?, ?> build =
                pipeline(Result.SUCCESS, "echo 'is ' + signImage(image: '" + name + ":1', credentialsId: 'release')");
        r.assertLogContains("is " + index.digest() + " now; only this digest counts", build);
        r.assertLogContains("is " + pinned(), build);
    }

    @Test
    public void simpleSignaturesAreWrittenForEveryPlatformAndAFirstBundleIsAnnounced() throws Exception {
        byte[] payload = new SimpleSigning(name + ":1", index.digest(), Map.of()).toBytes();
        new SignatureStore(repository).addSimpleSignature(index.digest(), payload, key.sign(payload));
        Run<?, ?> build = pipeline(
                Result.SUCCESS,
                "signImage image: '" + pinned() + "', credentialsId: 'release', simpleSignatures: true");
        r.assertLogContains("cosign 3 stops reading the .sig signatures", build);
        Run<?, ?> second = pipeline(Result.SUCCESS, "signImage image: '" + pinned() + "', credentialsId: 'release'");
        r.assertLogNotContains("cosign 3 stops reading", second);
        for (Descriptor subject : Subjects.of(repository, index.digest())) {
            assertThat(
                    signatures(subject.digest()).believed().stream()
                            .map(evidence -> evidence.format())
                            .toList(),
                    hasItem(SignatureFormat.SIMPLE_SIGNING));
        }
    }

    @Test
    public void forNotationTheKeyNeedsItsCertificateAndThoseAboveIt() throws Exception {
        TestCertificates authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        TestCertificates.Leaf alice = authority.signer("C=US,ST=WA,O=Example,CN=alice");
        String whole = alice.pem();
        keep("certified", whole);
        keep("rootless", whole.substring(0, whole.lastIndexOf("-----BEGIN CERTIFICATE-----")));
        keep(
                "for-servers",
                authority
                        .issue(
                                "C=US,ST=WA,O=Example,CN=alice",
                                TestCertificates.pair("EC", 256),
                                KeyPurposeId.id_kp_serverAuth,
                                TestCertificates.NOW.minusSeconds(60),
                                Duration.ofDays(1))
                        .pem());
        String sign = "signImage image: '" + pinned() + "', notation: true, credentialsId: ";
        r.assertLogContains(
                "needs a certificate beside the key, and this key has none",
                pipeline(Result.FAILURE, sign + "'release'"));
        r.assertLogContains(
                "which issued that of CN=alice, O=Example, ST=WA, C=US, is missing",
                pipeline(Result.FAILURE, sign + "'rootless'"));
        r.assertLogContains("is not for code signing", pipeline(Result.FAILURE, sign + "'for-servers'"));
        assertEquals(List.of(), found());

        pipeline(Result.SUCCESS, sign + "'certified'");
        for (Descriptor subject : Subjects.of(repository, index.digest())) {
            assertEquals(
                    List.of(SignatureFormat.BUNDLE, SignatureFormat.NOTATION_JWS),
                    new SignatureStore(repository)
                            .collect(subject.digest()).stream()
                                    .map(FoundSignature::format)
                                    .sorted()
                                    .toList());
        }
        // By the certificate: the authority alone is not enough, nor is another one of the same name.
        String verify = "verifyImage image: '" + pinned() + "', certificateAuthority: '''"
                + TestCertificates.pem(authority.certificate()) + "'''";
        r.assertLogContains("belong together", pipeline(Result.FAILURE, verify));
        r.assertLogContains(
                "expected mallory@example.com", pipeline(Result.FAILURE, verify + ", identity: 'mallory@example.com'"));
        r.assertLogContains(
                "does not lead to a trusted authority",
                pipeline(
                        Result.FAILURE,
                        "verifyImage image: '" + pinned()
                                + "', identity: 'alice@example.com', certificateAuthority: '''"
                                + TestCertificates.pem(TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority")
                                        .certificate())
                                + "'''"));
        r.assertLogContains(
                "certificate: CN=alice",
                pipeline(
                        Result.SUCCESS,
                        "def v = " + verify.replaceFirst(" ", "(") + ", identity: 'alice@example.com')\n"
                                + "echo \"certificate: ${v.signatures[0].certificate}\""));
        notationAccepts(authority);
    }

    private void notationAccepts(TestCertificates authority) throws Exception {
        NotationClient notation = new NotationClient(folder.getRoot().toPath());
        notation.trust(authority, "C=US, ST=WA, O=Example, CN=alice");
        for (Descriptor subject : Subjects.of(repository, index.digest())) {
            notation.verify(name + "@" + subject.digest()).succeeded();
        }
        notation.trust(authority, "C=US, ST=WA, O=Example, CN=mallory");
        assertNotEquals(0, notation.verify(pinned()).exitCode());
    }

    private static void keep(String id, String key) throws Exception {
        CANARIES.watchKey(key);
        SystemCredentialsProvider.getInstance()
                .getCredentials()
                .add(new SigningKeyCredentialsImpl(CredentialsScope.GLOBAL, id, "", Secret.fromString(key)));
        SystemCredentialsProvider.getInstance().save();
    }

    @Test
    public void verifyRefusesWhatIsNotAPlainSignatureByTheKey() throws Exception {
        String verify =
                "verifyImage image: '" + pinned() + "', publicKeys: '''" + PublicKeys.pem(key.publicKey()) + "'''";
        r.assertLogContains(
                "no signature by the given keys or certificates was found", pipeline(Result.FAILURE, verify));

        SignatureStore store = new SignatureStore(repository);
        Descriptor image = index.descriptor();
        Statement approval = new Statement(
                List.of(new Statement.Subject(name, index.digest(), Map.of())),
                "https://plugins.jenkins.io/countersign/approval/v1",
                StrictJson.object());
        store.attachBundle(image, SigstoreBundle.sign(approval, key), approval.predicateType(), Instant.now());
        store.attachRecord(image, DsseEnvelope.sign(SignatureTypes.RECORD, approval.toBytes(), key), Instant.now());
        SigningKey stranger = KeyGenerator.generate(new SecureRandom());
        Statement plain = new Statement(approval.subjects(), ImageSignature.PREDICATE_TYPE, StrictJson.object());
        store.attachBundle(image, SigstoreBundle.sign(plain, stranger), plain.predicateType(), Instant.now());
        Run<?, ?> refused = pipeline(Result.FAILURE, verify);
        r.assertLogContains("says something else than a plain signature", refused);
        r.assertLogContains("it is a record (a rejection,", refused);
        r.assertLogContains("is by none of the 1 keys", refused);
        r.assertLogNotContains("\tat ", refused);

        store.attachBundle(image, SigstoreBundle.sign(plain, key), plain.predicateType(), Instant.now());
        r.assertLogContains(
                "is signed by " + PublicKeys.fingerprint(key.publicKey()), pipeline(Result.SUCCESS, verify));
    }

    @Test
    public void verifyAsksForOneOfBothAndWithoutAPolicyNothingIsVerified() throws Exception {
        r.assertLogContains("give either stage", pipeline(Result.FAILURE, "verifyImage '" + pinned() + "'"));
        r.assertLogContains(
                "give either stage",
                pipeline(Result.FAILURE, "verifyImage image: '" + pinned() + "', stage: 'qa', publicKeys: 'x'"));
        r.assertLogContains(
                "There is no trust policy",
                pipeline(Result.FAILURE, "verifyImage image: '" + pinned() + "', stage: 'qa'"));
        r.assertLogContains(
                "not a public key",
                pipeline(Result.FAILURE, "verifyImage image: '" + pinned() + "', publicKeys: 'nonsense'"));
    }

    @Test
    public void byAStageVerifySaysWhoIsMissing() throws Exception {
        CountersignConfiguration.get()
                .setTrustPolicy(Policies.oneStage(
                        "qa",
                        "carol",
                        key.publicKey(),
                        KeyGenerator.generate(new SecureRandom()).publicKey()));
        try {
            Run<?, ?> refused = pipeline(Result.FAILURE, "verifyImage image: '" + pinned() + "', stage: 'qa'");
            r.assertLogContains("is not verified for the stage qa", refused);
            r.assertLogContains("the stage qa is not sealed", refused);
        } finally {
            CountersignConfiguration.get().setTrustPolicy(null);
        }
    }

    @Issue("SECURITY-1878")
    @Test
    public void variablesAreExpandedInFreestyleJobsAndNeverInPipelines() throws Exception {
        FreeStyleProject job = r.createFreeStyleProject();
        job.addProperty(new ParametersDefinitionProperty(new StringParameterDefinition("IMAGE", "")));
        SignImageStep step = new SignImageStep("${IMAGE}", "release");
        step.setAnnotations("job=${JOB_NAME}");
        job.getBuildersList().add(new SignImageBuilder(step));
        Run<?, ?> build = r.assertBuildStatusSuccess(
                job.scheduleBuild2(0, new ParametersAction(new StringParameterValue("IMAGE", pinned()))));
        r.assertLogContains("Signed " + pinned(), build);
        assertEquals(
                job.getName(),
                signatures(index.digest()).believed().get(0).annotations().get("job"));

        r.jenkins
                .getGlobalNodeProperties()
                .add(new EnvironmentVariablesNodeProperty(
                        new EnvironmentVariablesNodeProperty.Entry("IMAGE", pinned())));
        r.assertLogContains(
                "signImage: ",
                pipeline(Result.FAILURE, "node {signImage image: '${IMAGE}', credentialsId: 'release'}"));
    }

    @Test
    public void theUseOfAKeyIsTracked() throws Exception {
        pipeline(Result.SUCCESS, "signImage image: '" + pinned() + "', credentialsId: 'release'");
        SigningKeyCredentials used = SystemCredentialsProvider.getInstance().getCredentials().stream()
                .filter(SigningKeyCredentials.class::isInstance)
                .map(SigningKeyCredentials.class::cast)
                .filter(credentials -> credentials.getId().equals("release"))
                .findFirst()
                .orElseThrow();
        assertFalse(CredentialsProvider.getOrCreateFingerprintOf(used).getJobs().isEmpty());
    }

    @Test
    public void formsAndSnippetsKeepEveryField() throws Exception {
        SignImageStep sign = new SignImageStep("registry.example.com/app:1", "release");
        sign.setRegistryCredentialsId("login");
        sign.setAnnotations("a=1\nb=2");
        sign.setSimpleSignatures(true);
        sign.setNotation(true);
        StepConfigTester tester = new StepConfigTester(r);
        assertSame(sign, tester.configRoundTrip(sign));
        SignImageStep plain = new SignImageStep("registry.example.com/app:1", "release");
        assertSame(plain, tester.configRoundTrip(plain));
        assertEquals(
                Map.of("image", "registry.example.com/app:1", "credentialsId", "release"),
                DescribableModel.uninstantiate2_(plain).getArguments());

        VerifyImageStep verify = new VerifyImageStep("registry.example.com/app:1");
        verify.setStage("qa");
        verify.setPublicKeys(PublicKeys.pem(key.publicKey()).trim());
        verify.setCertificateAuthority("authority");
        verify.setIdentity("alice@example.com");
        verify.setIssuer("https://accounts.example.com");
        verify.setTimestampAuthority("timestamps");
        verify.setRegistryCredentialsId("login");
        assertSame(verify, tester.configRoundTrip(verify));
        assertEquals(
                Map.of("image", "registry.example.com/app:1"),
                DescribableModel.uninstantiate2_(new VerifyImageStep("registry.example.com/app:1"))
                        .getArguments());

        FreeStyleProject job = r.createFreeStyleProject();
        job.getBuildersList().add(new SignImageBuilder(sign));
        job.getBuildersList().add(new VerifyImageBuilder(verify));
        job = r.configRoundtrip(job);
        assertSame(sign, job.getBuildersList().get(SignImageBuilder.class).getStep());
        assertSame(verify, job.getBuildersList().get(VerifyImageBuilder.class).getStep());
    }

    private static void assertSame(SignImageStep expected, SignImageStep actual) throws Exception {
        r.assertEqualDataBoundBeans(expected, actual);
    }

    private static void assertSame(VerifyImageStep expected, VerifyImageStep actual) {
        assertEquals(expected.getImage(), actual.getImage());
        assertEquals(expected.getStage(), actual.getStage());
        assertEquals(expected.getPublicKeys(), actual.getPublicKeys().replace("\r", ""));
        assertEquals(expected.getCertificateAuthority(), actual.getCertificateAuthority());
        assertEquals(expected.getIdentity(), actual.getIdentity());
        assertEquals(expected.getIssuer(), actual.getIssuer());
        assertEquals(expected.getTimestampAuthority(), actual.getTimestampAuthority());
        assertEquals(expected.getRegistryCredentialsId(), actual.getRegistryCredentialsId());
    }
}

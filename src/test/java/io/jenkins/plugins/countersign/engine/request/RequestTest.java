package io.jenkins.plugins.countersign.engine.request;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.registry.LayoutRepository;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class RequestTest {

    private static final Digest IMAGE = Digest.of(new byte[] {1});
    private static final Digest OTHER = Digest.of(new byte[] {2});
    private static final SigningKey ALICE = KeyGenerator.generate(new SecureRandom());
    private static final SigningKey MALLORY = KeyGenerator.generate(new SecureRandom());

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private static Request request() throws RequestException {
        return request("looks good");
    }

    private static Request request(String comment) throws RequestException {
        ObjectNode predicate = StrictJson.object();
        predicate.put("decision", "approve");
        predicate.put("stage", "qa");
        predicate.putObject("origin").putArray("authors").add("dave");
        predicate.put("comment", comment);
        return Request.of(
                "registry.example.com/app",
                IMAGE,
                new Statement(
                        List.of(new Statement.Subject("app:1", IMAGE, Map.of("stage", "qa"))),
                        "https://plugins.jenkins.io/countersign/approval/v1",
                        predicate));
    }

    private static String refused(byte[] file) {
        return assertThrows(RequestException.class, () -> Request.read(file)).getMessage();
    }

    private static byte[] changed(Request request, String from, String to) throws RequestException {
        String text = new String(request.toBytes(), StandardCharsets.UTF_8);
        assertThat(text, containsString(from));
        return text.replace(from, to).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    public void aSummaryThatSaysSomethingElseIsRefused() throws Exception {
        assertThat(
                refused(changed(request(), "predicate.decision: approve", "predicate.decision: reject")),
                containsString("summary says something else"));
    }

    @Test
    public void bytesOfAnotherStatementAreRefused() throws Exception {
        String other =
                Base64.getEncoder().encodeToString(request("something else").bytesToSign());
        String own = Base64.getEncoder().encodeToString(request().bytesToSign());
        assertThat(refused(changed(request(), own, other)), containsString("asks to sign other bytes"));
    }

    @Test
    public void aStatementAboutAnotherImageIsRefused() throws Exception {
        assertThat(
                refused(changed(request(), "\"image\" : \"" + IMAGE, "\"image\" : \"" + OTHER)),
                containsString("its statement is about other digests"));
    }

    @Test
    public void aPolicyOrACommitIsNotSignedAsARequest() throws Exception {
        Request policy = new Request(
                "r/app", IMAGE, "application/vnd.example.policy+json", request().payload());
        assertThat(
                assertThrows(RequestException.class, () -> policy.sign(ALICE)).getMessage(),
                containsString("signed on request are"));
    }

    @Test
    public void charactersThatHideOthersAreShownByTheirCode() throws Exception {
        List<String> summary = request("fine\u202edecision: reject\n\u200bdecision: approve\u0007")
                .summary();
        assertThat(
                summary,
                hasItem("predicate.comment: fine\\u{202e}decision: reject\\u{a}\\u{200b}decision: approve\\u{7}"));
        assertThat(summary, hasItem("predicate.origin.authors[0]: dave"));
    }

    @Test
    public void whatGoesOutComesBackTheSame() throws Exception {
        Request request = request("näher \u2028 \ud83d\ude00");
        assertEquals(request, Request.read(request.toBytes()));
    }

    @Test
    public void aSignatureByAnotherKeyOrOverAnotherStatementIsRefused() throws Exception {
        byte[] mallorys = request().sign(MALLORY).envelope().signatures().get(0);
        assertThat(refused(mallorys, ALICE.publicKey()), containsString("by any of these keys"));
        byte[] other = request("other").sign(ALICE).envelope().signatures().get(0);
        assertThat(refused(other, ALICE.publicKey()), containsString("not over the bytes of this request"));
        byte[] bare = ALICE.sign(request().payload());
        assertThat(
                "the payload without its type", refused(bare, ALICE.publicKey()), containsString("not over the bytes"));
        assertThat(
                refused(request("other").sign(ALICE).toBytes(), ALICE.publicKey()),
                containsString("holds another statement than the one that was to be signed"));
        assertThat(refused(new byte[0], ALICE.publicKey()), containsString("is empty"));
        assertThat(refused(new byte[100_000], ALICE.publicKey()), containsString("this is not a bare signature"));
        assertThat(
                refused("{}".getBytes(StandardCharsets.UTF_8), ALICE.publicKey()), containsString("neither a bundle"));
    }

    private static String refused(byte[] signature, PublicKey key) {
        return assertThrows(RequestException.class, () -> request().accept(signature, List.of(key)))
                .getMessage();
    }

    @Test
    public void everyFormOfASignatureComesBackAsOneEnvelope() throws Exception {
        Request request = request();
        SignedRequest signed = request.sign(ALICE);
        byte[] der = signed.envelope().signatures().get(0);
        byte[] raw = plain(der);
        for (byte[] form : List.of(
                der,
                raw,
                Base64.getEncoder().encode(der),
                Base64.getMimeEncoder(40, new byte[] {'\n'}).encode(raw),
                java.util.HexFormat.of().formatHex(der).getBytes(StandardCharsets.US_ASCII),
                signed.toBytes(),
                signed.envelope().toBytes())) {
            SignedRequest accepted = request.accept(form, List.of(MALLORY.publicKey(), ALICE.publicKey()));
            assertEquals(ALICE.publicKey(), accepted.key());
            assertArrayEquals(der, accepted.envelope().signatures().get(0));
        }
        SigstoreBundle.read(signed.toBytes()).envelope().verify(List.of(ALICE.publicKey()));
    }

    /** r and s, each of 32 bytes. */
    private static byte[] plain(byte[] der) {
        byte[] raw = new byte[64];
        int at = 2;
        for (int half = 0; half < 2; half++) {
            int length = der[at + 1];
            byte[] number = Arrays.copyOfRange(der, at + 2, at + 2 + length);
            int skip = Math.max(0, number.length - 32);
            System.arraycopy(number, skip, raw, half * 32 + 32 - (number.length - skip), number.length - skip);
            at += 2 + length;
        }
        return raw;
    }

    @Test
    public void aRejectionIsSignedAsARecordAndNeverAsABundle() throws Exception {
        GateRecord rejection = new GateRecord(
                GateRecord.Kind.REJECTION,
                new ApprovedImage("registry.example.com/app", "1", IMAGE, 7, List.of()),
                "qa",
                "qa",
                "alice",
                new PolicyReference("main", 1, OTHER),
                List.of(),
                null,
                "the login is broken",
                "",
                Instant.parse("2026-11-22T12:00:00Z"),
                null,
                1);
        SignedRequest signed = Request.read(Request.of(rejection).toBytes()).sign(ALICE);
        assertThat(signed.request().summary(), hasItem("reason: the login is broken"));
        DsseEnvelope envelope = DsseEnvelope.read(signed.toBytes());
        assertEquals(SignatureTypes.RECORD, envelope.payloadType());
        assertArrayEquals(rejection.payload(), envelope.payload());
        Request sameWords = new Request("registry.example.com/app", IMAGE, SignatureTypes.IN_TOTO, rejection.payload());
        assertThat(
                "a rejection's words are no statement about an image",
                assertThrows(RequestException.class, () -> sameWords.sign(ALICE))
                        .getMessage(),
                containsString("the request holds no statement"));
    }

    @Test
    public void whatCameBackIsAttachedToTheImage() throws Exception {
        LayoutRepository repository =
                LayoutRepository.at(folder.getRoot().toPath().resolve("layout"));
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
        Descriptor blob = Descriptor.of(MediaTypes.OCI_CONFIG, config);
        repository.pushBlob(blob, Repository.ContentSource.of(config));
        List<Descriptor> platforms = new java.util.ArrayList<>();
        for (String name : List.of("amd64", "arm64")) {
            Manifest manifest = new ManifestContent(
                            MediaTypes.OCI_MANIFEST, "", blob, List.of(), List.of(), null, Map.of("name", name))
                    .toManifest();
            repository.pushManifest(manifest);
            platforms.add(manifest.descriptor());
        }
        Manifest index = ManifestContent.index(platforms).toManifest();
        repository.pushManifest(index);
        Approval approval = new Approval(
                new ApprovedImage(
                        repository.name(),
                        "1",
                        index.digest(),
                        index.content().length,
                        platforms.stream().map(Descriptor::digest).toList()),
                "qa",
                "qa",
                "alice",
                new PolicyReference("main", 1, OTHER),
                "",
                List.of(),
                Instant.parse("2026-11-22T12:00:00Z"),
                null,
                1,
                null,
                "");
        Request request = Request.of(approval);
        SignedRequest signed = request.accept(ALICE.sign(request.bytesToSign()), List.of(ALICE.publicKey()));
        signed.attachTo(repository, Instant.parse("2026-11-22T12:00:00Z"));
        List<FoundSignature> found = new SignatureStore(repository).collect(index.digest());
        assertEquals(1, found.size());
        assertArrayEquals(
                approval.payload(),
                Verifier.verify(found.get(0), List.of(ALICE.publicKey())).payload());
        LayoutRepository elsewhere =
                LayoutRepository.at(folder.getRoot().toPath().resolve("elsewhere"));
        assertThat(
                assertThrows(RequestException.class, () -> signed.attachTo(elsewhere, Instant.EPOCH))
                        .getMessage(),
                containsString("the request is for " + repository.name()));
    }

    @Test
    public void openssl() throws Exception {
        RealPart.require("openssl");
        Path root = folder.getRoot().toPath();
        for (List<String> kind : List.of(
                List.of("EC", "ec_paramgen_curve:P-256"),
                List.of("EC", "ec_paramgen_curve:P-384"),
                List.of("RSA", "rsa_keygen_bits:3072"))) {
            Run.of("openssl", "genpkey", "-algorithm", kind.get(0), "-pkeyopt", kind.get(1), "-out", root + "/key.pem")
                    .succeeded();
            Run.of("openssl", "pkey", "-in", root + "/key.pem", "-pubout", "-out", root + "/pub.pem")
                    .succeeded();
            Files.write(root.resolve("approval.bytes"), request().bytesToSign());
            Run.of(
                            "openssl",
                            "dgst",
                            "-sha256",
                            "-sign",
                            root + "/key.pem",
                            "-out",
                            root + "/approval.sig",
                            root + "/approval.bytes")
                    .succeeded();
            PublicKey key = PublicKeys.read(Files.readString(root.resolve("pub.pem")));
            assertEquals(
                    key,
                    request()
                            .accept(Files.readAllBytes(root.resolve("approval.sig")), List.of(key))
                            .key());
        }
    }

    @Test
    public void cosign() throws Exception {
        Path root = folder.getRoot().toPath();
        Files.write(root.resolve("approval.bytes"), request().bytesToSign());
        for (String cosign : List.of("cosign2", "cosign3")) {
            RealPart.require(cosign);
            Map<String, String> environment =
                    Map.of("COSIGN_PASSWORD", "pässword", "COSIGN_YES", "true", "HOME", root.toString());
            Files.deleteIfExists(root.resolve("cosign.key"));
            Files.deleteIfExists(root.resolve("cosign.pub"));
            Run.of(environment, root, List.of(cosign, "generate-key-pair")).succeeded();
            PublicKey key = PublicKeys.read(Files.readString(root.resolve("cosign.pub")));
            List<List<String>> ways = cosign.equals("cosign2")
                    ? List.of(
                            List.of("--tlog-upload=false", "--output-signature", "out"),
                            List.of("--tlog-upload=false", "--bundle", "out"),
                            List.of("--tlog-upload=false", "--new-bundle-format", "--bundle", "out"))
                    : List.of(
                            List.of("--use-signing-config=false", "--tlog-upload=false", "--bundle", "out"),
                            List.of(
                                    "--use-signing-config=false",
                                    "--new-bundle-format=false",
                                    "--tlog-upload=false",
                                    "--output-signature",
                                    "out",
                                    "--bundle",
                                    "old"));
            for (List<String> way : ways) {
                Files.deleteIfExists(root.resolve("out"));
                java.util.ArrayList<String> command =
                        new java.util.ArrayList<>(List.of(cosign, "sign-blob", "--key", "cosign.key"));
                command.addAll(way);
                command.add("approval.bytes");
                Run.of(environment, root, command).succeeded();
                assertEquals(
                        command.toString(),
                        key,
                        request()
                                .accept(Files.readAllBytes(root.resolve("out")), List.of(key))
                                .key());
            }
        }
    }

    @Test
    public void aTokenThroughPkcs11Tool() throws Exception {
        RealPart.require("pkcs11-tool");
        RealPart.require("softhsm2-util");
        Path library = List.of(
                        "/usr/lib/softhsm/libsofthsm2.so",
                        "/usr/lib64/softhsm/libsofthsm2.so",
                        "/usr/lib64/pkcs11/libsofthsm2.so",
                        "/usr/local/lib/softhsm/libsofthsm2.so")
                .stream()
                .map(Path::of)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("softhsm2-util is there and its library is not"));
        Path root = folder.getRoot().toPath();
        Files.createDirectory(root.resolve("tokens"));
        Files.writeString(
                root.resolve("softhsm2.conf"),
                "directories.tokendir = " + root + "/tokens\nobjectstore.backend = file\n");
        Map<String, String> environment =
                Map.of("SOFTHSM2_CONF", root.resolve("softhsm2.conf").toString(), "PIN", "648219");
        Run.of(
                        environment,
                        root,
                        List.of(
                                "softhsm2-util",
                                "--init-token",
                                "--free",
                                "--label",
                                "alice",
                                "--so-pin",
                                "12345678",
                                "--pin",
                                "648219"))
                .succeeded();
        List<String> tool = List.of(
                "pkcs11-tool", "--module", library.toString(), "--token-label", "alice", "--login", "--pin", "env:PIN");
        Run.of(environment, root, with(tool, "--keypairgen", "--key-type", "EC:prime256v1", "--id", "01"))
                .succeeded();
        Run.of(environment, root, with(tool, "--read-object", "--type", "pubkey", "--id", "01", "-o", "pub.der"))
                .succeeded();
        PublicKey key = PublicKeys.decode(Files.readAllBytes(root.resolve("pub.der")));
        Files.write(
                root.resolve("digest"),
                java.util.HexFormat.of().parseHex(request().digestToSign().hex()));
        for (String format : List.of("openssl", "rs")) {
            Run.of(
                            environment,
                            root,
                            with(
                                    tool,
                                    "--sign",
                                    "--mechanism",
                                    "ECDSA",
                                    "--signature-format",
                                    format,
                                    "--id",
                                    "01",
                                    "-i",
                                    "digest",
                                    "-o",
                                    "sig-" + format))
                    .succeeded();
            assertEquals(
                    format,
                    key,
                    request()
                            .accept(Files.readAllBytes(root.resolve("sig-" + format)), List.of(key))
                            .key());
        }
    }

    private static List<String> with(List<String> command, String... more) {
        java.util.ArrayList<String> all = new java.util.ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }
}

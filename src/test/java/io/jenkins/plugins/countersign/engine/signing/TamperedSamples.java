package io.jenkins.plugins.countersign.engine.signing;

import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.ATTESTATION;
import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.BUNDLE;
import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.NOTATION_COSE;
import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.NOTATION_JWS;
import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.RECORD;
import static io.jenkins.plugins.countersign.engine.signing.SignatureFormat.SIMPLE_SIGNING;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/** Signatures that must be refused, each named by its defect, made from one that is good. */
final class TamperedSamples {

    /**
     * @param defect what is wrong with it
     * @param everybody whether every strict verifier refuses it; false where only we are this strict, or where the format is read
     *     by us alone
     */
    record Sample(String defect, FoundSignature found, Reason reason, boolean everybody) {
        @Override
        public String toString() {
            return defect;
        }
    }

    private static final ObjectMapper MAPPER = new ObjectMapper();

    final SigningKey key = KeyGenerator.generate(new SecureRandom());
    final SigningKey attacker = KeyGenerator.generate(new SecureRandom());
    final TestCertificates authority;
    final TestCertificates.Leaf notary;
    final Descriptor image;
    final String reference;
    final Digest other = Digest.of("another image".getBytes(StandardCharsets.UTF_8));
    final List<Sample> all = new ArrayList<>();

    TamperedSamples() throws Exception {
        this(new Descriptor(MediaTypes.OCI_MANIFEST, Digest.of("an image".getBytes(StandardCharsets.UTF_8)), 8));
    }

    TamperedSamples(Descriptor image) throws Exception {
        this(image, "reg.example/app:1");
    }

    TamperedSamples(Descriptor image, String reference) throws Exception {
        this.image = image;
        this.reference = reference;
        authority = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        notary = authority.signer("C=US,ST=WA,O=Example,CN=alice");
        json();
        bundles();
        envelopes();
        signatures();
        statements();
        records();
        simpleSigning();
        notation();
    }

    // --- what is good ---

    Statement statement() {
        return new Statement(
                List.of(new Statement.Subject("reg.example/app:1", image.digest(), Map.of("stage", "qa"))),
                "https://plugins.jenkins.io/countersign/approval/v1",
                StrictJson.object().put("stage", "qa"));
    }

    byte[] bundle() throws Exception {
        return SigstoreBundle.sign(statement(), key).toBytes();
    }

    FoundSignature goodBundle() throws Exception {
        return found(BUNDLE, bundle(), Map.of());
    }

    FoundSignature goodRecord() throws Exception {
        return found(
                RECORD,
                DsseEnvelope.sign(SignatureTypes.RECORD, statement().toBytes(), key)
                        .toBytes(),
                Map.of());
    }

    FoundSignature goodAttestation() throws Exception {
        return found(
                ATTESTATION,
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, statement().toBytes(), key)
                        .toBytes(),
                Map.of(SignatureStore.SIGNATURE_ANNOTATION, ""));
    }

    byte[] payload() {
        return new SimpleSigning(reference, image.digest(), Map.of()).toBytes();
    }

    FoundSignature goodSimpleSigning() throws Exception {
        return simple(payload(), key.sign(payload()));
    }

    byte[] jws() throws Exception {
        return NotationSignature.sign(image, notary.key(), TestCertificates.NOW, null);
    }

    FoundSignature goodNotation() throws Exception {
        return found(NOTATION_JWS, jws(), Map.of());
    }

    /** A verifier that believes what is good. */
    Verifier verifier() {
        return Verifier.withKeys(List.of(key.publicKey()))
                .andCertificates(List.of(new CertificateTrust(List.of(authority.certificate()), "alice@example.com")))
                .at(java.time.Clock.fixed(TestCertificates.NOW, java.time.ZoneOffset.UTC));
    }

    // --- what is not ---

    private void json() throws Exception {
        String good = text(bundle());
        ours("key-twice-in-bundle", good.replaceFirst("\\{", "{\"mediaType\":\"x\","), Reason.NOT_STRICT_JSON);
        ours(
                "key-twice-in-envelope",
                good.replace("\"payloadType\"", "\"payloadType\":\"x\",\"payloadType\""),
                Reason.NOT_STRICT_JSON);
        everybody("text-after-the-end", good + "x", Reason.NOT_STRICT_JSON);
        everybody("second-object-after-the-end", good + good, Reason.NOT_STRICT_JSON);
        everybody("byte-order-mark", "\uFEFF" + good, Reason.NOT_STRICT_JSON);
        add("utf-16", BUNDLE, good.getBytes(StandardCharsets.UTF_16), Reason.NOT_STRICT_JSON, true);
        byte[] broken = good.replace("tlog", "t\u00e9")
                .replaceFirst("\\{", "{\"\u00e9\":1,")
                .getBytes(StandardCharsets.ISO_8859_1);
        add("broken-utf-8", BUNDLE, broken, Reason.NOT_STRICT_JSON, false);
        add(
                "overlong-utf-8",
                BUNDLE,
                concat(
                        "{\"".getBytes(StandardCharsets.UTF_8),
                        new byte[] {(byte) 0xC0, (byte) 0xAF},
                        ("\":1," + good.substring(1)).getBytes(StandardCharsets.UTF_8)),
                Reason.NOT_STRICT_JSON,
                false);
        add("nul-byte-at-the-end", BUNDLE, concat(bundle(), new byte[1]), Reason.NOT_STRICT_JSON, true);
        everybody("comment", good.replaceFirst("\\{", "{/*x*/"), Reason.NOT_STRICT_JSON);
        everybody("single-quotes", good.replace('"', '\''), Reason.NOT_STRICT_JSON);
        everybody("trailing-comma", good.substring(0, good.length() - 1) + ",}", Reason.NOT_STRICT_JSON);
        everybody("truncated", good.substring(0, good.length() / 2), Reason.NOT_STRICT_JSON);
        everybody("empty", "", Reason.NOT_STRICT_JSON);
        everybody("a-list", "[" + good + "]", Reason.NOT_STRICT_JSON);
        everybody("null", "null", Reason.NOT_STRICT_JSON);
        ours(
                "too-deep",
                good.replaceFirst("\\{", "{\"x\":" + "[".repeat(2000) + "]".repeat(2000) + ","),
                Reason.NOT_STRICT_JSON);
        all.add(new Sample(
                "oversized",
                new FoundSignature(BUNDLE, image.digest(), other, new byte[0], 5_000_000_000L, Map.of()),
                Reason.TOO_LARGE,
                false));
        ours("longer-than-is-read", good + " ".repeat(SigstoreBundle.MAX_LENGTH), Reason.TOO_LARGE);
    }

    private void bundles() throws Exception {
        bundle("media-type-missing", json -> json.remove("mediaType"), Reason.MALFORMED, true);
        bundle("media-type-a-number", json -> json.put("mediaType", 3), Reason.MALFORMED, true);
        for (String version : List.of("version=0.1", "version=0.2")) {
            bundle(
                    "older-bundle-" + version,
                    json -> json.put("mediaType", "application/vnd.dev.sigstore.bundle+json;" + version),
                    Reason.UNKNOWN_FORMAT,
                    false);
        }
        bundle(
                "future-bundle",
                json -> json.put("mediaType", "application/vnd.dev.sigstore.bundle.v9+json"),
                Reason.UNKNOWN_FORMAT,
                true);
        bundle("unknown-member", json -> json.put("x", 1), Reason.MALFORMED, false);
        bundle("no-verification-material", json -> json.remove("verificationMaterial"), Reason.MALFORMED, true);
        bundle("empty-verification-material", json -> json.putObject("verificationMaterial"), Reason.MALFORMED, true);
        bundle("no-envelope", json -> json.remove("dsseEnvelope"), Reason.MALFORMED, true);
        bundle(
                "a-file-signature-instead-of-an-envelope",
                json -> {
                    json.remove("dsseEnvelope");
                    json.putObject("messageSignature").put("signature", "AAAA");
                },
                Reason.UNKNOWN_FORMAT,
                true);
        bundle(
                "public-key-and-certificate",
                json -> ((ObjectNode) json.get("verificationMaterial"))
                        .putObject("certificate")
                        .put("rawBytes", base64(der(notary.certificate()))),
                Reason.MALFORMED,
                false);
        bundle(
                "certificate-that-is-none",
                json -> json.putObject("verificationMaterial")
                        .putObject("certificate")
                        .put("rawBytes", "AAAA"),
                Reason.MALFORMED,
                true);
        bundle(
                "eleven-certificates",
                json -> {
                    ArrayNode list = json.putObject("verificationMaterial")
                            .putObject("x509CertificateChain")
                            .putArray("certificates");
                    for (int i = 0; i < 11; i++) {
                        list.addObject().put("rawBytes", base64(der(notary.certificate())));
                    }
                },
                Reason.TOO_LARGE,
                false);
        bundle(
                "certificate-of-somebody-else-around-a-stranger's-signature",
                json -> {
                    json.putObject("verificationMaterial")
                            .putObject("certificate")
                            .put("rawBytes", base64(der(notary.certificate())));
                    resign(json, attacker);
                },
                Reason.BAD_SIGNATURE,
                true);
    }

    private void envelopes() throws Exception {
        envelope("no-signature", json -> json.putArray("signatures"), Reason.SIGNATURE_COUNT, true);
        envelope("signatures-missing", json -> json.remove("signatures"), Reason.SIGNATURE_COUNT, true);
        envelope(
                "the-same-signature-twice",
                json -> ((ArrayNode) json.get("signatures"))
                        .add(json.get("signatures").get(0).deepCopy()),
                Reason.SIGNATURE_COUNT,
                true);
        envelope(
                "a-stranger's-signature-beside-the-good-one",
                json -> ((ArrayNode) json.get("signatures"))
                        .insertObject(0)
                        .put("sig", base64(attacker.sign(new byte[1]))),
                Reason.SIGNATURE_COUNT,
                true);
        envelope("signatures-an-object", json -> json.putObject("signatures"), Reason.MALFORMED, true);
        envelope("a-signature-that-is-text", json -> json.putArray("signatures").add("x"), Reason.MALFORMED, true);
        envelope("sig-missing", json -> signature(json).remove("sig"), Reason.MALFORMED, true);
        envelope("sig-empty", json -> signature(json).put("sig", ""), Reason.MALFORMED, true);
        envelope(
                "sig-of-4096-bytes",
                json -> signature(json).put("sig", base64(new byte[4096])),
                Reason.MALFORMED,
                true);
        envelope("sig-not-base64", json -> signature(json).put("sig", "!!!!"), Reason.BAD_BASE64, true);
        envelope(
                "sig-with-a-line-break",
                json -> signature(json)
                        .put("sig", new StringBuilder(sig(json)).insert(8, '\n').toString()),
                Reason.BAD_BASE64,
                false);
        envelope(
                "sig-without-padding-or-with-loose-bits",
                json -> signature(json).put("sig", loose(sig(json))),
                Reason.BAD_BASE64,
                false);
        envelope("payload-not-base64", json -> json.put("payload", "not base64!"), Reason.BAD_BASE64, true);
        envelope("payload-missing", json -> json.remove("payload"), Reason.MALFORMED, true);
        envelope("payload-empty", json -> json.put("payload", ""), Reason.BAD_SIGNATURE, true);
        envelope("payload-type-missing", json -> json.remove("payloadType"), Reason.MALFORMED, true);
        envelope(
                "payload-type-exchanged",
                json -> json.put("payloadType", "application/json"),
                Reason.WRONG_PAYLOAD_TYPE,
                true);
        envelope(
                "payload-type-in-other-case",
                json -> json.put("payloadType", "application/vnd.in-toto+JSON"),
                Reason.WRONG_PAYLOAD_TYPE,
                true);
        envelope("unknown-member-in-envelope", json -> json.put("x", 1), Reason.MALFORMED, false);
        envelope("unknown-member-in-signature", json -> signature(json).put("alg", "none"), Reason.MALFORMED, false);
        DsseEnvelope record =
                DsseEnvelope.sign(SignatureTypes.RECORD, statement().toBytes(), key);
        add(
                "a-record-dressed-as-an-approval",
                BUNDLE,
                SigstoreBundle.of(record, key.publicKey()).toBytes(),
                Reason.WRONG_PAYLOAD_TYPE,
                false);
    }

    private void signatures() throws Exception {
        byte[] statement = statement().toBytes();
        byte[] pae = DsseEnvelope.preAuthenticationEncoding(SignatureTypes.IN_TOTO, statement);
        byte[] good = key.sign(pae);
        envelope(
                "one-bit-of-the-payload",
                json -> json.put("payload", base64(flip(statement, statement.length - 3))),
                Reason.BAD_SIGNATURE,
                true);
        envelope(
                "digest-in-the-payload-exchanged",
                json -> json.put(
                        "payload",
                        base64(text(statement)
                                .replace(image.digest().hex(), other.hex())
                                .getBytes(StandardCharsets.UTF_8))),
                Reason.BAD_SIGNATURE,
                true);
        envelope(
                "stage-in-the-payload-exchanged",
                json -> json.put(
                        "payload",
                        base64(text(statement).replace("qa", "production").getBytes(StandardCharsets.UTF_8))),
                Reason.BAD_SIGNATURE,
                true);
        sig("one-bit-of-the-signature", flip(good, good.length - 1));
        sig("a-stranger's-signature-with-the-hint-of-the-right-key", attacker.sign(pae));
        sig("signature-over-the-bare-payload", key.sign(statement));
        sig(
                "signature-over-another-payload-type",
                key.sign(DsseEnvelope.preAuthenticationEncoding("application/json", statement)));
        sig("signature-over-the-digest-of-the-message", key.sign(sha256(pae)));
        sig("byte-after-the-signature", concat(good, new byte[1]));
        sig("signature-of-zeros", new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0});
        sig("signature-of-ones", new byte[] {0x30, 6, 2, 1, 1, 2, 1, 1});
        sig(
                "signature-length-in-long-form",
                concat(new byte[] {0x30, (byte) 0x81, good[1]}, Arrays.copyOfRange(good, 2, good.length)));
        sig("signature-as-r-and-s-without-der", raw(good));
        sig("signature-truncated", Arrays.copyOf(good, good.length - 2));
        KeyPair rsa = TestCertificates.pair("RSA", 2048);
        Signature rsaSignature = Signature.getInstance("SHA256withRSA");
        rsaSignature.initSign(rsa.getPrivate());
        rsaSignature.update(pae);
        sig("rsa-signature-for-an-ecdsa-key", rsaSignature.sign());
        sig("sha-512-where-the-key-signs-with-sha-256", key.sign(pae, SignatureScheme.ECDSA_SHA512));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(PublicKeys.pemBytes(key.publicKey()), "HmacSHA256"));
        sig("mac-with-the-public-key-as-secret", mac.doFinal(pae));
    }

    private void statements() throws Exception {
        signed(
                "statement-type-exchanged",
                json -> json.put("_type", "https://in-toto.io/Layout/v1"),
                Reason.NOT_A_STATEMENT);
        signed("statement-type-missing", json -> json.remove("_type"), Reason.MALFORMED);
        signed("no-subject", json -> json.putArray("subject"), Reason.NOT_A_STATEMENT);
        signed("subject-missing", json -> json.remove("subject"), Reason.NOT_A_STATEMENT);
        signed("subject-an-object", json -> json.putObject("subject"), Reason.MALFORMED);
        signed("subject-without-digest", json -> subject(json).remove("digest"), Reason.NOT_A_STATEMENT);
        signed(
                "digest-a-text",
                json -> subject(json).put("digest", image.digest().toString()),
                Reason.MALFORMED);
        signed(
                "another-image's-digest",
                json -> subject(json).putObject("digest").put("sha256", other.hex()),
                Reason.WRONG_SUBJECT);
        signed(
                "digest-under-another-algorithm",
                json -> subject(json)
                        .putObject("digest")
                        .put("gitCommit", image.digest().hex()),
                Reason.WRONG_SUBJECT);
        signed(
                "digest-in-the-name-only",
                json -> {
                    subject(json).put("name", "reg.example/app@" + image.digest());
                    subject(json).putObject("digest").put("sha256", other.hex());
                },
                Reason.WRONG_SUBJECT);
        signed(
                "digest-in-upper-case",
                json -> subject(json).putObject("digest").put("sha256", "A".repeat(64)),
                Reason.NOT_A_STATEMENT);
        signed(
                "digest-with-its-algorithm",
                json -> subject(json)
                        .putObject("digest")
                        .put("sha256", image.digest().toString()),
                Reason.NOT_A_STATEMENT);
        signed(
                "digest-shortened",
                json -> subject(json)
                        .putObject("digest")
                        .put("sha256", image.digest().shortHex()),
                Reason.NOT_A_STATEMENT);
        signed("digest-a-number", json -> subject(json).putObject("digest").put("sha256", 7), Reason.MALFORMED);
        signed("predicate-type-missing", json -> json.remove("predicateType"), Reason.MALFORMED);
        signed("predicate-type-empty", json -> json.put("predicateType", ""), Reason.NOT_A_STATEMENT);
        signed("predicate-a-list", json -> json.putArray("predicate"), Reason.NOT_A_STATEMENT);
        signed(
                "annotation-that-is-no-text",
                json -> subject(json).putObject("annotations").put("stage", true),
                Reason.MALFORMED);
        signed(
                "thousands-of-subjects",
                json -> {
                    ArrayNode list = (ArrayNode) json.get("subject");
                    for (int i = 0; i < 2000; i++) {
                        list.addObject().putObject("digest").put("sha256", other.hex());
                    }
                },
                Reason.TOO_LARGE);
        signedText(
                "key-twice-in-statement",
                text(statement().toBytes()).replace("\"predicateType\"", "\"predicateType\":\"x\",\"predicateType\""),
                Reason.NOT_STRICT_JSON);
        signedText(
                "subject-twice-in-statement",
                text(statement().toBytes()).replace("\"subject\"", "\"subject\":[],\"subject\""),
                Reason.NOT_STRICT_JSON);
        signedText("statement-that-is-text", "approved", Reason.NOT_STRICT_JSON);
        signedText(
                "two-statements", text(statement().toBytes()) + text(statement().toBytes()), Reason.NOT_STRICT_JSON);
        signedText("simple-signing-in-an-envelope", text(payload()), Reason.MALFORMED);
    }

    private void records() throws Exception {
        add(
                "an-approval-dressed-as-a-record",
                RECORD,
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, statement().toBytes(), key)
                        .toBytes(),
                Reason.WRONG_TYPE,
                false);
        add("a-bundle-as-a-record", RECORD, bundle(), Reason.WRONG_TYPE, false);
        add(
                "a-stranger's-record",
                RECORD,
                DsseEnvelope.sign(SignatureTypes.RECORD, statement().toBytes(), attacker)
                        .toBytes(),
                Reason.WRONG_TYPE,
                false);
        add(
                "another-image's-record",
                RECORD,
                DsseEnvelope.sign(SignatureTypes.RECORD, statementAbout(other).toBytes(), key)
                        .toBytes(),
                Reason.WRONG_TYPE,
                false);
        add(
                "another-image's-attestation",
                ATTESTATION,
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, statementAbout(other).toBytes(), key)
                        .toBytes(),
                Reason.WRONG_SUBJECT,
                true);
        add(
                "a-stranger's-attestation",
                ATTESTATION,
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, statement().toBytes(), attacker)
                        .toBytes(),
                Reason.BAD_SIGNATURE,
                true);
    }

    private void simpleSigning() throws Exception {
        simple("sig-payload-altered", text(payload()).replace(":1\"", ":2\""), payload(), Reason.BAD_SIGNATURE, true);
        all.add(new Sample(
                "sig-by-a-stranger", simple(payload(), attacker.sign(payload())), Reason.BAD_SIGNATURE, true));
        all.add(new Sample(
                "sig-annotation-missing", found(SIMPLE_SIGNING, payload(), Map.of()), Reason.SIGNATURE_COUNT, true));
        all.add(new Sample(
                "sig-annotation-not-base64",
                found(SIMPLE_SIGNING, payload(), Map.of(SignatureStore.SIGNATURE_ANNOTATION, "***")),
                Reason.BAD_BASE64,
                true));
        signedSimple(
                "sig-for-another-image",
                text -> text.replace(image.digest().hex(), other.hex()),
                Reason.WRONG_SUBJECT,
                true);
        signedSimple(
                "sig-with-the-specification's-capital",
                text -> text.replace("docker-manifest-digest", "Docker-manifest-digest"),
                Reason.MALFORMED,
                false);
        signedSimple(
                "sig-digest-twice",
                text -> text.replace(
                        "\"docker-manifest-digest\"",
                        "\"docker-manifest-digest\":\"" + other + "\",\"docker-manifest-digest\""),
                Reason.NOT_STRICT_JSON,
                false);
        signedSimple(
                "sig-unknown-critical",
                text -> text.replace("\"critical\":{", "\"critical\":{\"x\":1,"),
                Reason.MALFORMED,
                false);
        signedSimple("sig-unknown-member", text -> text.replaceFirst("\\{", "{\"x\":1,"), Reason.MALFORMED, false);
        signedSimple("sig-digest-none", text -> text.replace("sha256:", "sha256-"), Reason.MALFORMED, true);
        signedSimple(
                "sig-of-containers-image",
                text -> text.replace(SimpleSigning.TYPE, "atomic container signature"),
                Reason.WRONG_TYPE,
                false);
        signedSimple(
                "sig-of-binary-authorization",
                text -> text.replace(SimpleSigning.TYPE, "Google cloud binauthz container signature"),
                Reason.WRONG_TYPE,
                false);
        signedSimple(
                "sig-without-identity",
                text -> text.replaceFirst("\"identity\":\\{[^}]*\\},", ""),
                Reason.MALFORMED,
                false);
        signedSimple(
                "sig-optional-a-list",
                text -> text.replace("\"optional\":null", "\"optional\":[]"),
                Reason.MALFORMED,
                false);
        signedSimple(
                "sig-creator-a-number",
                text -> text.replace("\"optional\":null", "\"optional\":{\"creator\":1}"),
                Reason.MALFORMED,
                false);
        signedSimple(
                "sig-timestamp-a-text",
                text -> text.replace("\"optional\":null", "\"optional\":{\"timestamp\":\"1\"}"),
                Reason.MALFORMED,
                false);
        signedSimple("sig-payload-is-text", text -> "approved", Reason.NOT_STRICT_JSON, true);
    }

    private void notation() throws Exception {
        header("jws-algorithm-none", json -> json.put("alg", "none"), Reason.WRONG_ALGORITHM);
        header("jws-algorithm-hs256", json -> json.put("alg", "HS256"), Reason.WRONG_ALGORITHM);
        header("jws-algorithm-of-another-kind-of-key", json -> json.put("alg", "PS256"), Reason.WRONG_ALGORITHM);
        header("jws-other-content-type", json -> json.put("cty", "application/json"), Reason.WRONG_PAYLOAD_TYPE);
        header("jws-unknown-critical", json -> ((ArrayNode) json.get("crit")).add("x"), Reason.UNKNOWN_CRITICAL);
        header("jws-nothing-critical", json -> json.remove("crit"), Reason.UNKNOWN_FORMAT);
        header(
                "jws-other-scheme",
                json -> json.put("io.cncf.notary.signingScheme", "notary.x509.signingAuthority"),
                Reason.UNKNOWN_FORMAT);
        header("jws-time-that-is-none", json -> json.put("io.cncf.notary.signingTime", "yesterday"), Reason.MALFORMED);
        header(
                "jws-expiry-not-critical",
                json -> json.put("io.cncf.notary.expiry", "2030-01-01T00:00:00Z"),
                Reason.MALFORMED);
        all.add(new Sample(
                "jws-expired",
                found(
                        NOTATION_JWS,
                        NotationSignature.sign(
                                image,
                                notary.key(),
                                TestCertificates.NOW.minusSeconds(60),
                                TestCertificates.NOW.minusSeconds(1)),
                        Map.of()),
                Reason.EXPIRED,
                true));
        jws(
                "jws-payload-altered",
                json -> {
                    String payload = text(
                            Base64.getUrlDecoder().decode(json.get("payload").asText()));
                    json.put(
                            "payload",
                            base64Url(payload.replace("\"size\":", "\"size\":1").getBytes(StandardCharsets.UTF_8)));
                },
                Reason.BAD_SIGNATURE);
        jws("jws-signature-in-der", json -> json.put("signature", base64Url(new byte[71])), Reason.BAD_SIGNATURE);
        jws("jws-signature-of-zeros", json -> json.put("signature", base64Url(new byte[64])), Reason.BAD_SIGNATURE);
        jws("jws-padded-base64", json -> json.put("payload", json.get("payload").asText() + "=="), Reason.BAD_BASE64);
        jws("jws-without-certificates", json -> ((ObjectNode) json.get("header")).remove("x5c"), Reason.MALFORMED);
        jws(
                "jws-unprotected-algorithm",
                json -> ((ObjectNode) json.get("header")).put("alg", "none"),
                Reason.MALFORMED,
                false);
        TestCertificates stranger = TestCertificates.authority("C=US,ST=WA,O=Example,CN=authority");
        TestCertificates.Leaf impostor = stranger.signer("C=US,ST=WA,O=Example,CN=alice");
        notation("jws-of-an-authority-with-the-same-name", image, impostor, Reason.UNTRUSTED_CERTIFICATE);
        jws(
                "jws-with-a-stranger's-certificate",
                json -> {
                    ArrayNode certificates = ((ObjectNode) json.get("header")).putArray("x5c");
                    impostor.chain().forEach(certificate -> certificates.add(base64(der(certificate))));
                },
                Reason.BAD_SIGNATURE);
        notation(
                "jws-of-another-person",
                image,
                authority.signer("C=US,ST=WA,O=Example,CN=mallory"),
                Reason.WRONG_IDENTITY);
        notation(
                "jws-for-another-image",
                new Descriptor(image.mediaType(), other, image.size()),
                notary,
                Reason.WRONG_SUBJECT);
        Instant longAgo = TestCertificates.NOW.minus(Duration.ofDays(50));
        notation(
                "jws-with-an-expired-certificate",
                image,
                authority.issue(
                        "C=US,ST=WA,O=Example,CN=alice",
                        TestCertificates.pair("EC", 256),
                        KeyPurposeId.id_kp_codeSigning,
                        longAgo,
                        Duration.ofDays(10)),
                Reason.CERTIFICATE_TIME);
        notation(
                "jws-with-a-certificate-for-servers",
                image,
                authority.issue(
                        "C=US,ST=WA,O=Example,CN=alice",
                        TestCertificates.pair("EC", 256),
                        KeyPurposeId.id_kp_serverAuth,
                        longAgo,
                        Duration.ofDays(100)),
                Reason.CERTIFICATE_USAGE);
        add("cose-instead-of-jws", NOTATION_COSE, new byte[] {(byte) 0xD2, (byte) 0x84}, Reason.UNKNOWN_FORMAT, false);
    }

    // --- how they are made ---

    private void add(String defect, SignatureFormat format, byte[] content, Reason reason, boolean everybody) {
        all.add(new Sample(defect, found(format, content, Map.of()), reason, everybody));
    }

    private void ours(String defect, String bundle, Reason reason) {
        add(defect, BUNDLE, bundle.getBytes(StandardCharsets.UTF_8), reason, false);
    }

    private void everybody(String defect, String bundle, Reason reason) {
        add(defect, BUNDLE, bundle.getBytes(StandardCharsets.UTF_8), reason, true);
    }

    private void bundle(String defect, Change change, Reason reason, boolean everybody) throws Exception {
        ObjectNode json = (ObjectNode) MAPPER.readTree(bundle());
        change.apply(json);
        add(defect, BUNDLE, StrictJson.write(json), reason, everybody);
    }

    private void envelope(String defect, Change change, Reason reason, boolean everybody) throws Exception {
        bundle(defect, json -> change.apply((ObjectNode) json.get("dsseEnvelope")), reason, everybody);
    }

    private void sig(String defect, byte[] signature) throws Exception {
        envelope(
                defect,
                json -> {
                    json.put("payload", base64(statement().toBytes()));
                    signature(json).put("sig", base64(signature));
                },
                Reason.BAD_SIGNATURE,
                true);
    }

    /** A defect that the signer signed: everybody's signature check passes. */
    private void signed(String defect, Consumer<ObjectNode> change, Reason reason) throws Exception {
        ObjectNode json = (ObjectNode) MAPPER.readTree(statement().toBytes());
        change.accept(json);
        signedText(defect, json.toString(), reason);
    }

    private void signedText(String defect, String statement, Reason reason) throws Exception {
        DsseEnvelope envelope =
                DsseEnvelope.sign(SignatureTypes.IN_TOTO, statement.getBytes(StandardCharsets.UTF_8), key);
        add(defect, BUNDLE, SigstoreBundle.of(envelope, key.publicKey()).toBytes(), reason, false);
    }

    private void simple(String defect, String payload, byte[] signedPayload, Reason reason, boolean everybody)
            throws Exception {
        all.add(new Sample(
                defect, simple(payload.getBytes(StandardCharsets.UTF_8), key.sign(signedPayload)), reason, everybody));
    }

    private void signedSimple(String defect, UnaryOperator<String> change, Reason reason, boolean everybody)
            throws Exception {
        String payload = change.apply(text(payload()));
        simple(defect, payload, payload.getBytes(StandardCharsets.UTF_8), reason, everybody);
    }

    private void jws(String defect, Change change, Reason reason) throws Exception {
        jws(defect, change, reason, true);
    }

    private void jws(String defect, Change change, Reason reason, boolean everybody) throws Exception {
        ObjectNode json = (ObjectNode) MAPPER.readTree(jws());
        change.apply(json);
        add(defect, NOTATION_JWS, StrictJson.write(json), reason, everybody);
    }

    private void header(String defect, Consumer<ObjectNode> change, Reason reason) throws Exception {
        ObjectNode json = (ObjectNode) MAPPER.readTree(jws());
        ObjectNode header = (ObjectNode) MAPPER.readTree(
                Base64.getUrlDecoder().decode(json.get("protected").asText()));
        change.accept(header);
        json.put("protected", base64Url(StrictJson.write(header)));
        byte[] input = (json.get("protected").asText() + "."
                        + json.get("payload").asText())
                .getBytes(StandardCharsets.US_ASCII);
        json.put("signature", base64Url(raw(notary.key().sign(input))));
        add(defect, NOTATION_JWS, StrictJson.write(json), reason, true);
    }

    private void notation(String defect, Descriptor target, TestCertificates.Leaf signer, Reason reason)
            throws Exception {
        add(
                defect,
                NOTATION_JWS,
                NotationSignature.sign(target, signer.key(), TestCertificates.NOW, null),
                reason,
                true);
    }

    private interface Change {
        void apply(ObjectNode json) throws Exception;
    }

    private Statement statementAbout(Digest digest) {
        return new Statement(
                List.of(new Statement.Subject("", digest, Map.of())), "https://example.com/x", StrictJson.object());
    }

    private FoundSignature found(SignatureFormat format, byte[] content, Map<String, String> annotations) {
        return new FoundSignature(format, image.digest(), Digest.of(content), content, annotations);
    }

    private FoundSignature simple(byte[] payload, byte[] signature) {
        return found(SIMPLE_SIGNING, payload, Map.of(SignatureStore.SIGNATURE_ANNOTATION, base64(signature)));
    }

    private static ObjectNode signature(ObjectNode envelope) {
        return (ObjectNode) envelope.get("signatures").get(0);
    }

    private static String sig(ObjectNode envelope) {
        return signature(envelope).get("sig").asText();
    }

    private static ObjectNode subject(ObjectNode statement) {
        return (ObjectNode) statement.get("subject").get(0);
    }

    private void resign(ObjectNode bundle, SigningKey by) throws Exception {
        ObjectNode envelope = (ObjectNode) bundle.get("dsseEnvelope");
        byte[] payload = Base64.getDecoder().decode(envelope.get("payload").asText());
        signature(envelope)
                .put("sig", base64(by.sign(DsseEnvelope.preAuthenticationEncoding(SignatureTypes.IN_TOTO, payload))));
    }

    /** Another spelling of the same bytes. */
    private static String loose(String base64) {
        if (!base64.endsWith("=")) {
            return base64 + "====";
        }
        return base64.substring(0, base64.indexOf('='));
    }

    private static byte[] raw(byte[] der) {
        var pair = org.bouncycastle.asn1.ASN1Sequence.getInstance(der);
        byte[] raw = new byte[64];
        for (int i = 0; i < 2; i++) {
            byte[] value = org.bouncycastle.asn1.ASN1Integer.getInstance(pair.getObjectAt(i))
                    .getPositiveValue()
                    .toByteArray();
            int length = Math.min(32, value.length);
            System.arraycopy(value, value.length - length, raw, 32 * (i + 1) - length, length);
        }
        return raw;
    }

    private static byte[] flip(byte[] bytes, int at) {
        byte[] flipped = bytes.clone();
        flipped[at] ^= 1;
        return flipped;
    }

    private static byte[] sha256(byte[] bytes) {
        return Digest.sha256().digest(bytes);
    }

    private static byte[] der(java.security.cert.X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String base64Url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] concat(byte[]... parts) {
        var out = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

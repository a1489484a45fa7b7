package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;

/**
 * A signature of the Notary Project in its JWS envelope: a descriptor signed with a key that has a certificate.
 *
 * <p>Sources: notaryproject/specifications, {@code signature-specification.md}, {@code signature-envelope-jws.md}; RFC 7515,
 * section 7.2.2 (flattened JSON); RFC 7518.
 *
 * @param chain the signer's certificate first
 * @param targetDigest what was signed
 * @param payload the signed payload
 * @param signingInput what the signature is over
 * @param signature in DER for ECDSA, as Java has it
 * @param scheme follows from the key in the certificate; the header named the same
 * @param expiry null when it has none
 * @param timestamp a timestamp token over the signature as it stands in the envelope; null when there is none
 * @param rawSignature the signature as it stands in the envelope
 */
record NotationSignature(
        List<X509Certificate> chain,
        Digest targetDigest,
        Map<String, String> targetAnnotations,
        byte[] payload,
        byte[] signingInput,
        byte[] signature,
        SignatureScheme scheme,
        Instant expiry,
        byte[] timestamp,
        byte[] rawSignature) {

    static final String THUMBPRINTS = "io.cncf.notary.x509chain.thumbprint#S256";
    private static final int MAX_LENGTH = SignatureStore.MAX_CONTENT;
    private static final int MAX_CERTIFICATES = 10;
    private static final String SCHEME = "io.cncf.notary.signingScheme";
    private static final String TIME = "io.cncf.notary.signingTime";
    private static final String EXPIRY = "io.cncf.notary.expiry";
    private static final String TIMESTAMP = "io.cncf.notary.timestampSignature";
    private static final String AGENT = "io.cncf.notary.signingAgent";
    private static final String X509 = "notary.x509";
    private static final Set<String> UNDERSTOOD = Set.of(SCHEME, EXPIRY);

    /** An envelope over the image's descriptor. @param expiry null for none */
    static byte[] sign(Descriptor image, Signer signer, Instant time, Instant expiry) throws KeyException {
        List<X509Certificate> chain = signer.certificates();
        requireCertificate(chain);
        Unsigned unsigned = prepare(image, signer.publicKey(), time, expiry);
        return unsigned.envelope(
                chain,
                signer.sign(unsigned.message().content(), unsigned.message().scheme()));
    }

    private static void requireCertificate(List<X509Certificate> chain) throws KeyException {
        if (chain.isEmpty()) {
            throw new KeyException(
                    KeyException.Reason.NOT_FOUND,
                    "a notation signature needs a certificate beside the key, and this key has none");
        }
    }

    /**
     * The signer's certificates as the envelope has them: the key's own, and each one that issued the one before, up to a root.
     *
     * @throws KeyException if notation would refuse them: nothing is signed then that nobody accepts
     */
    static List<X509Certificate> chainOf(Signer signer, Instant time) throws KeyException {
        List<X509Certificate> all = signer.certificates();
        requireCertificate(all);
        try {
            return Certificates.completeChain(all.get(0), all, time);
        } catch (VerificationException e) {
            throw new KeyException(
                    KeyException.Reason.NOT_ACCEPTED,
                    "notation would refuse the key's certificate: " + e.getMessage(),
                    e);
        }
    }

    /** What is to be signed, before it is. */
    record Unsigned(PublicKey key, String protectedPart, String payloadPart, Signer.Message message) {

        /** @param signature in DER for ECDSA */
        byte[] envelope(List<X509Certificate> chain, byte[] signature) throws KeyException {
            ObjectNode envelope = StrictJson.object();
            envelope.put("payload", payloadPart);
            envelope.put("protected", protectedPart);
            ObjectNode unsigned = envelope.putObject("header");
            ArrayNode certificates = unsigned.putArray("x5c");
            for (X509Certificate certificate : chain) {
                certificates.add(Base64.getEncoder().encodeToString(encoded(certificate)));
            }
            unsigned.put(AGENT, "jenkins-countersign/1.0");
            envelope.put("signature", base64Url(raw(key, signature)));
            return StrictJson.write(envelope);
        }
    }

    /** @param expiry null for none */
    static Unsigned prepare(Descriptor image, PublicKey key, Instant time, Instant expiry) throws KeyException {
        SignatureScheme scheme;
        try {
            scheme = schemeOf(key);
        } catch (VerificationException e) {
            throw new KeyException(KeyException.Reason.NOT_ACCEPTED, e.getMessage(), e);
        }
        ObjectNode header = StrictJson.object();
        header.put("alg", algorithm(scheme));
        header.put("cty", SignatureTypes.NOTATION_PAYLOAD);
        ArrayNode critical = header.putArray("crit");
        critical.add(SCHEME);
        header.put(SCHEME, X509);
        header.put(TIME, time.truncatedTo(ChronoUnit.SECONDS).toString());
        if (expiry != null) {
            critical.add(EXPIRY);
            header.put(EXPIRY, expiry.truncatedTo(ChronoUnit.SECONDS).toString());
        }
        ObjectNode payload = StrictJson.object();
        payload.putObject("targetArtifact")
                .put("mediaType", image.mediaType())
                .put("digest", image.digest().toString())
                .put("size", image.size());
        String protectedPart = base64Url(StrictJson.write(header));
        String payloadPart = base64Url(StrictJson.write(payload));
        byte[] input = (protectedPart + "." + payloadPart).getBytes(StandardCharsets.US_ASCII);
        return new Unsigned(key, protectedPart, payloadPart, new Signer.Message(input, scheme));
    }

    /** The value of the annotation by which notation finds the certificates. */
    static String thumbprints(List<X509Certificate> chain) throws KeyException {
        StringBuilder list = new StringBuilder("[");
        for (X509Certificate certificate : chain) {
            list.append(list.length() == 1 ? "\"" : ",\"")
                    .append(Digest.of(encoded(certificate)).hex())
                    .append('"');
        }
        return list.append(']').toString();
    }

    /** @throws VerificationException if this is not one strict envelope, or its header contradicts the key */
    static NotationSignature read(byte[] content) throws VerificationException {
        Fields envelope = new Fields(Fields.parse(content, MAX_LENGTH, "the envelope"), "the envelope")
                .only("payload", "protected", "header", "signature");
        byte[] header = base64Url(envelope.text("protected"), "\"protected\"");
        byte[] payload = base64Url(envelope.text("payload"), "\"payload\"");
        byte[] raw = base64Url(envelope.text("signature"), "\"signature\"");
        byte[] input =
                (envelope.text("protected") + "." + envelope.text("payload")).getBytes(StandardCharsets.US_ASCII);
        Fields unsigned = envelope.object("header").only("x5c", TIMESTAMP, AGENT);
        List<byte[]> ders = new ArrayList<>();
        for (JsonNode entry : unsigned.list("x5c", MAX_CERTIFICATES, Reason.TOO_LARGE)) {
            ders.add(Fields.base64(entry.asText(), "a certificate of the envelope"));
        }
        if (ders.isEmpty()) {
            throw new VerificationException(Reason.MALFORMED, "the envelope has no certificate");
        }
        List<X509Certificate> chain = Certificates.readAll(ders);
        PublicKey key = chain.get(0).getPublicKey();
        SignatureScheme scheme = schemeOf(key);
        Instant expiry = readHeader(header, scheme);
        Fields target = new Fields(Fields.parse(payload, MAX_LENGTH, "the payload"), "the payload")
                .only("targetArtifact")
                .object("targetArtifact");
        String digest = target.text("digest");
        if (!Digest.isDigest(digest)) {
            throw new VerificationException(Reason.MALFORMED, "the payload's digest is none: " + Fields.shown(digest));
        }
        return new NotationSignature(
                chain,
                Digest.parse(digest),
                target.texts("annotations"),
                payload,
                input,
                der(key, raw),
                scheme,
                expiry,
                unsigned.has(TIMESTAMP) ? unsigned.base64(TIMESTAMP) : null,
                raw);
    }

    private static Instant readHeader(byte[] content, SignatureScheme scheme) throws VerificationException {
        Fields header = new Fields(Fields.parse(content, MAX_LENGTH, "the protected header"), "the protected header");
        String algorithm = header.text("alg");
        if (!algorithm.equals(algorithm(scheme))) {
            throw new VerificationException(
                    Reason.WRONG_ALGORITHM,
                    "the header says " + Fields.shown(algorithm) + ", the signer's key signs with "
                            + algorithm(scheme));
        }
        if (!header.text("cty").equals(SignatureTypes.NOTATION_PAYLOAD)) {
            throw new VerificationException(
                    Reason.WRONG_PAYLOAD_TYPE,
                    "the payload is a \"" + Fields.shown(header.text("cty")) + "\", expected "
                            + SignatureTypes.NOTATION_PAYLOAD);
        }
        List<String> critical = new ArrayList<>();
        for (JsonNode name : header.list("crit", 16, Reason.TOO_LARGE)) {
            if (!UNDERSTOOD.contains(name.asText())) {
                throw new VerificationException(
                        Reason.UNKNOWN_CRITICAL,
                        "the header has an extension that must be understood and is not: "
                                + Fields.shown(name.asText()));
            }
            critical.add(name.asText());
        }
        if (!critical.contains(SCHEME) || !header.text(SCHEME).equals(X509)) {
            throw new VerificationException(
                    Reason.UNKNOWN_FORMAT, "the signing scheme is not " + X509 + ", or is not marked as critical");
        }
        time(header, TIME);
        if (!header.has(EXPIRY)) {
            return null;
        }
        if (!critical.contains(EXPIRY)) {
            throw new VerificationException(Reason.MALFORMED, "the expiry is not marked as critical");
        }
        return time(header, EXPIRY);
    }

    private static Instant time(Fields header, String name) throws VerificationException {
        try {
            return OffsetDateTime.parse(header.text(name)).toInstant();
        } catch (DateTimeException e) {
            throw new VerificationException(Reason.MALFORMED, "\"" + name + "\" is not a time", e);
        }
    }

    /** RSA of 2048, 3072 and 4096 bits and the three curves have one algorithm each; nothing else is allowed. */
    static SignatureScheme schemeOf(PublicKey key) throws VerificationException {
        int bits = key instanceof RSAKey rsa
                ? rsa.getModulus().bitLength()
                : key instanceof ECKey ec ? ec.getParams().getOrder().bitLength() : 0;
        return switch (bits) {
            case 2048 -> SignatureScheme.RSA_PSS_SHA256;
            case 3072 -> SignatureScheme.RSA_PSS_SHA384;
            case 4096 -> SignatureScheme.RSA_PSS_SHA512;
            case 256 -> SignatureScheme.ECDSA_SHA256;
            case 384 -> SignatureScheme.ECDSA_SHA384;
            case 521 -> SignatureScheme.ECDSA_SHA512;
            default ->
                throw new VerificationException(
                        Reason.WRONG_ALGORITHM,
                        "notation has no algorithm for this kind of key: " + PublicKeys.describe(key));
        };
    }

    private static String algorithm(SignatureScheme scheme) {
        return switch (scheme) {
            case RSA_PSS_SHA256 -> "PS256";
            case RSA_PSS_SHA384 -> "PS384";
            case RSA_PSS_SHA512 -> "PS512";
            case ECDSA_SHA256 -> "ES256";
            case ECDSA_SHA384 -> "ES384";
            default -> "ES512";
        };
    }

    /** JWS has r and s one after the other, RFC 7518, section 3.4. */
    private static byte[] raw(PublicKey key, byte[] signature) {
        if (!(key instanceof ECKey ec)) {
            return signature;
        }
        int length = (ec.getParams().getOrder().bitLength() + 7) / 8;
        ASN1Sequence pair = ASN1Sequence.getInstance(signature);
        byte[] raw = new byte[2 * length];
        for (int i = 0; i < 2; i++) {
            byte[] value = ASN1Integer.getInstance(pair.getObjectAt(i))
                    .getPositiveValue()
                    .toByteArray();
            int skip = Math.max(0, value.length - length);
            System.arraycopy(value, skip, raw, (i + 1) * length - (value.length - skip), value.length - skip);
        }
        return raw;
    }

    private static byte[] der(PublicKey key, byte[] raw) throws VerificationException {
        if (!(key instanceof ECKey ec)) {
            return raw;
        }
        int length = (ec.getParams().getOrder().bitLength() + 7) / 8;
        if (raw.length != 2 * length) {
            throw new VerificationException(
                    Reason.BAD_SIGNATURE, "the signature has " + raw.length + " bytes, this key's have " + 2 * length);
        }
        try {
            return new DERSequence(new ASN1Integer[] {
                        new ASN1Integer(new BigInteger(1, Arrays.copyOf(raw, length))),
                        new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, length, raw.length)))
                    })
                    .getEncoded("DER");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) throws KeyException {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new KeyException(KeyException.Reason.UNREADABLE, "the key's certificate cannot be encoded", e);
        }
    }

    private static String base64Url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] base64Url(String text, String what) throws VerificationException {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (base64Url(bytes).equals(text)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            throw new VerificationException(Reason.BAD_BASE64, what + " of the envelope is not base64url", e);
        }
        throw new VerificationException(Reason.BAD_BASE64, what + " of the envelope is not canonical base64url");
    }
}

package io.jenkins.plugins.countersign.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.IOException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;

/**
 * A statement that waits for a signature made elsewhere.
 *
 * <p>The file holds the statement, the bytes to sign and a summary. The last two follow from the first, and a file in which
 * they do not is refused: somebody wants a signature on other bytes than the ones shown.
 *
 * @param repository where the signed statement is to be attached, {@code registry/repository} or {@code oci:folder}
 * @param image what it is to be attached to
 * @param payloadType {@link SignatureTypes#IN_TOTO} for approvals and evidence, {@link SignatureTypes#RECORD} for rejections,
 *     withdrawals and blocks
 * @param payload the exact bytes of the statement
 */
public record Request(String repository, Digest image, String payloadType, byte[] payload) {

    public static final String MEDIA_TYPE = "application/vnd.jenkins.countersign.request.v1+json";

    /** Of the file, in bytes. */
    public static final int MAX_BYTES = 4 * 1024 * 1024;

    public Request {
        payload = payload.clone();
    }

    @Override
    public byte[] payload() {
        return payload.clone();
    }

    /** A statement that verifiers of images find: an approval, or evidence. */
    public static Request of(String repository, Digest image, Statement statement) throws RequestException {
        Request request = new Request(repository, image, SignatureTypes.IN_TOTO, statement.toBytes());
        request.requireAboutImage();
        return request;
    }

    public static Request of(Approval approval) throws RequestException {
        return of(approval.image().repository(), approval.image().digest(), approval.toStatement());
    }

    /** A rejection, withdrawal, block, override or rollback. */
    public static Request of(GateRecord record) {
        return new Request(
                record.image().repository(), record.image().digest(), SignatureTypes.RECORD, record.payload());
    }

    public boolean isRecord() {
        return payloadType.equals(SignatureTypes.RECORD);
    }

    /** Every digest that the statement is about. */
    List<Digest> subjects() throws RequestException {
        try {
            List<Digest> subjects = new ArrayList<>();
            if (isRecord()) {
                ApprovedImage about = GateRecord.read(payload).image();
                subjects.add(about.digest());
                subjects.addAll(about.platforms());
            } else if (payloadType.equals(SignatureTypes.IN_TOTO)) {
                for (Statement.Subject subject : Statement.read(payload).subjects()) {
                    subject.digest().forEach((algorithm, hex) -> {
                        if (Digest.isDigest(algorithm + ":" + hex)) {
                            subjects.add(new Digest(algorithm, hex));
                        }
                    });
                }
            } else {
                throw new RequestException("the request is for a \"" + Summary.visible(payloadType)
                        + "\"; signed on request are " + SignatureTypes.IN_TOTO + " and " + SignatureTypes.RECORD);
            }
            return subjects;
        } catch (VerificationException | StatementException e) {
            throw new RequestException("the request holds no statement: " + e.getMessage(), e);
        }
    }

    private void requireAboutImage() throws RequestException {
        if (!subjects().contains(image)) {
            throw new RequestException("the request is for " + image + ", but its statement is about other digests");
        }
    }

    /**
     * What is signed: with {@code openssl dgst -sha256 -sign}, {@code cosign sign-blob}, or after hashing it with SHA-256 with
     * {@code pkcs11-tool --sign}. Source: secure-systems-lab/dsse, {@code protocol.md}, "PAE".
     */
    public byte[] bytesToSign() {
        return DsseEnvelope.preAuthenticationEncoding(payloadType, payload);
    }

    /** The SHA-256 digest of {@link #bytesToSign}: for tokens that sign digests, and to be compared over the telephone. */
    public Digest digestToSign() {
        return Digest.of(bytesToSign());
    }

    /** The statement for the person who is to sign it, whole. */
    public List<String> summary() throws RequestException {
        requireAboutImage();
        List<String> lines = new ArrayList<>();
        lines.add("where: " + Summary.visible(repository) + "@" + image);
        lines.add("as: "
                + (isRecord()
                        ? "a record (rejection, withdrawal, block, override or rollback), which no verifier takes for a signature"
                        : "a signature that verifiers of images can find"));
        try {
            Summary.flatten("", StrictJson.readObject(payload, MAX_BYTES), lines);
        } catch (IOException e) {
            throw new RequestException("the statement cannot be read: " + e.getMessage(), e);
        }
        lines.add("digest to sign: " + digestToSign());
        return List.copyOf(lines);
    }

    /** The file. */
    public byte[] toBytes() throws RequestException {
        ObjectNode json = StrictJson.object();
        json.put("mediaType", MEDIA_TYPE);
        json.put("repository", repository);
        json.put("image", image.toString());
        ArrayNode summary = json.putArray("summary");
        summary().forEach(summary::add);
        json.put("payloadType", payloadType);
        json.put("payload", Base64.getEncoder().encodeToString(payload));
        json.put("bytesToSign", Base64.getEncoder().encodeToString(bytesToSign()));
        return (json.toPrettyString() + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** @throws RequestException if the file is not a request, or shows other things than it asks to sign */
    public static Request read(byte[] file) throws RequestException {
        ObjectNode json;
        try {
            json = StrictJson.readObject(file, MAX_BYTES);
        } catch (IOException e) {
            throw new RequestException("the request cannot be read: " + e.getMessage(), e);
        }
        if (!json.path("mediaType").asText().equals(MEDIA_TYPE)) {
            throw new RequestException("the file is no request: its mediaType is \""
                    + Summary.visible(json.path("mediaType").asText()) + "\", expected " + MEDIA_TYPE);
        }
        String image = json.path("image").asText();
        if (!Digest.isDigest(image)) {
            throw new RequestException("the request names no image by digest: \"" + Summary.visible(image) + "\"");
        }
        Request request = new Request(
                json.path("repository").asText(),
                Digest.parse(image),
                json.path("payloadType").asText(),
                base64(json, "payload"));
        if (!Arrays.equals(base64(json, "bytesToSign"), request.bytesToSign())) {
            throw new RequestException(
                    "the request shows one statement and asks to sign other bytes (bytesToSign): do not"
                            + " sign it, and ask who made it");
        }
        List<String> shown = new ArrayList<>();
        json.path("summary").forEach(line -> shown.add(line.asText()));
        if (!shown.equals(request.summary())) {
            throw new RequestException(
                    "the request's summary says something else than its statement: do not sign it, and ask"
                            + " who made it");
        }
        return request;
    }

    /** Signs here. */
    public SignedRequest sign(Signer signer) throws KeyException, RequestException {
        requireAboutImage();
        return new SignedRequest(this, DsseEnvelope.sign(payloadType, payload, signer), signer.publicKey());
    }

    /**
     * Takes a signature that was made elsewhere: its bare bytes (DER; or r and s as some tokens give them), the same in base64 or
     * hexadecimal, the bundle of {@code cosign sign-blob}, or an envelope or bundle of our own command line.
     *
     * @param signature the file that came back
     * @param keys who may have signed
     * @throws RequestException if none of the keys made it over exactly {@link #bytesToSign}
     */
    public SignedRequest accept(byte[] signature, Collection<PublicKey> keys) throws RequestException {
        requireAboutImage();
        if (keys.isEmpty()) {
            throw new RequestException("no public key was given to verify the signature with");
        }
        List<byte[]> candidates = ReturnedSignature.candidates(signature, this);
        for (byte[] candidate : candidates) {
            for (PublicKey key : keys) {
                for (byte[] form : ReturnedSignature.forms(candidate, key)) {
                    DsseEnvelope envelope = new DsseEnvelope(payloadType, payload, List.of(form));
                    if (envelope.signedBy(0, List.of(key)).isPresent()) {
                        return new SignedRequest(this, envelope, key);
                    }
                }
            }
        }
        throw new RequestException("the signature is not over the bytes of this request (SHA-256 "
                + digestToSign().hex() + ") by any of these keys: "
                + keys.stream()
                        .map(key -> PublicKeys.fingerprint(key).toString())
                        .toList()
                + ". Sign the whole file of bytes, with SHA-256, and check that it is this request's");
    }

    private static byte[] base64(ObjectNode json, String member) throws RequestException {
        JsonNode value = json.path(member);
        try {
            return Base64.getDecoder().decode(value.asText());
        } catch (IllegalArgumentException e) {
            throw new RequestException("\"" + member + "\" of the request is not base64", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Request that
                && repository.equals(that.repository)
                && image.equals(that.image)
                && payloadType.equals(that.payloadType)
                && Arrays.equals(payload, that.payload);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(payload);
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.SignatureScheme;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A DSSE envelope: a payload of a named type, and signatures over both.
 *
 * <p>Source: secure-systems-lab/dsse, {@code protocol.md} and {@code envelope.md}. {@code keyid} is written empty, because
 * the verifier in cosign skips a signature whose {@code keyid} is not the one it computes itself (formats.md A3), and is
 * ignored when read: it is an unsigned hint.
 *
 * @param payloadType what the payload is
 * @param payload the payload's bytes
 * @param signatures the bare signatures, at least one
 */
public record DsseEnvelope(String payloadType, byte[] payload, List<byte[]> signatures) {

    /** Longer envelopes are refused unread. */
    public static final int MAX_LENGTH = 8 * 1024 * 1024;

    private static final int MAX_SIGNATURES = 64;
    private static final int MAX_SIGNATURE_LENGTH = 2048;

    public DsseEnvelope {
        payload = payload.clone();
        signatures = List.copyOf(signatures);
    }

    /** Signs the payload. */
    public static DsseEnvelope sign(String payloadType, byte[] payload, Signer signer) throws KeyException {
        return new DsseEnvelope(
                payloadType, payload, List.of(signer.sign(preAuthenticationEncoding(payloadType, payload))));
    }

    /** This envelope with one more signature over the same payload. */
    public DsseEnvelope withSignature(byte[] signature) {
        List<byte[]> more = new ArrayList<>(signatures);
        more.add(signature.clone());
        return new DsseEnvelope(payloadType, payload, more);
    }

    /** The bytes that are signed: {@code DSSEv1 SP len(type) SP type SP len(payload) SP payload}. */
    public static byte[] preAuthenticationEncoding(String payloadType, byte[] payload) {
        byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + type.length + 40);
        out.writeBytes(("DSSEv1 " + type.length + " ").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(type);
        out.writeBytes((" " + payload.length + " ").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(payload);
        return out.toByteArray();
    }

    public byte[] preAuthenticationEncoding() {
        return preAuthenticationEncoding(payloadType, payload);
    }

    /**
     * Which of the keys made the signature.
     *
     * @param index of the signature
     */
    public Optional<PublicKey> signedBy(int index, Collection<PublicKey> keys) {
        byte[] message = preAuthenticationEncoding();
        for (PublicKey key : keys) {
            for (SignatureScheme scheme : SignatureScheme.accepted(key)) {
                if (scheme.matches(key, message, signatures.get(index))) {
                    return Optional.of(key);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The key that made the one signature of this envelope.
     *
     * @throws VerificationException if there is not exactly one signature, or none of the keys made it
     */
    public PublicKey verify(Collection<PublicKey> keys) throws VerificationException {
        requireOneSignature();
        if (keys.isEmpty()) {
            throw new VerificationException(Reason.NO_KEY, "no public key was given to verify with");
        }
        return signedBy(0, keys)
                .orElseThrow(() -> new VerificationException(
                        Reason.BAD_SIGNATURE,
                        "the signature is by none of the " + keys.size()
                                + " keys that were tried, or the content was altered"));
    }

    void requireOneSignature() throws VerificationException {
        if (signatures.size() != 1) {
            throw new VerificationException(
                    Reason.SIGNATURE_COUNT,
                    "the envelope has " + signatures.size() + " signatures, exactly one is accepted");
        }
    }

    /** The envelope as JSON. */
    public ObjectNode toJson() {
        ObjectNode json = StrictJson.object();
        json.put("payload", Base64.getEncoder().encodeToString(payload));
        json.put("payloadType", payloadType);
        ArrayNode list = json.putArray("signatures");
        for (byte[] signature : signatures) {
            list.addObject().put("keyid", "").put("sig", Base64.getEncoder().encodeToString(signature));
        }
        return json;
    }

    public byte[] toBytes() {
        return StrictJson.write(toJson());
    }

    /** @throws VerificationException if this is not one strict envelope */
    public static DsseEnvelope read(byte[] content) throws VerificationException {
        return read(Fields.parse(content, MAX_LENGTH, "the envelope"));
    }

    static DsseEnvelope read(JsonNode json) throws VerificationException {
        Fields fields = new Fields(json, "the envelope").only("payload", "payloadType", "signatures");
        byte[] payload = fields.base64("payload");
        String type = fields.text("payloadType");
        List<byte[]> signatures = new ArrayList<>();
        for (JsonNode entry : fields.list("signatures", MAX_SIGNATURES, Reason.SIGNATURE_COUNT)) {
            Fields signature = new Fields(entry, "a signature of the envelope").only("sig", "keyid", "cert");
            byte[] bytes = signature.base64("sig");
            if (bytes.length == 0 || bytes.length > MAX_SIGNATURE_LENGTH) {
                throw new VerificationException(
                        Reason.MALFORMED, "a signature of the envelope has " + bytes.length + " bytes");
            }
            signatures.add(bytes);
        }
        if (signatures.isEmpty()) {
            throw new VerificationException(Reason.SIGNATURE_COUNT, "the envelope has no signature");
        }
        return new DsseEnvelope(type, payload, signatures);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DsseEnvelope that && Arrays.equals(toBytes(), that.toBytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        return payloadType + ", " + payload.length + " bytes, " + signatures.size() + " signatures";
    }
}

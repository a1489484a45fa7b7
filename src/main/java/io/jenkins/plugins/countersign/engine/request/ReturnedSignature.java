package io.jenkins.plugins.countersign.engine.request;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** The forms in which tools give a signature back. None is believed: each candidate is verified with the expected key. */
final class ReturnedSignature {

    private static final int MAX_BARE = 2048;

    private ReturnedSignature() {}

    static List<byte[]> candidates(byte[] file, Request request) throws RequestException {
        if (file.length == 0) {
            throw new RequestException("the signature is empty");
        }
        if (file.length > Request.MAX_BYTES) {
            throw new RequestException(
                    "the signature has " + file.length + " bytes, at most " + Request.MAX_BYTES + " are read");
        }
        String text = new String(file, StandardCharsets.ISO_8859_1).trim();
        if (text.startsWith("{")) {
            return fromJson(file, request);
        }
        if (file.length > MAX_BARE * 2) {
            throw new RequestException("the signature has " + file.length + " bytes: this is not a bare signature");
        }
        List<byte[]> candidates = new ArrayList<>();
        candidates.add(file);
        if (text.matches("[0-9a-fA-F\\s]+") && text.replaceAll("\\s", "").length() % 2 == 0) {
            candidates.add(HexFormat.of().parseHex(text.replaceAll("\\s", "")));
        }
        try {
            candidates.add(Base64.getDecoder().decode(text.replaceAll("\\s", "")));
        } catch (IllegalArgumentException notBase64) {
            // It is one of the other forms then, or none.
        }
        return candidates;
    }

    /** As it is; and ECDSA as r and s of fixed length (PKCS#11, IEEE P1363) also in DER, which envelopes hold. */
    static List<byte[]> forms(byte[] candidate, PublicKey key) {
        if (candidate.length == 0 || candidate.length > MAX_BARE) {
            return List.of();
        }
        if (key instanceof ECPublicKey ec) {
            int half = (ec.getParams().getOrder().bitLength() + 7) / 8;
            if (candidate.length == 2 * half) {
                return List.of(
                        candidate,
                        der(
                                new BigInteger(1, Arrays.copyOf(candidate, half)),
                                new BigInteger(1, Arrays.copyOfRange(candidate, half, 2 * half))));
            }
        }
        return List.of(candidate);
    }

    private static byte[] der(BigInteger r, BigInteger s) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (BigInteger number : List.of(r, s)) {
            byte[] bytes = number.toByteArray();
            body.write(0x02);
            body.write(bytes.length);
            body.writeBytes(bytes);
        }
        ByteArrayOutputStream sequence = new ByteArrayOutputStream();
        sequence.write(0x30);
        if (body.size() > 127) {
            sequence.write(0x81);
        }
        sequence.write(body.size());
        sequence.writeBytes(body.toByteArray());
        return sequence.toByteArray();
    }

    private static List<byte[]> fromJson(byte[] file, Request request) throws RequestException {
        ObjectNode json;
        try {
            json = StrictJson.readObject(file, Request.MAX_BYTES);
        } catch (IOException e) {
            throw new RequestException("the signature cannot be read: " + e.getMessage(), e);
        }
        if (json.has("dsseEnvelope")) {
            return fromEnvelope(StrictJson.write(json.path("dsseEnvelope")), request);
        }
        if (json.has("payloadType")) {
            return fromEnvelope(file, request);
        }
        String bare = json.path("mediaType").asText().startsWith(SignatureTypes.BUNDLE_PREFIX)
                ? json.path("messageSignature").path("signature").asText()
                : json.path("base64Signature").asText();
        if (bare.isEmpty()) {
            throw new RequestException(
                    "the signature is JSON, but neither a bundle of cosign sign-blob nor a DSSE envelope");
        }
        try {
            return List.of(Base64.getDecoder().decode(bare));
        } catch (IllegalArgumentException e) {
            throw new RequestException("the signature in the bundle is not base64", e);
        }
    }

    private static List<byte[]> fromEnvelope(byte[] content, Request request) throws RequestException {
        try {
            DsseEnvelope envelope = DsseEnvelope.read(content);
            if (!envelope.payloadType().equals(request.payloadType())
                    || !Arrays.equals(envelope.payload(), request.payload())) {
                throw new RequestException(
                        "the envelope that came back holds another statement than the one that was to be signed");
            }
            return envelope.signatures();
        } catch (VerificationException e) {
            throw new RequestException("the envelope that came back is refused: " + e.getMessage(), e);
        }
    }
}

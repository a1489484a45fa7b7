package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A Sigstore bundle, version 0.3: one DSSE envelope with one signature, and what it takes to verify it.
 *
 * <p>Source: sigstore/protobuf-specs, {@code sigstore_bundle.proto}; sigstore/cosign, {@code specs/BUNDLE_SPEC.md}.
 *
 * @param hint who signed, as the signer says: unsigned, so it only helps to find the key; empty when there is none
 * @param certificates DER, the signer's own first; empty when the bundle is verified with a plain key
 * @param timestamps RFC 3161 responses (DER) over the signature
 * @param transparencyLogEntries how many there are; they are kept by others and not verified here
 * @param envelope what was signed
 */
public record SigstoreBundle(
        String hint,
        List<byte[]> certificates,
        List<byte[]> timestamps,
        int transparencyLogEntries,
        DsseEnvelope envelope) {

    /** Longer bundles are refused unread. */
    public static final int MAX_LENGTH = DsseEnvelope.MAX_LENGTH;

    private static final int MAX_CERTIFICATES = 10;
    private static final int MAX_TIMESTAMPS = 10;
    private static final int MAX_LOG_ENTRIES = 32;

    public SigstoreBundle {
        certificates = List.copyOf(certificates);
        timestamps = List.copyOf(timestamps);
    }

    /** A bundle for a plain key. */
    public static SigstoreBundle sign(Statement statement, Signer signer) throws KeyException {
        return of(DsseEnvelope.sign(SignatureTypes.IN_TOTO, statement.toBytes(), signer), signer.publicKey());
    }

    /** Wraps an envelope that was signed elsewhere, for instance offline. */
    public static SigstoreBundle of(DsseEnvelope envelope, java.security.PublicKey key) {
        return new SigstoreBundle(PublicKeys.hint(key), List.of(), List.of(), 0, envelope);
    }

    /** The same with a timestamp over the signature, as RFC 3161 has it: what proves when it existed. */
    public SigstoreBundle withTimestamp(byte[] response) {
        List<byte[]> more = new ArrayList<>(timestamps);
        more.add(response.clone());
        return new SigstoreBundle(hint, certificates, more, transparencyLogEntries, envelope);
    }

    public byte[] toBytes() {
        ObjectNode json = StrictJson.object();
        json.put("mediaType", SignatureTypes.BUNDLE_V03);
        ObjectNode material = json.putObject("verificationMaterial");
        if (certificates.isEmpty()) {
            material.putObject("publicKey").put("hint", hint);
        } else {
            material.putObject("certificate").put("rawBytes", base64(certificates.get(0)));
        }
        if (!timestamps.isEmpty()) {
            var list = material.putObject("timestampVerificationData").putArray("rfc3161Timestamps");
            timestamps.forEach(timestamp -> list.addObject().put("signedTimestamp", base64(timestamp)));
        }
        json.set("dsseEnvelope", envelope.toJson());
        return StrictJson.write(json);
    }

    /** @throws VerificationException if this is not one strict bundle of a version that is read */
    public static SigstoreBundle read(byte[] content) throws VerificationException {
        Fields bundle = new Fields(Fields.parse(content, MAX_LENGTH, "the bundle"), "the bundle")
                .only("mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature");
        String mediaType = bundle.text("mediaType");
        if (!mediaType.equals(SignatureTypes.BUNDLE_V03)) {
            throw new VerificationException(
                    Reason.UNKNOWN_FORMAT,
                    "the bundle is a \"" + Fields.shown(mediaType) + "\", read is " + SignatureTypes.BUNDLE_V03);
        }
        if (bundle.has("messageSignature")) {
            throw new VerificationException(
                    Reason.UNKNOWN_FORMAT, "the bundle signs a file and not a statement about an image");
        }
        Fields material = bundle.object("verificationMaterial")
                .only("publicKey", "certificate", "x509CertificateChain", "tlogEntries", "timestampVerificationData");
        List<byte[]> certificates = certificates(material);
        String hint = "";
        if (material.has("publicKey")) {
            if (!certificates.isEmpty()) {
                throw new VerificationException(
                        Reason.MALFORMED, "the bundle has both a public key and a certificate, one is allowed");
            }
            hint = material.object("publicKey").only("hint").optionalText("hint");
        } else if (certificates.isEmpty()) {
            throw new VerificationException(
                    Reason.MALFORMED, "the bundle has neither a public key nor a certificate to verify with");
        }
        int entries = 0;
        for (JsonNode entry : material.list("tlogEntries", MAX_LOG_ENTRIES, Reason.TOO_LARGE)) {
            entries++;
        }
        DsseEnvelope envelope = DsseEnvelope.read(bundle.get("dsseEnvelope"));
        envelope.requireOneSignature();
        return new SigstoreBundle(hint, certificates, timestamps(material), entries, envelope);
    }

    private static List<byte[]> certificates(Fields material) throws VerificationException {
        List<byte[]> certificates = new ArrayList<>();
        if (material.has("certificate")) {
            certificates.add(material.object("certificate").only("rawBytes").base64("rawBytes"));
        }
        if (material.has("x509CertificateChain")) {
            if (!certificates.isEmpty()) {
                throw new VerificationException(
                        Reason.MALFORMED, "the bundle has both a certificate and a chain, one is allowed");
            }
            for (JsonNode entry : material.object("x509CertificateChain")
                    .only("certificates")
                    .list("certificates", MAX_CERTIFICATES, Reason.TOO_LARGE)) {
                certificates.add(new Fields(entry, "a certificate of the bundle")
                        .only("rawBytes")
                        .base64("rawBytes"));
            }
        }
        return certificates;
    }

    private static List<byte[]> timestamps(Fields material) throws VerificationException {
        List<byte[]> timestamps = new ArrayList<>();
        if (material.has("timestampVerificationData")) {
            Fields data = material.object("timestampVerificationData").only("rfc3161Timestamps");
            for (JsonNode entry : data.list("rfc3161Timestamps", MAX_TIMESTAMPS, Reason.TOO_LARGE)) {
                timestamps.add(new Fields(entry, "a timestamp of the bundle")
                        .only("signedTimestamp")
                        .base64("signedTimestamp"));
            }
        }
        return timestamps;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}

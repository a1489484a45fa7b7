package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A policy document in a DSSE envelope, with the signatures gathered so far. The payload is the document as it was written,
 * comments and all.
 *
 * @param envelope payload type {@link #PAYLOAD_TYPE}
 * @param policy the payload, read
 */
public record SignedPolicy(DsseEnvelope envelope, TrustPolicy policy) {

    /** YAML or JSON, told apart as {@link PolicyReader} does. */
    public static final String PAYLOAD_TYPE = "application/vnd.jenkins.countersign.policy.v1+yaml";

    private static final int MAX_FILE = 32 * 1024 * 1024;
    private static final int MAX_DOCUMENTS = 256;

    /**
     * @throws PolicyException if the payload is not a policy, or of another payload type: a signature over something else that
     *     happens to read as a policy is none
     */
    public static SignedPolicy of(DsseEnvelope envelope) throws PolicyException {
        if (!envelope.payloadType().equals(PAYLOAD_TYPE)) {
            throw new PolicyException(
                    PolicyException.Reason.MALFORMED,
                    "the envelope holds a \"" + PolicyFields.shown(envelope.payloadType())
                            + "\", expected a trust policy, " + PAYLOAD_TYPE);
        }
        return new SignedPolicy(envelope, PolicyReader.read(envelope.payload()));
    }

    /**
     * The document with its first signature.
     *
     * @param rootBefore the root that the policy in force has; its keys may sign as well as the document's own
     * @throws PolicyException if the document is not a policy, or the signer's key is no root key
     */
    public static SignedPolicy sign(byte[] document, Root rootBefore, Signer signer)
            throws PolicyException, KeyException {
        TrustPolicy policy = PolicyReader.read(document);
        requireRootKey(policy, rootBefore, signer);
        return new SignedPolicy(DsseEnvelope.sign(PAYLOAD_TYPE, document, signer), policy);
    }

    /** This policy with one more signature; signing twice with one key adds nothing. */
    public SignedPolicy withSignatureOf(Root rootBefore, Signer signer) throws PolicyException, KeyException {
        requireRootKey(policy, rootBefore, signer);
        for (int i = 0; i < envelope.signatures().size(); i++) {
            if (envelope.signedBy(i, List.of(signer.publicKey())).isPresent()) {
                return this;
            }
        }
        return new SignedPolicy(envelope.withSignature(signer.sign(envelope.preAuthenticationEncoding())), policy);
    }

    private static void requireRootKey(TrustPolicy policy, Root rootBefore, Signer signer) throws PolicyException {
        boolean known = rootBefore.keys().stream().anyMatch(key -> key.key().equals(signer.publicKey()))
                || policy.root().keys().stream().anyMatch(key -> key.key().equals(signer.publicKey()));
        if (!known) {
            throw new PolicyException(
                    PolicyException.Reason.THRESHOLD,
                    "the key to sign with is no root key, neither of the policy in force nor of the new one");
        }
    }

    /** Which of the root's keys signed; each counts once, however many signatures it made. */
    public List<PolicyKey> signedBy(Root root) {
        Map<java.security.PublicKey, PolicyKey> keys = new LinkedHashMap<>();
        root.keys().forEach(key -> keys.put(key.key(), key));
        List<PolicyKey> signers = new ArrayList<>();
        for (int i = 0; i < envelope.signatures().size() && !keys.isEmpty(); i++) {
            envelope.signedBy(i, keys.keySet()).ifPresent(key -> signers.add(keys.remove(key)));
        }
        return signers;
    }

    /**
     * Reads a file of one signed policy, or of a list of them: a version that brings new root keys, with those before it that
     * lead to it.
     */
    public static List<SignedPolicy> readAll(byte[] content) throws PolicyException {
        if (content.length > MAX_FILE) {
            throw new PolicyException(
                    PolicyException.Reason.TOO_LARGE,
                    "the signed policy has " + content.length + " bytes, at most " + MAX_FILE + " are read");
        }
        String text = new String(content, StandardCharsets.UTF_8).strip();
        try {
            if (!text.startsWith("[")) {
                return List.of(of(DsseEnvelope.read(text.getBytes(StandardCharsets.UTF_8))));
            }
            // An object around the list, so that the same strict reader reads both.
            JsonNode list = StrictJson.readObject(
                            ("{\"documents\":" + text + "}").getBytes(StandardCharsets.UTF_8), MAX_FILE + 100)
                    .path("documents");
            if (list.size() > MAX_DOCUMENTS) {
                throw new PolicyException(
                        PolicyException.Reason.TOO_LARGE,
                        "the file has " + list.size() + " signed policies, at most " + MAX_DOCUMENTS + " are read");
            }
            List<SignedPolicy> documents = new ArrayList<>();
            for (JsonNode entry : list) {
                documents.add(of(DsseEnvelope.read(StrictJson.write(entry))));
            }
            return documents;
        } catch (VerificationException | JsonProcessingException e) {
            throw new PolicyException(PolicyException.Reason.MALFORMED, "not a signed policy: " + e.getMessage(), e);
        } catch (java.io.IOException e) {
            throw new PolicyException(PolicyException.Reason.MALFORMED, "not a signed policy: " + e.getMessage(), e);
        }
    }

    /** Whether a file is a signed policy, or a list of them, and not a document that nobody signed yet. */
    public static boolean isSigned(byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8).strip();
        if (text.startsWith("[")) {
            return true;
        }
        try {
            return text.startsWith("{")
                    && StrictJson.readObject(text.getBytes(StandardCharsets.UTF_8), MAX_FILE)
                            .has("payloadType");
        } catch (java.io.IOException e) {
            return false;
        }
    }

    /**
     * What must be published with a new version so that whoever pinned older root keys can follow: the versions that brought new
     * root keys, the one before the first of them, and the new version.
     *
     * @param before the file of the version in force, as {@link #readAll} gave it
     */
    public static List<SignedPolicy> links(List<SignedPolicy> before, SignedPolicy next) {
        List<SignedPolicy> links = new ArrayList<>();
        for (SignedPolicy document : before) {
            boolean turn = !links.isEmpty()
                    && !document.policy()
                            .root()
                            .isSameAs(links.get(links.size() - 1).policy().root());
            if (links.isEmpty() || turn) {
                links.add(document);
            }
        }
        boolean turn = !links.isEmpty()
                && !next.policy()
                        .root()
                        .isSameAs(links.get(links.size() - 1).policy().root());
        if (links.size() < 2 && !turn) {
            links.clear();
        }
        links.add(next);
        return links;
    }

    /** The file that {@link #readAll} reads. */
    public static byte[] writeAll(List<SignedPolicy> documents) {
        if (documents.size() == 1) {
            return documents.get(0).envelope().toBytes();
        }
        StringBuilder json = new StringBuilder("[");
        for (SignedPolicy document : documents) {
            json.append(json.length() == 1 ? "" : ",\n")
                    .append(new String(document.envelope().toBytes(), StandardCharsets.UTF_8));
        }
        return json.append("]\n").toString().getBytes(StandardCharsets.UTF_8);
    }
}

package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The payload of a {@code .sig} signature.
 *
 * <p>Sources: sigstore/cosign, {@code specs/SIGNATURE_SPEC.md}; sigstore/sigstore, {@code pkg/signature/payload/payload.go};
 * containers/image, {@code signature/internal/sigstore_payload.go}, whose strictness is taken over: nothing unexpected in
 * {@code critical}.
 *
 * @param dockerReference {@code repository:tag} as containers/image wants it by default; others ignore it
 * @param digest the image that was signed
 * @param optional the signer's annotations; never null
 */
public record SimpleSigning(String dockerReference, Digest digest, Map<String, JsonNode> optional) {

    static final String TYPE = "cosign container image signature";
    /** What containers/image wrote before it knew cosign; read there, and refused by cosign. */
    static final int MAX_LENGTH = 1024 * 1024;

    public SimpleSigning {
        optional = java.util.Collections.unmodifiableMap(new TreeMap<>(optional));
    }

    public byte[] toBytes() {
        ObjectNode json = StrictJson.object();
        ObjectNode critical = json.putObject("critical");
        critical.putObject("identity").put("docker-reference", dockerReference);
        critical.putObject("image").put("docker-manifest-digest", digest.toString());
        critical.put("type", TYPE);
        if (optional.isEmpty()) {
            json.putNull("optional");
        } else {
            ObjectNode values = json.putObject("optional");
            optional.forEach(values::set);
        }
        return StrictJson.write(json);
    }

    /** @throws VerificationException if this is not one strict payload */
    public static SimpleSigning read(byte[] content) throws VerificationException {
        Fields fields = new Fields(Fields.parse(content, MAX_LENGTH, "the payload"), "the payload")
                .only("critical", "optional");
        Fields critical = fields.object("critical").only("identity", "image", "type");
        String type = critical.text("type");
        if (!type.equals(TYPE)) {
            throw new VerificationException(
                    Reason.WRONG_TYPE, "the payload is a \"" + Fields.shown(type) + "\", expected \"" + TYPE + "\"");
        }
        String digest = critical.object("image").only("docker-manifest-digest").text("docker-manifest-digest");
        if (!Digest.isDigest(digest)) {
            throw new VerificationException(
                    Reason.MALFORMED, "docker-manifest-digest is not a digest: " + Fields.shown(digest));
        }
        String reference = critical.object("identity").only("docker-reference").text("docker-reference");
        return new SimpleSigning(reference, Digest.parse(digest), optional(fields));
    }

    private static Map<String, JsonNode> optional(Fields fields) throws VerificationException {
        Map<String, JsonNode> values = new TreeMap<>();
        if (!fields.has("optional")) {
            return values;
        }
        fields.object("optional");
        JsonNode optional = fields.get("optional");
        for (Iterator<Map.Entry<String, JsonNode>> entries = optional.fields(); entries.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = entries.next();
            values.put(entry.getKey(), entry.getValue());
        }
        if (values.containsKey("creator") && !values.get("creator").isTextual()) {
            throw new VerificationException(Reason.MALFORMED, "\"creator\" of the payload is not a string");
        }
        if (values.containsKey("timestamp") && !values.get("timestamp").isIntegralNumber()) {
            throw new VerificationException(Reason.MALFORMED, "\"timestamp\" of the payload is not an integer");
        }
        return values;
    }
}

package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bytes that Notary signs: members sorted by the bytes of their names, no white space, whole numbers, and in strings only
 * quotation marks and backslashes escaped. Not RFC 8785. Source: docker/go, {@code canonical/json/encode.go}.
 */
final class CanonicalJson {

    private static final Comparator<String> BY_BYTES = (one, other) ->
            Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));

    /** What Go's float64 carries without loss; Notary reads every number as one. */
    private static final long MAX_NUMBER = 1L << 53;

    private CanonicalJson() {}

    static byte[] bytes(JsonNode node) throws ContentTrustException {
        StringBuilder text = new StringBuilder();
        write(node, text);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** {@code {"keytype":…,"keyval":{"private":null,"public":…}}}, whose digest is a key's name. */
    static byte[] ofKey(String type, String material) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        try {
            return bytes(json.objectNode()
                    .put("keytype", type)
                    .set("keyval", json.objectNode().putNull("private").put("public", material)));
        } catch (ContentTrustException e) {
            throw new IllegalStateException("texts alone can be written", e);
        }
    }

    private static void write(JsonNode node, StringBuilder text) throws ContentTrustException {
        switch (node.getNodeType()) {
            case OBJECT -> object(node, text);
            case ARRAY -> {
                String separator = "[";
                for (JsonNode element : node) {
                    text.append(separator);
                    write(element, text);
                    separator = ",";
                }
                text.append(node.isEmpty() ? "[]" : "]");
            }
            case STRING -> string(node.textValue(), text);
            case NUMBER -> number(node, text);
            default -> text.append(node); // true, false, null
        }
    }

    private static void object(JsonNode node, StringBuilder text) throws ContentTrustException {
        Map<String, JsonNode> sorted = new TreeMap<>(BY_BYTES);
        node.properties().forEach(member -> sorted.put(member.getKey(), member.getValue()));
        String separator = "";
        text.append('{');
        for (Map.Entry<String, JsonNode> member : sorted.entrySet()) {
            text.append(separator);
            string(member.getKey(), text);
            text.append(':');
            write(member.getValue(), text);
            separator = ",";
        }
        text.append('}');
    }

    private static void string(String value, StringBuilder text) {
        text.append('"')
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append('"');
    }

    private static void number(JsonNode node, StringBuilder text) throws ContentTrustException {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || Math.abs(node.longValue()) > MAX_NUMBER) {
            throw new ContentTrustException(Reason.MALFORMED, "the number " + node + " is not whole, or too large");
        }
        text.append(node.longValue());
    }
}

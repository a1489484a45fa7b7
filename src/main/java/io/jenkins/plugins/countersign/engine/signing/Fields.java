package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the members of one JSON object; what is missing or of another type is an exception that names it. */
final class Fields {

    private final ObjectNode json;
    private final String what;

    Fields(JsonNode json, String what) throws VerificationException {
        if (!(json instanceof ObjectNode object)) {
            throw new VerificationException(Reason.MALFORMED, what + " is missing, or not a JSON object");
        }
        this.json = object;
        this.what = what;
    }

    static ObjectNode parse(byte[] content, int maxLength, String what) throws VerificationException {
        if (content.length > maxLength) {
            throw new VerificationException(
                    Reason.TOO_LARGE, what + " has " + content.length + " bytes, at most " + maxLength + " are read");
        }
        try {
            return StrictJson.readObject(content, maxLength);
        } catch (IOException e) {
            throw new VerificationException(Reason.NOT_STRICT_JSON, what + " is refused: " + e.getMessage(), e);
        }
    }

    /** Refuses members that are not listed: in an unsigned wrapper they can only mean something to somebody else. */
    Fields only(String... names) throws VerificationException {
        List<String> known = Arrays.asList(names);
        for (Iterator<String> present = json.fieldNames(); present.hasNext(); ) {
            String name = present.next();
            if (!known.contains(name)) {
                throw new VerificationException(
                        Reason.MALFORMED, what + " has a member that is not expected: \"" + shown(name) + "\"");
            }
        }
        return this;
    }

    boolean has(String name) {
        return json.has(name) && !json.get(name).isNull();
    }

    JsonNode get(String name) {
        return json.path(name);
    }

    String text(String name) throws VerificationException {
        JsonNode value = json.path(name);
        if (!value.isTextual()) {
            throw new VerificationException(
                    Reason.MALFORMED, "\"" + name + "\" of " + what + " is missing, or not a string");
        }
        return value.textValue();
    }

    /** Empty when the member is absent. */
    String optionalText(String name) throws VerificationException {
        return json.has(name) ? text(name) : "";
    }

    Fields object(String name) throws VerificationException {
        return new Fields(json.path(name), "\"" + name + "\" of " + what);
    }

    /** An absent list is an empty one, as protobuf's JSON has it. */
    Iterable<JsonNode> list(String name, int most, Reason tooMany) throws VerificationException {
        JsonNode value = json.path(name);
        if (value.isMissingNode()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw new VerificationException(Reason.MALFORMED, "\"" + name + "\" of " + what + " is not a list");
        }
        if (value.size() > most) {
            throw new VerificationException(
                    tooMany, "\"" + name + "\" of " + what + " has " + value.size() + " entries, at most " + most);
        }
        return value;
    }

    Map<String, String> texts(String name) throws VerificationException {
        Map<String, String> texts = new LinkedHashMap<>();
        if (!has(name)) {
            return texts;
        }
        Fields inner = object(name);
        for (Iterator<String> names = inner.json.fieldNames(); names.hasNext(); ) {
            String key = names.next();
            texts.put(key, inner.text(key));
        }
        return texts;
    }

    /**
     * Standard base64 with padding, and only the canonical form: the same bytes must not have two spellings, or a statement
     * could be presented twice as two.
     */
    byte[] base64(String name) throws VerificationException {
        return base64(text(name), "\"" + name + "\" of " + what);
    }

    static byte[] base64(String text, String what) throws VerificationException {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            throw new VerificationException(Reason.BAD_BASE64, what + " is not base64", e);
        }
        throw new VerificationException(Reason.BAD_BASE64, what + " is not canonical base64");
    }

    static String shown(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes the members of one JSON object, each once; what nobody took is refused by {@link #end}. */
final class StatementMembers {

    private static final int MAX_TEXT = 4096;
    private static final int MAX_LIST = 256;

    private final JsonNode json;
    private final String what;
    private final Set<String> known = new HashSet<>();

    StatementMembers(JsonNode json, String what) throws StatementException {
        if (!(json instanceof ObjectNode)) {
            throw new StatementException(what + " is missing, or not a JSON object");
        }
        this.json = json;
        this.what = what;
    }

    StatementMembers object(String name) throws StatementException {
        known.add(name);
        return new StatementMembers(json.path(name), what + "." + name);
    }

    boolean has(String name) {
        return json.has(name);
    }

    String text(String name) throws StatementException {
        String text = optionalText(name);
        if (text.isEmpty()) {
            throw new StatementException(what + "." + name + " is missing or empty");
        }
        return text;
    }

    /** Empty when absent. */
    String optionalText(String name) throws StatementException {
        known.add(name);
        JsonNode value = json.path(name);
        if (value.isMissingNode()) {
            return "";
        }
        return textOf(value, name);
    }

    private String textOf(JsonNode value, String name) throws StatementException {
        if (!value.isTextual()) {
            throw new StatementException(what + "." + name + " is not a string");
        }
        if (value.textValue().length() > MAX_TEXT) {
            throw new StatementException(what + "." + name + " has more than " + MAX_TEXT + " characters");
        }
        return value.textValue();
    }

    void constant(String name, String expected) throws StatementException {
        String found = text(name);
        if (!found.equals(expected)) {
            throw new StatementException(
                    what + "." + name + " is \"" + shown(found) + "\", expected \"" + expected + "\"");
        }
    }

    Digest digest(String name) throws StatementException {
        return digestOf(text(name), name);
    }

    /** Null when absent. */
    Digest optionalDigest(String name) throws StatementException {
        String text = optionalText(name);
        return text.isEmpty() ? null : digestOf(text, name);
    }

    private Digest digestOf(String text, String name) throws StatementException {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            throw new StatementException(what + "." + name + ": " + e.getMessage(), e);
        }
    }

    List<Digest> digests(String name) throws StatementException {
        List<Digest> digests = new ArrayList<>();
        for (String text : texts(name)) {
            digests.add(digestOf(text, name));
        }
        return digests;
    }

    /** Empty when absent. */
    List<String> texts(String name) throws StatementException {
        known.add(name);
        JsonNode value = json.path(name);
        List<String> texts = new ArrayList<>();
        if (value.isMissingNode()) {
            return texts;
        }
        if (!value.isArray() || value.size() > MAX_LIST) {
            throw new StatementException(what + "." + name + " is not a list of at most " + MAX_LIST);
        }
        for (JsonNode entry : value) {
            texts.add(textOf(entry, name));
        }
        return texts;
    }

    long number(String name, long least) throws StatementException {
        known.add(name);
        JsonNode value = json.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < least) {
            throw new StatementException(what + "." + name + " is not a whole number of at least " + least);
        }
        return value.longValue();
    }

    Instant time(String name) throws StatementException {
        Instant time = optionalTime(name);
        if (time == null) {
            throw new StatementException(what + "." + name + " is missing");
        }
        return time;
    }

    /** Null when absent. Only UTC, written with Z: one time has one spelling. */
    Instant optionalTime(String name) throws StatementException {
        String text = optionalText(name);
        if (text.isEmpty()) {
            return null;
        }
        try {
            if (text.endsWith("Z") && text.length() <= 30 && Character.isDigit(text.charAt(0))) {
                return Instant.parse(text);
            }
        } catch (DateTimeParseException e) {
            // falls through to the message
        }
        throw new StatementException(
                what + "." + name + " is \"" + shown(text) + "\", expected a time such as 2027-02-01T00:00:00Z");
    }

    /** What is not understood is not believed: it may be a restriction. */
    void end() throws StatementException {
        for (var names = json.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw new StatementException(what + " has the unknown member \"" + shown(name) + "\"");
            }
        }
    }

    static String shown(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}

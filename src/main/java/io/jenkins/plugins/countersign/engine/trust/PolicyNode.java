package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of the document with the place where it stands. */
record PolicyNode(Object value, String path, int line, int column) {

    static final int MAX_BYTES = 1024 * 1024;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_NODES = 100_000;

    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxDocumentLength(MAX_BYTES)
            .maxNestingDepth(MAX_DEPTH)
            .maxStringLength(64 * 1024)
            .maxNameLength(256)
            .maxNumberLength(30)
            .build();
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(LIMITS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final YAMLFactory YAML = YAMLFactory.builder()
            .streamReadConstraints(LIMITS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Reads JSON if the document begins with a brace, YAML otherwise. */
    static PolicyNode read(byte[] document) throws PolicyException {
        if (document.length > MAX_BYTES) {
            throw new PolicyException(
                    PolicyException.Reason.TOO_LARGE,
                    "the trust policy has " + document.length + " bytes, at most " + MAX_BYTES + " are read");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(document))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("", 0, 0, "the document is not UTF-8");
        }
        JsonFactory factory = text.stripLeading().startsWith("{") ? JSON : YAML;
        try (JsonParser parser = factory.createParser(text)) {
            if (parser.nextToken() == null) {
                throw malformed("", 1, 1, "the document is empty");
            }
            int[] budget = {MAX_NODES};
            PolicyNode node = read(parser, "", budget);
            if (parser.nextToken() != null) {
                throw malformed("", parser.currentTokenLocation(), "there is more than one document");
            }
            return node;
        } catch (JsonProcessingException e) {
            throw malformed("", e.getLocation(), firstLine(e.getOriginalMessage()));
        } catch (IOException e) {
            throw malformed("", 0, 0, firstLine(e.getMessage()));
        }
    }

    private static PolicyNode read(JsonParser parser, String path, int[] budget) throws IOException, PolicyException {
        JsonLocation at = parser.currentTokenLocation();
        if (--budget[0] < 0) {
            throw new PolicyException(
                    PolicyException.Reason.TOO_LARGE, "the trust policy has more than " + MAX_NODES + " values");
        }
        refuseYamlExtras(parser, path, at);
        Object value =
                switch (parser.currentToken()) {
                    case START_OBJECT -> {
                        Map<String, PolicyNode> members = new LinkedHashMap<>();
                        while (parser.nextToken() != JsonToken.END_OBJECT) {
                            refuseYamlExtras(parser, path, parser.currentTokenLocation());
                            String name = parser.currentName();
                            parser.nextToken();
                            members.put(name, read(parser, path.isEmpty() ? name : path + "." + name, budget));
                        }
                        yield members;
                    }
                    case START_ARRAY -> {
                        List<PolicyNode> items = new ArrayList<>();
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            items.add(read(parser, path + "[" + items.size() + "]", budget));
                        }
                        yield items;
                    }
                    case VALUE_STRING -> parser.getText();
                    case VALUE_NUMBER_INT -> {
                        requireSpelling(parser, "-?(0|[1-9][0-9]*)", path, at);
                        yield parser.getBigIntegerValue();
                    }
                    case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
                    case VALUE_TRUE, VALUE_FALSE -> {
                        requireSpelling(parser, "true|false", path, at);
                        yield parser.currentToken() == JsonToken.VALUE_TRUE;
                    }
                    case VALUE_NULL -> null;
                    default -> throw malformed(path, at, "unexpected " + parser.currentToken());
                };
        return new PolicyNode(value, path, at.getLineNr(), at.getColumnNr());
    }

    /** Jackson hands an alias out as the text of its name: a policy must not say one thing to us and another to its reader. */
    private static void refuseYamlExtras(JsonParser parser, String path, JsonLocation at)
            throws IOException, PolicyException {
        if (parser instanceof YAMLParser yaml) {
            if (yaml.isCurrentAlias() || yaml.getObjectId() != null) {
                throw malformed(path, at, "anchors and aliases are not accepted, write the value out");
            }
            if (yaml.getTypeId() != null) {
                throw malformed(path, at, "tags (!…) are not accepted");
            }
        }
    }

    /** YAML 1.1 reads "no" as false and 010 as eight, YAML 1.2 does not. */
    private static void requireSpelling(JsonParser parser, String pattern, String path, JsonLocation at)
            throws IOException, PolicyException {
        String text = parser.getText();
        if (!text.matches(pattern)) {
            throw malformed(
                    path,
                    at,
                    "\"" + PolicyFields.shown(text) + "\" means different things to different readers; write true,"
                            + " false or a decimal number, or put text in quotes");
        }
    }

    PolicyProblem problem(String text) {
        return new PolicyProblem(path, line, column, text);
    }

    private static PolicyException malformed(String path, JsonLocation at, String text) {
        return malformed(path, at == null ? 0 : at.getLineNr(), at == null ? 0 : at.getColumnNr(), text);
    }

    private static PolicyException malformed(String path, int line, int column, String text) {
        return new PolicyException(List.of(new PolicyProblem(path, Math.max(line, 0), Math.max(column, 0), text)));
    }

    private static String firstLine(String message) {
        return message == null ? "not readable" : message.lines().findFirst().orElse("not readable");
    }

    /** For messages: "text", "a list"… */
    String kind() {
        if (value == null) {
            return "nothing";
        }
        return value instanceof String
                ? "text"
                : value instanceof Boolean
                        ? "true or false"
                        : value instanceof BigInteger
                                ? "a whole number"
                                : value instanceof Number ? "a number" : value instanceof Map ? "an object" : "a list";
    }

    @SuppressWarnings("unchecked")
    Map<String, PolicyNode> members() {
        return (Map<String, PolicyNode>) value;
    }

    @SuppressWarnings("unchecked")
    List<PolicyNode> items() {
        return (List<PolicyNode>) value;
    }

    /** The same value without places. */
    JsonNode toJson() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        if (value instanceof Map) {
            ObjectNode object = json.objectNode();
            members().forEach((name, node) -> object.set(name, node.toJson()));
            return object;
        }
        if (value instanceof List) {
            ArrayNode array = json.arrayNode();
            items().forEach(node -> array.add(node.toJson()));
            return array;
        }
        if (value instanceof String text) {
            return json.textNode(text);
        }
        if (value instanceof BigInteger number) {
            return number.bitLength() < 64 ? json.numberNode(number.longValue()) : json.numberNode(number);
        }
        if (value instanceof java.math.BigDecimal number) {
            return json.numberNode(number);
        }
        return value instanceof Boolean truth ? json.booleanNode(truth) : json.nullNode();
    }
}

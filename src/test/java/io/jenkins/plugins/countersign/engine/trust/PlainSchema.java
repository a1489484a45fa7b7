package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The part of JSON Schema 2020-12 that our schemas use. A keyword that it does not know fails the test, so that nothing is
 * taken for checked that was not.
 */
final class PlainSchema {

    private static final Set<String> SILENT = Set.of("$schema", "$id", "title", "description", "$defs");

    private final JsonNode root;

    PlainSchema(JsonNode root) {
        this.root = root;
    }

    /** What is wrong, each with its path; empty when nothing is. */
    List<String> faults(JsonNode value) {
        List<String> faults = new ArrayList<>();
        check(root, value, "", faults);
        return faults;
    }

    private void check(JsonNode schema, JsonNode value, String path, List<String> faults) {
        for (Iterator<Map.Entry<String, JsonNode>> keywords = schema.fields(); keywords.hasNext(); ) {
            Map.Entry<String, JsonNode> keyword = keywords.next();
            JsonNode rule = keyword.getValue();
            switch (keyword.getKey()) {
                case "$ref" -> check(root.at(rule.asText().substring(1)), value, path, faults);
                case "type" -> require(isType(rule.asText(), value), path + ": not of type " + rule.asText(), faults);
                case "enum" -> require(contains(rule, value), path + ": not one of " + rule, faults);
                case "pattern" ->
                    require(
                            !value.isTextual()
                                    || Pattern.compile(rule.asText())
                                            .matcher(value.asText())
                                            .find(),
                            path + ": does not match",
                            faults);
                case "minLength" ->
                    require(
                            !value.isTextual() || value.asText().length() >= rule.asInt(),
                            path + ": too short",
                            faults);
                case "minimum" ->
                    require(
                            !value.isNumber() || value.decimalValue().compareTo(rule.decimalValue()) >= 0,
                            path + ": too small",
                            faults);
                case "maximum" ->
                    require(
                            !value.isNumber() || value.decimalValue().compareTo(rule.decimalValue()) <= 0,
                            path + ": too large",
                            faults);
                case "minItems" ->
                    require(!value.isArray() || value.size() >= rule.asInt(), path + ": too few", faults);
                case "maxItems" ->
                    require(!value.isArray() || value.size() <= rule.asInt(), path + ": too many", faults);
                case "uniqueItems" -> {
                    Set<JsonNode> seen = new LinkedHashSet<>();
                    value.elements().forEachRemaining(seen::add);
                    require(!value.isArray() || seen.size() == value.size(), path + ": not unique", faults);
                }
                case "items" -> {
                    for (int i = 0; value.isArray() && i < value.size(); i++) {
                        check(rule, value.get(i), path + "[" + i + "]", faults);
                    }
                }
                case "required" ->
                    rule.forEach(name -> require(
                            !value.isObject() || value.has(name.asText()),
                            path + "." + name.asText() + ": missing",
                            faults));
                case "properties", "patternProperties", "additionalProperties" -> {
                    if (keyword.getKey().equals("additionalProperties") || !schema.has("additionalProperties")) {
                        checkMembers(schema, value, path, faults);
                    }
                }
                case "oneOf" -> {
                    long matching = 0;
                    for (JsonNode choice : rule) {
                        List<String> ofChoice = new ArrayList<>();
                        check(choice, value, path, ofChoice);
                        matching += ofChoice.isEmpty() ? 1 : 0;
                    }
                    require(matching == 1, path + ": matches " + matching + " of the choices", faults);
                }
                default -> {
                    if (!SILENT.contains(keyword.getKey())) {
                        throw new AssertionError("the test does not know the keyword " + keyword.getKey());
                    }
                }
            }
        }
    }

    private void checkMembers(JsonNode schema, JsonNode value, String path, List<String> faults) {
        if (!value.isObject()) {
            return;
        }
        value.fields().forEachRemaining(member -> {
            String name = member.getKey();
            boolean known = false;
            if (schema.path("properties").has(name)) {
                check(schema.path("properties").get(name), member.getValue(), path + "." + name, faults);
                known = true;
            }
            for (Iterator<Map.Entry<String, JsonNode>> patterns =
                            schema.path("patternProperties").fields();
                    patterns.hasNext(); ) {
                Map.Entry<String, JsonNode> pattern = patterns.next();
                if (Pattern.compile(pattern.getKey()).matcher(name).find()) {
                    check(pattern.getValue(), member.getValue(), path + "." + name, faults);
                    known = true;
                }
            }
            JsonNode additional = schema.path("additionalProperties");
            if (!known && additional.isBoolean()) {
                require(additional.asBoolean(), path + "." + name + ": unknown", faults);
            } else if (!known && additional.isObject()) {
                check(additional, member.getValue(), path + "." + name, faults);
            }
        });
    }

    private static boolean isType(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            default -> throw new AssertionError("the test does not know the type " + type);
        };
    }

    private static boolean contains(JsonNode choices, JsonNode value) {
        for (JsonNode choice : choices) {
            if (choice.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static void require(boolean condition, String fault, List<String> faults) {
        if (!condition) {
            faults.add(fault);
        }
    }
}

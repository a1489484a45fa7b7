package io.jenkins.plugins.countersign.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A statement in lines for the person who is to sign it. Nothing of the statement is left out: what a signature covers, its
 * signer has read. Characters that could hide or reorder others are shown by their code.
 */
final class Summary {

    private Summary() {}

    static List<String> of(Statement statement) {
        List<String> lines = new ArrayList<>();
        lines.add("statement: " + visible(statement.predicateType()));
        for (Statement.Subject subject : statement.subjects()) {
            StringBuilder line = new StringBuilder("about: ").append(visible(subject.name()));
            new TreeMap<>(subject.digest()).forEach((algorithm, hex) ->
                    line.append(' ').append(visible(algorithm)).append(':').append(visible(hex)));
            new TreeMap<>(subject.annotations()).forEach((name, value) ->
                    line.append(", ").append(visible(name)).append('=').append(visible(value)));
            lines.add(line.toString());
        }
        flatten("", statement.predicate(), lines);
        return List.copyOf(lines);
    }

    private static void flatten(String path, JsonNode node, List<String> lines) {
        if (node.isObject() && !node.isEmpty()) {
            for (Map.Entry<String, JsonNode> member : node.properties()) {
                String name = visible(member.getKey());
                flatten(path.isEmpty() ? name : path + "." + name, member.getValue(), lines);
            }
        } else if (node.isArray() && !node.isEmpty()) {
            for (int i = 0; i < node.size(); i++) {
                flatten(path + "[" + i + "]", node.get(i), lines);
            }
        } else {
            lines.add((path.isEmpty() ? "predicate" : path) + ": " + visible(node.isTextual() ? node.textValue() : node.toString()));
        }
    }

    static String visible(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            int kind = Character.getType(c);
            boolean hidden = kind == Character.CONTROL
                    || kind == Character.FORMAT
                    || kind == Character.LINE_SEPARATOR
                    || kind == Character.PARAGRAPH_SEPARATOR
                    || kind == Character.SURROGATE
                    || kind == Character.PRIVATE_USE
                    || kind == Character.UNASSIGNED;
            if (hidden) {
                shown.append(String.format("\\u{%x}", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }
}

package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** One line of comma-separated values. Source: {@code github.com/tonistiigi/go-csvvalue}, with its default settings. */
final class Csv {

    private Csv() {}

    /** Null when the line is empty or wrongly quoted. */
    static List<String> fields(String text) {
        String line = text;
        if (line.endsWith("\r\n")) {
            line = line.substring(0, line.length() - 2);
        } else if (line.endsWith("\n")) {
            line = line.substring(0, line.length() - 1);
        }
        if (line.isEmpty()) {
            return null;
        }
        List<String> fields = new ArrayList<>();
        int at = 0;
        while (true) {
            if (at >= line.length() || line.charAt(at) != '"') {
                int comma = line.indexOf(',', at);
                String field = line.substring(at, comma < 0 ? line.length() : comma);
                if (field.indexOf('"') >= 0) {
                    return null;
                }
                fields.add(field);
                if (comma < 0) {
                    return fields;
                }
                at = comma + 1;
                continue;
            }
            StringBuilder field = new StringBuilder();
            at++;
            while (true) {
                int quote = line.indexOf('"', at);
                if (quote < 0) {
                    return null;
                }
                field.append(line, at, quote);
                at = quote + 1;
                if (at < line.length() && line.charAt(at) == '"') {
                    field.append('"');
                    at++;
                } else {
                    break;
                }
            }
            fields.add(field.toString());
            if (at >= line.length()) {
                return fields;
            }
            if (line.charAt(at) != ',') {
                return null;
            }
            at++;
        }
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One way to log in that a registry offers. Sources: RFC 9110, section 11.6.1; distribution, docs/spec/auth/token.md.
 *
 * @param scheme lower case
 * @param parameters names in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {

    /** Reads a {@code WWW-Authenticate} header, which may hold several challenges. What cannot be read is left out. */
    static List<Challenge> parse(String header) {
        List<Challenge> challenges = new ArrayList<>();
        Reader in = new Reader(header);
        while (in.more()) {
            String word = in.token();
            if (word.isEmpty()) {
                in.skip();
            } else if (in.peek() == '=' && !challenges.isEmpty()) {
                in.skip();
                challenges.get(challenges.size() - 1).parameters.put(word.toLowerCase(Locale.ROOT), in.value());
            } else {
                challenges.add(new Challenge(word.toLowerCase(Locale.ROOT), new LinkedHashMap<>()));
            }
        }
        return challenges;
    }

    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    private static final class Reader {

        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        boolean more() {
            while (at < text.length()
                    && (text.charAt(at) == ' ' || text.charAt(at) == ',' || text.charAt(at) == '\t')) {
                at++;
            }
            return at < text.length();
        }

        char peek() {
            return at < text.length() ? text.charAt(at) : 0;
        }

        void skip() {
            at++;
        }

        String token() {
            int start = at;
            while (at < text.length() && " ,=\"\t".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        String value() {
            if (peek() != '"') {
                return token();
            }
            StringBuilder value = new StringBuilder();
            for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
            }
            at++;
            return value.toString();
        }
    }
}

package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;

/**
 * The two questions that the builder asks of JSON, answered as Go's {@code encoding/json} does: is this an array of strings,
 * and what is the member {@code syntax} of this object. Jackson reads more leniently in some places and more strictly in
 * others (lone surrogates, broken UTF-8), and whether text counts as JSON decides whether it can hold a heredoc.
 */
final class GoJson {

    private static final int MAX_DEPTH = 10000;

    private final String text;
    private int at;

    private GoJson(String text) {
        this.text = text;
    }

    /** The text is no JSON, or none that Go can store. */
    private static final class NoJson extends Exception {
        private static final long serialVersionUID = 1L;

        NoJson() {
            super(null, null, false, false);
        }
    }

    /**
     * @param strings null when an element is not a string
     */
    record Array(List<String> strings) {}

    /** Null when the text is not one JSON array. */
    static Array array(String text) {
        GoJson json = new GoJson(text);
        try {
            json.skipBlanks();
            List<String> strings = new ArrayList<>();
            boolean onlyStrings = json.arrayElements(strings);
            json.end();
            return new Array(onlyStrings ? strings : null);
        } catch (NoJson e) {
            return null;
        }
    }

    /** The member {@code syntax} if the whole text is a JSON object in which it is a string; else null. */
    static String syntax(String text) {
        GoJson json = new GoJson(text);
        try {
            json.skipBlanks();
            json.expect('{');
            String syntax = null;
            json.skipBlanks();
            if (!json.accept('}')) {
                do {
                    json.skipBlanks();
                    String key = json.string();
                    json.skipBlanks();
                    json.expect(':');
                    json.skipBlanks();
                    boolean isString = json.at < text.length() && text.charAt(json.at) == '"';
                    int start = json.at;
                    json.value(1);
                    if (key.equals("syntax")) {
                        syntax = isString ? new GoJson(text.substring(start, json.at)).string() : null;
                    }
                    json.skipBlanks();
                } while (json.accept(','));
                json.expect('}');
            }
            json.end();
            return syntax;
        } catch (NoJson e) {
            return null;
        }
    }

    private boolean arrayElements(List<String> strings) throws NoJson {
        expect('[');
        skipBlanks();
        boolean onlyStrings = true;
        if (!accept(']')) {
            do {
                skipBlanks();
                if (at < text.length() && text.charAt(at) == '"') {
                    strings.add(string());
                } else {
                    onlyStrings = false;
                    value(1);
                }
                skipBlanks();
            } while (accept(','));
            expect(']');
        }
        return onlyStrings;
    }

    /** Skips one value of any kind without recursion. */
    private void value(int depth) throws NoJson {
        StringBuilder open = new StringBuilder();
        while (true) {
            skipBlanks();
            char c = peek();
            if (c == '{' || c == '[') {
                at++;
                open.append(c);
                if (depth + open.length() > MAX_DEPTH) {
                    throw new NoJson();
                }
                skipBlanks();
                if (accept(c == '{' ? '}' : ']')) {
                    open.setLength(open.length() - 1);
                } else {
                    if (c == '{') {
                        memberName();
                    }
                    continue;
                }
            } else if (c == '"') {
                string();
            } else if (c == '-' || c >= '0' && c <= '9') {
                number();
            } else {
                word();
            }
            while (true) {
                if (open.length() == 0) {
                    return;
                }
                skipBlanks();
                char in = open.charAt(open.length() - 1);
                if (accept(',')) {
                    if (in == '{') {
                        skipBlanks();
                        memberName();
                    }
                    break;
                }
                expect(in == '{' ? '}' : ']');
                open.setLength(open.length() - 1);
            }
        }
    }

    private void memberName() throws NoJson {
        string();
        skipBlanks();
        expect(':');
    }

    private void word() throws NoJson {
        for (String word : new String[] {"true", "false", "null"}) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return;
            }
        }
        throw new NoJson();
    }

    private void number() throws NoJson {
        int start = at;
        accept('-');
        if (!accept('0')) {
            digits();
        }
        if (accept('.')) {
            digits();
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (!accept('+')) {
                accept('-');
            }
            digits();
        }
        if (Double.isInfinite(Double.parseDouble(text.substring(start, at)))) {
            throw new NoJson();
        }
    }

    private void digits() throws NoJson {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw new NoJson();
        }
    }

    private String string() throws NoJson {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = peek();
            if (c < 0x20) {
                throw new NoJson();
            }
            if (c == '"') {
                at++;
                return value.toString();
            }
            if (c == '\\') {
                at++;
                escape(value);
            } else {
                GoText.append(value, GoText.rune(text, at));
                at += GoText.width(text, at);
            }
        }
    }

    private void escape(StringBuilder value) throws NoJson {
        char c = peek();
        at++;
        switch (c) {
            case '"', '\\', '/' -> value.append(c);
            case 'b' -> value.append('\b');
            case 'f' -> value.append('\f');
            case 'n' -> value.append('\n');
            case 'r' -> value.append('\r');
            case 't' -> value.append('\t');
            case 'u' -> {
                int unit = hex();
                if (unit >= 0xD800 && unit < 0xE000) {
                    int mark = at;
                    if (unit < 0xDC00
                            && at + 1 < text.length()
                            && text.charAt(at) == '\\'
                            && text.charAt(at + 1) == 'u') {
                        at += 2;
                        int low = hex();
                        if (low >= 0xDC00 && low < 0xE000) {
                            GoText.append(value, Character.toCodePoint((char) unit, (char) low));
                            return;
                        }
                        at = mark;
                    }
                    GoText.append(value, GoText.REPLACEMENT);
                } else {
                    GoText.append(value, unit);
                }
            }
            default -> throw new NoJson();
        }
    }

    private int hex() throws NoJson {
        if (at + 4 > text.length()) {
            throw new NoJson();
        }
        int value = 0;
        for (int i = 0; i < 4; i++) {
            char c = text.charAt(at++);
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw new NoJson();
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private void end() throws NoJson {
        skipBlanks();
        if (at != text.length()) {
            throw new NoJson();
        }
    }

    private void skipBlanks() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
                return;
            }
            at++;
        }
    }

    private char peek() throws NoJson {
        if (at >= text.length()) {
            throw new NoJson();
        }
        return text.charAt(at);
    }

    private boolean accept(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) throws NoJson {
        if (!accept(c)) {
            throw new NoJson();
        }
    }
}

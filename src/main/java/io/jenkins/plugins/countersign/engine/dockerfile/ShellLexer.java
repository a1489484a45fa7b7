package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Quotes, escapes and variables of one word.
 *
 * <p>Source: {@code frontend/dockerfile/shell/lex.go}, oddities included: a byte order mark at the start of a word vanishes
 * (Go's {@code text/scanner} drops it), and the words of an outer level lose what they had when an inner one begins (they
 * share a buffer).
 */
final class ShellLexer {

    private static final int EOF = -1;

    /** Reads a variable; null when it is not set. */
    interface Variables {
        Variables NONE = name -> null;

        String get(String name) throws TooMuchException;
    }

    /**
     * @param text the word after expansion
     * @param words the same, split at white space outside quotes
     * @param unset variables that had no value, where the word does not provide for that ({@code ${x:-y}} does)
     */
    record Result(String text, List<String> words, Set<String> unset) {}

    /** The word cannot be expanded; the message is the builder's. */
    static final class LexerException extends Exception {

        private static final long serialVersionUID = 1L;

        LexerException(String message) {
            super(message, null, false, false);
        }
    }

    private final char escape;
    private final boolean rawQuotes;
    private final boolean skipQuotes;
    private final boolean keepUnset;
    private final boolean initialRawEscapes;
    private final Budget budget;

    private String source = "";
    private int at;
    private int depth;
    private boolean rawEscapes;
    private Variables variables = Variables.NONE;
    private Set<String> unset = Set.of();
    private final StringBuilder wordBuffer = new StringBuilder();

    private ShellLexer(
            char escape, boolean rawQuotes, boolean rawEscapes, boolean skipQuotes, boolean keepUnset, Budget budget) {
        this.escape = escape;
        this.rawQuotes = rawQuotes;
        this.initialRawEscapes = rawEscapes;
        this.skipQuotes = skipQuotes;
        this.keepUnset = keepUnset;
        this.budget = budget;
    }

    /** Expands variables, removes quotes and escapes. */
    static ShellLexer expanding(char escape, Budget budget) {
        return new ShellLexer(escape, false, false, false, false, budget);
    }

    /** Expands variables and leaves quotes alone, as in the body of a heredoc that is a file. */
    static ShellLexer ofHeredocBody(Budget budget) {
        return new ShellLexer('\\', false, false, true, false, budget);
    }

    /** Finds the words of a line in which heredocs may be announced. */
    static ShellLexer ofHeredocLine(Budget budget) {
        return new ShellLexer('\\', true, true, false, true, budget);
    }

    /** Reads the name of a heredoc; with and without its quotes. */
    static ShellLexer ofHeredocName(boolean rawQuotes, Budget budget) {
        return new ShellLexer('\\', rawQuotes, false, false, true, budget);
    }

    Result process(String word, Variables variables) throws LexerException, TooMuchException {
        this.source = word;
        this.at = word.startsWith("\u00EF\u00BB\u00BF") ? 3 : 0;
        this.depth = 0;
        this.rawEscapes = initialRawEscapes;
        this.variables = variables;
        this.unset = new TreeSet<>();
        List<String> words = new ArrayList<>();
        String text = processUntil(EOF, rawEscapes, words);
        return new Result(text, words, unset);
    }

    private int peek() {
        return at >= source.length() ? EOF : GoText.rune(source, at);
    }

    private int next() {
        if (at >= source.length()) {
            return EOF;
        }
        int rune = GoText.rune(source, at);
        at += GoText.width(source, at);
        return rune;
    }

    private final class Words {
        private final List<String> words;
        private boolean inWord;

        Words(List<String> words) {
            this.words = words;
        }

        void addChar(int rune) {
            boolean space = GoText.isSpace(rune);
            if (space && inWord) {
                if (wordBuffer.length() != 0) {
                    words.add(wordBuffer.toString());
                    wordBuffer.setLength(0);
                    inWord = false;
                }
            } else if (!space) {
                addRawChar(rune);
            }
        }

        void addRawChar(int rune) {
            GoText.append(wordBuffer, rune);
            inWord = true;
        }

        void addString(String text) {
            for (int i = 0; i < text.length(); i += GoText.width(text, i)) {
                addChar(GoText.rune(text, i));
            }
        }

        void addRawString(String text) {
            wordBuffer.append(text);
            inWord = true;
        }

        void finish() {
            if (wordBuffer.length() > 0) {
                words.add(wordBuffer.toString());
                wordBuffer.setLength(0);
                inWord = false;
            }
        }
    }

    private String processUntil(int stop, boolean raw, List<String> into) throws LexerException, TooMuchException {
        boolean before = rawEscapes;
        rawEscapes = raw;
        depth++;
        budget.depth(depth);
        try {
            StringBuilder result = new StringBuilder();
            wordBuffer.setLength(0);
            Words words = new Words(into);
            while (at < source.length()) {
                int rune = peek();
                if (stop != EOF && rune == stop) {
                    next();
                    words.finish();
                    return result.toString();
                }
                if (rune == '$') {
                    String value = dollar();
                    result.append(value);
                    words.addString(value);
                } else if (rune == '<') {
                    String value = lessThan();
                    result.append(value);
                    words.addRawString(value);
                } else if (!skipQuotes && (rune == '\'' || rune == '"')) {
                    String value = rune == '"' ? doubleQuote() : singleQuote();
                    result.append(value);
                    words.addRawString(value);
                } else {
                    rune = next();
                    if (rune == escape) {
                        if (rawEscapes) {
                            words.addRawChar(rune);
                            GoText.append(result, rune);
                        }
                        rune = next();
                        if (rune == EOF) {
                            break;
                        }
                        words.addRawChar(rune);
                    } else {
                        words.addChar(rune);
                    }
                    GoText.append(result, rune);
                }
                budget.length(result.length());
            }
            if (stop != EOF) {
                into.clear();
                throw new LexerException("unexpected end of statement while looking for matching " + (char) stop);
            }
            words.finish();
            return result.toString();
        } finally {
            rawEscapes = before;
            depth--;
        }
    }

    private String singleQuote() throws LexerException {
        StringBuilder result = new StringBuilder();
        int rune = next();
        if (rawQuotes) {
            GoText.append(result, rune);
        }
        while (true) {
            rune = next();
            if (rune == EOF) {
                throw new LexerException("unexpected end of statement while looking for matching single-quote");
            }
            if (rune == '\'') {
                if (rawQuotes) {
                    GoText.append(result, rune);
                }
                return result.toString();
            }
            GoText.append(result, rune);
        }
    }

    private String doubleQuote() throws LexerException, TooMuchException {
        StringBuilder result = new StringBuilder();
        int rune = next();
        if (rawQuotes) {
            GoText.append(result, rune);
        }
        while (true) {
            switch (peek()) {
                case EOF ->
                    throw new LexerException("unexpected end of statement while looking for matching double-quote");
                case '"' -> {
                    rune = next();
                    if (rawQuotes) {
                        GoText.append(result, rune);
                    }
                    return result.toString();
                }
                case '$' -> {
                    result.append(dollar());
                    budget.length(result.length());
                }
                default -> {
                    rune = next();
                    if (rune == escape) {
                        if (rawEscapes) {
                            GoText.append(result, rune);
                        }
                        int following = peek();
                        if (following == EOF) {
                            continue;
                        }
                        if (following == '"' || following == '$' || following == escape) {
                            rune = next();
                        }
                    }
                    GoText.append(result, rune);
                }
            }
        }
    }

    private String dollar() throws LexerException, TooMuchException {
        next();
        if (peek() != '{') {
            String name = name();
            if (name.isEmpty()) {
                return "$";
            }
            String value = variable(name, true);
            return value == null ? keepUnset ? "$" + name : "" : value;
        }
        next();
        switch (peek()) {
            case EOF -> throw new LexerException("syntax error: missing '}'");
            case '{', '}', ':' -> throw new LexerException("syntax error: bad substitution");
            default -> {}
        }
        String name = name();
        int modifier = next();
        boolean emptyIsUnset = false;
        String modifiers = modifier == EOF ? "" : Character.toString(modifier);
        switch (modifier) {
            case '}' -> {
                String value = variable(name, true);
                return value == null ? keepUnset ? "${" + name + "}" : "" : value;
            }
            case '/' -> {
                return replacement(name);
            }
            case ':' -> {
                emptyIsUnset = true;
                modifier = next();
                modifiers += modifier == EOF ? "" : Character.toString(modifier);
            }
            case '+', '-', '?', '#', '%' -> {}
            default -> throw unsupported(modifiers);
        }
        boolean pattern = modifier == '#' || modifier == '%';
        if (emptyIsUnset && pattern) {
            throw unsupported(modifiers);
        }
        String word = inner('}', pattern, "syntax error: missing '}'");
        String value = variable(name, pattern || modifier == '?');
        if (keepUnset && value == null) {
            return "${" + name + GoText.from(modifiers) + word + "}";
        }
        boolean absent = value == null || emptyIsUnset && value.isEmpty();
        switch (modifier) {
            case '-':
                return absent ? word : value;
            case '+':
                return absent ? "" : word;
            case '?':
                if (absent) {
                    String standard = value == null ? "is not allowed to be unset" : "is not allowed to be empty";
                    throw new LexerException(GoText.shown(name + ": " + (word.isEmpty() ? standard : word)));
                }
                return value;
            case '%', '#':
                boolean greedy = !word.isEmpty() && word.charAt(0) == modifier;
                String glob = greedy ? word.substring(1) : word;
                String from = value == null ? "" : value;
                return modifier == '%'
                        ? Glob.trimSuffix(glob, from, greedy, budget)
                        : Glob.trimPrefix(glob, from, greedy, budget);
            default:
                throw unsupported(modifiers);
        }
    }

    private String replacement(String name) throws LexerException, TooMuchException {
        boolean all = peek() == '/';
        if (all) {
            next();
        }
        String pattern = inner('/', true, "syntax error: missing '/' in ${}");
        String replacement = inner('}', true, "syntax error: missing '}'");
        String value = variable(name, true);
        if (keepUnset && value == null) {
            return "${" + name + "/" + pattern + "/" + replacement + "}";
        }
        Glob glob = Glob.compile(pattern, true, false, budget);
        String from = value == null ? "" : value;
        return all ? glob.replaceAll(from, replacement) : glob.replaceFirst(from, replacement);
    }

    private String inner(char stop, boolean raw, String atEnd) throws LexerException, TooMuchException {
        try {
            return processUntil(stop, raw, new ArrayList<>());
        } catch (LexerException e) {
            if (at >= source.length()) {
                throw new LexerException(atEnd);
            }
            throw e;
        }
    }

    private static LexerException unsupported(String modifiers) {
        return new LexerException("unsupported modifier (" + modifiers + ") in substitution");
    }

    private String name() {
        int start = at;
        if (at >= source.length()) {
            return "";
        }
        int first = peek();
        if (Character.isDigit(first)) {
            while (at < source.length() && Character.isDigit(peek())) {
                next();
            }
            return source.substring(start, at);
        }
        if (first < 0x80 && "@*#?-$!0".indexOf(first) >= 0) {
            next();
            return source.substring(start, at);
        }
        while (at < source.length()) {
            int rune = peek();
            if (!Character.isLetter(rune) && !Character.isDigit(rune) && rune != '_') {
                break;
            }
            next();
        }
        return source.substring(start, at);
    }

    private String lessThan() {
        next();
        if (peek() != '<') {
            return "<";
        }
        next();
        int start = at;
        while (at < source.length()
                && (source.charAt(at) == '\t' || source.charAt(at) == '\r' || source.charAt(at) == ' ')) {
            at++;
        }
        return "<<" + source.substring(start, at);
    }

    /** @param mattersUnset whether nothing in the word provides for its absence */
    private String variable(String name, boolean mattersUnset) throws TooMuchException {
        String value = variables.get(name);
        if (value == null) {
            if (mattersUnset) {
                unset.add(name);
            }
        } else {
            budget.spend(value.length());
        }
        return value;
    }
}

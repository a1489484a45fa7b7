package io.jenkins.plugins.countersign.engine.dockerfile;

import java.util.EnumSet;
import java.util.Set;

/**
 * The directives at the head of a file: {@code # syntax=}, {@code # escape=}, {@code # check=}.
 *
 * <p>Source: {@code parser/directives.go}. Two readers look at them and differ: the parser trims white space in front of the
 * {@code #}, the detection of the frontend does not.
 */
final class Directives {

    enum Name {
        SYNTAX,
        ESCAPE,
        CHECK
    }

    /**
     * @param value as written, without white space around it
     * @param valueAt where it begins in the line
     */
    record Directive(Name name, String value, int valueAt) {}

    /**
     * The image of the frontend that will read the file.
     *
     * @param image as written; may be empty or no image name at all
     * @param start offset in the file; -1 when it stands there otherwise (JSON escapes)
     */
    record Syntax(String image, int line, int start) {}

    /** Longest line that Go's scanner takes, without its end. */
    static final int MAX_LINE = 65535;

    private final String comment;
    private final Set<Name> seen = EnumSet.noneOf(Name.class);
    private boolean done;

    Directives(String comment) {
        this.comment = comment;
    }

    /** A directive was given twice. */
    static final class RepeatedException extends Exception {
        private static final long serialVersionUID = 1L;

        RepeatedException(String message) {
            super(message, null, false, false);
        }
    }

    /** The directive in the line from {@code from} to {@code to}, or null; after the first null there are none. */
    Directive read(String text, int from, int to) throws RepeatedException {
        if (done) {
            return null;
        }
        Directive directive = text.startsWith(comment, from) && from + comment.length() <= to
                ? match(text, from + comment.length(), to)
                : null;
        if (directive == null) {
            done = true;
            return null;
        }
        if (!seen.add(directive.name())) {
            throw new RepeatedException("only one " + directive.name().name().toLowerCase(java.util.Locale.ROOT)
                    + " parser directive can be used");
        }
        return directive;
    }

    /** {@code ^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$} after white space, by hand. */
    private static Directive match(String text, int from, int to) {
        int at = GoText.skipSpaces(text, from, to);
        int nameStart = at;
        while (at < to && isAlphanumeric(text.charAt(at))) {
            at++;
        }
        if (at == nameStart || text.charAt(nameStart) <= '9') {
            return null;
        }
        Name name = name(text.substring(nameStart, at));
        at = skipBlanks(text, at, to);
        if (name == null || at >= to || text.charAt(at) != '=') {
            return null;
        }
        int afterEquals = at + 1;
        int start = skipBlanks(text, afterEquals, to);
        int end = to;
        while (end > start && isBlank(text.charAt(end - 1))) {
            end--;
        }
        if (start >= to) {
            // only blanks: the expression gives one of them back, which then is the value
            start = to - 1;
            end = to;
            if (start < afterEquals) {
                return null;
            }
        }
        return text.substring(start, end).indexOf('\n') >= 0
                ? null
                : new Directive(name, text.substring(start, end), start);
    }

    private static Name name(String written) {
        return switch (GoText.lower(written)) {
            case "syntax" -> Name.SYNTAX;
            case "escape" -> Name.ESCAPE;
            case "check" -> Name.CHECK;
            default -> null;
        };
    }

    private static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    /** {@code \s} of Go's expressions: no vertical tab. */
    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
    }

    private static int skipBlanks(String text, int from, int to) {
        int at = from;
        while (at < to && isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** {@code DetectSyntax}: the frontend that the whole text asks for; null when it asks for none. */
    static Syntax syntax(String text) {
        Directive found = find(text, Name.SYNTAX, "#");
        if (found == null) {
            found = find(text, Name.SYNTAX, "//");
        }
        if (found != null) {
            String value = found.value();
            int blank = value.indexOf(' ');
            return new Syntax(
                    blank < 0 ? value : value.substring(0, blank), lineOf(text, found.valueAt()), found.valueAt());
        }
        String json = GoJson.syntax(text.substring(head(text)));
        return json == null ? null : new Syntax(json, lineOf(text, head(text)), -1);
    }

    /** {@code ParseDirective("check")}: the value of the directive; null when there is none. */
    static String check(String text) {
        Directive found = find(text, Name.CHECK, "#");
        return found == null ? null : found.value();
    }

    /** Behind a byte order mark and a {@code #!} line. */
    private static int head(String text) {
        int at = text.startsWith("\u00EF\u00BB\u00BF") ? 3 : 0;
        if (text.startsWith("#!", at)) {
            int end = text.indexOf('\n', at);
            at = end < 0 ? text.length() : end + 1;
        }
        return at;
    }

    private static Directive find(String text, Name wanted, String comment) {
        Directives directives = new Directives(comment);
        int at = head(text);
        while (at < text.length() && !directives.done) {
            int end = text.indexOf('\n', at);
            int next = end < 0 ? text.length() : end + 1;
            int to = end < 0 ? text.length() : end;
            if (to - at > MAX_LINE) {
                return null;
            }
            if (to > at && text.charAt(to - 1) == '\r') {
                to--;
            }
            try {
                Directive directive = directives.read(text, at, to);
                if (directive != null && directive.name() == wanted) {
                    return directive;
                }
            } catch (RepeatedException e) {
                return null;
            }
            at = next;
        }
        return null;
    }

    private static int lineOf(String text, int offset) {
        int line = 1;
        for (int at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
            line++;
        }
        return line;
    }
}

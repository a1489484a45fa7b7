package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.ShellLexer.LexerException;
import java.util.Arrays;

/**
 * The patterns of {@code ${x#p}}, {@code ${x%p}} and {@code ${x/p/r}}: {@code *}, {@code ?}, escapes, nothing else.
 *
 * <p>Source: {@code convertShellPatternToRegex} in {@code shell/lex.go}. BuildKit makes a regular expression of them, which
 * Go matches in linear time; here threads are kept in order of preference, as RE2 does, so that the same match is found and
 * no pattern backtracks.
 */
final class Glob {

    private static final int ANY = -1;
    private static final int STAR = -2;

    private final int[] tokens;
    private final boolean greedy;
    private final boolean anchored;
    private final Budget budget;

    private Glob(int[] tokens, boolean greedy, boolean anchored, Budget budget) {
        this.tokens = tokens;
        this.greedy = greedy;
        this.anchored = anchored;
        this.budget = budget;
    }

    static Glob compile(String pattern, boolean greedy, boolean anchored, Budget budget) throws LexerException {
        int[] tokens = new int[pattern.length()];
        int count = 0;
        int at = pattern.startsWith("\u00EF\u00BB\u00BF") ? 3 : 0;
        while (at < pattern.length()) {
            int rune = GoText.rune(pattern, at);
            at += GoText.width(pattern, at);
            if (rune == '*') {
                tokens[count++] = STAR;
            } else if (rune == '?') {
                tokens[count++] = ANY;
            } else if (rune == '\\') {
                int following = at < pattern.length() ? GoText.rune(pattern, at) : -1;
                if (following == '}' || following == '/') {
                    continue;
                }
                if (following != '*' && following != '?' && following != '\\') {
                    throw new LexerException(
                            "invalid pattern (" + GoText.shown(pattern) + ") in substitution: invalid escape");
                }
                at++;
                tokens[count++] = following;
            } else {
                tokens[count++] = rune;
            }
        }
        return new Glob(Arrays.copyOf(tokens, count), greedy, anchored, budget);
    }

    static String trimPrefix(String pattern, String value, boolean greedy, Budget budget)
            throws LexerException, TooMuchException {
        Glob glob = compile(pattern, greedy, true, budget);
        Runes runes = new Runes(value);
        int[] match = glob.find(runes, 0);
        return match == null ? value : value.substring(runes.offsets[match[1]]);
    }

    static String trimSuffix(String pattern, String value, boolean greedy, Budget budget)
            throws LexerException, TooMuchException {
        return reversed(trimPrefix(reversedPattern(pattern), reversed(value), greedy, budget));
    }

    String replaceFirst(String value, String replacement) throws TooMuchException {
        Runes runes = new Runes(value);
        int[] match = find(runes, 0);
        return match == null
                ? value
                : value.substring(0, runes.offsets[match[0]]) + replacement + value.substring(runes.offsets[match[1]]);
    }

    /** Go's {@code ReplaceAllString}, in which {@code $0} and the like in the replacement have a meaning. */
    String replaceAll(String value, String replacement) throws TooMuchException {
        Runes runes = new Runes(value);
        StringBuilder result = new StringBuilder();
        int lastEnd = 0;
        int search = 0;
        while (search <= runes.count) {
            int[] match = find(runes, search);
            if (match == null) {
                break;
            }
            result.append(value, runes.offsets[lastEnd], runes.offsets[match[0]]);
            if (match[1] > lastEnd || match[0] == 0) {
                template(result, replacement, value.substring(runes.offsets[match[0]], runes.offsets[match[1]]));
            }
            budget.length(result.length());
            lastEnd = match[1];
            search = Math.max(search + 1, match[1]);
        }
        result.append(value, runes.offsets[Math.min(lastEnd, runes.count)], value.length());
        return result.toString();
    }

    private static void template(StringBuilder to, String template, String whole) {
        int at = 0;
        while (at < template.length()) {
            int dollar = template.indexOf('$', at);
            if (dollar < 0) {
                break;
            }
            to.append(template, at, dollar);
            at = dollar + 1;
            if (at < template.length() && template.charAt(at) == '$') {
                to.append('$');
                at++;
                continue;
            }
            boolean brace = at < template.length() && template.charAt(at) == '{';
            int start = brace ? at + 1 : at;
            int end = start;
            while (end < template.length()) {
                int rune = GoText.rune(template, end);
                if (!Character.isLetter(rune) && !Character.isDigit(rune) && rune != '_') {
                    break;
                }
                end += GoText.width(template, end);
            }
            if (end == start || brace && (end >= template.length() || template.charAt(end) != '}')) {
                to.append('$');
                continue;
            }
            if (end - start == 1 && template.charAt(start) == '0') {
                to.append(whole);
            }
            at = brace ? end + 1 : end;
        }
        to.append(template, Math.min(at, template.length()), template.length());
    }

    /** Leftmost match from character {@code from} on, the preferred one of several: its start and end; null for none. */
    private int[] find(Runes runes, int from) throws TooMuchException {
        if (anchored && from > 0) {
            return null;
        }
        int size = tokens.length + 1;
        Threads current = new Threads(size);
        Threads following = new Threads(size);
        int[] found = null;
        for (int at = from; at <= runes.count; at++) {
            if (found == null && (!anchored || at == 0)) {
                current.generation(at);
                add(current, 0, at);
            } else if (current.count == 0) {
                break;
            }
            budget.step(1 + current.count);
            following.clear();
            int rune = at < runes.count ? runes.runes[at] : -1;
            for (int i = 0; i < current.count; i++) {
                int state = current.states[i];
                if (state == tokens.length) {
                    found = new int[] {current.starts[i], at};
                    break;
                }
                if (at == runes.count) {
                    continue;
                }
                following.generation(at + 1);
                int token = tokens[state];
                if (token == STAR) {
                    if (rune != '\n') {
                        add(following, state, current.starts[i]);
                    }
                } else if (token == ANY ? rune != '\n' : token == rune) {
                    add(following, state + 1, current.starts[i]);
                }
            }
            Threads swap = current;
            current = following;
            following = swap;
            if (current.count == 0 && (found != null || anchored)) {
                break;
            }
        }
        return found;
    }

    private void add(Threads threads, int state, int start) {
        if (greedy) {
            // a star consumes first, then lets the next token try
            int at = state;
            while (threads.push(at, start) && at < tokens.length && tokens[at] == STAR) {
                at++;
            }
        } else {
            int last = state;
            while (last < tokens.length && tokens[last] == STAR && !threads.has(last)) {
                last++;
            }
            for (int at = last; at >= state; at--) {
                threads.push(at, start);
            }
        }
    }

    private static final class Threads {
        private final int[] states;
        private final int[] starts;
        private final int[] seen;
        private int mark;
        private int count;

        Threads(int size) {
            states = new int[size];
            starts = new int[size];
            seen = new int[size];
        }

        void clear() {
            count = 0;
        }

        void generation(int at) {
            mark = at + 1;
        }

        boolean has(int state) {
            return seen[state] == mark;
        }

        boolean push(int state, int start) {
            if (seen[state] == mark) {
                return false;
            }
            seen[state] = mark;
            states[count] = state;
            starts[count++] = start;
            return true;
        }
    }

    /** The characters of a text and where they begin. */
    private static final class Runes {
        private final int[] runes;
        private final int[] offsets;
        private final int count;

        Runes(String text) {
            runes = new int[text.length()];
            offsets = new int[text.length() + 1];
            int at = 0;
            int index = 0;
            while (at < text.length()) {
                runes[index] = GoText.rune(text, at);
                offsets[index++] = at;
                at += GoText.width(text, at);
            }
            offsets[index] = text.length();
            count = index;
        }
    }

    private static String reversed(String text) {
        Runes runes = new Runes(text);
        StringBuilder reversed = new StringBuilder(text.length());
        for (int i = runes.count - 1; i >= 0; i--) {
            GoText.append(reversed, runes.runes[i]);
        }
        return reversed.toString();
    }

    /** Reverses without tearing escapes apart. */
    private static String reversedPattern(String pattern) {
        Runes runes = new Runes(pattern);
        int[] out = new int[runes.count];
        int last = runes.count - 1;
        for (int i = 0; i <= last; ) {
            int rune = runes.runes[i];
            int to = last - i;
            if (rune == '\\' && i != last) {
                out[to - 1] = rune;
                out[to] = runes.runes[i + 1];
                i += 2;
            } else {
                out[to] = rune;
                i++;
            }
        }
        StringBuilder reversed = new StringBuilder(pattern.length());
        for (int rune : out) {
            GoText.append(reversed, rune);
        }
        return reversed.toString();
    }
}

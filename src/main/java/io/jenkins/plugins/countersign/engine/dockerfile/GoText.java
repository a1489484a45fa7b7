package io.jenkins.plugins.countersign.engine.dockerfile;

import java.nio.charset.StandardCharsets;

/**
 * Text as Go has it: bytes that are UTF-8 if all is well. A Java string of it holds one byte in each char, so that offsets,
 * cuts in the middle of a character and broken UTF-8 behave as they do in the builder, which is where tricks hide.
 */
final class GoText {

    static final int REPLACEMENT = 0xFFFD;

    private static final long REPLACED = 1L << 32 | REPLACEMENT;

    private GoText() {}

    /** Bytes, one in each char. */
    static String of(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The text for people. */
    static String shown(String text) {
        return isAscii(text) ? text : new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Go's text of an ordinary Java string. */
    static String from(String text) {
        return isAscii(text) ? text : of(text.getBytes(StandardCharsets.UTF_8));
    }

    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** The character at {@code at}; U+FFFD where the bytes are no UTF-8, as {@code utf8.DecodeRune} has it. */
    static int rune(String text, int at) {
        char first = text.charAt(at);
        return first < 0x80 ? first : (int) decode(text, at);
    }

    /** How many bytes the character at {@code at} takes. */
    static int width(String text, int at) {
        return text.charAt(at) < 0x80 ? 1 : (int) (decode(text, at) >>> 32);
    }

    /** Width in the upper half, character in the lower. */
    private static long decode(String text, int at) {
        int first = text.charAt(at);
        int length = first >= 0xC2 && first <= 0xDF
                ? 2
                : first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 1;
        if (length == 1 || at + length > text.length()) {
            return REPLACED;
        }
        int second = text.charAt(at + 1);
        int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) {
            return REPLACED;
        }
        int rune = (first & (0xFF >> (length + 1))) << 6 | (second & 0x3F);
        for (int i = 2; i < length; i++) {
            int next = text.charAt(at + i);
            if (next < 0x80 || next > 0xBF) {
                return REPLACED;
            }
            rune = rune << 6 | (next & 0x3F);
        }
        return (long) length << 32 | rune;
    }

    /** Appends the character as UTF-8. */
    static void append(StringBuilder to, int rune) {
        if (rune < 0x80) {
            to.append((char) rune);
        } else if (rune < 0x800) {
            to.append((char) (0xC0 | rune >> 6)).append((char) (0x80 | rune & 0x3F));
        } else if (rune < 0x10000) {
            to.append((char) (0xE0 | rune >> 12))
                    .append((char) (0x80 | rune >> 6 & 0x3F))
                    .append((char) (0x80 | rune & 0x3F));
        } else {
            to.append((char) (0xF0 | rune >> 18))
                    .append((char) (0x80 | rune >> 12 & 0x3F))
                    .append((char) (0x80 | rune >> 6 & 0x3F))
                    .append((char) (0x80 | rune & 0x3F));
        }
    }

    /** {@code unicode.IsSpace} */
    static boolean isSpace(int rune) {
        if (rune < 0x80) {
            return rune == ' ' || rune >= 0x09 && rune <= 0x0D;
        }
        return rune == 0x85
                || rune == 0xA0
                || rune == 0x1680
                || rune >= 0x2000 && rune <= 0x200A
                || rune == 0x2028
                || rune == 0x2029
                || rune == 0x202F
                || rune == 0x205F
                || rune == 0x3000;
    }

    /** The class of BuildKit's {@code reWhitespace}. */
    static boolean isSeparator(char c) {
        return c == ' ' || c == '\t' || c == 0x0B || c == '\f' || c == '\r';
    }

    /** Where the text begins after leading white space. */
    static int skipSpaces(String text, int from, int to) {
        int at = from;
        while (at < to) {
            int rune = rune(text, at);
            if (!isSpace(rune)) {
                return at;
            }
            at += width(text, at);
        }
        return at;
    }

    /** Where the text ends before trailing white space. */
    static int trimEnd(String text, int from, int to) {
        int end = to;
        while (end > from) {
            char last = text.charAt(end - 1);
            if (last < 0x80) {
                if (!isSpace(last)) {
                    return end;
                }
                end--;
            } else {
                int start = startOfRune(text, from, end);
                if (!isSpace(rune(text, start))) {
                    return end;
                }
                end = start;
            }
        }
        return end;
    }

    /** As {@code utf8.DecodeLastRune}: where the last character begins; a broken one is one byte. */
    private static int startOfRune(String text, int from, int end) {
        for (int start = end - 1; start >= Math.max(from, end - 4); start--) {
            char c = text.charAt(start);
            if (c < 0x80 || c > 0xBF) {
                return start + width(text, start) == end ? start : end - 1;
            }
        }
        return end - 1;
    }

    /** {@code strings.TrimSpace} */
    static String trim(String text) {
        int start = skipSpaces(text, 0, text.length());
        return text.substring(start, trimEnd(text, start, text.length()));
    }

    /** {@code strings.ToLower} */
    static String lower(String text) {
        return map(text, true);
    }

    /** {@code strings.ToUpper} */
    static String upper(String text) {
        return map(text, false);
    }

    private static String map(String text, boolean lower) {
        int at = 0;
        while (at < text.length() && unchanged(text.charAt(at), lower)) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder mapped = new StringBuilder(text.length()).append(text, 0, at);
        while (at < text.length()) {
            int rune = rune(text, at);
            at += width(text, at);
            append(mapped, lower ? Character.toLowerCase(rune) : Character.toUpperCase(rune));
        }
        return mapped.toString();
    }

    private static boolean unchanged(char c, boolean lower) {
        return c < 0x80 && (lower ? c < 'A' || c > 'Z' : c < 'a' || c > 'z');
    }
}

package io.jenkins.plugins.countersign.engine.dockerfile;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;

/** Numbers as Go's {@code strconv} and {@code time} read them. Null for what they refuse. */
final class GoNumbers {

    private static final Map<String, Long> UNITS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "\u00C2\u00B5s", 1_000L,
            "\u00CE\u00BCs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);
    private static final BigInteger MAX_DURATION = BigInteger.valueOf(Long.MAX_VALUE);

    private GoNumbers() {}

    /** {@code strconv.ParseInt(text, 10, …)} */
    static Long integer(String text, long least, long most) {
        int at = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        if (at == text.length()) {
            return null;
        }
        boolean negative = text.startsWith("-");
        long value = 0;
        for (; at < text.length(); at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            if (value < (Long.MIN_VALUE + digit) / 10) {
                return null;
            }
            // counted downwards, since the least long has no positive counterpart
            value = value * 10 - digit;
        }
        if (!negative) {
            if (value == Long.MIN_VALUE) {
                return null;
            }
            value = -value;
        }
        return value < least || value > most ? null : value;
    }

    static Long integer(String text) {
        return integer(text, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** {@code strconv.ParseUint(text, base, 32)} */
    static Long unsigned(String text, int base) {
        if (text.isEmpty()) {
            return null;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit >= base) {
                return null;
            }
            value = value * base + digit;
            if (value > 0xFFFFFFFFL) {
                return null;
            }
        }
        return value;
    }

    /** {@code strconv.ParseBool} */
    static Boolean bool(String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> Boolean.TRUE;
            case "0", "f", "F", "false", "FALSE", "False" -> Boolean.FALSE;
            default -> null;
        };
    }

    /** {@code time.ParseDuration}, in nanoseconds */
    static BigInteger duration(String text) {
        int at = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        boolean negative = text.startsWith("-");
        if (text.substring(at).equals("0")) {
            return BigInteger.ZERO;
        }
        if (at == text.length()) {
            return null;
        }
        BigInteger total = BigInteger.ZERO;
        while (at < text.length()) {
            int start = at;
            while (at < text.length() && (isDigit(text.charAt(at)))) {
                at++;
            }
            int whole = at - start;
            int fraction = 0;
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
                int fractionStart = at;
                while (at < text.length() && isDigit(text.charAt(at))) {
                    at++;
                }
                fraction = at - fractionStart;
            }
            if (whole == 0 && fraction == 0 || at - start > 400) {
                return null;
            }
            String number = text.substring(start, at);
            int unitStart = at;
            while (at < text.length() && text.charAt(at) != '.' && !isDigit(text.charAt(at))) {
                at++;
            }
            Long unit = UNITS.get(text.substring(unitStart, at));
            if (unit == null) {
                return null;
            }
            BigDecimal value = new BigDecimal((whole == 0 ? "0" : "") + (number.endsWith(".") ? number + "0" : number));
            total = total.add(value.multiply(BigDecimal.valueOf(unit)).toBigInteger());
            if (total.compareTo(MAX_DURATION.add(negative ? BigInteger.ONE : BigInteger.ZERO)) > 0) {
                return null;
            }
        }
        return negative ? total.negate() : total;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}

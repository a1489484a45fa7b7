package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.StageDispatch.StopException;
import java.util.Set;

/** Names of signals (github.com/moby/sys/signal) and symbolic modes (github.com/tonistiigi/dchapes-mode). */
final class Signals {

    private static final Set<String> NAMES = Set.of(
            "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
            "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
            "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX");

    private Signals() {}

    static void verify(String text) throws StopException {
        Long number = GoNumbers.integer(text);
        boolean right = number != null ? number != 0 : isName(GoText.upper(text));
        if (!right) {
            throw new StopException("invalid signal: " + text);
        }
    }

    private static boolean isName(String upper) {
        String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
        if (NAMES.contains(name)) {
            return true;
        }
        boolean fromLeast = name.startsWith("RTMIN+");
        if (!fromLeast && !name.startsWith("RTMAX-")) {
            return false;
        }
        String digits = name.substring(6);
        Long offset = GoNumbers.integer(digits, 1, fromLeast ? 15 : 14);
        return offset != null && digits.equals(offset.toString());
    }

    /** {@code [augo]*([+-=][rstwXxugo]*)+} separated by commas */
    static boolean isSymbolicMode(String text) {
        if (text.charAt(0) >= '0' && text.charAt(0) <= '9') {
            return false;
        }
        int at = 0;
        while (true) {
            while (at < text.length() && "augo".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            do {
                if (at >= text.length() || "+-=".indexOf(text.charAt(at)) < 0) {
                    return false;
                }
                at++;
                while (at < text.length() && "rstwXxugo".indexOf(text.charAt(at)) >= 0) {
                    at++;
                }
                if (at == text.length()) {
                    return true;
                }
            } while (text.charAt(at) != ',');
            at++;
        }
    }
}

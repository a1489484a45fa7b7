package io.jenkins.plugins.countersign.webhook;

/** Patterns in which {@code *} stands for anything but a slash and {@code **} for anything. */
final class Glob {

    private Glob() {}

    /** Linear in memory and at worst quadratic in time, so that no pattern can make an event expensive. */
    static boolean matches(String pattern, String text) {
        boolean[] reached = new boolean[text.length() + 1];
        reached[0] = true;
        for (int p = 0; p < pattern.length(); p++) {
            boolean[] next = new boolean[text.length() + 1];
            if (pattern.charAt(p) == '*') {
                boolean slashes = p + 1 < pattern.length() && pattern.charAt(p + 1) == '*';
                p += slashes ? 1 : 0;
                boolean open = false;
                for (int t = 0; t <= text.length(); t++) {
                    open = t > 0 && open && (slashes || text.charAt(t - 1) != '/') || reached[t];
                    next[t] = open;
                }
            } else {
                for (int t = 0; t < text.length(); t++) {
                    next[t + 1] = reached[t] && text.charAt(t) == pattern.charAt(p);
                }
            }
            reached = next;
        }
        return reached[text.length()];
    }
}

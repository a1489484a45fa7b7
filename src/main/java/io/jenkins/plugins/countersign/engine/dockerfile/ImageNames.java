package io.jenkins.plugins.countersign.engine.dockerfile;

/**
 * The normalised name of an image, as the builder writes it when it asks the registry.
 *
 * <p>Source: distribution/reference v0.6.0, {@code ParseNormalizedNamed} and {@code TagNameOnly}. Not
 * {@code ImageReference}: that one takes only names that we would pull from, this one must give exactly what the builder
 * pulls, a registry with an underscore or a sha384 digest too.
 */
final class ImageNames {

    private static final int MAX_PATH = 255;
    private static final String HUB = "docker.io";

    private ImageNames() {}

    /** The name is none; the message says why. */
    static final class NameException extends Exception {

        private static final long serialVersionUID = 1L;

        NameException(String message) {
            super(message, null, false, false);
        }
    }

    static String normalise(String name) throws NameException {
        if (isIdentifier(name)) {
            throw new NameException(
                    "invalid repository name (" + name + "), cannot specify 64-byte hexadecimal strings");
        }
        int slash = name.indexOf('/');
        String domain = HUB;
        String rest = name;
        if (slash >= 0) {
            String first = name.substring(0, slash);
            if (first.equals("index.docker.io")) {
                rest = name.substring(slash + 1);
            } else if (first.equals("localhost")
                    || first.indexOf('.') >= 0
                    || first.indexOf(':') >= 0
                    || !GoText.lower(first).equals(first)) {
                domain = first;
                rest = name.substring(slash + 1);
            }
        }
        if (domain.equals(HUB) && rest.indexOf('/') < 0) {
            rest = "library/" + rest;
        }
        int colon = rest.indexOf(':');
        String remote = colon < 0 ? rest : rest.substring(0, colon);
        if (!GoText.lower(remote).equals(remote)) {
            throw new NameException(
                    "invalid reference format: repository name (" + GoText.shown(remote) + ") must be lowercase");
        }
        return parse(domain + "/" + rest);
    }

    private static String parse(String full) throws NameException {
        int at = full.indexOf('@');
        String beforeDigest = at < 0 ? full : full.substring(0, at);
        String digest = at < 0 ? null : full.substring(at + 1);
        int colon = beforeDigest.lastIndexOf(':');
        String path = beforeDigest;
        String tag = null;
        if (colon > beforeDigest.lastIndexOf('/')) {
            tag = beforeDigest.substring(colon + 1);
            path = beforeDigest.substring(0, colon);
        }
        if (tag != null && !isTag(tag) || digest != null && !isDigestPattern(digest)) {
            throw invalid();
        }
        int slash = path.indexOf('/');
        String repository = path;
        if (slash > 0 && isDomain(path.substring(0, slash)) && isPath(path.substring(slash + 1))) {
            repository = path.substring(slash + 1);
        } else if (!isPath(path)) {
            throw invalid();
        }
        if (repository.length() > MAX_PATH) {
            throw new NameException("repository name must not be more than " + MAX_PATH + " characters");
        }
        if (digest != null) {
            if (!isKnownDigest(digest)) {
                throw new NameException("unsupported digest algorithm or invalid checksum digest length");
            }
            return path + (tag == null ? "" : ":" + tag) + "@" + digest;
        }
        return path + ":" + (tag == null ? "latest" : tag);
    }

    private static NameException invalid() {
        return new NameException("invalid reference format");
    }

    private static boolean isIdentifier(String name) {
        return name.length() == 64 && isLowerHex(name);
    }

    private static boolean isLowerHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isTag(String tag) {
        if (tag.isEmpty() || tag.length() > 128) {
            return false;
        }
        for (int i = 0; i < tag.length(); i++) {
            char c = tag.charAt(i);
            if (!isAlphanumeric(c) && c != '_' && (i == 0 || c != '.' && c != '-')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    /** {@code [A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][[:xdigit:]]{32,}} */
    private static boolean isDigestPattern(String digest) {
        int colon = digest.indexOf(':');
        if (colon < 1 || digest.length() - colon - 1 < 32) {
            return false;
        }
        boolean start = true;
        for (int i = 0; i < colon; i++) {
            char c = digest.charAt(i);
            if (start) {
                if (!isLetter(c)) {
                    return false;
                }
                start = false;
            } else if (c == '-' || c == '_' || c == '+' || c == '.') {
                start = true;
            } else if (!isAlphanumeric(c)) {
                return false;
            }
        }
        for (int i = colon + 1; i < digest.length(); i++) {
            if (digest.charAt(i) >= 0x80 || Character.digit(digest.charAt(i), 16) < 0) {
                return false;
            }
        }
        return !start;
    }

    private static boolean isKnownDigest(String digest) {
        int colon = digest.indexOf(':');
        int length =
                switch (digest.substring(0, colon)) {
                    case "sha256" -> 64;
                    case "sha384" -> 96;
                    case "sha512" -> 128;
                    default -> -1;
                };
        String hex = digest.substring(colon + 1);
        return hex.length() == length && isLowerHex(hex);
    }

    /** {@code digest.Parse} */
    static boolean isDigest(String text) {
        return text.indexOf(':') > 0 && isKnownDigest(text);
    }

    private static boolean isDomain(String text) {
        String host = text;
        if (host.startsWith("[")) {
            int close = host.indexOf(']');
            if (close < 2) {
                return false;
            }
            for (int i = 1; i < close; i++) {
                char c = host.charAt(i);
                if (c != ':' && (c >= 0x80 || Character.digit(c, 16) < 0)) {
                    return false;
                }
            }
            return close + 1 == host.length() || host.charAt(close + 1) == ':' && isPort(host, close + 2);
        }
        int colon = host.indexOf(':');
        if (colon >= 0) {
            if (!isPort(host, colon + 1)) {
                return false;
            }
            host = host.substring(0, colon);
        }
        boolean start = true;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == '.' || i == host.length() - 1) {
                char last = c == '.' ? (i == 0 ? '.' : host.charAt(i - 1)) : c;
                if (!isAlphanumeric(last) || c == '.' && (start || i == host.length() - 1)) {
                    return false;
                }
                start = c == '.';
            } else if (start ? !isAlphanumeric(c) : !isAlphanumeric(c) && c != '-') {
                return false;
            } else {
                start = false;
            }
        }
        return !host.isEmpty();
    }

    private static boolean isPort(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return from < text.length();
    }

    /** Components of {@code [a-z0-9]+} joined by {@code .}, {@code _}, {@code __} or dashes, separated by slashes. */
    private static boolean isPath(String path) {
        int at = 0;
        while (true) {
            int word = at;
            while (at < path.length() && isLowerAlphanumeric(path.charAt(at))) {
                at++;
            }
            if (at == word) {
                return false;
            }
            if (at == path.length()) {
                return true;
            }
            char c = path.charAt(at);
            if (c == '-') {
                while (at < path.length() && path.charAt(at) == '-') {
                    at++;
                }
            } else if (c == '_' && at + 1 < path.length() && path.charAt(at + 1) == '_') {
                at += 2;
            } else if (c == '_' || c == '.' || c == '/') {
                at++;
            } else {
                return false;
            }
        }
    }

    private static boolean isLowerAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }
}

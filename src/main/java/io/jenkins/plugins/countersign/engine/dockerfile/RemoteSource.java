package io.jenkins.plugins.countersign.engine.dockerfile;

import io.jenkins.plugins.countersign.engine.dockerfile.StageDispatch.StopException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where a source of {@code ADD} comes from.
 *
 * <p>Source: {@code dfgitutil/git_ref.go}, {@code util/gitutil/git_url.go}, {@code util/sshutil/scpurl.go}.
 */
enum RemoteSource {
    LOCAL,
    HTTP,
    GIT;

    private static final Set<String> FLAGS = Set.of("submodules", "keep-git-dir", "fetch-by-commit");

    static RemoteSource of(String source) {
        if (source.startsWith("./") || source.startsWith("../") || source.startsWith("github.com/")) {
            return LOCAL;
        }
        int scheme = schemeEnd(source);
        if (scheme < 0) {
            return isSecureShell(source) ? GIT : LOCAL;
        }
        String protocol = GoText.lower(source.substring(0, scheme));
        boolean web = protocol.equals("http") || protocol.equals("https");
        RemoteSource otherwise = source.startsWith("http://") || source.startsWith("https://") ? HTTP : LOCAL;
        if (!isUrl(source, scheme + 3)) {
            return otherwise;
        }
        if (web) {
            return path(source, scheme + 3).endsWith(".git") ? GIT : otherwise;
        }
        return protocol.equals("git") || protocol.equals("ssh") ? GIT : LOCAL;
    }

    /** {@code ^[a-zA-Z0-9]+://} */
    private static int schemeEnd(String source) {
        int at = 0;
        while (at < source.length() && source.charAt(at) < 0x80 && Character.isLetterOrDigit(source.charAt(at))) {
            at++;
        }
        return at > 0 && source.startsWith("://", at) ? at : -1;
    }

    /** {@code user@host:path} */
    private static boolean isSecureShell(String source) {
        int at = 0;
        while (at < source.length() && isNameCharacter(source.charAt(at), "-_")) {
            at++;
        }
        if (at == 0 || at >= source.length() || source.charAt(at) != '@') {
            return false;
        }
        int host = ++at;
        while (at < source.length() && isNameCharacter(source.charAt(at), "-.")) {
            at++;
        }
        return at > host && at < source.length() && source.charAt(at) == ':' && source.indexOf('\n') < 0;
    }

    private static boolean isNameCharacter(char c, String also) {
        return c < 0x80 && Character.isLetterOrDigit(c) || also.indexOf(c) >= 0;
    }

    /** Whether Go's {@code url.Parse} takes it; only what a file can make it refuse. */
    private static boolean isUrl(String source, int authority) {
        char first = source.charAt(0);
        if (first >= '0' && first <= '9') {
            return false;
        }
        for (int i = 0; i < source.length(); i++) {
            if (source.charAt(i) < 0x20 || source.charAt(i) == 0x7F) {
                return false;
            }
        }
        int end = authorityEnd(source, authority);
        String host = source.substring(Math.max(authority, source.lastIndexOf('@', end - 1) + 1), end);
        int colon = host.lastIndexOf(':');
        if (colon > host.lastIndexOf(']')) {
            for (int i = colon + 1; i < host.length(); i++) {
                if (host.charAt(i) < '0' || host.charAt(i) > '9') {
                    return false;
                }
            }
        }
        if (host.indexOf(' ') >= 0 || host.indexOf('%') >= 0) {
            return false;
        }
        String rest = source.substring(end);
        int query = rest.indexOf('?');
        int fragment = rest.indexOf('#');
        int pathEnd = fragment < 0 ? rest.length() : fragment;
        pathEnd = query < 0 ? pathEnd : Math.min(pathEnd, query);
        return unescaped(rest.substring(0, pathEnd)) != null
                && (fragment < 0 || unescaped(rest.substring(fragment + 1)) != null);
    }

    private static int authorityEnd(String source, int from) {
        int at = from;
        while (at < source.length() && "/?#".indexOf(source.charAt(at)) < 0) {
            at++;
        }
        return at;
    }

    private static String path(String source, int authority) {
        int start = authorityEnd(source, authority);
        int end = start;
        while (end < source.length() && "?#".indexOf(source.charAt(end)) < 0) {
            end++;
        }
        return unescaped(source.substring(start, end));
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
                if (low < 0) {
                    return null;
                }
                c = (char) (high << 4 | low);
                i += 2;
            }
            plain.append(c);
        }
        return plain.toString();
    }

    private static Map<String, String> query(String source) throws StopException {
        int fragment = source.indexOf('#');
        String rest = fragment < 0 ? source : source.substring(0, fragment);
        int mark = rest.indexOf('?');
        Map<String, String> query = new HashMap<>();
        if (mark < 0) {
            return query;
        }
        for (String pair : rest.substring(mark + 1).split("&")) {
            if (pair.isEmpty() || pair.indexOf(';') >= 0) {
                continue;
            }
            int equals = pair.indexOf('=');
            String key = unescaped((equals < 0 ? pair : pair.substring(0, equals)).replace('+', ' '));
            String value =
                    equals < 0 ? "" : unescaped(pair.substring(equals + 1).replace('+', ' '));
            if (key == null || value == null) {
                continue;
            }
            if (query.put(key, value) != null) {
                throw new StopException("query \"" + key + "\" has multiple values");
            }
        }
        return query;
    }

    /** {@code GitRef.loadQuery} */
    static void verifyGitQuery(String source) throws StopException {
        Map<String, String> query = query(source);
        String ref = fragmentRef(source);
        String tag = null;
        for (Map.Entry<String, String> pair : query.entrySet()) {
            String key = pair.getKey();
            String value = pair.getValue();
            if (FLAGS.contains(key)) {
                require(
                        value.isEmpty() || GoNumbers.bool(value) != null,
                        "invalid " + key + " value: \"" + value + "\"");
                continue;
            }
            require(
                    Set.of("ref", "tag", "branch", "subdir", "checksum", "commit", "mtime")
                            .contains(key),
                    "unexpected query \"" + key + "\"");
            require(!value.isEmpty(), "query \"" + key + "\" has no value");
            require(
                    !key.equals("mtime") || value.equals("checkout") || value.equals("commit"),
                    "invalid mtime value: \"" + value + "\"");
        }
        if (query.containsKey("ref")) {
            require(ref.isEmpty() || ref.equals(query.get("ref")), "ref conflicts");
            ref = query.get("ref");
        }
        String subdirectory = fragmentDirectory(source);
        if (query.containsKey("subdir")) {
            require(subdirectory.isEmpty() || subdirectory.equals(query.get("subdir")), "subdir conflicts");
        }
        if (query.containsKey("tag")) {
            tag = prefixed("refs/tags/", query.get("tag"));
            require(ref.isEmpty() || ref.equals(tag), "ref conflicts");
            ref = tag;
        }
        if (query.containsKey("branch")) {
            require(tag == null, "branch conflicts with tag");
            require(ref.isEmpty() || ref.equals(prefixed("refs/heads/", query.get("branch"))), "ref conflicts");
        }
    }

    static void verifyGitOptions(String source, String checksum, Boolean keepGitDir) throws StopException {
        Map<String, String> query = query(source);
        String inQuery = query.getOrDefault("checksum", query.getOrDefault("commit", ""));
        require(checksum.isEmpty() || inQuery.isEmpty() || checksum.equals(inQuery), "checksum mismatch");
        String keep = query.get("keep-git-dir");
        if (keep != null && keepGitDir != null) {
            boolean inUrl = keep.isEmpty() || GoNumbers.bool(keep);
            require(inUrl == keepGitDir, "inconsistent keep-git-dir configuration");
        }
    }

    private static String prefixed(String prefix, String name) {
        return name.startsWith(prefix) ? name : prefix + name;
    }

    private static String fragmentRef(String source) {
        int mark = source.indexOf('#');
        String fragment = mark < 0 ? "" : source.substring(mark + 1);
        int colon = fragment.indexOf(':');
        return colon < 0 ? fragment : fragment.substring(0, colon);
    }

    private static String fragmentDirectory(String source) {
        int mark = source.indexOf('#');
        String fragment = mark < 0 ? "" : source.substring(mark + 1);
        int colon = fragment.indexOf(':');
        String directory = colon < 0 ? "" : fragment.substring(colon + 1);
        return directory.startsWith("/") ? directory.substring(1) : directory;
    }

    private static void require(boolean right, String message) throws StopException {
        if (!right) {
            throw new StopException(message);
        }
    }
}

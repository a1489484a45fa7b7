package io.jenkins.plugins.countersign.engine.contenttrust;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException.Reason;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who may sign one of the metadata files.
 *
 * @param name {@code root}, {@code timestamp}, {@code snapshot}, {@code targets}, or a delegation below {@code targets/}
 * @param keys by their names
 * @param threshold how many of them must have signed, at least 1
 * @param paths how tags begin that it may sign; the empty one fits all
 */
record TrustRole(String name, Map<String, TrustKey> keys, int threshold, List<String> paths) {

    static final String ROOT = "root";
    static final String TIMESTAMP = "timestamp";
    static final String SNAPSHOT = "snapshot";
    static final String TARGETS = "targets";

    /** Source: theupdateframework/notary, {@code tuf/data/roles.go}, {@code ValidRole}. */
    private static final Pattern DELEGATION = Pattern.compile("targets(/[-a-z0-9_]+){1,16}");

    private static final int MAX_NAME = 255;
    private static final int MAX_KEYS = 256;

    /** One of the four that the root names. */
    static TrustRole ofRoot(JsonNode root, String name) throws ContentTrustException {
        JsonNode role = root.path("roles").path(name);
        return read(name, role, root.path("keys"), List.of(""));
    }

    /** The delegations of a targets file, in its order; only those directly below it. */
    static List<TrustRole> delegations(JsonNode targets, TrustRole parent) throws ContentTrustException {
        List<TrustRole> roles = new ArrayList<>();
        JsonNode delegations = targets.path("delegations");
        for (JsonNode role : delegations.path("roles")) {
            String name = role.path("name").asText("");
            if (!DELEGATION.matcher(name).matches()
                    || name.length() > MAX_NAME
                    || name.lastIndexOf('/') != parent.name().length()
                    || !name.startsWith(parent.name() + "/")) {
                throw new ContentTrustException(
                        Reason.MALFORMED,
                        "the role " + parent.name() + " delegates to \"" + TrustKey.shown(name)
                                + "\", which is no role directly below it");
            }
            List<String> paths = new ArrayList<>();
            for (JsonNode path : role.path("paths")) {
                paths.add(path.asText(""));
            }
            roles.add(read(name, role, delegations.path("keys"), paths));
        }
        return roles;
    }

    private static TrustRole read(String name, JsonNode role, JsonNode keys, List<String> paths)
            throws ContentTrustException {
        JsonNode ids = role.path("keyids");
        JsonNode threshold = role.path("threshold");
        if (!ids.isArray()
                || ids.isEmpty()
                || ids.size() > MAX_KEYS
                || !threshold.isInt()
                || threshold.intValue() < 1) {
            throw new ContentTrustException(
                    Reason.MALFORMED, "the role " + name + " has no keys, too many, or no threshold of at least 1");
        }
        Map<String, TrustKey> own = new LinkedHashMap<>();
        for (JsonNode id : ids) {
            JsonNode key = keys.get(id.asText());
            if (key == null) {
                throw new ContentTrustException(
                        Reason.MALFORMED,
                        "the role " + name + " names the key " + TrustKey.shown(id.asText()) + ", which is not there");
            }
            own.put(id.asText(), TrustKey.read(id.asText(), key));
        }
        return new TrustRole(name, own, threshold.intValue(), List.copyOf(paths));
    }

    Optional<TrustKey> keyOf(Digest fingerprint) {
        return keys.values().stream()
                .filter(key -> key.fingerprint().equals(fingerprint))
                .findFirst();
    }

    boolean maySign(String tag) {
        return paths.stream().anyMatch(tag::startsWith);
    }
}

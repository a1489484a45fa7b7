package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a new version changes, so that whoever signs it signs what he means. Each change that lets through what the old version
 * held is marked.
 */
public final class PolicyDiff {

    /**
     * One difference.
     *
     * @param path where
     * @param before as it was; empty when there was nothing
     * @param after as it is; empty when there is nothing
     * @param weakens whether something may pass now that could not before
     */
    public record Change(String path, String before, String after, boolean weakens) implements Serializable {
        @Override
        public String toString() {
            String what = before.isEmpty()
                    ? "+ " + path + ": " + after
                    : after.isEmpty() ? "- " + path + ": " + before : "~ " + path + ": " + before + " -> " + after;
            return what + (weakens ? "   (lets more through)" : "");
        }
    }

    private PolicyDiff() {}

    /** Sorted by path; empty when nothing but comments and order differ. */
    public static List<Change> between(TrustPolicy before, TrustPolicy after) {
        Map<String, String> old = flat(before);
        Map<String, String> fresh = flat(after);
        Set<String> paths = new TreeSet<>(old.keySet());
        paths.addAll(fresh.keySet());
        List<Change> changes = new ArrayList<>();
        for (String path : paths) {
            String from = old.getOrDefault(path, "");
            String to = fresh.getOrDefault(path, "");
            if (!from.equals(to)) {
                changes.add(new Change(path, from, to, weakens(path, from, to, before, after)));
            }
        }
        return changes;
    }

    /** Everything that the policy says, a line each, sorted by path: for people who want to see it whole. */
    public static List<String> listing(TrustPolicy policy) {
        List<String> lines = new ArrayList<>();
        flat(policy).forEach((path, value) -> lines.add(path + ": " + value));
        return lines;
    }

    private static Map<String, String> flat(TrustPolicy policy) {
        Map<String, String> flat = new TreeMap<>();
        flat.put("name", policy.name());
        flat.put("version", Long.toString(policy.version()));
        flat.put("expires", policy.expires().toString());
        flat.put("root.threshold", Integer.toString(policy.root().threshold()));
        policy.root().keys().forEach(key -> flat.put("root.keys." + id(key), key.shown()));
        policy.gateKeys().forEach(key -> flat.put("gate.keys." + id(key), describe(key)));
        policy.identityKeys().forEach(key -> flat.put("identity.keys." + id(key), describe(key)));
        policy.overrideRole().ifPresent(role -> flat.put("overrideRole", role));
        policy.people().values().forEach(person -> {
            person.keys().forEach(key -> flat.put("people." + person.name() + ".keys." + id(key), describe(key)));
            person.aliases().forEach(alias -> flat.put("people." + person.name() + ".aliases." + alias, "known as"));
        });
        policy.roles()
                .forEach((role, members) ->
                        members.forEach(member -> flat.put("roles." + role + "." + member, "member")));
        policy.stages().values().forEach(stage -> stage(flat, "stages." + stage.name(), stage));
        policy.golden()
                .fields()
                .forEachRemaining(entry ->
                        flat.put("golden." + entry.getKey(), entry.getValue().toString()));
        return flat;
    }

    private static void stage(Map<String, String> flat, String path, Stage stage) {
        flat.put(path, "stage");
        stage.after().forEach(before -> flat.put(path + ".after." + before, "sealed before"));
        requirements(flat, path + ".needs.", stage.needs());
        requirements(flat, path + ".rollback.", stage.rollback());
        stage.maxAge().ifPresent(age -> flat.put(path + ".maxAge", age.toString()));
        stage.freshness().ifPresent(age -> flat.put(path + ".freshness", age.toString()));
        flat.put(path + ".distinctPeople", Boolean.toString(stage.distinctPeople()));
        stage.distinctFrom().forEach(other -> flat.put(path + ".distinctFrom." + other, "other people"));
        stage.exclude().forEach(exclusion -> flat.put(path + ".exclude." + exclusion.word(), "excluded"));
        stage.evidence()
                .forEach(evidence -> flat.put(
                        path + ".evidence." + evidence + (evidence.named() ? ", named by approvers" : ""), "required"));
    }

    private static void requirements(Map<String, String> flat, String path, List<Requirement> requirements) {
        for (Requirement requirement : requirements) {
            flat.merge(
                    path
                            + requirement.role()
                            + (requirement.token() ? " with a hardware token" : "")
                            + (requirement.identity() ? ", identity is enough" : ""),
                    Integer.toString(requirement.count()),
                    (a, b) -> Integer.toString(Integer.parseInt(a) + Integer.parseInt(b)));
        }
    }

    private static String id(PolicyKey key) {
        return Digest.of(key.key().getEncoded()).shortHex();
    }

    private static String describe(PolicyKey key) {
        return key.shown()
                + (key.token() ? ", hardware token" : "")
                + key.notBefore().map(time -> ", from " + time).orElse("")
                + key.notAfter().map(time -> ", until " + time).orElse("")
                + key.compromisedSince()
                        .map(time -> ", compromised since " + time)
                        .orElse("");
    }

    /** Errs on the side of marking: a key whose limits changed in any way is marked. */
    private static boolean weakens(String path, String from, String to, TrustPolicy before, TrustPolicy after) {
        boolean added = from.isEmpty();
        boolean removed = to.isEmpty();
        if (path.equals("root.threshold")) {
            return Integer.parseInt(to) < Integer.parseInt(from);
        }
        if (path.startsWith("root.keys.")
                || path.startsWith("gate.keys.")
                || path.startsWith("identity.keys.")
                || path.startsWith("roles.")) {
            return added || (!removed && !to.contains("compromised"));
        }
        if (path.startsWith("people.")) {
            return path.contains(".aliases.") ? removed : added || (!removed && !to.contains("compromised since"));
        }
        if (path.equals("overrideRole") || path.startsWith("golden.")) {
            return !path.equals("overrideRole") || !removed;
        }
        if (!path.startsWith("stages.")) {
            return false;
        }
        if (path.contains(".needs.") || path.contains(".rollback.")) {
            boolean first = path.contains(".rollback.") && added;
            return removed || first || (!added && Integer.parseInt(to) < Integer.parseInt(from));
        }
        if (path.endsWith(".maxAge") || path.endsWith(".freshness")) {
            return removed || (!added && java.time.Duration.parse(to).compareTo(java.time.Duration.parse(from)) > 0);
        }
        if (path.endsWith(".distinctPeople")) {
            return !added && to.equals("false");
        }
        // A stage, what it comes after, whom it excludes, what it asks to be attached.
        return removed || (added && to.equals("stage"));
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The next version of a policy document with other root keys, and nothing else changed: in YAML every other line stays as it is,
 * comments included.
 */
public final class PolicyRotation {

    private static final Pattern VERSION = Pattern.compile("(?m)^(version:[ \\t]*)[0-9]+");
    private static final Pattern EXPIRES = Pattern.compile("(?m)^(expires:[ \\t]*)[^\\s#]+");
    private static final Pattern ROOT = Pattern.compile("^root:.*");
    private static final Pattern NEXT_FIELD = Pattern.compile("^[^\\s#].*");

    private PolicyRotation() {}

    /**
     * @param document the policy in force, or a draft
     * @param root the new keys, each with a name
     * @param expiresOrNull null to keep the old end
     * @throws PolicyException if the document is no policy, or one so written that the new root cannot be put in without touching
     *     the rest
     */
    public static byte[] next(byte[] document, Root root, Instant expiresOrNull) throws PolicyException {
        TrustPolicy before = PolicyReader.read(document);
        String text = new String(document, StandardCharsets.UTF_8);
        String next = text.stripLeading().startsWith("{")
                ? json(document, before, root, expiresOrNull)
                : yaml(text, before, root, expiresOrNull);
        byte[] content = next.getBytes(StandardCharsets.UTF_8);
        requireNothingElseChanged(before, content, root);
        return content;
    }

    private static String json(byte[] document, TrustPolicy before, Root root, Instant expiresOrNull)
            throws PolicyException {
        ObjectNode json;
        try {
            json = StrictJson.readObject(document, PolicyNode.MAX_BYTES);
        } catch (IOException e) {
            throw new PolicyException(PolicyException.Reason.MALFORMED, "not a policy: " + e.getMessage(), e);
        }
        json.put("version", before.version() + 1);
        if (expiresOrNull != null) {
            json.put("expires", expiresOrNull.toString());
        }
        ObjectNode fresh = json.putObject("root").put("threshold", root.threshold());
        var keys = fresh.putArray("keys");
        for (PolicyKey key : root.keys()) {
            keys.addObject().put("name", key.name()).put("pem", PublicKeys.pem(key.key()));
        }
        return json.toPrettyString() + "\n";
    }

    private static String yaml(String text, TrustPolicy before, Root root, Instant expiresOrNull) {
        String changed = replace(VERSION, text, Long.toString(before.version() + 1));
        if (expiresOrNull != null) {
            changed = replace(EXPIRES, changed, expiresOrNull.toString());
        }
        List<String> lines = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        boolean inRoot = false;
        for (String line : changed.split("\n", -1)) {
            if (!inRoot && ROOT.matcher(line).matches()) {
                inRoot = true;
                lines.addAll(block(root));
            } else if (inRoot && NEXT_FIELD.matcher(line).matches()) {
                inRoot = false;
                lines.addAll(pending);
                lines.add(line);
            } else if (inRoot) {
                // Comments and empty lines at the margin belong to what follows.
                if (line.isBlank() || line.startsWith("#")) {
                    pending.add(line);
                } else {
                    pending.clear();
                }
            } else {
                lines.add(line);
            }
        }
        if (inRoot) {
            lines.addAll(pending);
        }
        return String.join("\n", lines);
    }

    private static String replace(Pattern field, String text, String value) {
        return field.matcher(text).replaceFirst(match -> Matcher.quoteReplacement(match.group(1) + value));
    }

    private static List<String> block(Root root) {
        StringBuilder text = new StringBuilder();
        PolicyTemplate.root(text, root.threshold(), root.keys());
        return text.toString().lines().toList();
    }

    private static void requireNothingElseChanged(TrustPolicy before, byte[] content, Root root)
            throws PolicyException {
        String problem;
        try {
            TrustPolicy after = PolicyReader.read(content);
            List<String> others = PolicyDiff.between(before, after).stream()
                    .map(PolicyDiff.Change::path)
                    .filter(path -> !path.equals("version") && !path.equals("expires") && !path.startsWith("root."))
                    .toList();
            if (others.isEmpty() && after.root().isSameAs(root) && after.version() == before.version() + 1) {
                return;
            }
            problem = others.isEmpty() ? "the fields version and root" : String.join(", ", others);
        } catch (PolicyException e) {
            if (!e.problems().isEmpty()
                    && e.problems().stream()
                            .allMatch(one ->
                                    one.path().startsWith("root.") || one.path().isEmpty() && one.line() == 0)) {
                throw e;
            }
            problem = e.getMessage();
        }
        throw new PolicyException(
                PolicyException.Reason.MALFORMED,
                "the new root keys cannot be put into this document without touching the rest of it (" + problem
                        + "): write version, expires and root as fields of their own at the margin, or edit them by hand");
    }
}

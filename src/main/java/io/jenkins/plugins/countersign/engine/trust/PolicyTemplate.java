package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A first policy to edit: the people and keys that are given, one role, two stages, and a comment at every field. */
public final class PolicyTemplate {

    private PolicyTemplate() {}

    /**
     * @param name of the policy
     * @param expires when it ends
     * @param threshold how many root keys must sign
     * @param rootKeys by name
     * @param people by name; at least one
     * @param gateKeyOrNull what the gate seals with; null to leave it out
     * @throws PolicyException if this makes no policy, for instance because a person's name is none
     */
    public static String yaml(
            String name,
            Instant expires,
            int threshold,
            Map<String, PublicKey> rootKeys,
            Map<String, PublicKey> people,
            PublicKey gateKeyOrNull)
            throws PolicyException {
        StringBuilder text = new StringBuilder();
        text.append("# Trust policy of Countersign. Each field is explained in docs/trust-policy.md.\n");
        text.append("name: ").append(quoted(name)).append("\n");
        text.append("# Raise it with every change: a lower version than one seen before is refused.\n");
        text.append("version: 1\n");
        text.append("# From then on every gate holds. Sign a new version before.\n");
        text.append("expires: ").append(expires).append("\n");
        text.append("# The keys that sign this document. Keep them offline, each with another person.\n");
        List<PolicyKey> keys = new ArrayList<>();
        rootKeys.forEach((keyName, key) -> keys.add(new PolicyKey(keyName, key, false, null, null, null)));
        root(text, threshold, keys);
        if (gateKeyOrNull != null) {
            text.append("# What gates sign their seals with.\ngate:\n  keys:\n");
            key(text, "    ", "gate", gateKeyOrNull);
        }
        text.append("people:\n");
        people.forEach((person, key) -> {
            text.append("  ").append(quoted(person)).append(":\n");
            text.append(
                    "    # aliases: [user name, mail address]   # as version control and Jenkins know this person\n");
            text.append("    keys:\n");
            key(text, "      ", person, key);
        });
        String everybody =
                people.keySet().stream().map(PolicyTemplate::quoted).collect(java.util.stream.Collectors.joining(", "));
        text.append("roles:\n  approvers: [").append(everybody).append("]\n");
        text.append(
                "# Who may override a rejection, by name and with a reason. Without it only its author lifts one.\n");
        text.append("# overrideRole: approvers\n");
        text.append("stages:\n");
        text.append("  qa:\n    needs:\n      - {role: approvers, count: 1}\n");
        text.append("  production:\n    after: qa\n    maxAge: P14D\n    needs:\n      - {role: approvers, count: ")
                .append(Math.min(2, people.size()))
                .append("}\n");
        text.append("    exclude: [commit-author, build-starter]\n");
        PolicyReader.read(text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return text.toString();
    }

    /** The field {@code root} as a block. */
    static void root(StringBuilder text, int threshold, List<PolicyKey> keys) {
        text.append("root:\n  threshold: ").append(threshold).append("\n  keys:\n");
        keys.forEach(key -> key(text, "    ", key.shown(), key.key()));
    }

    private static void key(StringBuilder text, String indent, String name, PublicKey key) {
        text.append(indent).append("- name: ").append(quoted(name)).append("\n");
        text.append(indent).append("  pem: |\n");
        PublicKeys.pem(key)
                .lines()
                .forEach(line -> text.append(indent).append("    ").append(line).append("\n"));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + "\"";
    }
}

package io.jenkins.plugins.countersign.engine.trust;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes policy documents for tests, as an administrator would. */
public final class PolicyText {

    private String name = "acme";
    private long version = 7;
    private String expires = "2027-02-01T00:00:00Z";
    private int threshold = 2;
    private List<String> rootKeys = List.of("root-1", "root-2", "root-3");
    private final Map<String, List<String>> keys = new LinkedHashMap<>();
    private final Map<String, List<String>> aliases = new LinkedHashMap<>();
    private final Map<String, String> roles = new LinkedHashMap<>();
    private final Map<String, String> stages = new LinkedHashMap<>();
    private final List<String> more = new ArrayList<>();

    /** The example of design.md, section 7, with keys. */
    public static PolicyText example() {
        return new PolicyText()
                .people("alice", "carol", "erin", "frank", "grace")
                .key("alice", "alice-token", "token: true")
                .role("qa", "carol, erin")
                .role("security", "alice")
                .role("release", "frank, grace")
                .stage("qa", "{needs: [{role: qa, count: 1}]}")
                .stage("security", "{after: qa, needs: [{role: security, count: 1, token: true}], maxAge: P14D}")
                .stage(
                        "production",
                        "{after: security, needs: [{role: release, count: 2}, {role: security, count: 1}],"
                                + " distinctPeople: true, exclude: [commit-author, build-starter]}")
                .with("golden: {allow: [\"registry.example.com/golden/**\"], digest: required,"
                        + " signedBy: {role: security, count: 1}, lineage: required}");
    }

    public PolicyText name(String value) {
        name = value;
        return this;
    }

    public PolicyText version(long value) {
        version = value;
        return this;
    }

    public PolicyText expires(String value) {
        expires = value;
        return this;
    }

    public PolicyText root(int needed, String... names) {
        threshold = needed;
        rootKeys = List.of(names);
        return this;
    }

    /** Each with a key of that name. */
    public PolicyText people(String... names) {
        for (String person : names) {
            key(person, person, "");
        }
        return this;
    }

    /** @param limits further fields of the key, for instance {@code token: true} */
    public PolicyText key(String person, String key, String limits) {
        keys.computeIfAbsent(person, p -> new ArrayList<>())
                .add("{name: " + key + ", pem: " + TestKeys.quoted(key) + (limits.isEmpty() ? "" : ", " + limits)
                        + "}");
        return this;
    }

    /** Somebody whom only a Jenkins vouches for. */
    public PolicyText keyless(String person) {
        keys.put(person, new ArrayList<>());
        return this;
    }

    /** In place of the keys that the person has. */
    public PolicyText onlyKey(String person, String key, String limits) {
        keys.remove(person);
        return key(person, key, limits);
    }

    public PolicyText alias(String person, String... names) {
        aliases.put(person, List.of(names));
        return this;
    }

    public PolicyText role(String role, String members) {
        roles.put(role, members);
        return this;
    }

    public PolicyText stage(String stage, String flow) {
        stages.put(stage, flow);
        return this;
    }

    /** A further line of the document. */
    public PolicyText with(String line) {
        more.add(line);
        return this;
    }

    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("name: ").append(name).append("\nversion: ").append(version);
        text.append("\nexpires: ")
                .append(expires)
                .append("\nroot:\n  threshold: ")
                .append(threshold);
        text.append("\n  keys:\n");
        rootKeys.forEach(key -> text.append("    - {name: ")
                .append(key)
                .append(", pem: ")
                .append(TestKeys.quoted(key))
                .append("}\n"));
        text.append("people:\n");
        keys.forEach((person, entries) -> {
            text.append("  ").append(person).append(":\n");
            if (aliases.containsKey(person)) {
                text.append("    aliases: [")
                        .append(aliases.get(person).stream()
                                .map(a -> "\"" + a + "\"")
                                .collect(Collectors.joining(", ")))
                        .append("]\n");
            }
            if (entries.isEmpty()) {
                text.append("    {}\n");
                return;
            }
            text.append("    keys:\n");
            entries.forEach(entry -> text.append("      - ").append(entry).append("\n"));
        });
        text.append("roles:\n");
        roles.forEach((role, members) ->
                text.append("  ").append(role).append(": [").append(members).append("]\n"));
        text.append("stages:\n");
        stages.forEach((stage, flow) ->
                text.append("  ").append(stage).append(": ").append(flow).append("\n"));
        more.forEach(line -> text.append(line).append("\n"));
        return text.toString();
    }

    public byte[] bytes() {
        return text().getBytes(StandardCharsets.UTF_8);
    }

    public TrustPolicy policy() {
        try {
            return PolicyReader.read(bytes());
        } catch (PolicyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    public TrustedPolicy trusted() {
        return TrustedPolicy.insecureAcceptUnsigned(policy(), "test");
    }
}

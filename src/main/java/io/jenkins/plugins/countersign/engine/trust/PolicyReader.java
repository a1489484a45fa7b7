package io.jenkins.plugins.countersign.engine.trust;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Kind;
import io.jenkins.plugins.countersign.engine.trust.EvidenceRequirement.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a trust policy, YAML or JSON, strictly: unknown and duplicate fields, anchors, aliases and tags are refused, and size
 * and depth are bounded. All problems of a document are reported at once, each with its line and path. The format is
 * described by {@code trust-policy.schema.json} beside this class.
 */
public final class PolicyReader {

    private static final int MAX_PEOPLE = 10_000;
    private static final int MAX_KEYS_OF_ONE = 32;
    private static final int MAX_ROLES = 1_000;
    private static final int MAX_STAGES = 100;
    private static final int MAX_COUNT = 1_000;

    private final List<PolicyProblem> problems = new ArrayList<>();
    /** Whose each key is: one key has one purpose. */
    private final Map<Digest, String> keyOwners = new HashMap<>();
    /** Whom each folded name or alias means. */
    private final Map<String, String> names = new HashMap<>();

    private List<PolicyKey> identityKeys = List.of();
    private final Map<String, Person> people = new LinkedHashMap<>();
    private final Map<String, List<String>> roles = new LinkedHashMap<>();

    private PolicyReader() {}

    /**
     * @param document the policy; its digest becomes the policy's
     * @throws PolicyException with every problem found
     */
    public static TrustPolicy read(byte[] document) throws PolicyException {
        return new PolicyReader().policy(PolicyNode.read(document), Digest.of(document));
    }

    /**
     * A catalogue of golden images that stands alone: what would be the section {@code golden}, with the same strictness.
     *
     * @throws PolicyException if it is no object, or not strict YAML or JSON
     */
    public static ObjectNode readGolden(byte[] document) throws PolicyException {
        PolicyReader reader = new PolicyReader();
        ObjectNode golden = reader.golden(PolicyNode.read(document));
        if (!reader.problems.isEmpty()) {
            throw new PolicyException(reader.problems);
        }
        return golden;
    }

    private TrustPolicy policy(PolicyNode document, Digest digest) throws PolicyException {
        PolicyFields fields = new PolicyFields(document, problems);
        String name = fields.word(fields.required("name"));
        long version = fields.number(fields.required("version"), 1, Long.MAX_VALUE / 2);
        Instant expires = fields.time(fields.required("expires"));
        Root root = root(fields.required("root"));
        List<PolicyKey> gateKeys = keys(fields.optional("gate"), "the gate");
        identityKeys = keys(fields.optional("identity"), "identity");
        fields.entries(fields.required("people"), MAX_PEOPLE).forEach(this::person);
        fields.entries(fields.required("roles"), MAX_ROLES).forEach(this::role);
        String overrideRole = knownRole(fields, fields.optional("overrideRole"));
        Map<String, Stage> stages = stages(fields, fields.required("stages"));
        ObjectNode golden = golden(fields.optional("golden"));
        fields.end();
        if (!problems.isEmpty()) {
            throw new PolicyException(problems);
        }
        return new TrustPolicy(
                name,
                version,
                expires,
                root,
                gateKeys,
                identityKeys,
                people,
                roles,
                stages,
                overrideRole,
                golden,
                digest);
    }

    private Root root(PolicyNode found) {
        if (found == null) {
            return null;
        }
        PolicyFields fields = new PolicyFields(found, problems);
        PolicyNode keysNode = fields.required("keys");
        List<PolicyKey> keys = fields.list(keysNode, MAX_KEYS_OF_ONE, node -> key(node, "the root", false));
        PolicyNode thresholdNode = fields.required("threshold");
        long threshold = fields.number(thresholdNode, 1, MAX_KEYS_OF_ONE);
        fields.end();
        if (thresholdNode == null || keysNode == null) {
            return null;
        }
        if (threshold > keys.size()) {
            problems.add(
                    thresholdNode.problem("is " + threshold + ", and there are " + keys.size() + " usable root keys"));
            return null;
        }
        return new Root((int) threshold, keys);
    }

    private List<PolicyKey> keys(PolicyNode found, String owner) {
        if (found == null) {
            return List.of();
        }
        PolicyFields fields = new PolicyFields(found, problems);
        List<PolicyKey> keys = fields.list(fields.required("keys"), MAX_KEYS_OF_ONE, node -> key(node, owner, true));
        fields.end();
        return keys;
    }

    /** @param timed whether the key may have limits in time; root keys are replaced instead, by a new version */
    private PolicyKey key(PolicyNode found, String owner, boolean timed) {
        PolicyFields fields = new PolicyFields(found, problems);
        PolicyNode nameNode = fields.optional("name");
        String name = fields.text(nameNode);
        PolicyNode pemNode = fields.required("pem");
        String pem = fields.text(pemNode);
        boolean token = fields.truth(fields.optional("token"), false);
        Instant notBefore = timed ? fields.time(fields.optional("notBefore")) : null;
        PolicyNode notAfterNode = timed ? fields.optional("notAfter") : null;
        Instant notAfter = fields.time(notAfterNode);
        Instant compromisedSince = timed ? fields.time(fields.optional("compromisedSince")) : null;
        fields.end();
        if (notBefore != null && notAfter != null && notAfter.isBefore(notBefore)) {
            problems.add(notAfterNode.problem("lies before notBefore"));
        }
        if (name != null && name.length() > 128) {
            problems.add(nameNode.problem("has more than 128 characters"));
        }
        if (pem == null) {
            return null;
        }
        try {
            PolicyKey key = new PolicyKey(
                    name == null ? "" : name, PublicKeys.read(pem), token, notBefore, notAfter, compromisedSince);
            String other = keyOwners.putIfAbsent(key.fingerprint(), owner);
            if (other != null) {
                problems.add(pemNode.problem(
                        other.equals(owner)
                                ? "this key of " + owner + " stands twice"
                                : "this key is already that of " + other
                                        + "; one key has one owner, or two people could" + " not be told from one"));
                return null;
            }
            return key;
        } catch (KeyException e) {
            problems.add(pemNode.problem(e.getMessage()));
            return null;
        }
    }

    private void person(String name, PolicyNode found) {
        String fault = Names.personFault(name);
        if (!fault.isEmpty()) {
            problems.add(found.problem("\"" + PolicyFields.shown(name) + "\": " + fault));
        }
        PolicyFields fields = new PolicyFields(found, problems);
        PolicyNode aliasesNode = fields.optional("aliases");
        List<String> aliases = fields.unique(aliasesNode, fields.list(aliasesNode, 100, fields::text));
        // Somebody without a key can approve where a Jenkins may vouch for them.
        PolicyNode keysNode = identityKeys.isEmpty() ? fields.required("keys") : fields.optional("keys");
        List<PolicyKey> keys = fields.list(keysNode, MAX_KEYS_OF_ONE, node -> key(node, name, true));
        fields.end();
        if (keysNode != null
                && keysNode.value() instanceof List
                && keysNode.items().isEmpty()) {
            problems.add(keysNode.problem("a person has at least one key"));
        }
        claim(name, name, found);
        for (String alias : aliases) {
            claim(alias, name, aliasesNode);
        }
        people.put(name, new Person(name, aliases, keys));
    }

    /** Two people whose names or aliases differ in nothing but case could be one who approves twice. */
    private void claim(String alias, String person, PolicyNode where) {
        String other = names.putIfAbsent(Names.fold(alias), person);
        if (other != null && !other.equals(person)) {
            problems.add(where.problem("\"" + PolicyFields.shown(alias) + "\" of " + person
                    + " is the same as a name of " + other + "; case and width of letters make no difference"));
        }
    }

    private void role(String name, PolicyNode found) {
        if (!Names.isWord(name)) {
            problems.add(found.problem(PolicyFields.wordFault(name)));
        }
        PolicyFields list = new PolicyFields(new PolicyNode(Map.of(), found.path(), 0, 0), problems);
        List<String> members = list.list(found, MAX_PEOPLE, node -> {
            String member = list.text(node);
            if (member == null) {
                return null;
            }
            Person person = findPerson(member);
            if (person == null) {
                problems.add(node.problem("there is no person \"" + PolicyFields.shown(member) + "\""));
                return null;
            }
            return person.name();
        });
        roles.put(name, list.unique(found, members));
    }

    private Person findPerson(String name) {
        Person exact = people.get(name);
        if (exact != null) {
            return exact;
        }
        String owner = names.get(Names.fold(name));
        Person person = owner == null ? null : people.get(owner);
        return person != null && Names.same(person.name(), name) ? person : null;
    }

    private String knownRole(PolicyFields fields, PolicyNode found) {
        String role = fields.word(found);
        if (role != null && !roles.containsKey(role)) {
            problems.add(found.problem("there is no role \"" + role + "\""));
            return null;
        }
        return role;
    }

    private Map<String, Stage> stages(PolicyFields document, PolicyNode found) {
        Map<String, Stage> stages = new LinkedHashMap<>();
        Map<String, PolicyNode> nodes = document.entries(found, MAX_STAGES);
        nodes.forEach((name, node) -> stages.put(name, stage(name, node)));
        for (Stage stage : stages.values()) {
            PolicyNode node = nodes.get(stage.name());
            for (String before : stage.after()) {
                if (!stages.containsKey(before)) {
                    problems.add(node.problem("comes after \"" + before + "\", and there is no such stage"));
                }
            }
            Set<String> before = before(stage, stages);
            if (before.contains(stage.name())) {
                problems.add(node.problem("comes after itself: the stages go in a circle"));
            }
            for (String other : stage.distinctFrom()) {
                if (!before.contains(other)) {
                    problems.add(
                            node.problem("distinctFrom names \"" + other + "\", which is not a stage before this one"));
                }
            }
        }
        return stages;
    }

    private static Set<String> before(Stage stage, Map<String, Stage> stages) {
        Set<String> before = new LinkedHashSet<>();
        List<String> open = new ArrayList<>(stage.after());
        while (!open.isEmpty()) {
            String next = open.remove(open.size() - 1);
            if (stages.containsKey(next) && before.add(next)) {
                open.addAll(stages.get(next).after());
            }
        }
        return before;
    }

    private Stage stage(String name, PolicyNode found) {
        if (!Names.isWord(name)) {
            problems.add(found.problem(PolicyFields.wordFault(name)));
        }
        PolicyFields fields = new PolicyFields(found, problems);
        List<String> after = fields.words(fields.optional("after"), MAX_STAGES);
        List<Requirement> needs = fields.list(fields.required("needs"), 100, this::requirement);
        List<Requirement> rollback = fields.list(fields.optional("rollback"), 100, this::requirement);
        Duration maxAge = fields.duration(fields.optional("maxAge"));
        Duration freshness = fields.duration(fields.optional("freshness"));
        boolean distinctPeople = fields.truth(fields.optional("distinctPeople"), true);
        List<String> distinctFrom = fields.words(fields.optional("distinctFrom"), MAX_STAGES);
        Set<Exclusion> exclude = EnumSet.noneOf(Exclusion.class);
        exclude.addAll(fields.list(fields.optional("exclude"), 10, node -> {
            String word = fields.text(node);
            if (word != null && Exclusion.of(word).isEmpty()) {
                problems.add(
                        node.problem("\"" + PolicyFields.shown(word) + "\" is not commit-author or build-starter"));
            }
            return word == null ? null : Exclusion.of(word).orElse(null);
        }));
        List<EvidenceRequirement> evidence = fields.list(fields.optional("evidence"), 20, this::evidence);
        fields.end();
        return new Stage(
                name, after, needs, rollback, maxAge, freshness, distinctPeople, distinctFrom, exclude, evidence);
    }

    private Requirement requirement(PolicyNode found) {
        PolicyFields fields = new PolicyFields(found, problems);
        String role = knownRole(fields, fields.required("role"));
        PolicyNode countNode = fields.required("count");
        long count = fields.number(countNode, 1, MAX_COUNT);
        boolean token = fields.truth(fields.optional("token"), false);
        PolicyNode identityNode = fields.optional("identity");
        boolean identity = fields.truth(identityNode, false);
        fields.end();
        if (identity && identityKeys.isEmpty()) {
            problems.add(identityNode.problem("there are no identity keys: name them in identity.keys"));
        }
        if (identity && token) {
            problems.add(
                    identityNode.problem("whoever must sign with a hardware token needs no Jenkins to vouch for them"));
        }
        if (role == null || countNode == null) {
            return null;
        }
        long able = roles.get(role).stream()
                .map(people::get)
                .filter(person -> identity || person.keys().stream().anyMatch(key -> key.token() || !token))
                .count();
        if (able < count) {
            problems.add(countNode.problem("is " + count + ", and the role \"" + role + "\" has " + able
                    + (able == 1 ? " person" : " people")
                    + (token ? " with a hardware token" : identityKeys.isEmpty() || identity ? "" : " with a key")));
        }
        return new Requirement(role, (int) count, token, identity);
    }

    private EvidenceRequirement evidence(PolicyNode found) {
        PolicyFields fields = new PolicyFields(found, problems);
        PolicyNode kindNode = fields.required("kind");
        String kindText = fields.text(kindNode);
        Kind kind = kindText == null ? null : Kind.of(kindText).orElse(null);
        if (kindText != null && kind == null) {
            problems.add(kindNode.problem(
                    "\"" + PolicyFields.shown(kindText) + "\" is not test-result, scan, sbom or provenance"));
        }
        String signedBy = knownRole(fields, fields.required("signedBy"));
        PolicyNode resultsNode = fields.optional("results");
        List<String> results = fields.unique(resultsNode, fields.list(resultsNode, 10, fields::text));
        PolicyNode severityNode = fields.optional("highestSeverity");
        String severityText = fields.text(severityNode);
        Severity severity =
                severityText == null ? null : Severity.of(severityText).orElse(null);
        if (severityText != null && severity == null) {
            problems.add(severityNode.problem(
                    "\"" + PolicyFields.shown(severityText) + "\" is not none, low, medium, high or critical"));
        }
        if (severityNode != null && kind != null && kind != Kind.SCAN) {
            problems.add(severityNode.problem("only a scan has findings"));
        }
        if (resultsNode != null && kind != null && kind != Kind.TEST_RESULT) {
            problems.add(resultsNode.problem("only a test result has results"));
        }
        if (kind == Kind.TEST_RESULT && resultsNode == null) {
            results = List.of("PASSED");
        }
        if (kind == Kind.SCAN && severityNode == null) {
            problems.add(
                    found.problem("the field \"highestSeverity\" is missing: say the worst finding a scan may have"));
        }
        Duration maxAge = fields.duration(fields.optional("maxAge"));
        boolean named = fields.truth(fields.optional("named"), true);
        fields.end();
        return kind == null || signedBy == null
                ? null
                : new EvidenceRequirement(kind, signedBy, results, severity, maxAge, named);
    }

    private ObjectNode golden(PolicyNode found) {
        if (found == null) {
            return JsonNodeFactory.instance.objectNode();
        }
        if (!(found.value() instanceof Map)) {
            problems.add(found.problem("expected an object (name: value), found " + found.kind()));
            return JsonNodeFactory.instance.objectNode();
        }
        return (ObjectNode) found.toJson();
    }
}

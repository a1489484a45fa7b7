package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.approval.AttachedEvidence;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.approval.HoldReason;
import io.jenkins.plugins.countersign.engine.approval.SignedStatement;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.promotion.Gathering;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.Evidence;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.trust.Requirement;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a gate saw and said at one moment, as JSON: a build keeps it as a string, pages and REST read it. It holds the engine's
 * decision ({@link Decision#toJson}), the statements behind it with their comments, and how the other stages stand.
 */
final class GateSnapshot {

    /** Who signed a seal. */
    static final String GATE = "gate";

    private static final int MAX_BYTES = 16 * 1024 * 1024;

    private final ObjectNode json;

    private GateSnapshot(ObjectNode json) {
        this.json = json;
    }

    /** Whose signatures are told: to try ten thousand people's keys would cost more than it tells. */
    private static final int MAX_KEYS = 500;

    static GateSnapshot of(GateInput input, Decision decision) {
        return of(input, decision, null);
    }

    /** @param gatheringOrNull what lies next to the image, for the names of platforms and the image's own signatures */
    static GateSnapshot of(GateInput input, Decision decision, Gathering gatheringOrNull) {
        TrustPolicy policy = input.policy().policy();
        ObjectNode json = StrictJson.object();
        json.set("decision", decision.toJson());
        ArrayNode statements = json.putArray("statements");
        for (SignedStatement statement :
                StatementReader.read(input.statements(), policy).statements()) {
            ObjectNode entry = statements.addObject();
            entry.put("digest", statement.digest().toString());
            entry.put("kind", statement.kind());
            entry.put("stage", statement.stage());
            entry.put("person", statement.person().name());
            entry.put("role", statement.role());
            entry.put("key", statement.key().fingerprint().toString());
            entry.put("issuedAt", statement.issuedAt().toString());
            if (statement.isByIdentity()) {
                entry.put("identity", true);
            }
            statement.expiresAt().ifPresent(time -> entry.put("expiresAt", time.toString()));
            entry.put(
                    "comment",
                    statement
                            .approval()
                            .map(approval -> approval.comment())
                            .orElseGet(() -> statement.record().orElseThrow().reason()));
        }
        ArrayNode needs = json.putArray("requirements");
        policy.stage(decision.stage())
                .ifPresent(stage -> stage.needs()
                        .forEach(need -> needs.addObject()
                                .put("role", need.role())
                                .put("count", need.count())
                                .put("token", need.token())
                                .put("identity", need.identity())));
        ArrayNode platforms = json.putArray("platforms");
        Map<Digest, Platform> names = new HashMap<>();
        if (gatheringOrNull != null) {
            gatheringOrNull.subjects().stream()
                    .filter(subject -> subject.platform() != null)
                    .forEach(subject -> names.put(subject.digest(), subject.platform()));
            json.set("signatures", signatures(gatheringOrNull, policy));
        }
        for (Digest platform : input.image().platforms()) {
            ObjectNode entry = platforms.addObject().put("digest", platform.toString());
            if (names.containsKey(platform)) {
                entry.put("name", names.get(platform).toString());
            }
        }
        ArrayNode evidence = json.putArray("evidence");
        for (AttachedEvidence attached : input.evidence()) {
            ObjectNode entry = evidence.addObject()
                    .put("kind", attached.kind().word())
                    .put("statement", attached.statement().toString())
                    .put("signer", attached.signer())
                    .put("time", attached.time().toString())
                    .put("result", attached.result());
            attached.worst().ifPresent(worst -> entry.put("worst", worst.word()));
        }
        ArrayNode stages = json.putArray("stages");
        for (String stage : policy.stages().keySet()) {
            Decision there = stage.equals(decision.stage()) ? decision : Gate.decide(at(input, stage));
            stages.addObject()
                    .put("name", stage)
                    .put("state", state(there, input.seals().keySet()))
                    .put("approved", there.counted().size())
                    .put(
                            "needed",
                            policy.stage(stage).orElseThrow().needs().stream()
                                    .mapToInt(Requirement::count)
                                    .sum());
        }
        input.ledger()
                .lastPromoted(input.destination(), input.stage())
                .filter(digest -> !digest.equals(input.image().digest()))
                .ifPresent(digest -> json.put("replaces", digest.toString()));
        return new GateSnapshot(json);
    }

    private static ArrayNode signatures(Gathering gathering, TrustPolicy policy) {
        Map<Digest, String> owners = new HashMap<>();
        Map<Digest, PublicKey> keys = new LinkedHashMap<>();
        policy.gateKeys().forEach(key -> {
            owners.put(key.fingerprint(), GATE);
            keys.put(key.fingerprint(), key.key());
        });
        policy.people()
                .values()
                .forEach(person -> person.keys().forEach(key -> {
                    owners.put(key.fingerprint(), person.name());
                    keys.put(key.fingerprint(), key.key());
                }));
        ArrayNode signatures = StrictJson.object().putArray("signatures");
        if (keys.size() <= MAX_KEYS && !gathering.atImage().isEmpty()) {
            for (Evidence found :
                    ImageSignatures.among(gathering.atImage(), keys.values()).believed()) {
                signatures
                        .addObject()
                        .put("signer", owners.get(found.keyFingerprint()))
                        .put("key", found.keyFingerprint().toString())
                        .put(
                                "format",
                                found.format().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            }
        }
        return signatures;
    }

    private static GateInput at(GateInput input, String stage) {
        return new GateInput(
                input.policy(),
                stage,
                input.image(),
                input.alsoKnownAs(),
                input.destination(),
                input.statements(),
                input.unknown(),
                input.provenTimes(),
                input.seals(),
                input.evidence(),
                input.build(),
                input.ledger(),
                input.now(),
                input.baseOrNull());
    }

    private static String state(Decision decision, Set<String> sealed) {
        if (sealed.contains(decision.stage())) {
            return "sealed";
        }
        if (decision.isOpen()) {
            return "open";
        }
        return decision.isHeldBy(HoldReason.REJECTED) || decision.isHeldBy(HoldReason.BLOCKED) ? "rejected" : "held";
    }

    /** @throws IOException if the text is no snapshot */
    static GateSnapshot read(String text) throws IOException {
        return new GateSnapshot(StrictJson.readObject(text.getBytes(StandardCharsets.UTF_8), MAX_BYTES));
    }

    String text() {
        return json.toString();
    }

    /** Whether the other says the same, at another moment. */
    boolean saysTheSameAs(GateSnapshot other) {
        return withoutTime().equals(other.withoutTime());
    }

    /** Nor are words news: an earlier version stored texts without their sentences. */
    private ObjectNode withoutTime() {
        ObjectNode copy = json.deepCopy();
        ((ObjectNode) copy.path("decision")).remove("decidedAt");
        for (String list : List.of("holds", "setAside")) {
            copy.path("decision").path(list).forEach(entry -> ((ObjectNode) entry).remove("sentence"));
        }
        return copy;
    }

    /** Whether it can be shown in the reader's language; one of an earlier version cannot. */
    boolean hasSentences() {
        return Stream.concat(list("decision", "holds").stream(), list("decision", "setAside").stream())
                .allMatch(entry -> entry.has("sentence"));
    }

    JsonNode decision() {
        return json.path("decision");
    }

    boolean isOpen() {
        return decision().path("decision").asText().equals("open");
    }

    Instant decidedAt() {
        return Instant.parse(decision().path("decidedAt").asText());
    }

    String replaces() {
        return json.path("replaces").asText();
    }

    List<JsonNode> list(String... path) {
        JsonNode node = json;
        for (String name : path) {
            node = node.path(name);
        }
        List<JsonNode> entries = new ArrayList<>();
        node.forEach(entries::add);
        return entries;
    }

    /** What a person wrote with a statement; empty for one that is not known. */
    String comment(String statement) {
        return list("statements").stream()
                .filter(entry -> entry.path("digest").asText().equals(statement))
                .map(entry -> entry.path("comment").asText())
                .findFirst()
                .orElse("");
    }

    /** Whether a Jenkins vouched for whoever made the statement. */
    boolean isByIdentity(String statement) {
        return list("statements").stream()
                .anyMatch(entry -> entry.path("digest").asText().equals(statement)
                        && entry.path("identity").asBoolean());
    }

    boolean isHeldBy(String... reasons) {
        return list("decision", "holds").stream()
                .anyMatch(hold -> List.of(reasons).contains(hold.path("reason").asText()));
    }

    /** Reasons why the gate is held, beside missing approvals. */
    List<Sentence> holds() {
        return list("decision", "holds").stream()
                .filter(hold -> !hold.path("reason").asText().equals(HoldReason.APPROVALS_MISSING.word()))
                .map(GateSnapshot::sentence)
                .toList();
    }

    /** Why the gate is held, in one line; empty when it is open. */
    Sentence why() {
        List<Sentence> reasons = new ArrayList<>(holds());
        List<Sentence> missing = list("decision", "missing").stream()
                .map(place -> Sentence.of(
                        "approval.lacks",
                        place.path("open").asInt(),
                        place.path("role").asText()))
                .toList();
        if (!missing.isEmpty()) {
            reasons.add(Sentence.of("approval.needs", Sentence.commas(missing)));
        }
        return Sentence.semicolons(reasons);
    }

    /** Why the gate is held or a statement set aside. */
    static Sentence sentence(JsonNode entry) {
        return Sentence.read(entry.path("sentence"), entry.path("text").asText());
    }
}

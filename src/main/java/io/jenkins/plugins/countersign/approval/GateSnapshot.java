package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.approval.HoldReason;
import io.jenkins.plugins.countersign.engine.approval.SignedStatement;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.signing.StrictJson;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a gate saw and said at one moment, as JSON: a build keeps it as a string, pages and REST read it. It holds the engine's
 * decision ({@link Decision#toJson}), the statements behind it with their comments, and how the other stages stand.
 */
final class GateSnapshot {

    private static final int MAX_BYTES = 16 * 1024 * 1024;

    private final ObjectNode json;

    private GateSnapshot(ObjectNode json) {
        this.json = json;
    }

    static GateSnapshot of(GateInput input, Decision decision) {
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
                                .put("token", need.token())));
        ArrayNode platforms = json.putArray("platforms");
        input.image().platforms().forEach(platform -> platforms.add(platform.toString()));
        ArrayNode evidence = json.putArray("evidence");
        input.evidence()
                .forEach(attached -> evidence.add(
                        attached.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                                + (attached.result().isEmpty() ? "" : ": " + attached.result())
                                + " (" + attached.signer() + ", " + attached.time() + ")"));
        ArrayNode stages = json.putArray("stages");
        for (String stage : policy.stages().keySet()) {
            Decision there = stage.equals(decision.stage()) ? decision : Gate.decide(at(input, stage));
            stages.addObject()
                    .put("name", stage)
                    .put("state", state(there, input.seals().keySet()));
        }
        input.ledger()
                .lastPromoted(input.destination(), input.stage())
                .filter(digest -> !digest.equals(input.image().digest()))
                .ifPresent(digest -> json.put("replaces", digest.toString()));
        return new GateSnapshot(json);
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

    private ObjectNode withoutTime() {
        ObjectNode copy = json.deepCopy();
        ((ObjectNode) copy.path("decision")).remove("decidedAt");
        return copy;
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

    /** Which places are empty, in one line; empty when none is. */
    String missing() {
        List<String> missing = new ArrayList<>();
        for (JsonNode entry : list("decision", "missing")) {
            missing.add(Messages.GateSnapshot_Missing(
                    entry.path("open").asInt(), entry.path("role").asText()));
        }
        return String.join(", ", missing);
    }

    boolean isHeldBy(String... reasons) {
        return list("decision", "holds").stream()
                .anyMatch(hold -> List.of(reasons).contains(hold.path("reason").asText()));
    }

    /** Reasons why the gate is held, beside missing approvals. */
    List<String> holds() {
        return list("decision", "holds").stream()
                .filter(hold -> !hold.path("reason").asText().equals(HoldReason.APPROVALS_MISSING.word()))
                .map(hold -> hold.path("text").asText())
                .toList();
    }

    /** Why the gate is held, in one line; empty when it is open. */
    String why() {
        List<String> reasons = new ArrayList<>(holds());
        if (!missing().isEmpty()) {
            reasons.add(Messages.GateSnapshot_Needs(missing()));
        }
        return String.join("; ", reasons);
    }
}

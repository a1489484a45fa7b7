package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.util.List;

/** A decision as JSON and as text. */
final class DecisionReport {

    private DecisionReport() {}

    static ObjectNode json(Decision decision) {
        ObjectNode json = StrictJson.object();
        json.put("schemaVersion", Decision.SCHEMA_VERSION);
        json.put("decision", decision.isOpen() ? "open" : "held");
        json.put("stage", decision.stage());
        decision.image().write(json.putObject("image"));
        decision.policy().write(json.putObject("policy"));
        json.put("decidedAt", decision.decidedAt().toString());
        decision.openUntil().ifPresent(time -> json.put("openUntil", time.toString()));
        ArrayNode holds = json.putArray("holds");
        for (Hold hold : decision.holds()) {
            holds.addObject()
                    .put("reason", hold.reason().word())
                    .put("text", hold.text())
                    .set("sentence", hold.sentence().toJson());
        }
        ArrayNode counted = json.putArray("counted");
        for (Counted c : decision.counted()) {
            counted.addObject()
                    .put("requirement", c.requirement())
                    .put("person", c.person())
                    .put("role", c.role())
                    .put("key", c.key().toString())
                    .put("token", c.token())
                    .put("issuedAt", c.issuedAt().toString())
                    .put("policyVersion", c.policyVersion())
                    .put("statement", c.statement().toString())
                    .put("manifest", c.manifest().toString());
        }
        ArrayNode missing = json.putArray("missing");
        for (Missing m : decision.missing()) {
            ObjectNode entry = missing.addObject()
                    .put("requirement", m.requirement())
                    .put("role", m.need().role())
                    .put("count", m.need().count())
                    .put("token", m.need().token())
                    .put("open", m.open());
            candidates(entry.putArray("couldStillApprove"), m.couldStillApprove());
        }
        candidates(json.putArray("enough"), decision.enough());
        ArrayNode setAside = json.putArray("setAside");
        for (SetAside s : decision.setAside()) {
            ObjectNode entry = setAside.addObject();
            if (s.statement() != null) {
                entry.put("statement", s.statement().toString());
            }
            entry.put("manifest", s.manifest().toString())
                    .put("kind", s.kind())
                    .put("person", s.person())
                    .put("role", s.role())
                    .put("reason", s.reason().word())
                    .put("text", s.text())
                    .set("sentence", s.sentence().toJson());
        }
        return json;
    }

    private static void candidates(ArrayNode array, List<Candidate> candidates) {
        for (Candidate candidate : candidates) {
            array.addObject()
                    .put("person", candidate.person())
                    .put("role", candidate.role())
                    .put("token", candidate.token());
        }
    }

    static String text(Decision decision) {
        StringBuilder text = new StringBuilder();
        line(text, "", "Gate of stage " + decision.stage() + ": " + (decision.isOpen() ? "open" : "held"));
        line(text, "  ", "image  " + decision.image());
        line(text, "  ", "policy " + decision.policy() + ", decided at " + decision.decidedAt());
        decision.openUntil().ifPresent(time -> line(text, "  ", "stays open until " + time + " if nothing is added"));
        if (!decision.holds().isEmpty()) {
            line(text, "", "Held because");
            decision.holds()
                    .forEach(hold -> line(
                            text, "  - ", hold.text() + " [" + hold.reason().word() + "]"));
        }
        if (!decision.counted().isEmpty()) {
            line(text, "", "Counted");
            for (Counted c : decision.counted()) {
                line(
                        text,
                        "  - ",
                        c.person() + " as " + c.role() + " at " + c.issuedAt() + ", key "
                                + c.key().shortHex() + (c.token() ? " (hardware token)" : ""));
            }
        }
        for (Missing m : decision.missing()) {
            line(text, "", "Missing: " + m.open() + " of " + m.need());
            if (m.couldStillApprove().isEmpty()) {
                line(text, "  ", "nobody else could approve");
            } else {
                line(text, "  ", "could still approve:");
                m.couldStillApprove().forEach(candidate -> line(text, "    - ", candidate.toString()));
            }
        }
        if (!decision.setAside().isEmpty()) {
            line(text, "", "Set aside");
            for (SetAside s : decision.setAside()) {
                line(
                        text,
                        "  - ",
                        s.kind() + (s.person().isEmpty() ? "" : " by " + s.person())
                                + (s.role().isEmpty() ? "" : " as " + s.role()) + " in "
                                + s.manifest().shortHex() + ": " + s.text() + " ["
                                + s.reason().word() + "]");
            }
        }
        return text.toString();
    }

    /** Text of strangers stays on its line and sends no control sequences to a terminal. */
    private static void line(StringBuilder text, String indent, String content) {
        text.append(indent)
                .append(content.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?"))
                .append('\n');
    }
}

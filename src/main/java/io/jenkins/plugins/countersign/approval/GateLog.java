package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.Set;

/** What a waiting gate says in the build's log: only what is new. */
final class GateLog {

    private GateLog() {}

    static void tell(GateSnapshot beforeOrNull, GateSnapshot now, PrintStream log) {
        boolean told = false;
        Set<String> known = new HashSet<>();
        if (beforeOrNull != null) {
            beforeOrNull
                    .list("statements")
                    .forEach(entry -> known.add(entry.path("digest").asText()));
        }
        for (JsonNode statement : now.list("statements")) {
            if (!statement
                            .path("stage")
                            .asText()
                            .equals(now.decision().path("stage").asText())
                    && !statement.path("stage").asText().isEmpty()) {
                continue;
            }
            if (!known.contains(statement.path("digest").asText())) {
                String comment = statement.path("comment").asText();
                log.println(line(Messages.GateLog_Statement(
                        statement.path("kind").asText(),
                        statement.path("person").asText(),
                        statement.path("role").asText(),
                        statement.path("issuedAt").asText(),
                        shortKey(statement.path("key").asText()),
                        comment.isEmpty() ? "" : ": " + comment)));
                told = true;
            }
        }
        Set<String> setAside = new HashSet<>();
        if (beforeOrNull != null) {
            beforeOrNull.list("decision", "setAside").forEach(entry -> setAside.add(withoutWords(entry)));
        }
        for (JsonNode entry : now.list("decision", "setAside")) {
            if (!setAside.contains(withoutWords(entry)) && isWorthTelling(entry)) {
                log.println(line(Messages.GateLog_SetAside(
                        entry.path("kind").asText(),
                        entry.path("person").asText(),
                        entry.path("text").asText())));
                told = true;
            }
        }
        boolean sameWhy = beforeOrNull != null
                && beforeOrNull.why().text().equals(now.why().text());
        if (!now.isOpen() && (told || !sameWhy)) {
            log.println(line(Messages.GateLog_Held(
                    now.decision().path("stage").asText(), now.why().text())));
        }
    }

    /** An earlier version stored the text alone. */
    private static String withoutWords(JsonNode setAside) {
        return ((ObjectNode) setAside).deepCopy().without("sentence").toString();
    }

    /** Seals, summaries and strangers' signatures are next to every image, and copies next to its platforms. */
    static boolean isWorthTelling(JsonNode setAside) {
        String reason = setAside.path("reason").asText();
        return !reason.equals("not-an-approval")
                && !reason.equals("duplicate")
                && !reason.equals("other-stage")
                && !reason.equals("not-needed");
    }

    static String shortKey(String fingerprint) {
        int colon = fingerprint.indexOf(':');
        String hex = fingerprint.substring(colon + 1);
        return hex.length() <= 12 ? hex : hex.substring(0, 12);
    }

    /** Text of strangers stays on its line and hides nothing. */
    static String line(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    }
}

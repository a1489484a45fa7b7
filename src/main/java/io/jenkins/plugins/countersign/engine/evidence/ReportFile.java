package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Reads what scanners and generators write as JSON. */
final class ReportFile {

    /** A statement carries the report or what matters of it, and has to fit into an envelope. */
    static final int MAX_BYTES = 64 * 1024 * 1024;

    private ReportFile() {}

    static ObjectNode json(byte[] content, String what) throws EvidenceException {
        try {
            return StrictJson.readObject(content, MAX_BYTES);
        } catch (IOException e) {
            throw new EvidenceException(what + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Null when there is none; the time zone is needed, for a time without one is a guess. */
    static Instant time(JsonNode value) {
        try {
            return value.isTextual() ? OffsetDateTime.parse(value.textValue()).toInstant() : null;
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}

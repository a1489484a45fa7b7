package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a registry says about a failure. Source: OCI distribution specification 1.1, "Error Codes". */
final class RegistryErrors {

    private static final int MAX_BYTES = 64 << 10;
    private static final int MAX_TEXT = 300;

    private RegistryErrors() {}

    /** Status and the errors in the body, short and without control characters: they were written by somebody else. */
    static String describe(Answer answer) {
        String status = "status " + answer.status();
        String type = answer.contentType();
        if (answer.request().method().equals("HEAD")) {
            return status;
        }
        try {
            byte[] body = answer.body().readNBytes(MAX_BYTES);
            if (body.length == 0) {
                return status;
            }
            List<String> errors = new ArrayList<>();
            ObjectNode json = RegistryJson.read(body, "error");
            for (JsonNode error : json.path("errors")) {
                errors.add(error.path("code").asText("") + " "
                        + error.path("message").asText(""));
            }
            if (json.has("details")) {
                errors.add(json.path("details").asText());
            }
            return status + (errors.isEmpty() ? "" : " (" + clean(String.join("; ", errors)) + ")");
        } catch (IOException e) {
            return status + (type.isEmpty() ? "" : " of type " + clean(type));
        }
    }

    /** Fit for a log: bounded, printable. */
    static String clean(String text) {
        String printable = text.replaceAll("\\p{C}", "?").trim();
        return printable.length() <= MAX_TEXT ? printable : printable.substring(0, MAX_TEXT) + "…";
    }
}

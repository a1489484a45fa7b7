package io.jenkins.plugins.countersign.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code --output text|json}: data on standard output, in one of two forms. */
final class OutputOption {

    /** Raised when a member of a JSON answer changes its meaning or goes away. */
    static final int SCHEMA_VERSION = 1;

    private enum Format {
        TEXT,
        JSON
    }

    @Option(names = "--output", description = "${COMPLETION-CANDIDATES}", defaultValue = "TEXT")
    private Format format;

    boolean json() {
        return format == Format.JSON;
    }

    /** A new answer. */
    ObjectNode document() {
        return JsonNodeFactory.instance.objectNode().put("schemaVersion", SCHEMA_VERSION);
    }

    void print(CommandSpec spec, ObjectNode answer) throws JsonProcessingException {
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        spec.commandLine().getOut().println(json.writeValueAsString(answer));
    }
}

package io.jenkins.plugins.countersign.engine.sentence;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A sentence as an array: its key, then its arguments. */
final class SentenceJson {

    /** In characters; the longest sentence of the gate names a few people. */
    private static final int MAX_LENGTH = 1 << 16;

    private static final int MAX_DEPTH = 16;

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_LENGTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private SentenceJson() {}

    static ArrayNode write(Sentence sentence) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode().add(sentence.key());
        for (Serializable argument : sentence.arguments()) {
            if (argument instanceof Sentence nested) {
                array.add(write(nested));
            } else {
                array.add((String) argument);
            }
        }
        return array;
    }

    /** Empty unless it is a sentence that this version has words for. */
    static Optional<Sentence> read(String json) {
        if (json == null || json.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            return read(MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    static Optional<Sentence> read(JsonNode node) {
        return read(node, MAX_DEPTH);
    }

    private static Optional<Sentence> read(JsonNode node, int depth) {
        if (depth == 0 || !node.isArray() || !node.path(0).isTextual()) {
            return Optional.empty();
        }
        List<Serializable> arguments = new ArrayList<>();
        for (int i = 1; i < node.size(); i++) {
            Optional<? extends Serializable> argument =
                    node.get(i).isTextual() ? Optional.of(node.get(i).textValue()) : read(node.get(i), depth - 1);
            if (argument.isEmpty()) {
                return Optional.empty();
            }
            arguments.add(argument.get());
        }
        String key = node.get(0).textValue();
        return Wording.isKnown(key, arguments.size()) ? Optional.of(new Sentence(key, arguments)) : Optional.empty();
    }
}

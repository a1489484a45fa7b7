package io.jenkins.plugins.countersign.engine.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * JSON that two readers cannot understand differently: one object, valid UTF-8 without a byte order mark, no key twice, nothing
 * after its end, limits on length and depth.
 */
public final class StrictJson {

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER_LENGTH = 40;
    private static final int MAX_NAME_LENGTH = 4096;

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_NUMBER_LENGTH)
                            .maxNameLength(MAX_NAME_LENGTH)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private StrictJson() {}

    /** A new, empty object. */
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /**
     * @param maxLength in bytes
     * @throws IOException if the content is not strict JSON, not an object, or too long; the message names the defect
     */
    public static ObjectNode readObject(byte[] content, int maxLength) throws IOException {
        if (content.length > maxLength) {
            throw new IOException("it has " + content.length + " bytes, at most " + maxLength + " are read");
        }
        try {
            // Jackson repairs some broken UTF-8 and guesses UTF-16; a signature is over bytes, so neither may happen.
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
        } catch (CharacterCodingException e) {
            throw new IOException("it is not valid UTF-8", e);
        }
        if (content.length > 0 && content[0] == (byte) 0xEF) {
            throw new IOException("it begins with a byte order mark");
        }
        for (byte b : content) {
            if (b == 0) {
                throw new IOException("it contains a NUL byte");
            }
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(content);
        } catch (JsonProcessingException e) {
            throw new IOException("it is not strict JSON: " + e.getOriginalMessage(), e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new IOException("it is not a JSON object");
        }
        return object;
    }

    /** The object's UTF-8 bytes, members in the order in which they were put, no white space. */
    public static byte[] write(JsonNode object) {
        try {
            // Not toString(): it would write half a surrogate pair as a question mark.
            return MAPPER.writeValueAsBytes(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree can always be written", e);
        }
    }
}

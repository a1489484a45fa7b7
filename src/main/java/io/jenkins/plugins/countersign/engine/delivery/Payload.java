package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How one kind of registry writes its deliveries. */
public interface Payload {

    /** In bytes. The largest that any of the registries sends for an event is a tenth of it. */
    int MAX_LENGTH = 512 * 1024;

    /** How many events one delivery may hold. */
    int MAX_EVENTS = 500;

    /** The member that a bare list is read as: CloudEvents come in batches (CloudEvents JSON format, section 4). */
    String BATCH = "batch";

    /**
     * The events in a payload; none when it tells of something else, for instance of a pull or of a test of the connection.
     *
     * @param registry host and optional port that the deliveries are about
     * @throws DeliveryException if what the payload says about an event is missing or is not what it should be
     */
    List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException;

    /** The code that the sender wants back before it sends anything; empty when the payload is no such question. */
    default Optional<String> handshakeCode(ObjectNode payload) throws DeliveryException {
        return Optional.empty();
    }

    /** Whether two events never have the same payload, so that one that was seen is a repetition. */
    default boolean tellsEventsApart() {
        return true;
    }

    /** Whether the sender repeats a delivery until it is accepted, and holds back everything later meanwhile. */
    default boolean isRepeatedUntilAccepted() {
        return false;
    }

    /**
     * Reads a whole delivery.
     *
     * @throws DeliveryException if it is too long or too deep, not strict JSON, or not such a payload
     */
    default List<RegistryEvent> read(String registry, byte[] body) throws DeliveryException {
        return read(registry, parse(body));
    }

    /**
     * Reads what {@link #parse} has made of a delivery.
     *
     * @throws DeliveryException if it is not such a payload
     */
    default List<RegistryEvent> read(String registry, ObjectNode content) throws DeliveryException {
        try {
            return events(registry, content);
        } catch (IllegalArgumentException e) {
            throw new DeliveryException(Sentence.of("delivery.impossibleImage", e.getMessage()), e);
        }
    }

    /**
     * The payload as an object; a bare list as its member {@link #BATCH}.
     *
     * @throws DeliveryException if it is too long or too deep, or not strict JSON
     */
    static ObjectNode parse(byte[] body) throws DeliveryException {
        try {
            if (body.length > MAX_LENGTH || body.length == 0 || body[0] != '[') {
                return StrictJson.readObject(body, MAX_LENGTH);
            }
            ByteArrayOutputStream object = new ByteArrayOutputStream(body.length + 16);
            object.writeBytes(("{\"" + BATCH + "\":").getBytes(StandardCharsets.US_ASCII));
            object.writeBytes(body);
            object.write('}');
            ObjectNode batch = StrictJson.readObject(object.toByteArray(), MAX_LENGTH + 16);
            if (batch.size() != 1) {
                throw new IOException("it has something after its end");
            }
            return batch;
        } catch (IOException e) {
            throw new DeliveryException(Sentence.of("delivery.notReadable", e.getMessage()), e);
        }
    }

    /** A member that must be there, as text. */
    static String need(JsonNode payload, String pointer) throws DeliveryException {
        String text = text(payload, pointer);
        if (text == null) {
            throw new DeliveryException(Sentence.of("delivery.noText", pointer));
        }
        return text;
    }

    /** A member as text; null when it is missing, null or empty, or is not text. */
    static String text(JsonNode payload, String pointer) {
        JsonNode node = payload.at(JsonPointer.compile(pointer));
        return node.isTextual() && !node.textValue().isEmpty() ? node.textValue() : null;
    }

    /** The same, with the empty text for a missing one. */
    static String textOrEmpty(JsonNode payload, String pointer) {
        String text = text(payload, pointer);
        return text == null ? "" : text;
    }

    static Digest digest(JsonNode payload, String pointer) {
        String text = text(payload, pointer);
        return text == null ? null : Digest.parse(text);
    }

    /** A list with something in it. */
    static JsonNode list(JsonNode payload, String pointer) throws DeliveryException {
        JsonNode node = payload.at(JsonPointer.compile(pointer));
        if (!node.isArray()) {
            throw new DeliveryException(Sentence.of("delivery.noList", pointer));
        }
        if (node.size() > MAX_EVENTS) {
            throw new DeliveryException(Sentence.of("delivery.tooManyEntries", node.size(), pointer, MAX_EVENTS));
        }
        return node;
    }

    /** A time as RFC 3339 or as seconds since 1970; null when there is none that can be read: it decides nothing. */
    static Instant time(JsonNode payload, String pointer) {
        JsonNode node = payload.at(JsonPointer.compile(pointer));
        try {
            return node.isTextual()
                    ? Instant.parse(node.textValue())
                    : node.isNumber() && node.canConvertToLong() ? Instant.ofEpochSecond(node.longValue()) : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}

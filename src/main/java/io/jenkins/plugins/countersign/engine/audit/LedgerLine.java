package io.jenkins.plugins.countersign.engine.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The one way in which a record is written as bytes. A line that is not exactly what its record would be written as is
 * refused, so there is one text for one hash.
 */
final class LedgerLine {

    /** Of one line, with its line feed. What is longer is not a record of ours. */
    static final int MAX_BYTES = 64 * 1024;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxStringLength(MAX_BYTES)
                    .maxNumberLength(20)
                    .build())
            .build();

    private LedgerLine() {}

    /** A record with its hash, and not yet written. */
    static LedgerRecord seal(long sequence, Instant time, String previous, String kind, Map<String, String> fields) {
        LedgerRecord open = new LedgerRecord(sequence, time, previous, kind, fields, "");
        return new LedgerRecord(
                sequence, time, previous, kind, fields, Digest.of(write(open)).hex());
    }

    /** The line of the record, with its line feed. */
    static byte[] encode(LedgerRecord r) {
        byte[] json = write(r);
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    /** @throws LedgerException if the line, without its line feed, is not exactly a record whose hash is right */
    static LedgerRecord decode(byte[] line, long expectedSequence, String expectedPrevious) throws LedgerException {
        LedgerRecord r;
        try {
            r = read(line);
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            throw new LedgerException("record " + expectedSequence + " is not a ledger record: " + firstLine(e), e);
        }
        if (!Arrays.equals(write(r), line)) {
            throw new LedgerException("record " + expectedSequence + " is not written as a ledger writes it");
        }
        if (r.sequence() != expectedSequence) {
            throw new LedgerException(
                    "record " + expectedSequence + " is missing: record " + r.sequence() + " stands in its place");
        }
        if (!r.previous().equals(expectedPrevious)) {
            throw new LedgerException("record " + r.sequence() + " follows a record with hash " + r.previous()
                    + ", but the record before it has hash " + expectedPrevious);
        }
        String hash = Digest.of(write(new LedgerRecord(r.sequence(), r.time(), r.previous(), r.kind(), r.fields(), "")))
                .hex();
        if (!hash.equals(r.hash())) {
            throw new LedgerException(
                    "record " + r.sequence() + " says its hash is " + r.hash() + ", but its content has hash " + hash);
        }
        return r;
    }

    private static byte[] write(LedgerRecord r) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("sequence", r.sequence());
            json.writeStringField("time", r.time().toString());
            json.writeStringField("previous", r.previous());
            json.writeStringField("kind", r.kind());
            json.writeObjectFieldStart("fields");
            for (Map.Entry<String, String> field : r.fields().entrySet()) {
                json.writeStringField(field.getKey(), field.getValue());
            }
            json.writeEndObject();
            if (!r.hash().isEmpty()) {
                json.writeStringField("hash", r.hash());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a field of the record is not text: " + e.getMessage(), e);
        }
        return bytes.toByteArray();
    }

    private static LedgerRecord read(byte[] line) throws IOException {
        try (JsonParser json = JSON.createParser(new String(line, StandardCharsets.UTF_8))) {
            expect(json.nextToken() == JsonToken.START_OBJECT, "an object was expected");
            expect("sequence".equals(json.nextFieldName()), "its first member is not \"sequence\"");
            expect(json.nextToken() == JsonToken.VALUE_NUMBER_INT, "\"sequence\" is not a whole number");
            long sequence = json.getLongValue();
            Instant time = Instant.parse(text(json, "time"));
            String previous = text(json, "previous");
            String kind = text(json, "kind");
            expect("fields".equals(json.nextFieldName()), "\"fields\" is missing");
            expect(json.nextToken() == JsonToken.START_OBJECT, "\"fields\" is not an object");
            Map<String, String> fields = new TreeMap<>();
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                expect(json.nextToken() == JsonToken.VALUE_STRING, "field \"" + name + "\" is not text");
                fields.put(name, json.getText());
            }
            String hash = text(json, "hash");
            expect(json.nextToken() == JsonToken.END_OBJECT, "something follows \"hash\"");
            expect(json.nextToken() == null, "something follows the record");
            return new LedgerRecord(sequence, time, previous, kind, fields, hash);
        }
    }

    private static String text(JsonParser json, String name) throws IOException {
        expect(name.equals(json.nextFieldName()), "\"" + name + "\" is missing");
        expect(json.nextToken() == JsonToken.VALUE_STRING, "\"" + name + "\" is not text");
        return json.getText();
    }

    private static void expect(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException(otherwise);
        }
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}

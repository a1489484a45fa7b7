package io.jenkins.plugins.countersign.engine.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.VerificationException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An in-toto statement: what is said ({@code predicate}) about which things ({@code subject}).
 *
 * <p>Source: in-toto/attestation, {@code spec/v1/statement.md}; v0.1 differs in {@code _type} alone and is read too. Members
 * that are not known are ignored, as the specification's parsing rules ask.
 *
 * @param subjects at least one, each with a SHA-256 digest
 * @param predicateType a URI
 * @param predicate an object
 */
public record Statement(List<Subject> subjects, String predicateType, JsonNode predicate) {

    public static final String TYPE_V1 = "https://in-toto.io/Statement/v1";
    public static final String TYPE_V01 = "https://in-toto.io/Statement/v0.1";

    private static final int MAX_SUBJECTS = 1024;

    public Statement {
        subjects = List.copyOf(subjects);
    }

    /**
     * One thing that the statement is about.
     *
     * @param name for people; {@code repository:tag}, or empty
     * @param digest algorithm to hexadecimal value
     * @param annotations what {@code cosign verify -a} compares with
     */
    public record Subject(String name, Map<String, String> digest, Map<String, String> annotations) {
        public Subject {
            digest = Map.copyOf(digest);
            annotations = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        }

        public Subject(String name, Digest digest, Map<String, String> annotations) {
            this(name, Map.of(digest.algorithm(), digest.hex()), annotations);
        }

        /** Whether this is the subject. */
        public boolean is(Digest other) {
            return other.hex().equals(digest.get(other.algorithm()));
        }
    }

    /** The subject with this digest. */
    public Optional<Subject> subject(Digest digest) {
        return subjects.stream().filter(subject -> subject.is(digest)).findFirst();
    }

    /** Version 1, in a fixed order of members: the same statement is always the same bytes. */
    public byte[] toBytes() {
        ObjectNode json = StrictJson.object();
        json.put("_type", TYPE_V1);
        ArrayNode list = json.putArray("subject");
        for (Subject subject : subjects) {
            ObjectNode entry = list.addObject();
            if (!subject.name().isEmpty()) {
                entry.put("name", subject.name());
            }
            ObjectNode digest = entry.putObject("digest");
            new java.util.TreeMap<>(subject.digest()).forEach(digest::put);
            if (!subject.annotations().isEmpty()) {
                ObjectNode annotations = entry.putObject("annotations");
                subject.annotations().forEach(annotations::put);
            }
        }
        json.put("predicateType", predicateType);
        json.set("predicate", predicate);
        return StrictJson.write(json);
    }

    /** @throws VerificationException if this is not one strict statement */
    public static Statement read(byte[] content) throws VerificationException {
        Fields fields = new Fields(Fields.parse(content, DsseEnvelope.MAX_LENGTH, "the statement"), "the statement");
        String type = fields.text("_type");
        if (!type.equals(TYPE_V1) && !type.equals(TYPE_V01)) {
            throw new VerificationException(
                    Reason.NOT_A_STATEMENT, "the payload is a \"" + Fields.shown(type) + "\", expected " + TYPE_V1);
        }
        String predicateType = fields.text("predicateType");
        if (predicateType.isEmpty()) {
            throw new VerificationException(Reason.NOT_A_STATEMENT, "the statement has an empty predicateType");
        }
        List<Subject> subjects = new ArrayList<>();
        for (JsonNode entry : fields.list("subject", MAX_SUBJECTS, Reason.TOO_LARGE)) {
            subjects.add(subject(new Fields(entry, "a subject of the statement")));
        }
        if (subjects.isEmpty()) {
            throw new VerificationException(
                    Reason.NOT_A_STATEMENT, "the statement is about nothing: it has no subject");
        }
        JsonNode predicate = fields.get("predicate");
        if (predicate.isMissingNode() || predicate.isNull()) {
            predicate = StrictJson.object();
        }
        if (!predicate.isObject()) {
            throw new VerificationException(Reason.NOT_A_STATEMENT, "the statement's predicate is not an object");
        }
        return new Statement(subjects, predicateType, predicate);
    }

    private static Subject subject(Fields fields) throws VerificationException {
        Map<String, String> digest = fields.texts("digest");
        if (digest.isEmpty()) {
            throw new VerificationException(Reason.NOT_A_STATEMENT, "a subject of the statement has no digest");
        }
        String sha256 = digest.get("sha256");
        if (sha256 != null && !Digest.isDigest("sha256:" + sha256)) {
            throw new VerificationException(
                    Reason.NOT_A_STATEMENT, "a subject's sha256 is not a digest: " + Fields.shown(sha256));
        }
        return new Subject(fields.optionalText("name"), digest, fields.texts("annotations"));
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One person's statement that an image may pass a stage: an in-toto statement whose subjects are the index and every platform
 * manifest, annotated with stage and role so that {@code cosign verify -a stage=…} can ask for them.
 *
 * <p>Source: docs/statements.md, "Approval".
 *
 * @param image what is approved
 * @param stage for which stage
 * @param role in which role
 * @param approver the person's name in the trust policy
 * @param policy the trust policy that the approver saw
 * @param request the request that was answered; empty when there was none
 * @param evidence digests of the evidence that the approver saw
 * @param issuedAt when the approver says it was signed
 * @param expiresAtOrNull from when on it does not count; null when only the policy's maxAge ends it
 * @param sequence counts up for one person, stage and role; the highest supersedes the others
 * @param origin where the image came from, as shown to the approver
 * @param comment free text; may be empty
 */
public record Approval(
        ApprovedImage image,
        String stage,
        String role,
        String approver,
        PolicyReference policy,
        String request,
        List<Digest> evidence,
        Instant issuedAt,
        Instant expiresAtOrNull,
        long sequence,
        Origin origin,
        String comment)
        implements Serializable {

    public static final String PREDICATE_TYPE = "https://plugins.jenkins.io/countersign/approval/v1";

    /** Longer payloads are set aside. In bytes. */
    public static final int MAX_LENGTH = 256 * 1024;

    public Approval {
        evidence = List.copyOf(evidence);
        request = request == null ? "" : request;
        comment = comment == null ? "" : comment;
        origin = origin == null ? Origin.UNKNOWN : origin;
    }

    /** An approval with nothing optional; thicken it with the {@code with} methods. */
    public static Approval of(
            ApprovedImage image,
            String stage,
            String role,
            String approver,
            PolicyReference policy,
            Instant issuedAt,
            long sequence) {
        return new Approval(
                image, stage, role, approver, policy, "", List.of(), issuedAt, null, sequence, Origin.UNKNOWN, "");
    }

    public Approval withRequest(String id) {
        return new Approval(
                image,
                stage,
                role,
                approver,
                policy,
                id,
                evidence,
                issuedAt,
                expiresAtOrNull,
                sequence,
                origin,
                comment);
    }

    public Approval withEvidence(List<Digest> seen) {
        return new Approval(
                image,
                stage,
                role,
                approver,
                policy,
                request,
                seen,
                issuedAt,
                expiresAtOrNull,
                sequence,
                origin,
                comment);
    }

    public Approval withExpiry(Instant end) {
        return new Approval(
                image, stage, role, approver, policy, request, evidence, issuedAt, end, sequence, origin, comment);
    }

    public Approval withOrigin(Origin from) {
        return new Approval(
                image,
                stage,
                role,
                approver,
                policy,
                request,
                evidence,
                issuedAt,
                expiresAtOrNull,
                sequence,
                from,
                comment);
    }

    public Approval withComment(String text) {
        return new Approval(
                image,
                stage,
                role,
                approver,
                policy,
                request,
                evidence,
                issuedAt,
                expiresAtOrNull,
                sequence,
                origin,
                text);
    }

    public Optional<Instant> expiresAt() {
        return Optional.ofNullable(expiresAtOrNull);
    }

    /** The statement to sign; the same approval is always the same bytes. */
    public Statement toStatement() {
        Map<String, String> annotations = new LinkedHashMap<>();
        annotations.put("stage", stage);
        annotations.put("role", role);
        List<Statement.Subject> subjects = new ArrayList<>();
        subjects.add(new Statement.Subject(image.repository(), image.digest(), annotations));
        for (Digest platform : image.platforms()) {
            subjects.add(new Statement.Subject(image.repository(), platform, annotations));
        }
        ObjectNode predicate = StrictJson.object();
        predicate.put("decision", "approved");
        predicate.put("stage", stage);
        predicate.put("role", role);
        predicate.put("approver", approver);
        image.write(predicate.putObject("image"));
        policy.write(predicate.putObject("policy"));
        if (!request.isEmpty()) {
            predicate.put("request", request);
        }
        if (!evidence.isEmpty()) {
            var list = predicate.putArray("evidence");
            evidence.forEach(digest -> list.add(digest.toString()));
        }
        predicate.put("issuedAt", issuedAt.toString());
        if (expiresAtOrNull != null) {
            predicate.put("expiresAt", expiresAtOrNull.toString());
        }
        predicate.put("sequence", sequence);
        if (!origin.equals(Origin.UNKNOWN)) {
            origin.write(predicate.putObject("origin"));
        }
        if (!comment.isEmpty()) {
            predicate.put("comment", comment);
        }
        return new Statement(subjects, PREDICATE_TYPE, predicate);
    }

    /** The bytes to sign. Their digest is what withdrawals, summaries and the ledger call this approval. */
    public byte[] payload() {
        return toStatement().toBytes();
    }

    /** @throws StatementException if the payload is not one strict approval whose parts agree with each other */
    public static Approval read(byte[] payload) throws StatementException {
        if (payload.length > MAX_LENGTH) {
            throw new StatementException(
                    "the approval has " + payload.length + " bytes, at most " + MAX_LENGTH + " are read");
        }
        try {
            return read(Statement.read(payload));
        } catch (VerificationException e) {
            throw new StatementException(e.getMessage(), e);
        }
    }

    static Approval read(Statement statement) throws StatementException {
        if (!statement.predicateType().equals(PREDICATE_TYPE)) {
            throw new StatementException("the predicate is a \"" + StatementMembers.shown(statement.predicateType())
                    + "\", expected " + PREDICATE_TYPE);
        }
        StatementMembers predicate = new StatementMembers(statement.predicate(), "predicate");
        predicate.constant("decision", "approved");
        String stage = predicate.text("stage");
        String role = predicate.text("role");
        List<Digest> subjects = new ArrayList<>();
        StatementMembers imageMembers = predicate.object("image");
        for (Statement.Subject subject : statement.subjects()) {
            subjects.add(digestOf(subject));
            requireAnnotation(subject, "stage", stage);
            requireAnnotation(subject, "role", role);
        }
        if (new HashSet<>(subjects).size() != subjects.size()) {
            throw new StatementException("a subject stands twice");
        }
        ApprovedImage image = ApprovedImage.read(imageMembers, subjects.subList(1, subjects.size()));
        if (!subjects.get(0).equals(image.digest())) {
            throw new StatementException(
                    "predicate.image.digest is " + image.digest() + ", and the first subject is " + subjects.get(0));
        }
        for (Statement.Subject subject : statement.subjects()) {
            if (!subject.name().equals(image.repository())) {
                throw new StatementException("a subject is named \"" + StatementMembers.shown(subject.name())
                        + "\", and predicate.image.repository is \"" + StatementMembers.shown(image.repository())
                        + "\"");
            }
        }
        Approval approval = new Approval(
                image,
                stage,
                role,
                predicate.text("approver"),
                PolicyReference.read(predicate.object("policy")),
                predicate.optionalText("request"),
                predicate.digests("evidence"),
                predicate.time("issuedAt"),
                predicate.optionalTime("expiresAt"),
                predicate.number("sequence", 1),
                predicate.has("origin") ? Origin.read(predicate.object("origin")) : Origin.UNKNOWN,
                predicate.optionalText("comment"));
        predicate.end();
        return approval;
    }

    private static Digest digestOf(Statement.Subject subject) throws StatementException {
        Set<String> algorithms = subject.digest().keySet();
        if (algorithms.size() != 1) {
            throw new StatementException("a subject has " + algorithms.size() + " digests, expected one");
        }
        String algorithm = algorithms.iterator().next();
        try {
            return new Digest(algorithm, subject.digest().get(algorithm));
        } catch (IllegalArgumentException e) {
            throw new StatementException("a subject's digest is refused: " + e.getMessage(), e);
        }
    }

    private static void requireAnnotation(Statement.Subject subject, String name, String expected)
            throws StatementException {
        String found = subject.annotations().get(name);
        if (!expected.equals(found)) {
            throw new StatementException("a subject's annotation \"" + name + "\" is "
                    + (found == null ? "missing" : "\"" + StatementMembers.shown(found) + "\"")
                    + ", and the predicate says \""
                    + StatementMembers.shown(expected) + "\"");
        }
    }
}

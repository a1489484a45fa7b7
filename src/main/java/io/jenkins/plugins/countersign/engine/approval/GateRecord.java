package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import java.io.IOException;
import java.io.Serializable;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A signed statement about an image that is not an approval of it: a DSSE payload of the type
 * {@link SignatureTypes#RECORD}, never a bundle, because a bundle of any predicate type counts as a signature elsewhere.
 *
 * <p>Source: docs/statements.md, "Record".
 *
 * @param kind what is said
 * @param image about which image
 * @param stage for which stage; empty for a block, which holds every stage
 * @param role in which role; empty for a withdrawal, which only the author's key makes good
 * @param author the person's name in the trust policy
 * @param policy the trust policy that the author saw
 * @param targets digests of the payloads that a withdrawal takes back or an override overrides; otherwise empty
 * @param fromOrNull for a rollback: the digest that is promoted now and shall be left; otherwise null
 * @param reason never empty
 * @param request the request that was answered; empty when there was none
 * @param issuedAt when the author says it was signed
 * @param expiresAtOrNull for a rollback: from when on it does not count; otherwise null
 * @param sequence counts up for one person, stage and role, together with the approvals
 */
public record GateRecord(
        Kind kind,
        ApprovedImage image,
        String stage,
        String role,
        String author,
        PolicyReference policy,
        List<Digest> targets,
        Digest fromOrNull,
        String reason,
        String request,
        Instant issuedAt,
        Instant expiresAtOrNull,
        long sequence)
        implements Serializable {

    public static final String TYPE = "https://plugins.jenkins.io/countersign/record/v1";
    public static final String PAYLOAD_TYPE = SignatureTypes.RECORD;

    /** What a record says. */
    public enum Kind {
        /** This image must not pass this stage. Holds its gate and those after it. */
        REJECTION,
        /** Takes back statements of the same person. Final: it cannot be withdrawn itself. */
        WITHDRAWAL,
        /** This image must not pass any stage. */
        BLOCK,
        /** The override role sets rejections or blocks aside, by name and with a reason. */
        OVERRIDE,
        /** An older image may take the place of the one that is promoted now. */
        ROLLBACK;

        /** As it is written in records and in the ledger. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word().equals(word))
                    .findFirst();
        }

        /** Whether it can only hold a gate, never open one: then doubts about the key's time do not make it void. */
        boolean isNegative() {
            return this == REJECTION || this == BLOCK;
        }
    }

    /** @throws IllegalArgumentException if the parts do not fit the kind; the message says which */
    public GateRecord {
        targets = List.copyOf(targets);
        request = request == null ? "" : request;
        stage = stage == null ? "" : stage;
        role = role == null ? "" : role;
        boolean targeted = kind == Kind.WITHDRAWAL || kind == Kind.OVERRIDE;
        require(targeted != targets.isEmpty(), targeted ? "names no statement" : "names statements (targets)", kind);
        require((kind == Kind.ROLLBACK) == (fromOrNull != null), "has a wrong \"from\"", kind);
        require(kind == Kind.ROLLBACK || expiresAtOrNull == null, "cannot expire", kind);
        require((kind == Kind.BLOCK) == stage.isEmpty(), "has a wrong stage", kind);
        require((kind == Kind.WITHDRAWAL) == role.isEmpty(), "has a wrong role", kind);
        require(reason != null && !reason.isBlank(), "gives no reason", kind);
        require(sequence >= 1, "has a sequence below 1", kind);
    }

    private static void require(boolean condition, String fault, Kind kind) {
        if (!condition) {
            throw new IllegalArgumentException("a " + kind.word() + " that " + fault);
        }
    }

    /** This image must not pass this stage. */
    public static GateRecord rejection(
            ApprovedImage image,
            String stage,
            String role,
            String author,
            PolicyReference policy,
            String reason,
            Instant issuedAt,
            long sequence) {
        return new GateRecord(
                Kind.REJECTION,
                image,
                stage,
                role,
                author,
                policy,
                List.of(),
                null,
                reason,
                "",
                issuedAt,
                null,
                sequence);
    }

    /** Takes back statements of the author's own. */
    public static GateRecord withdrawal(
            ApprovedImage image,
            String stage,
            String author,
            PolicyReference policy,
            List<Digest> targets,
            String reason,
            Instant issuedAt,
            long sequence) {
        return new GateRecord(
                Kind.WITHDRAWAL, image, stage, "", author, policy, targets, null, reason, "", issuedAt, null, sequence);
    }

    /** This image must not pass any stage. */
    public static GateRecord block(
            ApprovedImage image,
            String role,
            String author,
            PolicyReference policy,
            String reason,
            Instant issuedAt,
            long sequence) {
        return new GateRecord(
                Kind.BLOCK, image, "", role, author, policy, List.of(), null, reason, "", issuedAt, null, sequence);
    }

    /** Sets rejections, blocks or vanished records of others aside. */
    public static GateRecord override(
            ApprovedImage image,
            String stage,
            String role,
            String author,
            PolicyReference policy,
            List<Digest> targets,
            String reason,
            Instant issuedAt,
            long sequence) {
        return new GateRecord(
                Kind.OVERRIDE, image, stage, role, author, policy, targets, null, reason, "", issuedAt, null, sequence);
    }

    /**
     * The image may take the place of a newer one.
     *
     * @param from what is promoted now
     * @param expiresAtOrNull from when on it does not count; null for never
     */
    public static GateRecord rollback(
            ApprovedImage image,
            String stage,
            String role,
            String author,
            PolicyReference policy,
            Digest from,
            String reason,
            Instant issuedAt,
            Instant expiresAtOrNull,
            long sequence) {
        return new GateRecord(
                Kind.ROLLBACK,
                image,
                stage,
                role,
                author,
                policy,
                List.of(),
                from,
                reason,
                "",
                issuedAt,
                expiresAtOrNull,
                sequence);
    }

    public Optional<Digest> from() {
        return Optional.ofNullable(fromOrNull);
    }

    public Optional<Instant> expiresAt() {
        return Optional.ofNullable(expiresAtOrNull);
    }

    /** The bytes to sign. Their digest is what withdrawals, overrides and the ledger call this record. */
    public byte[] payload() {
        ObjectNode json = StrictJson.object();
        json.put("type", TYPE);
        json.put("kind", kind.word());
        if (!stage.isEmpty()) {
            json.put("stage", stage);
        }
        if (!role.isEmpty()) {
            json.put("role", role);
        }
        json.put("author", author);
        image.write(json.putObject("image"));
        if (!image.platforms().isEmpty()) {
            var list = json.putArray("platforms");
            image.platforms().forEach(digest -> list.add(digest.toString()));
        }
        policy.write(json.putObject("policy"));
        if (!targets.isEmpty()) {
            var list = json.putArray("targets");
            targets.forEach(digest -> list.add(digest.toString()));
        }
        if (fromOrNull != null) {
            json.put("from", fromOrNull.toString());
        }
        json.put("reason", reason);
        if (!request.isEmpty()) {
            json.put("request", request);
        }
        json.put("issuedAt", issuedAt.toString());
        if (expiresAtOrNull != null) {
            json.put("expiresAt", expiresAtOrNull.toString());
        }
        json.put("sequence", sequence);
        return StrictJson.write(json);
    }

    /** @throws StatementException if the payload is not one strict record whose parts fit its kind */
    public static GateRecord read(byte[] payload) throws StatementException {
        try {
            StatementMembers members =
                    new StatementMembers(StrictJson.readObject(payload, Approval.MAX_LENGTH), "record");
            members.constant("type", TYPE);
            String word = members.text("kind");
            Kind kind = Kind.of(word)
                    .orElseThrow(() -> new StatementException(
                            "record.kind \"" + StatementMembers.shown(word) + "\" is not known"));
            GateRecord read = new GateRecord(
                    kind,
                    ApprovedImage.read(members.object("image"), members.digests("platforms")),
                    members.optionalText("stage"),
                    members.optionalText("role"),
                    members.text("author"),
                    PolicyReference.read(members.object("policy")),
                    members.digests("targets"),
                    members.optionalDigest("from"),
                    members.text("reason"),
                    members.optionalText("request"),
                    members.time("issuedAt"),
                    members.optionalTime("expiresAt"),
                    members.number("sequence", 1));
            members.end();
            return read;
        } catch (IOException e) {
            throw new StatementException("the record is refused: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new StatementException(e.getMessage(), e);
        }
    }
}

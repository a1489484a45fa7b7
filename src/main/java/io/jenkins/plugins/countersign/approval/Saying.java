package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.AttachedEvidence;
import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.ImageStatements;
import io.jenkins.plugins.countersign.engine.approval.Kinds;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import io.jenkins.plugins.countersign.engine.approval.SignedStatement;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceReading;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Gathering;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.request.Request;
import io.jenkins.plugins.countersign.engine.request.RequestException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.Requirement;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a person says about an image, before it is signed.
 *
 * @param word which
 * @param stage for which stage
 * @param role in which role; empty for the only one that fits
 * @param comment the approval's comment, or the record's reason
 * @param targets what is taken back or set aside; empty for all that can be
 * @param evidenceOrNull what the person was shown with the image, and an approval names; null for all that is attached and
 *     verified, which a machine reads whole
 * @param origin where the image came from, as the person was shown
 */
record Saying(
        Word word,
        String stage,
        String role,
        String comment,
        List<Digest> targets,
        List<Digest> evidenceOrNull,
        Origin origin) {

    /** The words of the step and of REST. */
    enum Word {
        APPROVE("approval"),
        REJECT("rejection"),
        WITHDRAW("withdrawal"),
        BLOCK("block"),
        OVERRIDE("override");

        private final String kind;

        Word(String kind) {
            this.kind = kind;
        }

        /** What the statement is called when it is written. */
        String kind() {
            return kind;
        }

        String kindText() {
            return ReadersLanguage.text(Kinds.sentence(kind));
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Word> of(String text) {
            return Arrays.stream(values())
                    .filter(word -> word.word().equals(text))
                    .findFirst();
        }

        static List<String> all() {
            return Arrays.stream(values()).map(Word::word).toList();
        }
    }

    /**
     * What was written.
     *
     * @param person the name in the trust policy
     * @param role as signed; empty for a withdrawal
     * @param manifest digest of the manifest that holds the statement
     */
    record Said(String person, String role, Digest manifest) {}

    /**
     * Signs it and writes it next to the image.
     *
     * @param expectedOrNull who must own the key; null for whoever does
     * @throws StatementException if the trust policy does not let the key's owner say this
     */
    Said write(
            Repository repository, Digest image, String tag, TrustPolicy policy, Signer signer, Person expectedOrNull)
            throws StatementException, RegistryException, KeyException {
        return draft(repository, image, tag, policy, signer, expectedOrNull).sign();
    }

    /** Something that may be said, and is not yet. */
    interface Draft {
        Said sign() throws RegistryException, KeyException;
    }

    /** The same, up to the signature: whatever is to be refused is refused here. */
    Draft draft(
            Repository repository, Digest image, String tag, TrustPolicy policy, Signer signer, Person expectedOrNull)
            throws StatementException, RegistryException {
        ImageStatements statements = ImageStatements.about(repository, image, tag, policy, Clock.systemUTC());
        Person owner = speaker(statements, signer, policy, expectedOrNull);
        if (expectedOrNull != null && !owner.name().equals(expectedOrNull.name())) {
            throw new StatementException(Messages.Saying_NotYourKey(owner.name(), expectedOrNull.name()));
        }
        if (word == Word.APPROVE) {
            Approval approval = approval(statements, owner, policy, repository);
            return () -> new Said(owner.name(), approval.role(), statements.attach(approval, signer));
        }
        GateRecord record = record(statements, owner, policy, repository);
        return () -> new Said(owner.name(), record.role(), statements.attach(record, signer));
    }

    /** Whose key it is; whom this controller vouches for, when it is its own for that. */
    private Person speaker(ImageStatements statements, Signer signer, TrustPolicy policy, Person expectedOrNull)
            throws StatementException {
        Digest fingerprint = PublicKeys.fingerprint(signer.publicKey());
        boolean vouches = expectedOrNull != null
                && policy.identityKeys().stream()
                        .anyMatch(key -> key.fingerprint().equals(fingerprint));
        if (!vouches) {
            return statements.ownerOf(signer.publicKey());
        }
        boolean taken = word == Word.WITHDRAW
                || (word == Word.APPROVE || word == Word.REJECT)
                        && statements.requireStage(stage).takesIdentity(roleOf(expectedOrNull, policy));
        if (!taken) {
            throw new StatementException(Messages.Saying_NeedsKey(word.kindText(), stage));
        }
        return expectedOrNull;
    }

    /** The same, to be signed elsewhere. */
    Request request(Repository repository, Digest image, String tag, TrustPolicy policy, Person person)
            throws StatementException, RegistryException, RequestException {
        ImageStatements statements = ImageStatements.about(repository, image, tag, policy, Clock.systemUTC());
        return word == Word.APPROVE
                ? Request.of(approval(statements, person, policy, repository))
                : Request.of(record(statements, person, policy, repository));
    }

    private Approval approval(ImageStatements statements, Person person, TrustPolicy policy, Repository repository)
            throws StatementException, RegistryException {
        List<Digest> evidence = evidenceOrNull;
        if (evidence == null) {
            Gathering gathering = Gathering.of(repository, statements.image().digest(), "");
            evidence = EvidenceReading.read(gathering.atImage(), policy, Map.of(), Instant.now()).attached().stream()
                    .map(AttachedEvidence::statement)
                    .distinct()
                    .toList();
        }
        return statements.approval(person, stage, roleOf(person, policy), comment, evidence, origin);
    }

    private GateRecord record(ImageStatements statements, Person person, TrustPolicy policy, Repository repository)
            throws StatementException, RegistryException {
        if (comment.isBlank()) {
            throw new StatementException(Messages.Saying_NeedsReason(word.kindText()));
        }
        GateRecord.Kind kind = GateRecord.Kind.valueOf(word.kind().toUpperCase(Locale.ROOT));
        return statements.record(
                kind,
                person,
                kind == GateRecord.Kind.BLOCK ? "" : stage,
                kind == GateRecord.Kind.WITHDRAWAL ? "" : roleOf(person, policy),
                targets(repository, statements.image().digest(), policy, person),
                null,
                null,
                comment);
    }

    private List<Digest> targets(Repository repository, Digest image, TrustPolicy policy, Person person)
            throws StatementException, RegistryException {
        if (word != Word.WITHDRAW && word != Word.OVERRIDE) {
            return List.of();
        }
        List<SignedStatement> all = StatementReader.read(
                        Gathering.of(repository, image, "").statements(), policy)
                .statements();
        Set<Digest> withdrawn = new HashSet<>();
        all.stream()
                .flatMap(statement -> statement.record().stream())
                .filter(record -> record.kind() == GateRecord.Kind.WITHDRAWAL)
                .forEach(record -> withdrawn.addAll(record.targets()));
        List<Digest> possible = all.stream()
                .filter(statement -> word == Word.WITHDRAW
                        ? statement.person().name().equals(person.name()) && !isWithdrawal(statement)
                        : isNegative(statement))
                .filter(statement ->
                        statement.stage().equals(stage) || statement.stage().isEmpty())
                .map(SignedStatement::digest)
                .filter(digest -> !withdrawn.contains(digest))
                .distinct()
                .toList();
        for (Digest target : targets) {
            if (!possible.contains(target)) {
                throw new StatementException(Messages.Saying_NoSuchTarget(target, word.kindText()));
            }
        }
        if (possible.isEmpty()) {
            throw new StatementException(Messages.Saying_NothingToTakeBack(person.name(), stage, word.kindText()));
        }
        return targets.isEmpty() ? possible : targets;
    }

    private static boolean isWithdrawal(SignedStatement statement) {
        return statement
                .record()
                .filter(record -> record.kind() == GateRecord.Kind.WITHDRAWAL)
                .isPresent();
    }

    private static boolean isNegative(SignedStatement statement) {
        return statement
                .record()
                .filter(record -> record.kind() == GateRecord.Kind.REJECTION || record.kind() == GateRecord.Kind.BLOCK)
                .isPresent();
    }

    private String roleOf(Person person, TrustPolicy policy) throws StatementException {
        if (!role.isEmpty()) {
            return role;
        }
        List<String> fitting = rolesOf(word, person, stage, policy);
        if (fitting.size() != 1) {
            throw new StatementException(
                    fitting.isEmpty()
                            ? Messages.Saying_NoRole(person.name(), stage)
                            : Messages.Saying_WhichRole(person.name(), String.join(", ", fitting)));
        }
        return fitting.get(0);
    }

    /** In which roles the person could say it. */
    static List<String> rolesOf(Word word, Person person, String stage, TrustPolicy policy) {
        if (word == Word.OVERRIDE) {
            return policy.overrideRole()
                    .filter(role -> policy.isInRole(person.name(), role))
                    .map(List::of)
                    .orElse(List.of());
        }
        return policy.stage(stage)
                .map(found -> found.needs().stream().map(Requirement::role))
                .orElseGet(java.util.stream.Stream::empty)
                .distinct()
                .filter(role -> policy.isInRole(person.name(), role))
                .toList();
    }
}

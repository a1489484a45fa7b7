package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.approval.GateRecord;
import io.jenkins.plugins.countersign.engine.approval.KeyTimes;
import io.jenkins.plugins.countersign.engine.approval.Kinds;
import io.jenkins.plugins.countersign.engine.approval.SignedStatement;
import io.jenkins.plugins.countersign.engine.approval.StatementReader;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.Evidence;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who signed a golden image, by what lies next to it in its registry and the keys of the trust policy.
 *
 * <p>A plain signature ({@code .sig}, a bundle of cosign, notation) of a person in the role counts, and an approval in that
 * role. Statements about other things, a bill of materials for instance, do not. A rejection or block by one of the role
 * that stands decides over all signatures.
 */
public final class RegistrySignatures implements BaseSignatures {

    private static final int MAX_REASONS = 3;

    private final RegistryBases bases;
    private final TrustPolicy policy;
    private final Clock clock;

    public RegistrySignatures(RegistryBases bases, TrustPolicy policy, Clock clock) {
        this.bases = bases;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public Sentence prove(ImageReference image, SignedBy some) throws UnprovenException {
        if (!(some instanceof SignedBy.People signedBy)) {
            throw new UnprovenException(Sentence.of("goldenbase.noRegistry"));
        }
        List<Person> role = policy.inRole(signedBy.role());
        if (role.size() < signedBy.count()) {
            throw new UnprovenException(Sentence.of(
                    "goldenbase.tooFewInRole", policy.name(), policy.version(), role.size(), signedBy.role()));
        }
        Digest digest;
        List<FoundSignature> found;
        try (Repository repository = bases.repository(image)) {
            Optional<Digest> pointed = image.digest();
            if (pointed.isEmpty()) {
                pointed = repository.resolve(image.tag().orElse("latest")).map(Descriptor::digest);
            }
            digest = pointed.orElseThrow(() -> new UnprovenException(Sentence.of("goldenbase.noImage", image)));
            found = new SignatureStore(repository).collect(digest);
        } catch (IOException e) {
            throw new UnprovenException(Sentence.of("goldenbase.signaturesUnread", e.getMessage()));
        }
        return judge(image, digest, found, signedBy, role);
    }

    private Sentence judge(
            ImageReference image,
            Digest digest,
            List<FoundSignature> found,
            SignedBy.People signedBy,
            List<Person> role)
            throws UnprovenException {
        List<SignedStatement> statements = StatementReader.read(found, policy).statements();
        refuseNegatives(statements, digest, signedBy);
        Set<String> signers = new LinkedHashSet<>();
        List<Sentence> reasons = new ArrayList<>();
        for (SignedStatement statement : statements) {
            if (statement.approval().isPresent() && statement.role().equals(signedBy.role())) {
                approval(statement, image, digest)
                        .ifPresentOrElse(
                                reasons::add,
                                () -> signers.add(statement.person().name()));
            }
        }
        for (FoundSignature signature : found) {
            if (signature.format() == SignatureFormat.RECORD || signature.format() == SignatureFormat.ATTESTATION) {
                continue;
            }
            plainSignature(signature, role, signers, reasons);
        }
        signers.retainAll(role.stream().map(Person::name).toList());
        if (signers.size() < signedBy.count()) {
            List<Sentence> said = new ArrayList<>();
            said.add(Sentence.of(
                    "goldenbase.signaturesOf",
                    digest,
                    signers.isEmpty() ? Sentence.of("goldenbase.nobody") : Sentence.commas(signers)));
            reasons.stream().distinct().limit(MAX_REASONS).forEach(said::add);
            throw new UnprovenException(Sentence.semicolons(said));
        }
        return Sentence.of("goldenbase.signedBy", Sentence.commas(signers), signedBy.role(), digest);
    }

    /** Empty when it counts; else why not. */
    private Optional<Sentence> approval(SignedStatement statement, ImageReference image, Digest digest) {
        String who = statement.person().name();
        if (!statement.image().digest().equals(digest)
                && !statement.image().platforms().contains(digest)) {
            return Optional.of(Sentence.of(
                    "goldenbase.approvalIsFor", who, statement.image().digest()));
        }
        if (!statement.image().repository().equals(image.name())) {
            return Optional.of(Sentence.of(
                    "goldenbase.approvalIsFor", who, statement.image().repository()));
        }
        if (statement.expiresAt().filter(end -> !clock.instant().isBefore(end)).isPresent()) {
            return Optional.of(Sentence.of("goldenbase.approvalExpired", who));
        }
        return KeyTimes.check(statement.key(), statement.issuedAt(), Optional.empty(), clock.instant())
                .map(fault -> Sentence.of("goldenbase.approvalFault", who, fault.sentence()));
    }

    private void refuseNegatives(List<SignedStatement> statements, Digest digest, SignedBy.People signedBy)
            throws UnprovenException {
        for (SignedStatement no : statements) {
            boolean negative = no.record()
                    .filter(record ->
                            record.kind() == GateRecord.Kind.REJECTION || record.kind() == GateRecord.Kind.BLOCK)
                    .isPresent();
            if (!negative
                    || !policy.isInRole(no.person().name(), signedBy.role())
                    || !no.image().digest().equals(digest)
                    || KeyTimes.checkNegative(no.key(), no.issuedAt(), Optional.empty())
                            .isPresent()) {
                continue;
            }
            boolean withdrawn = statements.stream()
                    .filter(other -> other.person().equals(no.person()))
                    .filter(other -> KeyTimes.check(other.key(), other.issuedAt(), Optional.empty(), clock.instant())
                            .isEmpty())
                    .flatMap(other -> other.record().stream())
                    .anyMatch(record -> record.kind() == GateRecord.Kind.WITHDRAWAL
                            && record.targets().contains(no.digest()));
            if (!withdrawn) {
                throw new UnprovenException(Sentence.of(
                        "goldenbase.saysNo",
                        no.person().name(),
                        signedBy.role(),
                        no.issuedAt(),
                        Kinds.sentence(no.kind())));
            }
        }
    }

    private void plainSignature(
            FoundSignature signature, List<Person> role, Set<String> signers, List<Sentence> reasons) {
        List<PublicKey> keys = role.stream()
                .flatMap(person -> person.keys().stream())
                .map(PolicyKey::key)
                .toList();
        try {
            Evidence evidence = Verifier.verify(signature, keys);
            if (evidence.inTotoStatement()
                    .filter(statement -> !statement.predicateType().equals(SignatureTypes.COSIGN_SIGN_PREDICATE))
                    .isPresent()) {
                return;
            }
            Person person = policy.ownerOf(evidence.keyFingerprint()).orElseThrow();
            PolicyKey key = person.keys().stream()
                    .filter(one -> one.fingerprint().equals(evidence.keyFingerprint()))
                    .findFirst()
                    .orElseThrow();
            Optional<Instant> proven = evidence.provenTimes().stream().min(Comparator.naturalOrder());
            // A plain signature claims no time: without a proof it is taken to be of now.
            Optional<KeyTimes.Fault> fault =
                    KeyTimes.check(key, proven.orElse(clock.instant()), proven, clock.instant());
            fault.ifPresentOrElse(
                    some -> reasons.add(Sentence.of("goldenbase.signatureFault", person.name(), some.sentence())),
                    () -> signers.add(person.name()));
        } catch (VerificationException e) {
            reasons.add(Sentence.of("goldenbase.badSignature", e.getMessage()));
        }
    }
}

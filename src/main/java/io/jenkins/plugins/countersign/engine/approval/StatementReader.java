package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.trust.Names;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns what was found at an image into statements whose signatures are verified. A statement names its person, so only the
 * keys of that person are tried: the work is linear in the number of statements, and a key never speaks for somebody else.
 */
public final class StatementReader {

    /** People by folded name: folding is slow, and a statement may spell a name in another case. */
    private final Map<String, Person> people = new HashMap<>();

    /** Beside approvals: what a Jenkins may say for people that have no key. To block, override or roll back takes a key. */
    private static final Set<GateRecord.Kind> VOUCHED =
            EnumSet.of(GateRecord.Kind.REJECTION, GateRecord.Kind.WITHDRAWAL);

    private final List<PolicyKey> identityKeys;
    private final List<SignedStatement> statements = new ArrayList<>();
    private final List<SetAside> setAside = new ArrayList<>();

    /** What was read elsewhere, for tests of the rules alone. */
    StatementReader(TrustPolicy policy, List<SignedStatement> statements, List<SetAside> setAside) {
        this(policy);
        this.statements.addAll(statements);
        this.setAside.addAll(setAside);
    }

    private StatementReader(TrustPolicy policy) {
        identityKeys = policy.identityKeys();
        policy.people().values().forEach(person -> people.put(Names.fold(person.name()), person));
    }

    /** Reads everything that was found, in any order. */
    public static StatementReader read(List<FoundSignature> found, TrustPolicy policy) {
        StatementReader reader = new StatementReader(policy);
        found.forEach(reader::read);
        return reader;
    }

    /** What is authentic: a key that the policy gives to the person made the signature. For the ledger, and for the gate. */
    public List<SignedStatement> statements() {
        return List.copyOf(statements);
    }

    /** What is not. */
    public List<SetAside> setAside() {
        return List.copyOf(setAside);
    }

    private void read(FoundSignature found) {
        if (found.format() != SignatureFormat.BUNDLE && found.format() != SignatureFormat.RECORD) {
            return;
        }
        if (found.oversized() > 0) {
            unread(found, null, SetAsideReason.TOO_LARGE, Sentence.of("approval.tooLarge", found.oversized()));
            return;
        }
        try {
            DsseEnvelope envelope = found.format() == SignatureFormat.RECORD
                    ? DsseEnvelope.read(found.content())
                    : SigstoreBundle.read(found.content()).envelope();
            read(found, envelope);
        } catch (VerificationException e) {
            unread(
                    found,
                    null,
                    e.reason() == VerificationException.Reason.TOO_LARGE
                            ? SetAsideReason.TOO_LARGE
                            : SetAsideReason.MALFORMED,
                    Sentence.of("approval.notReadable", e.getMessage()));
        }
    }

    private void read(FoundSignature found, DsseEnvelope envelope) {
        boolean record = found.format() == SignatureFormat.RECORD;
        String expected = record ? GateRecord.PAYLOAD_TYPE : SignatureTypes.IN_TOTO;
        Digest digest = Digest.of(envelope.payload());
        if (!envelope.payloadType().equals(expected)) {
            unread(
                    found,
                    digest,
                    SetAsideReason.MALFORMED,
                    Sentence.of("approval.otherPayload", StatementMembers.shown(envelope.payloadType()), expected));
            return;
        }
        if (envelope.payload().length > Approval.MAX_LENGTH) {
            unread(
                    found,
                    digest,
                    SetAsideReason.TOO_LARGE,
                    Sentence.of("approval.payloadTooLarge", envelope.payload().length));
            return;
        }
        Approval approval = null;
        GateRecord gateRecord = null;
        try {
            if (record) {
                gateRecord = GateRecord.read(envelope.payload());
            } else {
                Statement statement = Statement.read(envelope.payload());
                if (!statement.predicateType().equals(Approval.PREDICATE_TYPE)) {
                    unread(
                            found,
                            digest,
                            SetAsideReason.NOT_AN_APPROVAL,
                            Sentence.of("approval.notAnApproval", StatementMembers.shown(statement.predicateType())));
                    return;
                }
                approval = Approval.read(statement);
            }
        } catch (StatementException | VerificationException e) {
            unread(found, digest, SetAsideReason.MALFORMED, Sentence.of("approval.notReadable", e.getMessage()));
            return;
        }
        String name = record ? gateRecord.author() : approval.approver();
        String role = record ? gateRecord.role() : approval.role();
        String kind = record ? gateRecord.kind().word() : "approval";
        Optional<Person> person = Optional.ofNullable(people.get(Names.fold(name)));
        if (person.isEmpty()) {
            setAside.add(new SetAside(
                    digest,
                    found.manifest(),
                    kind,
                    name,
                    role,
                    SetAsideReason.UNKNOWN_PERSON,
                    Sentence.of("approval.unknownPerson", StatementMembers.shown(name))));
            return;
        }
        List<PolicyKey> possible = new ArrayList<>(person.get().keys());
        if (!record || VOUCHED.contains(gateRecord.kind())) {
            possible.addAll(identityKeys);
        }
        try {
            PublicKey signedWith =
                    envelope.verify(possible.stream().map(PolicyKey::key).toList());
            PolicyKey key = possible.stream()
                    .filter(k -> k.key().equals(signedWith))
                    .findFirst()
                    .orElseThrow();
            statements.add(new SignedStatement(digest, found.manifest(), person.get(), key, approval, gateRecord));
        } catch (VerificationException e) {
            setAside.add(new SetAside(
                    digest,
                    found.manifest(),
                    kind,
                    name,
                    role,
                    SetAsideReason.BAD_SIGNATURE,
                    Sentence.of("approval.badSignature", person.get().name(), e.getMessage())));
        }
    }

    private void unread(FoundSignature found, Digest digest, SetAsideReason reason, Sentence sentence) {
        setAside.add(new SetAside(digest, found.manifest(), "unknown", "", "", reason, sentence));
    }
}

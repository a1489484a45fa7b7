package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.Stage;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What people say about one image: drafts it, and writes it next to the image when it is signed. */
public final class ImageStatements {

    private final ApprovedImage image;
    private final TrustPolicy policy;
    private final Clock clock;
    private final SignatureStore store;
    private final Descriptor descriptor;

    private ImageStatements(
            Repository repository, ApprovedImage image, Descriptor descriptor, TrustPolicy policy, Clock clock) {
        this.image = image;
        this.descriptor = descriptor;
        this.policy = policy;
        this.clock = clock;
        this.store = new SignatureStore(repository);
    }

    /**
     * @param tag by which the image was found; empty when there was none
     * @throws RegistryException if the image is not there
     */
    public static ImageStatements about(
            Repository repository, Digest digest, String tag, TrustPolicy policy, Clock clock)
            throws RegistryException {
        List<Descriptor> subjects = Subjects.of(repository, digest);
        ApprovedImage image = new ApprovedImage(
                repository.name(),
                tag,
                digest,
                subjects.get(0).size(),
                subjects.stream().skip(1).map(Descriptor::digest).toList());
        return new ImageStatements(repository, image, subjects.get(0), policy, clock);
    }

    public ApprovedImage image() {
        return image;
    }

    /**
     * The person of the policy to whom the key belongs.
     *
     * @throws StatementException if it is nobody's
     */
    public Person ownerOf(PublicKey key) throws StatementException {
        Digest fingerprint = PublicKeys.fingerprint(key);
        return policy.ownerOf(fingerprint)
                .orElseThrow(() -> new StatementException(
                        Sentence.of("approval.keyOfNobody", fingerprint, policy.name(), policy.version())));
    }

    /**
     * An approval by the person, to be signed.
     *
     * @throws StatementException if the policy knows no such stage, or the person is not in the role
     */
    public Approval approval(
            Person person, String stage, String role, String comment, List<Digest> evidence, Origin origin)
            throws StatementException, RegistryException {
        requireStage(stage);
        requireRole(person, role);
        return new Approval(
                image,
                stage,
                role,
                person.name(),
                PolicyReference.to(policy),
                "",
                evidence,
                now(),
                null,
                nextSequence(person),
                origin,
                comment);
    }

    /**
     * A record by the person, to be signed; see {@link GateRecord} for which parts its kind has.
     *
     * @throws StatementException if the policy knows no such stage, or the person is not in the role
     */
    public GateRecord record(
            GateRecord.Kind kind,
            Person person,
            String stage,
            String role,
            List<Digest> targets,
            Digest fromOrNull,
            Instant expiresAtOrNull,
            String reason)
            throws StatementException, RegistryException {
        if (kind != GateRecord.Kind.BLOCK) {
            requireStage(stage);
        }
        if (kind != GateRecord.Kind.WITHDRAWAL) {
            requireRole(person, role);
        }
        try {
            return new GateRecord(
                    kind,
                    image,
                    stage,
                    role,
                    person.name(),
                    PolicyReference.to(policy),
                    targets,
                    fromOrNull,
                    reason,
                    "",
                    now(),
                    expiresAtOrNull,
                    nextSequence(person));
        } catch (IllegalArgumentException e) {
            throw new StatementException(e.getMessage(), e);
        }
    }

    /** Signs the approval and attaches it. The signature is verified before anything is uploaded. */
    public Digest attach(Approval approval, Signer signer) throws KeyException, RegistryException {
        return Approvals.attach(store, descriptor, Approvals.sign(approval, signer), approval.issuedAt());
    }

    /** Signs the record and attaches it. The signature is verified before anything is uploaded. */
    public Digest attach(GateRecord record, Signer signer) throws KeyException, RegistryException {
        return Approvals.attach(store, descriptor, Approvals.sign(record, signer), record.issuedAt());
    }

    /** One more than the highest that the person has used for this image. */
    private long nextSequence(Person person) throws RegistryException {
        return 1
                + StatementReader.read(store.collect(image.digest()), policy).statements().stream()
                        .filter(statement -> statement.person().equals(person))
                        .mapToLong(SignedStatement::sequence)
                        .max()
                        .orElse(0);
    }

    /** @throws StatementException if the trust policy has no such stage */
    public Stage requireStage(String stage) throws StatementException {
        return policy.stage(stage)
                .orElseThrow(() -> new StatementException(Sentence.of(
                        "approval.stageNotInPolicy",
                        policy.name(),
                        policy.version(),
                        stage,
                        Sentence.commas(policy.stages().keySet()))));
    }

    private void requireRole(Person person, String role) throws StatementException {
        if (!policy.isInRole(person.name(), role)) {
            throw new StatementException(
                    Sentence.of("approval.notInRoleOfPolicy", person.name(), role, policy.name(), policy.version()));
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}

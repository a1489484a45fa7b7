package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A piece of evidence about an image, ready to be signed and attached: an in-toto statement about the image and every
 * platform's manifest.
 *
 * @param image what it is attached to
 * @param statement what is signed
 */
public record EvidenceStatement(Descriptor image, Statement statement) {

    public static EvidenceStatement testResult(
            Repository repository, Digest image, TestReport report, String url, Instant finishedOn)
            throws RegistryException {
        return of(repository, image, PredicateTypes.TEST_RESULT, report.predicate(url, finishedOn));
    }

    /** @throws EvidenceException if the report says that it is about another image */
    public static EvidenceStatement scan(Repository repository, Digest image, ScanReport report, Instant finishedOn)
            throws RegistryException, EvidenceException {
        report.requireAbout(namesOf(repository, image));
        return of(repository, image, PredicateTypes.VULNS, report.predicate(finishedOn));
    }

    public static EvidenceStatement sbom(Repository repository, Digest image, Sbom sbom) throws RegistryException {
        return of(repository, image, sbom.predicateType(), sbom.document());
    }

    public static EvidenceStatement provenance(Repository repository, Digest image, Provenance provenance)
            throws RegistryException {
        return of(repository, image, PredicateTypes.PROVENANCE, provenance.predicate());
    }

    /** A statement with any predicate, for instance one that another tool wrote. */
    public static EvidenceStatement of(Repository repository, Digest image, String predicateType, ObjectNode predicate)
            throws RegistryException {
        List<Statement.Subject> subjects = Subjects.of(repository, image, repository.name(), Map.of());
        return new EvidenceStatement(
                Subjects.of(repository, image).get(0), new Statement(subjects, predicateType, predicate));
    }

    /**
     * Signs and attaches it.
     *
     * @return digest of the signed payload: what an approval names when its approver has seen this
     */
    public Digest attach(Repository repository, Signer signer, Instant now) throws RegistryException, KeyException {
        SigstoreBundle bundle = SigstoreBundle.sign(statement, signer);
        new SignatureStore(repository).attachBundle(image, bundle, statement.predicateType(), now);
        return Digest.of(bundle.envelope().payload());
    }

    /** Scanners name an image by its index, a platform's manifest, or the configuration (which Docker calls image id). */
    private static List<Digest> namesOf(Repository repository, Digest image) throws RegistryException {
        List<Digest> names = new ArrayList<>();
        for (Descriptor subject : Subjects.of(repository, image)) {
            names.add(subject.digest());
            Manifest manifest = repository
                    .manifest(subject.digest())
                    .orElseThrow(() ->
                            new RegistryException("there is no " + subject.digest() + " in " + repository.name()));
            manifest.read().config().ifPresent(config -> names.add(config.digest()));
        }
        return names;
    }
}

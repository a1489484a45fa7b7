package io.jenkins.plugins.countersign.engine.request;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.DsseEnvelope;
import io.jenkins.plugins.countersign.engine.signing.SignatureStore;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import io.jenkins.plugins.countersign.engine.signing.Subjects;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import java.security.PublicKey;
import java.time.Instant;

/**
 * A request with its signature, verified.
 *
 * @param request what was to be signed
 * @param envelope the statement with the signature
 * @param key who signed
 */
public record SignedRequest(Request request, DsseEnvelope envelope, PublicKey key) {

    /** What goes back by file: a Sigstore bundle for statements, the envelope itself for records. */
    public byte[] toBytes() {
        return request.isRecord() ? envelope.toBytes() : bundle().toBytes();
    }

    public SigstoreBundle bundle() {
        return SigstoreBundle.of(envelope, key);
    }

    /**
     * Attaches it to the image.
     *
     * @return the digest of the manifest that holds it next to the image
     * @throws RequestException if the request is for another repository
     */
    public Digest attachTo(Repository repository, Instant now) throws RegistryException, RequestException {
        if (!repository.name().equals(request.repository())) {
            throw new RequestException("the request is for " + request.repository() + ", not for " + repository.name());
        }
        Descriptor image = Subjects.of(repository, request.image()).get(0);
        SignatureStore store = new SignatureStore(repository);
        return request.isRecord()
                ? store.attachRecord(image, envelope, now)
                : store.attachBundle(image, bundle(), predicateType(), now);
    }

    private String predicateType() throws RequestException {
        try {
            return Statement.read(envelope.payload()).predicateType();
        } catch (VerificationException e) {
            throw new RequestException("the statement cannot be read: " + e.getMessage(), e);
        }
    }
}

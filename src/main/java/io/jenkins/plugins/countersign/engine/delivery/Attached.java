package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.SignatureTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A signature or an approval that hangs on an image. Only what it calls itself: nothing is verified here, that is the gate's
 * office.
 *
 * @param kind {@link EventKind#SIGNED} or {@link EventKind#APPROVED}
 * @param subject the image
 * @param artifact the digest of the signature or approval itself, by which one is told from the next
 */
public record Attached(EventKind kind, Digest subject, Digest artifact) {

    /** More things on one image are not looked at: the newest stand last. */
    private static final int MAX = 64;

    private static final String PREDICATE_TYPE = "dev.sigstore.bundle.predicateType";

    /**
     * What the event may have attached, asked of the registry: by the manifest's own words when it was pushed by digest, by the
     * list that a fallback tag is, or by cosign's {@code .sig}.
     */
    public static List<Attached> by(RegistryEvent event, Repository repository) throws RegistryException {
        if (event.tagOrNull() == null) {
            return event.digestOrNull() == null ? List.of() : read(repository, event.digestOrNull());
        }
        Optional<Digest> subject = event.kind() == EventKind.ATTACHED ? event.subject() : Optional.empty();
        if (subject.isEmpty()) {
            return List.of();
        }
        if (event.tagOrNull().endsWith(".sig")) {
            return repository
                    .resolve(event.tagOrNull())
                    .map(found -> new Attached(EventKind.SIGNED, subject.get(), found.digest()))
                    .map(List::of)
                    .orElse(List.of());
        }
        if (event.tagOrNull().indexOf('.') >= 0) {
            return List.of(); // Attestations and bills of materials.
        }
        List<Descriptor> referrers = repository.referrers(subject.get());
        List<Attached> attached = new ArrayList<>();
        for (Descriptor referrer : referrers.subList(Math.max(0, referrers.size() - MAX), referrers.size())) {
            attached.addAll(read(repository, referrer.digest()));
        }
        return attached;
    }

    private static List<Attached> read(Repository repository, Digest digest) throws RegistryException {
        Optional<Manifest> manifest = repository.manifest(digest);
        if (manifest.isEmpty()) {
            return List.of();
        }
        ManifestContent content = manifest.get().read();
        EventKind kind = kind(content);
        return kind == null || content.subjectOrNull() == null
                ? List.of()
                : List.of(new Attached(kind, content.subjectOrNull().digest(), digest));
    }

    private static EventKind kind(ManifestContent content) {
        String type = content.artifactType().isEmpty() && content.configOrNull() != null
                ? content.configOrNull().mediaType()
                : content.artifactType();
        if (type.equals(SignatureTypes.NOTATION) || type.equals(SignatureTypes.COSIGN_SIGNATURE_ARTIFACT)) {
            return EventKind.SIGNED;
        }
        if (!type.startsWith(SignatureTypes.BUNDLE_PREFIX)) {
            return null;
        }
        String predicate = content.annotations().get(PREDICATE_TYPE);
        if (predicate == null || predicate.equals(SignatureTypes.COSIGN_SIGN_PREDICATE)) {
            return EventKind.SIGNED;
        }
        return predicate.equals(Approval.PREDICATE_TYPE) ? EventKind.APPROVED : null;
    }
}

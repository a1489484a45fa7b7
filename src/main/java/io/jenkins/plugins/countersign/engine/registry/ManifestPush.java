package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.Map;
import java.util.Optional;

/** {@code PUT /v2/<name>/manifests/<reference>}. Source: OCI distribution specification 1.1, "Pushing Manifests". */
final class ManifestPush {

    private final RepositoryPath path;
    private final Manifest manifest;
    private final String reference;

    /** @param reference the manifest's digest, or a tag */
    ManifestPush(RepositoryPath path, Manifest manifest, String reference) {
        this.path = path;
        this.manifest = manifest;
        this.reference = reference;
    }

    void to(Exchange exchange) throws RegistryException {
        Digest digest = manifest.digest();
        String what = reference.equals(digest.toString()) ? "manifest " + digest : "manifest " + digest + " as " + reference;
        Request request = new Request(
                "push " + what + " to " + path.name(),
                "PUT",
                path.resolve("/manifests/" + reference),
                Map.of("Content-Type", manifest.mediaType()),
                RequestBody.of(manifest.content()),
                path.push());
        exchange.call(request, Exchange.Follow.SAFELY, answer -> {
            if (answer.status() != 201) {
                throw answer.unexpected("status 201");
            }
            Optional<String> stored = answer.header("Docker-Content-Digest").filter(d -> d.startsWith(digest.algorithm()));
            if (stored.isPresent() && !stored.get().equals(digest.toString())) {
                throw new DigestMismatchException(
                        "what " + path.name() + " stored when " + what + " was pushed",
                        digest,
                        RegistryErrors.clean(stored.get()));
            }
            return null;
        });
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.Map;
import java.util.Optional;

/** {@code PUT /v2/<name>/manifests/<reference>}. Source: OCI distribution specification 1.1, "Pushing Manifests". */
final class ManifestPush {

    private static final int ROUNDS = 6;

    private final RepositoryPath path;
    private final Manifest manifest;
    private final String reference;

    /** @param reference the manifest's digest, or a tag */
    ManifestPush(RepositoryPath path, Manifest manifest, String reference) {
        this.path = path;
        this.manifest = manifest;
        this.reference = reference;
    }

    /**
     * registry:2 writes a blob's link anew whenever somebody uploads the same blob again, and whoever looks in that moment is
     * told that there is no such blob. With many writers of artifacts, all of which have the same empty config, that happens;
     * so "blob unknown" is believed only when it is said again.
     *
     * @return whether the registry said of what it stored that it has this digest; it may say nothing
     */
    boolean to(Exchange exchange) throws RegistryException {
        Repetition pauses = new Repetition(path.access(), "push manifest " + manifest.digest() + " to " + path.name());
        for (int round = 1; ; round++) {
            try {
                return once(exchange);
            } catch (UnexpectedAnswerException e) {
                if (round == ROUNDS || !e.getMessage().contains("BLOB_UNKNOWN")) {
                    throw e;
                }
                pauses.jitter(round);
            }
        }
    }

    private boolean once(Exchange exchange) throws RegistryException {
        Digest digest = manifest.digest();
        String what =
                reference.equals(digest.toString()) ? "manifest " + digest : "manifest " + digest + " as " + reference;
        Request request = new Request(
                "push " + what + " to " + path.name(),
                "PUT",
                path.resolve("/manifests/" + reference),
                Map.of("Content-Type", manifest.mediaType()),
                RequestBody.of(manifest.content()),
                path.push());
        return exchange.call(request, Exchange.Follow.SAFELY, answer -> {
            if (answer.status() != 201) {
                throw answer.unexpected("status 201");
            }
            Optional<String> stored =
                    answer.header("Docker-Content-Digest").filter(d -> d.startsWith(digest.algorithm()));
            if (stored.isPresent() && !stored.get().equals(digest.toString())) {
                throw new DigestMismatchException(
                        "what " + path.name() + " stored when " + what + " was pushed",
                        digest,
                        RegistryErrors.clean(stored.get()));
            }
            return stored.isPresent();
        });
    }
}

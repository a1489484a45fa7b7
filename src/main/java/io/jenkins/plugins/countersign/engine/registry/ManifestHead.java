package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.util.Optional;

/**
 * {@code HEAD /v2/<name>/manifests/<tag>}: what the registry says a tag points at, at the price of no pull (Docker Hub
 * counts those). A registry that leaves the digest or size out is asked for the manifest itself.
 */
final class ManifestHead {

    private final RepositoryPath path;
    private final String reference;

    ManifestHead(RepositoryPath path, String reference) {
        this.path = path;
        this.reference = reference;
    }

    /** What a registry says when it is asked whether a reference is one digest. */
    enum Said {
        IT_IS,
        IT_IS_NOT,
        /** It is there, but of its digest nothing was said. */
        NOTHING
    }

    /** Asked by whoever may push: a token for reading alone would be one more token. */
    Said whether(Digest digest, Exchange exchange) throws RegistryException {
        Request request = Request.head(
                        "look for manifest " + reference + " in " + path.name(),
                        path.resolve("/manifests/" + reference),
                        path.push())
                .with("Accept", ManifestPull.ACCEPT);
        return exchange.call(request, Exchange.Follow.SAFELY, answer -> {
            if (NotFound.isClear(answer)) {
                return Said.IT_IS_NOT;
            }
            if (answer.status() == 405) {
                return Said.NOTHING;
            }
            if (answer.status() != 200) {
                throw answer.unexpected("status 200 or 404");
            }
            return answer.header("Docker-Content-Digest")
                    .map(said -> said.equals(digest.toString()) ? Said.IT_IS : Said.IT_IS_NOT)
                    .orElse(Said.NOTHING);
        });
    }

    Optional<Descriptor> from(Exchange exchange) throws RegistryException {
        Request request = Request.head(
                        "resolve " + path.name() + ":" + reference,
                        path.resolve("/manifests/" + reference),
                        path.pull())
                .with("Accept", ManifestPull.ACCEPT);
        Optional<Descriptor> unsaid = Optional.of(new Descriptor("", Digest.of(new byte[0]), 0));
        Optional<Descriptor> found = exchange.call(request, Exchange.Follow.SAFELY, answer -> {
            if (NotFound.isClear(answer)) {
                return Optional.empty();
            }
            if (answer.status() == 405) {
                return unsaid;
            }
            if (answer.status() != 200) {
                throw answer.unexpected("a manifest");
            }
            String digest = answer.header("Docker-Content-Digest").orElse("");
            if (digest.isEmpty() || answer.contentLength() < 0) {
                return unsaid;
            }
            if (!Digest.isDigest(digest)) {
                throw answer.unexpected("a digest in Docker-Content-Digest, not " + RegistryErrors.clean(digest));
            }
            if (!MediaTypes.MANIFESTS.contains(answer.contentType())) {
                throw new UnexpectedAnswerException("tried to " + request.action() + ", but it has the content type \""
                        + RegistryErrors.clean(answer.contentType()) + "\", expected one of " + ManifestPull.ACCEPT);
            }
            if (answer.contentLength() > path.access().limits().manifestBytes()) {
                throw new LimitExceededException("tried to " + request.action() + ", but the manifest has "
                        + answer.contentLength() + " bytes, at most "
                        + path.access().limits().manifestBytes() + " are accepted");
            }
            return Optional.of(new Descriptor(answer.contentType(), Digest.parse(digest), answer.contentLength()));
        });
        return found == unsaid
                ? new ManifestPull(path, reference).from(exchange).map(Manifest::descriptor)
                : found;
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.util.OptionalLong;
import java.util.Set;

/** {@code HEAD /v2/<name>/blobs/<digest>}: whether it is there, and its size or -1 if that is not said. */
final class BlobHead {

    private final RepositoryPath path;
    private final Digest digest;
    private final Set<String> scopes;

    /** @param scopes what the token is for that is asked with */
    BlobHead(RepositoryPath path, Digest digest, Set<String> scopes) {
        this.path = path;
        this.digest = digest;
        this.scopes = scopes;
    }

    OptionalLong from(Exchange exchange) throws RegistryException {
        Request request = Request.head(
                "look for blob " + digest + " in " + path.name(), path.resolve("/blobs/" + digest), scopes);
        return exchange.call(request, Exchange.Follow.SAFELY, answer -> {
            if (NotFound.isClear(answer)) {
                return OptionalLong.empty();
            }
            if (answer.status() != 200) {
                throw answer.unexpected("status 200 or 404");
            }
            return OptionalLong.of(answer.contentLength());
        });
    }
}

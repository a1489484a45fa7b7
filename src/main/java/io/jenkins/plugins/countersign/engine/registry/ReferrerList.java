package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code GET /v2/<name>/referrers/<digest>}. Source: OCI distribution specification 1.1, "Listing Referrers". */
final class ReferrerList {

    /**
     * What says "there is no such endpoint": 404 by the specification; 405 and 501 from older registries; 303 from GitHub's,
     * which leads to a page for people. Everything else leaves open whether there are referrers.
     */
    private static final Set<Integer> NO_SUCH_ENDPOINT = Set.of(404, 405, 501, 303);

    private static final int MAX_PAGES = 200;

    private final RepositoryPath path;
    private final Digest subject;

    ReferrerList(RepositoryPath path, Digest subject) {
        this.path = path;
        this.subject = subject;
    }

    private record Page(List<Descriptor> entries, Optional<URI> next) {}

    /** Empty when the registry has no such endpoint. */
    Optional<List<Descriptor>> from(Exchange exchange) throws RegistryException {
        Map<Digest, Descriptor> found = new LinkedHashMap<>();
        Optional<URI> next = Optional.of(path.resolve("/referrers/" + subject));
        for (int pages = 0; next.isPresent(); pages++) {
            Optional<Page> page = page(exchange, next.get());
            if (page.isEmpty()) {
                if (pages > 0) {
                    throw new UnexpectedAnswerException("the list of referrers of " + subject + " in " + path.name()
                            + " breaks off: page " + (pages + 1) + " is not there");
                }
                return Optional.empty();
            }
            page.get().entries().forEach(entry -> found.putIfAbsent(entry.digest(), entry));
            int most = path.access().limits().referrers();
            if (found.size() > most || pages >= MAX_PAGES) {
                throw new LimitExceededException("the list of referrers of " + subject + " in " + path.name()
                        + " has no end after " + found.size() + " entries on " + (pages + 1) + " pages, at most " + most
                        + " are accepted");
            }
            next = page.get().next();
        }
        return Optional.of(List.copyOf(found.values()));
    }

    private Optional<Page> page(Exchange exchange, URI uri) throws RegistryException {
        String what = "list of referrers of " + subject + " in " + path.name();
        Request request = Request.get("read the " + what, uri, path.pull()).with("Accept", MediaTypes.OCI_INDEX);
        return exchange.call(request, Exchange.Follow.NOWHERE, answer -> {
            if (NO_SUCH_ENDPOINT.contains(answer.status())) {
                return Optional.empty();
            }
            if (answer.status() != 200) {
                throw answer.unexpected("a list of referrers, or 404");
            }
            if (!answer.contentType().equals(MediaTypes.OCI_INDEX)) {
                throw new UnexpectedAnswerException("the " + what + " came with the content type \""
                        + RegistryErrors.clean(answer.contentType()) + "\", expected " + MediaTypes.OCI_INDEX);
            }
            ObjectNode json =
                    RegistryJson.read(answer.read(path.access().limits().manifestBytes()), what);
            return Optional.of(new Page(ManifestContent.descriptors(json, "manifests", what), NextPage.of(answer)));
        });
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code GET /v2/_catalog}, page by page: the repositories of a registry. Not part of the OCI specification; Distribution,
 * Harbor, Quay and the Mirantis registry have it, for those who may list. Source: distribution, docs/spec/api.md, "Catalog".
 */
public final class RepositoryList {

    private static final int PAGE = 1000;
    private static final int MAX_PAGES = 200;
    private static final int MAX_PAGE_BYTES = 16 << 20;

    private record Page(List<String> repositories, Optional<URI> next) {}

    private RepositoryList() {}

    /**
     * The repositories below {@code namespace}.
     *
     * @param namespace for instance {@code golden}; it is not itself a repository that counts. Empty for all
     * @throws RegistryException if the registry does not list them to the end; unknown is never none
     */
    public static Set<String> below(RegistryAccess access, String namespace) throws RegistryException {
        Set<String> repositories = new TreeSet<>();
        Optional<URI> next = Optional.of(RegistryAddress.of(access).resolve("/v2/_catalog?n=" + PAGE));
        for (int pages = 0; next.isPresent(); pages++) {
            if (pages == MAX_PAGES) {
                throw new LimitExceededException(
                        "the list of repositories of " + access.host() + " has no end after " + MAX_PAGES + " pages");
            }
            Page page = page(access, next.get());
            page.repositories().stream()
                    .filter(repository -> namespace.isEmpty() || repository.startsWith(namespace + "/"))
                    .forEach(repositories::add);
            next = page.next();
        }
        return repositories;
    }

    private static Page page(RegistryAccess access, URI uri) throws RegistryException {
        Request request = Request.get("list the repositories of " + access.host(), uri, Set.of("registry:catalog:*"));
        return access.connection().exchange().call(request, Exchange.Follow.NOWHERE, answer -> {
            if (answer.status() != 200) {
                throw answer.unexpected("a list of repositories");
            }
            ObjectNode json =
                    RegistryJson.read(answer.read(MAX_PAGE_BYTES), "list of repositories of " + access.host());
            if (!json.path("repositories").isArray()) {
                throw new MalformedManifestException(
                        "the list of repositories of " + access.host() + " has no repositories");
            }
            List<String> repositories = new ArrayList<>();
            for (JsonNode repository : json.path("repositories")) {
                repositories.add(repository.asText());
            }
            return new Page(repositories, NextPage.of(answer));
        });
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** {@code GET /v2/<name>/tags/list}, page by page. Source: OCI distribution specification 1.1, "Listing Tags". */
final class TagList {

    private static final int PAGE = 1000;
    private static final int MAX_PAGE_BYTES = 16 << 20;

    private final RepositoryPath path;

    TagList(RepositoryPath path) {
        this.path = path;
    }

    private record Page(List<String> tags, Optional<URI> next) {}

    /** All tags, sorted. */
    List<String> all(Exchange exchange) throws RegistryException {
        return read(exchange, path.resolve("/tags/list?n=" + PAGE), "");
    }

    /** Those that begin with {@code prefix}, without reading what lies before and far behind them. */
    List<String> startingWith(Exchange exchange, String prefix) throws RegistryException {
        return read(exchange, path.resolve("/tags/list?n=" + PAGE + "&last=" + prefix), prefix);
    }

    private List<String> read(Exchange exchange, URI first, String prefix) throws RegistryException {
        TreeSet<String> tags = new TreeSet<>();
        int seen = 0;
        Optional<URI> next = Optional.of(first);
        for (int pages = 0; next.isPresent(); pages++) {
            Page page = page(exchange, next.get());
            seen += page.tags().size();
            int most = path.access().limits().tags();
            if (seen > most || pages > most / PAGE + 100) {
                throw new LimitExceededException("the list of tags of " + path.name() + " has no end after " + seen
                        + " tags on " + (pages + 1) + " pages, at most " + most + " are accepted");
            }
            page.tags().stream().filter(tag -> tag.startsWith(prefix)).forEach(tags::add);
            next = isBehind(page.tags(), prefix) ? Optional.empty() : page.next();
        }
        return List.copyOf(tags);
    }

    /** Whether a sorted page has passed the prefix; not every registry sorts. */
    private static boolean isBehind(List<String> page, String prefix) {
        for (int i = 1; i < page.size(); i++) {
            if (page.get(i - 1).compareTo(page.get(i)) > 0) {
                return false;
            }
        }
        return !prefix.isEmpty()
                && page.size() > 1
                && page.get(0).compareTo(prefix) >= 0
                && page.get(page.size() - 1).compareTo(prefix + Character.MAX_VALUE) > 0;
    }

    private Page page(Exchange exchange, URI uri) throws RegistryException {
        Request request = Request.get("list the tags of " + path.name(), uri, path.pull());
        return exchange.call(request, Exchange.Follow.NOWHERE, answer -> {
            if (NotFound.isClear(answer)) {
                return new Page(List.of(), Optional.empty());
            }
            if (answer.status() != 200) {
                throw answer.unexpected("a list of tags");
            }
            ObjectNode json = RegistryJson.read(answer.read(MAX_PAGE_BYTES), "list of tags of " + path.name());
            List<String> tags = new ArrayList<>();
            for (JsonNode tag : json.path("tags")) {
                tags.add(tag.asText());
            }
            return new Page(tags, NextPage.of(answer));
        });
    }
}

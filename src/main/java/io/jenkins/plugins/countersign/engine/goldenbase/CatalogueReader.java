package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Reads the section {@code golden} strictly. */
final class CatalogueReader {

    private CatalogueReader() {}

    static Catalogue read(JsonNode golden) throws CatalogueException {
        throw new UnsupportedOperationException("lands next");
    }

    static Catalogue allowing(List<String> patterns) throws CatalogueException {
        throw new UnsupportedOperationException("lands next");
    }
}

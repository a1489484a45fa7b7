package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What uncompressed layers became in this process, the latest of them: a layer that a registry has is not compressed once more
 * to learn its digest. In memory alone: so nobody else says what a layer became, and the zlib is the one that made it.
 */
final class CompressedLayers {

    static final CompressedLayers OF_THIS_PROCESS = new CompressedLayers();

    /** Some 4 MiB. */
    private static final int MAX = 10_000;

    private final Map<String, Descriptor> made = Collections.synchronizedMap(new Latest());

    private static final class Latest extends LinkedHashMap<String, Descriptor> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Descriptor> eldest) {
            return size() > MAX;
        }
    }

    Optional<Descriptor> of(String diffId) {
        return Optional.ofNullable(made.get(diffId));
    }

    /** @param diffId with which the content was compared */
    void remember(String diffId, Descriptor compressed) {
        made.put(diffId, compressed);
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers the listings of golden organisations for a while; a failure is not remembered. */
public final class CachedOrganisations implements GoldenOrganisations {

    private record Listing(Set<String> repositories, Instant read) {}

    private final GoldenOrganisations registry;
    private final Clock clock;
    private final Duration keep;
    private final Map<String, Listing> listings = new ConcurrentHashMap<>();

    public CachedOrganisations(GoldenOrganisations registry, Clock clock, Duration keep) {
        this.registry = registry;
        this.clock = clock;
        this.keep = keep;
    }

    /** The same memory, filled by asking somebody else: for each build as its own login is, and no two with different rights. */
    public GoldenOrganisations asking(GoldenOrganisations other) {
        return new GoldenOrganisations() {
            @Override
            public Set<String> repositories(String host, String namespace) throws IOException {
                return CachedOrganisations.this.repositories(host, namespace, other);
            }

            @Override
            public boolean isThere(String host, String repository) throws IOException {
                return other.isThere(host, repository);
            }
        };
    }

    @Override
    public Set<String> repositories(String host, String namespace) throws IOException {
        return repositories(host, namespace, registry);
    }

    @Override
    public boolean isThere(String host, String repository) throws IOException {
        return registry.isThere(host, repository);
    }

    private Set<String> repositories(String host, String namespace, GoldenOrganisations asked) throws IOException {
        String key = host + "/" + namespace;
        Listing known = listings.get(key);
        if (known == null || !clock.instant().isBefore(known.read().plus(keep))) {
            known = new Listing(Set.copyOf(asked.repositories(host, namespace)), clock.instant());
            listings.put(key, known);
        }
        return known.repositories();
    }
}

package io.jenkins.plugins.countersign.engine.audit;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** What the records say, indexed for the gate's questions. */
final class LedgerMemory implements LedgerView {

    private record Destination(String repository, String stage) {}

    private final Map<Digest, List<KnownStatement>> byImage = new HashMap<>();
    private final Map<Digest, Instant> firstSeen = new HashMap<>();
    private final Map<Destination, List<KnownPromotion>> promotions = new HashMap<>();
    private final Map<String, NavigableMap<Long, Digest>> policies = new HashMap<>();
    private Instant latest = Instant.MIN;

    /** @throws IllegalArgumentException if a record of a known kind lacks what the kind needs */
    synchronized void learn(LedgerRecord r) {
        if (r.time().isAfter(latest)) {
            latest = r.time();
        }
        switch (r.kind()) {
            case RecordKind.STATEMENT -> {
                Digest image = Digest.parse(r.field("image"));
                Digest statement = Digest.parse(r.field("statement"));
                firstSeen.putIfAbsent(statement, r.time());
                byImage.computeIfAbsent(image, any -> new ArrayList<>())
                        .add(new KnownStatement(
                                image,
                                r.field("repository"),
                                r.field("stage"),
                                r.field("type"),
                                r.field("person"),
                                r.field("role"),
                                statement,
                                firstSeen.get(statement)));
            }
            case RecordKind.PROMOTED ->
                promotions
                        .computeIfAbsent(
                                new Destination(r.field("repository"), r.field("stage")), any -> new ArrayList<>())
                        .add(new KnownPromotion(
                                r.field("repository"),
                                r.field("stage"),
                                r.field("tag"),
                                Digest.parse(r.field("image")),
                                r.time()));
            case RecordKind.POLICY ->
                policies.computeIfAbsent(r.field("name"), any -> new TreeMap<>())
                        .putIfAbsent(Long.parseLong(r.field("version")), Digest.parse(r.field("digest")));
            default -> {
                // Other kinds are history for people; the gate asks nothing of them.
            }
        }
    }

    synchronized boolean knows(Digest image, Digest statement) {
        return byImage.getOrDefault(image, List.of()).stream()
                .anyMatch(k -> k.statement().equals(statement));
    }

    /** Everything about any image of the repository, oldest first. */
    synchronized List<KnownStatement> about(String repository) {
        return byImage.values().stream()
                .flatMap(List::stream)
                .filter(known -> known.repository().equals(repository))
                .sorted(Comparator.comparing(KnownStatement::firstSeen)
                        .thenComparing(known -> known.statement().toString())
                        .thenComparing(known -> known.image().toString()))
                .toList();
    }

    @Override
    public synchronized List<KnownStatement> known(Digest image) {
        return List.copyOf(byImage.getOrDefault(image, List.of()));
    }

    @Override
    public synchronized Optional<Instant> firstSeen(Digest statement) {
        return Optional.ofNullable(firstSeen.get(statement));
    }

    @Override
    public synchronized List<KnownPromotion> promotions(String repository, String stage) {
        return List.copyOf(promotions.getOrDefault(new Destination(repository, stage), List.of()));
    }

    @Override
    public synchronized OptionalLong highestPolicyVersion(String policy) {
        NavigableMap<Long, Digest> versions = policies.get(policy);
        return versions == null ? OptionalLong.empty() : OptionalLong.of(versions.lastKey());
    }

    @Override
    public synchronized Optional<Digest> policyDigest(String policy, long version) {
        return Optional.ofNullable(
                policies.getOrDefault(policy, new TreeMap<>()).get(version));
    }

    @Override
    public synchronized Instant latestTime() {
        return latest;
    }
}

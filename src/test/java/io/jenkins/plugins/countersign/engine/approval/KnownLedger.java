package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.audit.KnownPromotion;
import io.jenkins.plugins.countersign.engine.audit.KnownStatement;
import io.jenkins.plugins.countersign.engine.audit.LedgerView;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A ledger that knows what a test tells it. */
final class KnownLedger implements LedgerView {

    private final List<KnownStatement> statements = new ArrayList<>();
    private final List<KnownPromotion> promotions = new ArrayList<>();
    private final Map<Digest, Instant> firstSeen = new HashMap<>();
    private final Map<Long, Digest> policies = new HashMap<>();
    private Instant latest = Instant.MIN;

    KnownLedger saw(Approval approval, Instant time) {
        return saw(new KnownStatement(
                approval.image().digest(),
                approval.image().repository(),
                approval.stage(),
                "approval",
                approval.approver(),
                approval.role(),
                Digest.of(approval.payload()),
                time));
    }

    KnownLedger saw(GateRecord record, Instant time) {
        return saw(new KnownStatement(
                record.image().digest(),
                record.image().repository(),
                record.stage(),
                record.kind().word(),
                record.author(),
                record.role(),
                Digest.of(record.payload()),
                time));
    }

    KnownLedger saw(KnownStatement statement) {
        statements.add(statement);
        firstSeen.merge(statement.statement(), statement.firstSeen(), (a, b) -> a.isBefore(b) ? a : b);
        return this;
    }

    KnownLedger sawImage(Digest image, Instant time) {
        return saw(new KnownStatement(image, "r", "build", "approval", "x", "x", Digest.of(new byte[] {1}), time));
    }

    KnownLedger promoted(String repository, String stage, Digest image, Instant time) {
        promotions.add(new KnownPromotion(repository, stage, "latest", image, time));
        return this;
    }

    KnownLedger policy(long version, Digest digest) {
        policies.put(version, digest);
        return this;
    }

    KnownLedger latest(Instant time) {
        latest = time;
        return this;
    }

    @Override
    public List<KnownStatement> known(Digest image) {
        return statements.stream().filter(s -> s.image().equals(image)).toList();
    }

    @Override
    public Optional<Instant> firstSeen(Digest statement) {
        return Optional.ofNullable(firstSeen.get(statement));
    }

    @Override
    public List<KnownPromotion> promotions(String repository, String stage) {
        return promotions.stream()
                .filter(p -> p.repository().equals(repository) && p.stage().equals(stage))
                .toList();
    }

    @Override
    public OptionalLong highestPolicyVersion(String policy) {
        return policies.keySet().stream().mapToLong(Long::longValue).max();
    }

    @Override
    public Optional<Digest> policyDigest(String policy, long version) {
        return Optional.ofNullable(policies.get(version));
    }

    @Override
    public Instant latestTime() {
        return latest;
    }
}

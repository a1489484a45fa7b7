package io.jenkins.plugins.countersign.approval;

import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** A gate that decides as that of a build does, and has no build: for measurements. */
public final class BenchGate implements WaitingGate {

    private final String repository;
    private final Digest digest;
    private final Instant deadline = Instant.now().plus(Duration.ofDays(3));
    private volatile long looks;
    private volatile long lookedAt;

    public BenchGate(String repository, Digest digest) {
        this.repository = repository;
        this.digest = digest;
    }

    /** The policy that the gates decide by. */
    public static void configurePolicy() throws Exception {
        try (ImageAtGate people = new ImageAtGate()) {
            CountersignConfiguration.get().setTrustPolicy(people.policyText());
        }
    }

    public void begin() {
        WaitingGates.get().add(this, false);
    }

    public long looks() {
        return looks;
    }

    /** {@link System#nanoTime} of the last decision. */
    public long lookedAt() {
        return lookedAt;
    }

    public void awaitLook(long seen) {
        while (looks <= seen) {
            LockSupport.parkNanos(200_000);
        }
    }

    @Override
    public String repository() {
        return repository;
    }

    @Override
    public Digest digest() {
        return digest;
    }

    @Override
    public String stage() {
        return "qa";
    }

    @Override
    public Instant deadlineOrNull() {
        return deadline;
    }

    @Override
    public synchronized void onLook(ImageReading reading) {
        try {
            if (Gate.decide(reading.input(GatePolicy.current(), stage(), BuildFacts.UNKNOWN))
                    .isOpen()) {
                throw new IllegalStateException("nobody approved");
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        lookedAt = System.nanoTime();
        looks++;
    }

    @Override
    public void onDeadline() {
        throw new IllegalStateException("three days are not over");
    }

    @Override
    public Set<String> candidates() {
        return Set.of();
    }

    @Override
    public Optional<GatePage> page() {
        return Optional.empty();
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a key's signature is believed, by its time. The time in a statement is the signer's claim, and a thief claims what
 * he likes: once a key's time is over, only what is proved to be older counts.
 */
public final class KeyTimes {

    /** How far clocks may differ before a claim is refused. */
    public static final Duration SKEW = Duration.ofMinutes(5);

    private KeyTimes() {}

    /**
     * Why a signature is not believed.
     *
     * @param reason the code
     * @param sentence the reason with the times, for people
     */
    public record Fault(SetAsideReason reason, Sentence sentence) {

        /** In English. */
        public String text() {
            return sentence.text();
        }
    }

    /**
     * The rule for everything that can open a gate.
     *
     * @param issuedAt what the signer claims
     * @param proven when the statement existed at the latest, if anything proves it
     * @param now the time of the decision
     */
    public static Optional<Fault> check(PolicyKey key, Instant issuedAt, Optional<Instant> proven, Instant now) {
        if (issuedAt.isAfter(now.plus(SKEW))) {
            return fault(SetAsideReason.NOT_YET_VALID, Sentence.of("approval.signedInTheFuture", issuedAt, now));
        }
        if (proven.isPresent() && issuedAt.isAfter(proven.get().plus(SKEW))) {
            return fault(
                    SetAsideReason.CLAIMED_TIME_DISPROVED,
                    Sentence.of("approval.signedAfterItWasThere", issuedAt, proven.get()));
        }
        if (key.notBefore().isPresent()) {
            Instant notBefore = key.notBefore().get();
            if (issuedAt.isBefore(notBefore)
                    || (proven.isPresent() && proven.get().isBefore(notBefore))) {
                return fault(
                        SetAsideReason.KEY_NOT_YET_VALID,
                        Sentence.of("approval.signedBeforeKeyWasValid", key.shown(), notBefore));
            }
        }
        if (key.compromisedSince().isPresent()) {
            Instant since = key.compromisedSince().get();
            if (!issuedAt.isBefore(since)) {
                return fault(
                        SetAsideReason.KEY_COMPROMISED, Sentence.of("approval.keyCompromised", key.shown(), since));
            }
            if (proven.isEmpty() || !proven.get().isBefore(since)) {
                return notProven(Sentence.of("approval.keyCompromised", key.shown(), since), issuedAt, proven);
            }
        }
        if (key.notAfter().isPresent()) {
            Instant notAfter = key.notAfter().get();
            if (issuedAt.isAfter(notAfter)) {
                return fault(SetAsideReason.KEY_EXPIRED, Sentence.of("approval.keyExpired", key.shown(), notAfter));
            }
            if (now.isAfter(notAfter) && (proven.isEmpty() || proven.get().isAfter(notAfter))) {
                return notProven(Sentence.of("approval.keyExpired", key.shown(), notAfter), issuedAt, proven);
            }
        }
        return Optional.empty();
    }

    /**
     * The rule for what can only hold a gate: a rejection does not vanish because its author's key has expired. Only what a
     * thief says he signed after the theft is not believed.
     */
    public static Optional<Fault> checkNegative(PolicyKey key, Instant issuedAt, Optional<Instant> proven) {
        if (key.compromisedSince().isPresent()) {
            Instant since = key.compromisedSince().get();
            boolean provenBefore = proven.isPresent() && proven.get().isBefore(since);
            if (!issuedAt.isBefore(since) && !provenBefore) {
                return fault(
                        SetAsideReason.KEY_COMPROMISED, Sentence.of("approval.keyCompromised", key.shown(), since));
            }
        }
        return Optional.empty();
    }

    private static Optional<Fault> notProven(Sentence key, Instant issuedAt, Optional<Instant> proven) {
        return fault(
                SetAsideReason.TIME_NOT_PROVEN,
                proven.map(time -> Sentence.of("approval.provenTooLate", key, issuedAt, time))
                        .orElse(Sentence.of("approval.timeNotProven", key, issuedAt)));
    }

    private static Optional<Fault> fault(SetAsideReason reason, Sentence sentence) {
        return Optional.of(new Fault(reason, sentence));
    }
}

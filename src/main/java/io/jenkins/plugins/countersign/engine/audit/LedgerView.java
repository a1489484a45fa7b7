package io.jenkins.plugins.countersign.engine.audit;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the gate asks the ledger. A snapshot or a live ledger; safe for use by several threads. */
public interface LedgerView {

    /** Every statement about the image that was ever seen, oldest first. */
    List<KnownStatement> known(Digest image);

    /** When the statement was first seen; the only time of signing that needs no trust in the signer. */
    Optional<Instant> firstSeen(Digest statement);

    /** What was promoted to the repository after the stage, oldest first. */
    List<KnownPromotion> promotions(String repository, String stage);

    /** What was last promoted to the repository after the stage. */
    default Optional<Digest> lastPromoted(String repository, String stage) {
        List<KnownPromotion> all = promotions(repository, stage);
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of(all.get(all.size() - 1).image());
    }

    /** The highest version of the named trust policy that was ever accepted. */
    OptionalLong highestPolicyVersion(String policy);

    /** The digest of the accepted policy of that name and version: two different policies of one version are an attack. */
    Optional<Digest> policyDigest(String policy, long version);

    /** The latest time in the ledger; a clock that says less has been moved. {@link Instant#MIN} when the ledger is empty. */
    Instant latestTime();

    /** Knows nothing: for whoever decides from the registry and the policy alone. */
    LedgerView NOTHING = new LedgerView() {
        @Override
        public List<KnownStatement> known(Digest image) {
            return List.of();
        }

        @Override
        public Optional<Instant> firstSeen(Digest statement) {
            return Optional.empty();
        }

        @Override
        public List<KnownPromotion> promotions(String repository, String stage) {
            return List.of();
        }

        @Override
        public OptionalLong highestPolicyVersion(String policy) {
            return OptionalLong.empty();
        }

        @Override
        public Optional<Digest> policyDigest(String policy, long version) {
            return Optional.empty();
        }

        @Override
        public Instant latestTime() {
            return Instant.MIN;
        }
    };
}

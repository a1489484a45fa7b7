package io.jenkins.plugins.countersign.engine.audit;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;

/**
 * A promotion that was completed.
 *
 * @param repository the repository that was promoted to
 * @param stage the stage whose gate had opened
 * @param tag the tag that was moved; empty when none was
 * @param image what was promoted
 * @param time when the ledger was told
 */
public record KnownPromotion(String repository, String stage, String tag, Digest image, Instant time)
        implements Serializable {}

package io.jenkins.plugins.countersign.engine.audit;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.time.Instant;

/**
 * A statement that the ledger has seen, verified, at least once.
 *
 * @param image digest of the image it is about
 * @param repository the name of the image's repository as the statement signs it
 * @param stage the stage it is about; empty when it is about none
 * @param kind {@code approval}, {@code rejection}, {@code withdrawal}, {@code block}, {@code override}, {@code rollback} …
 * @param person who signed it
 * @param role in which role; empty when in none
 * @param statement digest of the signed payload, which is the same wherever the statement is stored
 * @param firstSeen when the ledger first saw it; a time that is proved, unlike the one in the statement
 */
public record KnownStatement(
        Digest image,
        String repository,
        String stage,
        String kind,
        String person,
        String role,
        Digest statement,
        Instant firstSeen)
        implements Serializable {}

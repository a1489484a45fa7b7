package io.jenkins.plugins.countersign.engine.audit;

import java.io.Serializable;
import java.time.Instant;

/**
 * The newest record of a ledger, which stands for all before it.
 *
 * @param ledger the name that the ledger's first record gave it
 * @param sequence of the newest record
 * @param hash of the newest record
 * @param time of the newest record
 */
public record LedgerHead(String ledger, long sequence, String hash, Instant time) implements Serializable {}

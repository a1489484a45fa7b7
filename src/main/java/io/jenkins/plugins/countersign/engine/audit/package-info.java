/**
 * The ledger: what one controller saw and decided, append-only and hash-chained, so that a deletion, a change or a moved
 * clock is noticed. Depends on image names alone; the gate reads it through {@link
 * io.jenkins.plugins.countersign.engine.audit.LedgerView}.
 */
package io.jenkins.plugins.countersign.engine.audit;

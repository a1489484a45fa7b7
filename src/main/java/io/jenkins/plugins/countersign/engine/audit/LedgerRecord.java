package io.jenkins.plugins.countersign.engine.audit;

import java.io.Serializable;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * One line of the ledger.
 *
 * @param sequence position in the ledger; the first record is 1
 * @param time what the controller's clock said, in whole milliseconds. It may lie before the time of an earlier record: a
 *     ledger shows a clock that was moved, it does not hide it.
 * @param previous {@link #hash} of the record before, {@link #NONE} for the first
 * @param kind what happened, one of {@link RecordKind} or a word of a later version
 * @param fields what it happened to, sorted by name
 * @param hash SHA-256 in lower-case hexadecimal over the line without this member
 */
public record LedgerRecord(
        long sequence, Instant time, String previous, String kind, Map<String, String> fields, String hash)
        implements Serializable {

    /** What the first record has in place of an earlier hash. */
    public static final String NONE = "0".repeat(64);

    public LedgerRecord {
        fields = java.util.Collections.unmodifiableMap(new TreeMap<>(fields));
    }

    /** The value of a field; empty when there is none. */
    public String field(String name) {
        return fields.getOrDefault(name, "");
    }

    public LedgerHead head(String ledger) {
        return new LedgerHead(ledger, sequence, hash, time);
    }
}

package io.jenkins.plugins.countersign.engine.audit;

/** The words in a record's {@code kind}. They are forever: a ledger of today is verified in ten years. */
public final class RecordKind {

    /** The first record: gives the ledger its name. */
    public static final String LEDGER = "ledger";

    /** An unfinished last line was found on opening, set aside and cut off. */
    public static final String TORN = "torn";

    /** A statement was read and its signature verified, for the first time. */
    public static final String STATEMENT = "statement";

    /** A trust policy was accepted. */
    public static final String POLICY = "policy";

    /** The gate answered. */
    public static final String DECISION = "decision";

    /** A seal was written and read back. */
    public static final String SEAL = "seal";

    /** A promotion began; without a later {@link #PROMOTED} it did not end. */
    public static final String PROMOTING = "promoting";

    /** The tag points at the digest. */
    public static final String PROMOTED = "promoted";

    private RecordKind() {}
}

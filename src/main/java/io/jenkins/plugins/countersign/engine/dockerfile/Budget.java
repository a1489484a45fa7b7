package io.jenkins.plugins.countersign.engine.dockerfile;

/**
 * What reading one file may cost, so that no file makes the reader slow or fall over: variables that double each other,
 * patterns that match in many ways, substitutions nested without end. The builder has no such limits; no honest file comes
 * near them.
 */
final class Budget {

    /** Largest file, in bytes; the builder's own transport ends here too (gRPC, 16 MiB). */
    static final int MAX_FILE = 16 << 20;

    /** Longest value of a variable, in bytes. */
    static final int MAX_VALUE = 1 << 20;

    /** Deepest nesting of substitutions. */
    static final int MAX_DEPTH = 200;

    private long expanded = 64L << 20;
    private long steps = 50_000_000L;

    void depth(int depth) throws TooMuchException {
        if (depth > MAX_DEPTH) {
            throw new TooMuchException("substitutions are nested more than " + MAX_DEPTH + " deep");
        }
    }

    void length(int length) throws TooMuchException {
        if (length > MAX_VALUE) {
            throw new TooMuchException("a value grows beyond " + MAX_VALUE + " bytes");
        }
    }

    void spend(int bytes) throws TooMuchException {
        expanded -= bytes;
        if (expanded < 0) {
            throw new TooMuchException("variables expand to more than 64 MiB");
        }
    }

    void step(long count) throws TooMuchException {
        steps -= count;
        if (steps < 0) {
            throw new TooMuchException("matching patterns takes more than 50 million steps");
        }
    }
}

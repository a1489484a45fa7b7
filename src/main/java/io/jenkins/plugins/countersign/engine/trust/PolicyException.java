package io.jenkins.plugins.countersign.engine.trust;

import java.util.List;
import java.util.stream.Collectors;

/** A policy is not accepted. */
public class PolicyException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final List<PolicyProblem> problems;

    public PolicyException(Reason reason, String message) {
        this(reason, message, (Throwable) null);
    }

    public PolicyException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.problems = List.of();
    }

    PolicyException(List<PolicyProblem> problems) {
        super("the trust policy has "
                + (problems.size() == 1 ? "an error" : problems.size() + " errors")
                + problems.stream().map(problem -> "\n  " + problem).collect(Collectors.joining()));
        this.reason = Reason.MALFORMED;
        this.problems = List.copyOf(problems);
    }

    public Reason reason() {
        return reason;
    }

    /** Every problem of a document that could not be read; empty for other reasons. */
    public List<PolicyProblem> problems() {
        return problems;
    }

    /** Why, for callers that branch on it. */
    public enum Reason {
        /** The document is not a policy. */
        MALFORMED,
        /** Too large, too deep, too many. */
        TOO_LARGE,
        /** Too few root keys signed it. */
        THRESHOLD,
        /** It has new root keys, and too few of them signed it. */
        NEW_ROOT_THRESHOLD,
        /** It has expired. */
        EXPIRED,
        /** A higher version was seen before. */
        OLDER_THAN_SEEN,
        /** Another document of this very version was seen before. */
        OTHER_THAN_SEEN,
        /** It is another policy than the one that is expected. */
        OTHER_NAME,
        /** A version in between is needed to follow the root keys, and is not there. */
        CHAIN_BROKEN,
        /** There is none where it was looked for. */
        NOT_FOUND,
        /** What was seen before cannot be read, so a downgrade could not be noticed. */
        MEMORY_UNREADABLE
    }
}

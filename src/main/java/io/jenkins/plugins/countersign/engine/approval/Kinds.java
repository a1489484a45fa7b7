package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/** What sort of statement one is, in the reader's language. */
public final class Kinds {

    private Kinds() {}

    /** @param word as the ledger has it, from whichever version; what is not known stays as it is */
    public static Sentence sentence(String word) {
        return switch (word) {
            case "approval" -> Sentence.of("approval.kindApproval");
            case "rejection" -> Sentence.of("approval.kindRejection");
            case "withdrawal" -> Sentence.of("approval.kindWithdrawal");
            case "block" -> Sentence.of("approval.kindBlock");
            case "override" -> Sentence.of("approval.kindOverride");
            case "rollback" -> Sentence.of("approval.kindRollback");
            case "unknown" -> Sentence.of("approval.kindUnknown");
            default -> Sentence.verbatim(word);
        };
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/** A statement of ours is not what docs/statements.md says. The message says which member, and what was expected. */
public class StatementException extends Exception {

    private static final long serialVersionUID = 2L;

    private final Sentence sentence;

    public StatementException(Sentence sentence) {
        super(sentence.text());
        this.sentence = sentence;
    }

    public StatementException(String message) {
        this(Sentence.verbatim(message));
    }

    public StatementException(String message, Throwable cause) {
        super(message, cause);
        this.sentence = Sentence.verbatim(message);
    }

    public Sentence sentence() {
        return sentence;
    }
}

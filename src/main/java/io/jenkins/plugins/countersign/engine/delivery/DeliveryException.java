package io.jenkins.plugins.countersign.engine.delivery;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;

/** A delivery that is not genuine, or that cannot be understood; the reason is for the operator, never for the sender. */
public class DeliveryException extends Exception {

    private static final long serialVersionUID = 2;

    private final Sentence sentence;

    public DeliveryException(Sentence sentence) {
        this(sentence, null);
    }

    public DeliveryException(Sentence sentence, Throwable cause) {
        super(cause);
        this.sentence = sentence;
    }

    public Sentence sentence() {
        return sentence;
    }

    /** In English; put together when somebody asks, for a flood is refused without. */
    @Override
    public String getMessage() {
        return sentence.text();
    }
}

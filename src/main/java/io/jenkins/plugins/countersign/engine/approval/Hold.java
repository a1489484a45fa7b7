package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * One reason why a gate holds.
 *
 * @param reason the code
 * @param sentence the reason with the facts, and what would lift it
 */
public record Hold(HoldReason reason, Sentence sentence) implements Serializable {

    /** In English. */
    public String text() {
        return sentence.text();
    }
}

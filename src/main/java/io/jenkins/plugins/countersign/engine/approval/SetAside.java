package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * A statement that does not count, and why.
 *
 * @param statement digest of the signed payload; null when there was none to read
 * @param manifest digest of the manifest that holds it
 * @param kind {@code approval}, {@code rejection}…; {@code unknown} when it could not be read
 * @param person whom it names; empty when it could not be read. Not proved when the signature was not.
 * @param role which it names
 * @param reason the code
 * @param sentence the reason with the facts, for people
 */
public record SetAside(
        Digest statement,
        Digest manifest,
        String kind,
        String person,
        String role,
        SetAsideReason reason,
        Sentence sentence)
        implements Serializable {

    /** In English. */
    public String text() {
        return sentence.text();
    }
}

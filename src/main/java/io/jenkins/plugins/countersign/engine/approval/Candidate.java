package io.jenkins.plugins.countersign.engine.approval;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * Somebody whose approval would help.
 *
 * @param person who
 * @param role in which role
 * @param token whether it must be signed with a hardware token
 */
public record Candidate(String person, String role, boolean token) implements Serializable {

    public Sentence sentence() {
        return Sentence.of(token ? "approval.candidateWithToken" : "approval.candidate", person, role);
    }

    /** In English. */
    @Override
    public String toString() {
        return sentence().text();
    }
}

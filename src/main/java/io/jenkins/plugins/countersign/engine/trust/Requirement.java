package io.jenkins.plugins.countersign.engine.trust;

import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.Serializable;

/**
 * So many different people in a role.
 *
 * @param role a role of the policy
 * @param count how many people, at least 1
 * @param token whether each must sign with a key that lives in a hardware token
 * @param identity whether it is enough that a Jenkins whose identity key the policy names says who it was
 */
public record Requirement(String role, int count, boolean token, boolean identity) implements Serializable {

    /** Each with a key of their own. */
    public Requirement(String role, int count, boolean token) {
        this(role, count, token, false);
    }

    public Sentence sentence() {
        Sentence people = Sentence.of(token ? "trust.requirementWithToken" : "trust.requirement", count, role);
        return identity ? Sentence.of("trust.identityIsEnough", people) : people;
    }

    /** In English. */
    @Override
    public String toString() {
        return sentence().text();
    }
}

package io.jenkins.plugins.countersign.engine.approval;

import java.io.Serializable;

/**
 * Somebody whose approval would help.
 *
 * @param person who
 * @param role in which role
 * @param token whether it must be signed with a hardware token
 */
public record Candidate(String person, String role, boolean token) implements Serializable {
    @Override
    public String toString() {
        return person + " as " + role + (token ? " with a hardware token" : "");
    }
}

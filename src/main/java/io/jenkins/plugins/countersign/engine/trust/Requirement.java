package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;

/**
 * So many different people in a role.
 *
 * @param role a role of the policy
 * @param count how many people, at least 1
 * @param token whether each must sign with a key that lives in a hardware token
 */
public record Requirement(String role, int count, boolean token) implements Serializable {

    @Override
    public String toString() {
        return count + " of role " + role + (token ? " with a hardware token" : "");
    }
}

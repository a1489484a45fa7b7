package io.jenkins.plugins.countersign.engine.goldenbase;

import java.io.Serializable;

/**
 * Who must have signed a golden image.
 *
 * @param role a role of the trust policy
 * @param count how many different persons of it, at least 1
 */
public record SignedBy(String role, int count) implements Serializable {

    public SignedBy {
        if (role.isBlank() || count < 1) {
            throw new IllegalArgumentException("signedBy needs a role and a count of at least 1");
        }
    }
}

package io.jenkins.plugins.countersign.signing;

import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.security.PublicKey;

/** Small trust policies. */
final class Policies {

    private Policies() {}

    static String oneStage(String stage, String person, PublicKey key, PublicKey root) {
        return "name: test\nversion: 1\nexpires: 2099-01-01T00:00:00Z\nroot:\n  threshold: 1\n  keys:\n    - pem: |\n"
                + PublicKeys.pem(root).replaceAll("(?m)^", "        ").stripTrailing() + "\npeople:\n  " + person
                + ":\n    keys:\n      - pem: |\n"
                + PublicKeys.pem(key).replaceAll("(?m)^", "          ").stripTrailing() + "\nroles:\n  testers: ["
                + person
                + "]\nstages:\n  " + stage + ":\n    needs:\n      - {role: testers, count: 1}\n";
    }
}

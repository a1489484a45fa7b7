package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.Serializable;

/**
 * The trust policy that the signer saw.
 *
 * @param name of the policy
 * @param version of the policy
 * @param digest of the policy document
 */
public record PolicyReference(String name, long version, Digest digest) implements Serializable {

    public static PolicyReference to(TrustPolicy policy) {
        return new PolicyReference(policy.name(), policy.version(), policy.digest());
    }

    @Override
    public String toString() {
        return name + " version " + version;
    }

    void write(ObjectNode json) {
        json.put("name", name);
        json.put("version", version);
        json.put("digest", digest.toString());
    }

    static PolicyReference read(StatementMembers members) throws StatementException {
        PolicyReference reference =
                new PolicyReference(members.text("name"), members.number("version", 1), members.digest("digest"));
        members.end();
        return reference;
    }
}

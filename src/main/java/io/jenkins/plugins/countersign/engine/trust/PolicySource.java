package io.jenkins.plugins.countersign.engine.trust;

import java.io.IOException;
import java.util.List;

/** Where signed policies come from: a configuration, or a repository of their own. */
public interface PolicySource {

    /** For messages; the name of the repository if it is one. */
    String name();

    /** The newest policy, and those that lead to it; empty if there is clearly none. */
    List<SignedPolicy> documents() throws IOException, PolicyException;

    /** The content of a file or of a configuration field. */
    static PolicySource of(String name, byte[] content) {
        return new PolicySource() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public List<SignedPolicy> documents() throws PolicyException {
                return SignedPolicy.readAll(content);
            }
        };
    }
}

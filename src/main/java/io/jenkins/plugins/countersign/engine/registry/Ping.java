package io.jenkins.plugins.countersign.engine.registry;

import java.util.Set;

/** {@code GET /v2/}. Source: OCI distribution specification 1.1, "Determining Support". */
final class Ping {

    private Ping() {}

    static Request request(RegistryAccess access) {
        return Request.get(
                "reach registry " + access.host(), RegistryAddress.of(access).resolve("/v2/"), Set.of());
    }

    static Void read(Answer answer) throws UnexpectedAnswerException {
        if (answer.status() != 200) {
            throw answer.unexpected("status 200 of a registry");
        }
        return null;
    }
}

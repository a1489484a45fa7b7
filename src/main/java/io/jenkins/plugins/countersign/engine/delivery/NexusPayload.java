package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Sonatype Nexus Repository 3's webhook {@code rm:repository:component}, for components of the format docker. There is no digest.
 *
 * <p>Source: help.sonatype.com, "Webhooks, Example Headers And Payloads, Repository Component"
 * (en/example-headers-and-payloads.html; read on 22 November 2026). Its sample is npm's; that a Docker image's component has its
 * name as {@code name} and its tag as {@code version} is derived from the coordinates of components, not shown there. The
 * archived flux-recv (nexus.go) reads it alike.
 *
 * @param isRepositoryInPath whether images are called {@code registry/<Nexus' repository>/name}; otherwise each of Nexus'
 *     repositories has a port or a host name of its own
 */
public record NexusPayload(boolean isRepositoryInPath) implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        EventKind kind =
                switch (Payload.textOrEmpty(payload, "/action")) {
                    case "CREATED", "UPDATED" -> EventKind.PUSHED;
                    case "DELETED" -> EventKind.DELETED;
                    default -> null;
                };
        if (kind == null || !"docker".equals(Payload.text(payload, "/component/format"))) {
            return List.of();
        }
        String name = Payload.need(payload, "/component/name");
        // "<who>/<address>"
        String initiator = Payload.textOrEmpty(payload, "/initiator");
        int slash = initiator.lastIndexOf('/');
        return List.of(new RegistryEvent(
                kind,
                registry,
                isRepositoryInPath ? Payload.need(payload, "/repositoryName") + "/" + name : name,
                Payload.need(payload, "/component/version"),
                null,
                slash < 0 ? initiator : initiator.substring(0, slash),
                "",
                Payload.time(payload, "/timestamp")));
    }
}

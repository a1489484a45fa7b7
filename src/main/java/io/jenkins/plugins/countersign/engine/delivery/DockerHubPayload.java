package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Webhooks of Docker Hub: a push, and nothing else; without digest, id, signature or any header of one's own.
 *
 * <p>Source: docs.docker.com, "Docker Hub, Webhooks, Example webhook payload" (docker-hub/repos/manage/webhooks; read again on
 * 22 November 2026). The {@code callback_url} is never called.
 */
public final class DockerHubPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        String name = Payload.need(payload, "/repository/repo_name");
        return List.of(new RegistryEvent(
                EventKind.PUSHED,
                registry,
                name.indexOf('/') < 0 ? "library/" + name : name,
                Payload.need(payload, "/push_data/tag"),
                null,
                Payload.textOrEmpty(payload, "/push_data/pusher"),
                "",
                Payload.time(payload, "/push_data/pushed_at")));
    }
}

package io.jenkins.plugins.countersign.engine.delivery;

import static io.jenkins.plugins.countersign.engine.delivery.Payload.digest;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.need;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.text;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.textOrEmpty;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.time;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Notifications of CNCF Distribution (Docker Registry).
 *
 * <p>Source: distribution.github.io, "Work with notifications" (about/notifications, as of github.com/distribution/distribution at
 * 0d6b721d, 18 August 2026; read on 22 November 2026): the envelope {@code events}, actions pull, push, delete (and mount), for
 * manifests and for blobs alike; and notifications/event.go.
 */
public final class DistributionPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        List<RegistryEvent> events = new ArrayList<>();
        for (JsonNode event : Payload.list(payload, "/events")) {
            EventKind kind =
                    switch (need(event, "/action")) {
                        case "push" -> EventKind.PUSHED;
                        case "delete" -> EventKind.DELETED;
                        default -> null;
                    };
            if (kind == null || isBlob(event, kind)) {
                continue;
            }
            events.add(new RegistryEvent(
                    kind,
                    registry,
                    need(event, "/target/repository"),
                    text(event, "/target/tag"),
                    digest(event, "/target/digest"),
                    textOrEmpty(event, "/actor/name"),
                    textOrEmpty(event, "/id"),
                    time(event, "/timestamp")));
        }
        return events;
    }

    /** Blobs are notified too, and deletions carry no media type at all. */
    private static boolean isBlob(JsonNode event, EventKind kind) {
        String type = text(event, "/target/mediaType");
        return type == null ? kind == EventKind.PUSHED : !type.contains("manifest") && !type.contains("image.index");
    }

    @Override
    public boolean isRepeatedUntilAccepted() {
        return true;
    }
}

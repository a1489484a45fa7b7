package io.jenkins.plugins.countersign.engine.delivery;

import static io.jenkins.plugins.countersign.engine.delivery.Payload.digest;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.need;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Webhooks of Harbor in its default format; Mirantis Secure Registry 4 is Harbor and sends the same.
 *
 * <p>Source: goharbor.io, "Configure Webhook Notifications, Payload Format". What was pushed by digest alone has the digest in
 * place of the tag.
 */
public final class HarborPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        EventKind kind =
                switch (need(payload, "/type")) {
                    case "PUSH_ARTIFACT" -> EventKind.PUSHED;
                    case "DELETE_ARTIFACT" -> EventKind.DELETED;
                    case "SCANNING_COMPLETED" -> EventKind.SCANNED;
                    default -> null;
                };
        if (kind == null) {
            return List.of();
        }
        List<RegistryEvent> events = new ArrayList<>();
        for (JsonNode resource : Payload.list(payload, "/event_data/resources")) {
            String tag = text(resource, "/tag");
            events.add(new RegistryEvent(
                    kind,
                    registry,
                    need(payload, "/event_data/repository/repo_full_name"),
                    tag == null || tag.indexOf(':') >= 0 ? null : tag,
                    digest(resource, "/digest"),
                    Payload.textOrEmpty(payload, "/operator"),
                    "",
                    Payload.time(payload, "/occur_at")));
        }
        return events;
    }
}

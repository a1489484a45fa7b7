package io.jenkins.plugins.countersign.engine.delivery;

import static io.jenkins.plugins.countersign.engine.delivery.Payload.digest;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.need;
import static io.jenkins.plugins.countersign.engine.delivery.Payload.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Webhooks of Harbor, in its default format and as CloudEvents; Mirantis Secure Registry 4 is Harbor and sends the same.
 *
 * <p>Source: goharbor.io, "Configure Webhook Notifications, Payload Format"
 * (docs/latest/working-with-projects/project-configuration/configure-webhooks, as of 18 August 2026; read on 22 November 2026).
 * What was pushed by digest alone has the digest in place of the tag.
 */
public final class HarborPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        EventKind kind =
                switch (need(payload, "/type")) {
                    case "PUSH_ARTIFACT", "harbor.artifact.pushed" -> EventKind.PUSHED;
                    case "DELETE_ARTIFACT", "harbor.artifact.deleted" -> EventKind.DELETED;
                    case "SCANNING_COMPLETED", "harbor.scan.completed" -> EventKind.SCANNED;
                    default -> null;
                };
        if (kind == null) {
            return List.of();
        }
        boolean isCloudEvent = payload.has("specversion");
        String data = isCloudEvent ? "/data" : "/event_data";
        List<RegistryEvent> events = new ArrayList<>();
        for (JsonNode resource : Payload.list(payload, data + "/resources")) {
            String tag = text(resource, "/tag");
            events.add(new RegistryEvent(
                    kind,
                    registry,
                    need(payload, data + "/repository/repo_full_name"),
                    tag == null || tag.indexOf(':') >= 0 ? null : tag,
                    digest(resource, "/digest"),
                    Payload.textOrEmpty(payload, "/operator"),
                    isCloudEvent ? Payload.textOrEmpty(payload, "/id") : "",
                    Payload.time(payload, isCloudEvent ? "/time" : "/occur_at")));
        }
        return events;
    }
}

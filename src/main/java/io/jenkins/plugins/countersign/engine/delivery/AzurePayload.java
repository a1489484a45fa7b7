package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Azure Container Registry, in its three ways: its own webhooks, and Azure Event Grid in the CloudEvents 1.0 schema and in Event
 * Grid's. All three hold the same {@code action} and {@code target}, which are Distribution's.
 *
 * <p>Source: learn.microsoft.com, "Azure Container Registry webhook reference"
 * (azure/container-registry/container-registry-webhook-reference) and "Azure Container Registry as an Event Grid source"
 * (azure/event-grid/event-schema-container-registry); the handshake: "Endpoint validation with Event Grid event schema"; the
 * header: "Custom delivery properties" (azure/event-grid/delivery-properties); read on 22 November 2026.
 */
public final class AzurePayload implements Payload {

    private static final String VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent";

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        List<RegistryEvent> events = new ArrayList<>();
        for (JsonNode event : batch(payload)) {
            JsonNode data = event.path("data").isObject() ? event.get("data") : event;
            EventKind kind =
                    switch (Payload.textOrEmpty(data, "/action")) {
                        case "push" -> EventKind.PUSHED;
                        case "delete" -> EventKind.DELETED;
                        default -> null; // Helm charts, quarantine, a ping, the handshake.
                    };
            if (kind == null) {
                continue;
            }
            events.add(new RegistryEvent(
                    kind,
                    registry,
                    Payload.need(data, "/target/repository"),
                    Payload.text(data, "/target/tag"),
                    Payload.digest(data, "/target/digest"),
                    "",
                    Payload.textOrEmpty(data, "/id"),
                    Payload.time(data, "/timestamp"),
                    resource(event)));
        }
        return events;
    }

    /** Event Grid sends nothing before its code came back. */
    @Override
    public Optional<String> handshakeCode(ObjectNode payload) throws DeliveryException {
        for (JsonNode event : batch(payload)) {
            if (VALIDATION.equals(Payload.text(event, "/eventType"))) {
                return Optional.of(Payload.need(event, "/data/validationCode"));
            }
        }
        return Optional.empty();
    }

    /** Azure Resource Manager's name of the registry: CloudEvents call it source, Event Grid's schema topic. */
    private static String resource(JsonNode event) {
        return event.path("data").isObject()
                ? Payload.textOrEmpty(event, event.has("source") ? "/source" : "/topic")
                : "";
    }

    private static Iterable<JsonNode> batch(ObjectNode payload) throws DeliveryException {
        return payload.has(BATCH) ? Payload.list(payload, "/" + BATCH) : List.of(payload);
    }

    @Override
    public boolean isRepeatedUntilAccepted() {
        return true;
    }
}

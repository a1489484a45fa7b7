package io.jenkins.plugins.countersign.engine.delivery;

import static io.jenkins.plugins.countersign.engine.delivery.Payload.need;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Webhooks of Docker Trusted Registry and Mirantis Secure Registry 2 and 3; from version 4 on it is {@link HarborPayload}.
 *
 * <p>Source: docs.mirantis.com, "MSR 2.9, Manage webhooks" (msr/2.9/ops/manage-webhooks: manage-rep-webhooks-with-web-ui,
 * webhook-types, manage-content-structure-api; read on 22 November 2026): {@code type}, {@code createdAt} and {@code contents} by
 * type. The sender can neither sign nor set a header.
 */
public final class MirantisPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        EventKind kind =
                switch (need(payload, "/type")) {
                    case "TAG_PUSH" -> EventKind.PUSHED;
                    case "TAG_DELETE" -> EventKind.DELETED;
                    case "SCAN_COMPLETED" -> EventKind.SCANNED;
                    default -> null;
                };
        if (kind == null) {
            return List.of();
        }
        return List.of(new RegistryEvent(
                kind,
                registry,
                need(payload, "/contents/namespace") + "/" + need(payload, "/contents/repository"),
                need(payload, "/contents/tag"),
                Payload.digest(payload, "/contents/digest"),
                Payload.textOrEmpty(payload, "/contents/author"),
                "",
                Payload.time(payload, "/createdAt")));
    }
}

package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/**
 * Google's Artifact Registry and Container Registry: a message of the Pub/Sub topic {@code gcr}, as a push subscription sends it
 * (wrapped, with the data in Base64, or unwrapped), and as Eventarc does, whose CloudEvents have the same body.
 *
 * <p>Source: cloud.google.com, "Artifact Registry, Configuring Pub/Sub notifications, Notification examples"
 * (artifact-registry/docs/configure-notifications) and "Pub/Sub, Push subscriptions, Receive messages" (pubsub/docs/push; both
 * read on 22 November 2026). A push of one image is told twice: by digest alone, and with each tag.
 */
public final class GooglePayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        ObjectNode message = message(payload);
        EventKind kind =
                switch (Payload.textOrEmpty(message, "/action")) {
                    case "INSERT" -> EventKind.PUSHED;
                    case "DELETE" -> EventKind.DELETED;
                    default -> null;
                };
        if (kind == null) {
            return List.of();
        }
        String tagged = Payload.text(message, "/tag");
        String digested = Payload.text(message, "/digest");
        ImageReference tag = tagged == null ? null : ImageReference.parse(tagged);
        ImageReference digest = digested == null ? null : ImageReference.parse(digested);
        ImageReference named = tag != null ? tag : digest;
        if (named == null) {
            throw new DeliveryException(Sentence.of("delivery.neitherTagNorDigest"));
        }
        if (!named.registry().equals(registry)) {
            // One topic tells of every registry of a project.
            return List.of();
        }
        return List.of(new RegistryEvent(
                kind,
                registry,
                named.repository(),
                tag == null ? null : tag.tagOrNull(),
                digest == null ? null : digest.digestOrNull(),
                "",
                Payload.textOrEmpty(payload, "/message/messageId"),
                Payload.time(payload, "/message/publishTime")));
    }

    private static ObjectNode message(ObjectNode payload) throws DeliveryException {
        if (!payload.path("message").isObject()) {
            return payload;
        }
        try {
            return StrictJson.readObject(
                    Base64.getDecoder().decode(Payload.need(payload, "/message/data")), MAX_LENGTH);
        } catch (IOException | IllegalArgumentException e) {
            throw new DeliveryException(Sentence.of("delivery.dataNotReadable", e.getMessage()), e);
        }
    }

    @Override
    public boolean isRepeatedUntilAccepted() {
        return true;
    }
}

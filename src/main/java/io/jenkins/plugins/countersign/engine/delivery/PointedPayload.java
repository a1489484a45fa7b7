package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Any other sender's JSON, told by JSON pointers (RFC 6901) where in it the event of a push is.
 *
 * @param repository where the path below the registry is
 * @param tag where the tag is
 * @param digestOrNull where the digest is; null when the sender names none
 */
public record PointedPayload(String repository, String tag, String digestOrNull) implements Payload {

    /** @throws IllegalArgumentException if one is not a JSON pointer */
    public PointedPayload {
        JsonPointer.compile(repository);
        JsonPointer.compile(tag);
        JsonPointer.compile(digestOrNull);
    }

    /** Whether it is a JSON pointer to something in a delivery. */
    public static boolean isPointer(String text) {
        try {
            return !JsonPointer.compile(text).matches();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        return List.of(new RegistryEvent(
                EventKind.PUSHED,
                registry,
                Payload.need(payload, repository),
                Payload.need(payload, tag),
                digestOrNull == null ? null : Payload.digest(payload, digestOrNull),
                "",
                "",
                null));
    }

    @Override
    public boolean tellsEventsApart() {
        return false;
    }
}

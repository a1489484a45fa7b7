package io.jenkins.plugins.countersign.engine.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.List;

/**
 * Repository notifications of Quay: "Push to Repository". Without digest, actor, id or time, so two pushes of a tag look alike.
 *
 * <p>Source: docs.redhat.com, "Use Red Hat Quay, Repository notifications, Repository Push" (section 12.1.1 of 3.3 to 3.6; read
 * again on 22 November 2026), and github.com/quay/quay at ffba0c70, 21 August 2026: notifications/__init__.py,
 * notificationmethod.py, whose webhook sends no header of one's own. Quay once wrote the tags as the keys of an object (gist.github.com/jakedt/7533338, 2013);
 * its other notifications have no {@code updated_tags}.
 */
public final class QuayPayload implements Payload {

    @Override
    public List<RegistryEvent> events(String registry, ObjectNode payload) throws DeliveryException {
        JsonNode tags = payload.get("updated_tags");
        if (tags == null) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        if (tags.isObject()) {
            tags.fieldNames().forEachRemaining(names::add);
        } else {
            for (JsonNode tag : Payload.list(payload, "/updated_tags")) {
                names.add(Payload.need(tag, ""));
            }
        }
        if (names.size() > MAX_EVENTS) {
            throw new DeliveryException(Sentence.of("delivery.tooManyTags", names.size(), MAX_EVENTS));
        }
        List<RegistryEvent> events = new ArrayList<>();
        for (String tag : names) {
            events.add(new RegistryEvent(
                    EventKind.PUSHED, registry, Payload.need(payload, "/repository"), tag, null, "", "", null));
        }
        return events;
    }

    @Override
    public boolean tellsEventsApart() {
        return false;
    }
}

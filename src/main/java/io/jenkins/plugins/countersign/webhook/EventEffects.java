package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.approval.WaitingGates;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What follows from an event. */
final class EventEffects {

    private static final Logger LOGGER = Logger.getLogger(EventEffects.class.getName());

    private EventEffects() {}

    /** @throws IOException if the registry gives no clear answer; nothing was built then */
    static void of(RegistryEvent event) throws IOException {
        event.subject().ifPresent(digest -> WaitingGates.wake(event.name(), digest));
        // Attached by digest alone, a signature's event does not say what it is a signature of.
        WaitingGates.wakeRepository(event.name());
        if (event.kind() == EventKind.ATTACHED || !ImageEventTrigger.isAnyoneInterested(event)) {
            return;
        }
        Optional<RegistryEvent> known = confirmed(event);
        if (known.isEmpty()) {
            LOGGER.log(Level.INFO, "the registry knows nothing of the event {0} of {1}", new Object[] {
                event.kind(), event.name()
            });
            return;
        }
        ImageEventTrigger.fire(known.get());
    }

    /** The event as the registry itself bears it out now; empty if it does not. */
    private static Optional<RegistryEvent> confirmed(RegistryEvent event) throws IOException {
        ImageLocation location = new ImageLocation(event.name(), event.tagOrNull(), event.digestOrNull());
        try (Repository repository = Registries.open(location, Progress.NONE)) {
            Optional<Digest> now = event.tagOrNull() != null
                    ? repository.resolve(event.tagOrNull()).map(Descriptor::digest)
                    : event.digestOrNull() != null
                            ? repository.manifest(event.digestOrNull()).map(manifest -> event.digestOrNull())
                            : Optional.empty();
            if (event.kind() == EventKind.DELETED) {
                return now.isPresent() ? Optional.empty() : Optional.of(event);
            }
            return now.map(digest -> with(event, digest));
        }
    }

    private static RegistryEvent with(RegistryEvent event, Digest digest) {
        return new RegistryEvent(
                event.kind(),
                event.registry(),
                event.repository(),
                event.tagOrNull(),
                digest,
                event.actor(),
                event.id(),
                event.timeOrNull());
    }
}

package io.jenkins.plugins.countersign.webhook;

import io.jenkins.plugins.countersign.approval.WaitingGates;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.delivery.Attached;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What follows from the events of deliveries that were received before: what the registry is asked now answers for all of them,
 * so it is asked once for each image, however often it was told of.
 */
final class EventEffects implements AutoCloseable {

    private final Map<String, List<Effect>> done = new HashMap<>();
    private final Set<String> unreachable = new HashSet<>();
    private final Map<String, Repository> opened = new HashMap<>();

    /** @throws IOException if the registry gives no clear answer, now or a moment ago; nothing was built then */
    List<Effect> of(RegistryEvent event, WebhookSource source) throws IOException {
        String key = source.getId() + " " + event.kind() + " " + event.name() + " " + event.tagOrNull() + " "
                + event.digestOrNull();
        List<Effect> known = done.get(key);
        if (known != null) {
            return known;
        }
        if (unreachable.contains(event.name())) {
            throw new IOException("it could not be asked a moment ago");
        }
        try {
            List<Effect> effects = happened(event, source);
            done.put(key, effects);
            return effects;
        } catch (IOException e) {
            unreachable.add(event.name());
            throw e;
        }
    }

    private List<Effect> happened(RegistryEvent event, WebhookSource source) throws IOException {
        List<Effect> effects = new ArrayList<>();
        event.subject().ifPresent(digest -> WaitingGates.wake(event.name(), digest));
        // Attached by digest alone, a signature's event does not say what it is a signature of.
        if (WaitingGates.wakeRepository(event.name()) > 0) {
            effects.add(new Effect(Effect.Kind.WOKE, event.name()));
        }
        boolean asPushed = event.kind() != EventKind.ATTACHED
                && (ImageEventTrigger.isAnyoneInterested(event.kind(), event)
                        || BaseRebuilds.isAnyoneInterested(event));
        boolean asAttached =
                (event.kind() == EventKind.ATTACHED || event.kind() == EventKind.PUSHED && event.tagOrNull() == null)
                        && (ImageEventTrigger.isAnyoneInterested(EventKind.SIGNED, event)
                                || ImageEventTrigger.isAnyoneInterested(EventKind.APPROVED, event));
        if (!asPushed && !asAttached) {
            effects.add(new Effect(Effect.Kind.NOBODY, ImageEventCause.image(event)));
            return effects;
        }
        List<ConfirmedEvent> confirmed = confirmed(event, source, asPushed, asAttached);
        if (confirmed.isEmpty()) {
            effects.add(new Effect(Effect.Kind.NOT_BORNE_OUT, ImageEventCause.image(event)));
        }
        for (ConfirmedEvent one : confirmed) {
            effects.addAll(ImageEventTrigger.fire(one));
            effects.addAll(BaseRebuilds.get().fire(one));
        }
        return effects;
    }

    /** The events as the registry itself bears them out now; none if it does not. */
    private List<ConfirmedEvent> confirmed(
            RegistryEvent event, WebhookSource source, boolean asPushed, boolean asAttached) throws IOException {
        List<ConfirmedEvent> confirmed = new ArrayList<>();
        Repository repository = open(event.name());
        if (asPushed) {
            Optional<Digest> now = event.tagOrNull() != null
                    ? repository.resolve(event.tagOrNull()).map(Descriptor::digest)
                    : event.digestOrNull() != null
                            ? repository.manifest(event.digestOrNull()).map(manifest -> event.digestOrNull())
                            : Optional.empty();
            if (event.kind() == EventKind.DELETED) {
                if (now.isEmpty()) {
                    confirmed.add(new ConfirmedEvent(event, List.of(), RegistryPage.of(event, source)));
                }
            } else if (now.isPresent()) {
                RegistryEvent exact = with(event, event.kind(), event.tagOrNull(), now.get());
                confirmed.add(new ConfirmedEvent(exact, List.of(), RegistryPage.of(exact, source)));
            }
        }
        if (asAttached) {
            Map<String, ConfirmedEvent> bySubject = new LinkedHashMap<>();
            for (Attached attached : Attached.by(event, repository)) {
                RegistryEvent exact = with(event, attached.kind(), null, attached.subject());
                bySubject.merge(
                        attached.kind() + " " + attached.subject(),
                        new ConfirmedEvent(exact, List.of(attached.artifact()), RegistryPage.of(exact, source)),
                        EventEffects::join);
            }
            confirmed.addAll(bySubject.values());
        }
        return confirmed;
    }

    private Repository open(String name) throws IOException {
        Repository repository = opened.get(name);
        if (repository == null) {
            repository = Registries.open(new ImageLocation(name, null, null), Progress.NONE);
            opened.put(name, repository);
        }
        return repository;
    }

    @Override
    public void close() {
        opened.values().forEach(Repository::close);
    }

    private static ConfirmedEvent join(ConfirmedEvent one, ConfirmedEvent other) {
        List<Digest> artifacts = new ArrayList<>(one.artifacts());
        artifacts.addAll(other.artifacts());
        return new ConfirmedEvent(one.event(), artifacts, one.link());
    }

    private static RegistryEvent with(RegistryEvent event, EventKind kind, String tagOrNull, Digest digest) {
        return new RegistryEvent(
                kind,
                event.registry(),
                event.repository(),
                tagOrNull,
                digest,
                event.actor(),
                event.id(),
                event.timeOrNull(),
                event.place());
    }
}

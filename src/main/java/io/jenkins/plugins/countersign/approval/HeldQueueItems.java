package io.jenkins.plugins.countersign.approval;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.model.Job;
import hudson.model.Queue;
import hudson.model.queue.CauseOfBlockage;
import hudson.model.queue.QueueListener;
import hudson.model.queue.QueueTaskDispatcher;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import jenkins.model.Jenkins;
import jenkins.util.Timer;

/**
 * Holds queue items of jobs with {@link OnlyApprovedImages} until their gate is open. The queue asks often and under its lock,
 * so the answer is only ever read here; a waiting gate like any other finds it.
 */
@Extension
public class HeldQueueItems extends QueueTaskDispatcher {

    private static final Duration RESOLVE_AGAIN = Duration.ofSeconds(30);

    private final Map<Long, QueueGate> gates = new ConcurrentHashMap<>();

    @Override
    public CauseOfBlockage canRun(Queue.Item item) {
        if (!(item.task instanceof Job<?, ?> job)) {
            return null;
        }
        OnlyApprovedImages property = job.getProperty(OnlyApprovedImages.class);
        if (property == null) {
            return null;
        }
        QueueGate gate = gates.compute(item.getId(), (id, known) -> {
            if (known != null && known.asks.equals(List.of(property.getStage(), property.imageOf(item)))) {
                return known;
            }
            if (known != null) {
                // The job was configured anew while this waits.
                known.end();
            }
            return QueueGate.begin(property, job, item);
        });
        if (!gate.open) {
            return new NotApproved(property.getStage(), property.imageOf(item), gate.why);
        }
        ApprovedInQueueAction approved = ApprovedInQueueAction.of(GatePage.of(gate.home, gate.entry));
        if (!approved.saysTheSameAs(item.getAction(ApprovedInQueueAction.class))) {
            item.addOrReplaceAction(approved);
        }
        return null;
    }

    /** The gate before an item of the queue; empty for one that is not held. */
    static Optional<GatePage> page(String id) {
        QueueGate gate;
        try {
            gate = ExtensionList.lookupSingleton(HeldQueueItems.class).gates.get(Long.parseLong(id));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        return gate == null ? Optional.empty() : gate.page();
    }

    private void forget(long id) {
        QueueGate gate = gates.remove(id);
        if (gate != null) {
            gate.end();
        }
    }

    /** Items leave the queue for many reasons; each ends the wait. */
    @Extension
    public static class Leaving extends QueueListener {
        @Override
        public void onLeft(Queue.LeftItem left) {
            ExtensionList.lookupSingleton(HeldQueueItems.class).forget(left.getId());
        }
    }

    /** Said on the queue item. */
    public static final class NotApproved extends CauseOfBlockage {
        private final String stage;
        private final String image;
        private final Supplier<String> why;

        /** @param why asked by whoever reads it, in their language */
        NotApproved(String stage, String image, Supplier<String> why) {
            this.stage = stage;
            this.image = image;
            this.why = why;
        }

        @Override
        public String getShortDescription() {
            return Messages.HeldQueueItems_NotApproved(image, stage, why.get());
        }
    }

    /** The gate of one queue item. */
    private static final class QueueGate implements WaitingGate {

        /** Stage and image, as the job asks for them. */
        private final List<String> asks;

        private final ImageLocation location;
        private final String stage;
        private final GateHome home;
        /** Kept nowhere: after a restart the queue asks again. */
        private volatile GateEntry entry;

        private volatile Digest digest;
        private volatile boolean open;
        private volatile boolean ended;
        private volatile Supplier<String> why = Messages::AwaitApprovals_NotLooked;
        private volatile Set<String> candidates = Set.of();

        private QueueGate(String image, ImageLocation location, String stage, GateHome home) {
            this.asks = List.of(stage, image);
            this.location = location;
            this.stage = stage;
            this.home = home;
        }

        static QueueGate begin(OnlyApprovedImages property, Job<?, ?> job, Queue.Item item) {
            GateHome home = GateHome.of(job, item);
            String image = property.imageOf(item);
            ImageLocation location;
            try {
                location = ImageLocation.parse(image);
            } catch (IllegalArgumentException e) {
                QueueGate never = new QueueGate(image, null, property.getStage(), home);
                never.why = () -> Messages.AwaitApprovals_NotAnImage(e.getMessage());
                return never;
            }
            QueueGate gate = new QueueGate(image, location, property.getStage(), home);
            if (!location.isLayout()) {
                gate.entry = new GateEntry(
                        (int) item.getId(),
                        location.repository(),
                        location.tag().orElse(""),
                        location.digest().map(Digest::toString).orElse(""),
                        property.getStage(),
                        "",
                        item.getInQueueSince(),
                        0,
                        GateEntry.WAITING);
            }
            if (location.isLayout()) {
                gate.why = Messages::FormChecks_NoFolder;
            } else if (location.digest().isPresent()) {
                gate.digest = location.digest().get();
                // The queue's lock is held here.
                Timer.get().execute(() -> WaitingGates.get().add(gate, false));
            } else {
                WaitingGates.get().ask(location.repository(), gate::resolve);
            }
            return gate;
        }

        private void resolve() {
            if (ended) {
                return;
            }
            try (Repository opened = Registries.open(location, Progress.NONE)) {
                digest = location.resolve(opened);
                entry.resolved(digest.toString());
                WaitingGates.get().add(this, false);
            } catch (IOException e) {
                unknown(e.getMessage());
                WaitingGates.get().askAfter(RESOLVE_AGAIN, location.repository(), this::resolve);
            }
        }

        /** The queue's lock is held here. */
        void end() {
            ended = true;
            if (digest != null) {
                WaitingGates.get().remove(this);
            }
            if (!open && entry != null) {
                GatePage page = GatePage.of(home, entry);
                WaitingGates.get().work(() -> ApprovalListener.fire(listener -> listener.onAborted(page)));
            }
        }

        @Override
        public String repository() {
            return location.repository();
        }

        @Override
        public Digest digest() {
            return digest;
        }

        @Override
        public String stage() {
            return stage;
        }

        @Override
        public Instant deadlineOrNull() {
            return null;
        }

        @Override
        public void onLook(ImageReading reading) {
            if (ended) {
                // It left the queue while its tag was being resolved.
                WaitingGates.get().remove(this);
                return;
            }
            boolean before = open;
            boolean news = false;
            try {
                if (reading.gathering() == null) {
                    unknown(reading.unknown());
                } else {
                    GateInput input = reading.input(GatePolicy.current(), stage, home.facts(stage));
                    Decision decision = Gate.decide(input);
                    Set<String> people = new TreeSet<>();
                    decision.missing()
                            .forEach(missing -> missing.couldStillApprove().forEach(one -> people.add(one.person())));
                    candidates = people;
                    GateSnapshot snapshot = GateSnapshot.of(input, decision, reading.gathering());
                    news = entry.saw(snapshot);
                    say(snapshot.why());
                    open = decision.isOpen();
                }
            } catch (IOException | PolicyException | LedgerException e) {
                unknown(e.getMessage());
            }
            if (open && !before) {
                ApprovalListener.fire(listener -> listener.onOpened(GatePage.of(home, entry)));
                Jenkins.get().getQueue().scheduleMaintenance();
            } else if (news && !open) {
                ApprovalListener.fire(listener -> listener.onHeld(GatePage.of(home, entry)));
            }
        }

        private void unknown(String reason) {
            open = false;
            say(Sentence.of("approval.noClearAnswer", reason));
            entry.lookedInVain(reason);
        }

        private void say(Sentence sentence) {
            why = () -> ReadersLanguage.text(sentence);
        }

        @Override
        public void onDeadline() {
            throw new IllegalStateException("a queue item has no deadline");
        }

        @Override
        public Set<String> candidates() {
            return candidates;
        }

        @Override
        public Optional<GatePage> page() {
            return ended || entry == null ? Optional.empty() : Optional.of(GatePage.of(home, entry));
        }
    }
}

package io.jenkins.plugins.countersign.webhook;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.XmlFile;
import hudson.init.Terminator;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import jenkins.util.Timer;

/**
 * The last deliveries of each source, for administrators. What strangers send pushes none of the genuine ones out. Written to
 * {@code $JENKINS_HOME/countersign/delivery-log.xml} a little later, so that a flood writes it once.
 */
@Extension
public class DeliveryLog {

    private static final Logger LOGGER = Logger.getLogger(DeliveryLog.class.getName());

    private static final int OF_EACH_SOURCE = 50;
    private static final int EVENTS_OF_EACH = 10;
    private static final int SAVE_SECONDS = 10;

    private static final Sentence NO_REASON = Sentence.verbatim("");

    private final Map<String, Deque<Delivered>> accepted = new TreeMap<>();
    private final Map<String, Deque<Delivered>> refused = new TreeMap<>();
    private final AtomicBoolean saving = new AtomicBoolean();
    private final AtomicLong counter = new AtomicLong();

    /** For Jenkins, which makes the one instance. */
    public DeliveryLog() {
        XmlFile file = file();
        if (file.exists()) {
            try {
                for (Object known : (List<?>) file.read()) {
                    add((Delivered) known);
                }
            } catch (IOException | ClassCastException e) {
                LOGGER.log(Level.WARNING, "the last deliveries cannot be read; new ones are listed all the same", e);
            }
        }
    }

    static DeliveryLog get() {
        return ExtensionList.lookupSingleton(DeliveryLog.class);
    }

    void accepted(String id, String source, List<RegistryEvent> events, byte[] body, boolean again) {
        List<String> texts = events.stream()
                .limit(EVENTS_OF_EACH)
                .map(event -> event.kind().name().toLowerCase(Locale.ROOT) + " " + ImageEventCause.image(event))
                .toList();
        addAndSave(new Delivered(id, source, Delivered.Verdict.ACCEPTED, NO_REASON, texts, body, again));
    }

    /** Seen before; accepted once more because the sender would never stop. */
    void repeated(String source, byte[] body) {
        addAndSave(new Delivered(nextId(), source, Delivered.Verdict.REPEATED, NO_REASON, List.of(), body, false));
    }

    void refused(String source, Sentence reason, byte[] body) {
        addAndSave(new Delivered(nextId(), source, Delivered.Verdict.REFUSED, reason, List.of(), body, false));
    }

    void caused(String id, String source, List<Effect> effects, boolean everything) {
        find(source, id).ifPresent(delivered -> {
            delivered.caused(effects, everything);
            save();
        });
    }

    synchronized java.util.Optional<Delivered> find(String source, String id) {
        return accepted.getOrDefault(source, new ArrayDeque<>()).stream()
                .filter(delivered -> delivered.getId().equals(id))
                .findFirst();
    }

    /** The newest first. */
    synchronized List<Delivered> of(String source) {
        return Stream.concat(
                        accepted.getOrDefault(source, new ArrayDeque<>()).stream(),
                        refused.getOrDefault(source, new ArrayDeque<>()).stream())
                .sorted(Comparator.comparing(Delivered::getTime)
                        .thenComparing(Delivered::getId)
                        .reversed())
                .toList();
    }

    private String nextId() {
        return "r" + counter.incrementAndGet();
    }

    private void addAndSave(Delivered delivered) {
        add(delivered);
        save();
    }

    private synchronized void add(Delivered delivered) {
        Deque<Delivered> those = (delivered.isRefused() ? refused : accepted)
                .computeIfAbsent(delivered.getSource(), source -> new ArrayDeque<>());
        those.addLast(delivered);
        if (those.size() > OF_EACH_SOURCE) {
            those.removeFirst();
        }
    }

    private void save() {
        if (saving.compareAndSet(false, true)) {
            Timer.get().schedule(this::saveNow, SAVE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void saveNow() {
        saving.set(false);
        List<Delivered> all = new ArrayList<>();
        synchronized (this) {
            accepted.values().forEach(all::addAll);
            refused.values().forEach(all::addAll);
        }
        try {
            file().write(all);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the last deliveries cannot be written", e);
        }
    }

    @Terminator
    public static void stop() {
        if (get().saving.get()) {
            get().saveNow();
        }
    }

    private static XmlFile file() {
        return new XmlFile(Jenkins.XSTREAM2, new File(Jenkins.get().getRootDir(), "countersign/delivery-log.xml"));
    }
}

package io.jenkins.plugins.countersign.webhook;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.init.InitMilestone;
import hudson.init.Initializer;
import hudson.init.Terminator;
import hudson.security.ACL;
import hudson.security.ACLContext;
import hudson.util.DaemonThreadFactory;
import hudson.util.NamingThreadFactory;
import io.jenkins.plugins.countersign.engine.delivery.DeliveryException;
import io.jenkins.plugins.countersign.engine.delivery.Payload;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.delivery.SeenDeliveries;
import io.jenkins.plugins.countersign.engine.disk.DurableFile;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import jenkins.util.Timer;

/**
 * Accepted deliveries, in {@code $JENKINS_HOME/countersign/deliveries}: on the disk before the sender hears of it, and until
 * what they tell of is done. One thread works them off, the oldest first.
 */
@Extension
public class Deliveries {

    private static final Logger LOGGER = Logger.getLogger(Deliveries.class.getName());

    private static final int MAX_WAITING = 20_000;
    /** Between two passes. */
    private static final Duration BREATH = Duration.ofMillis(250);

    private static final Duration MAX_BREATH = Duration.ofSeconds(2);

    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final Duration GIVE_UP = Duration.ofHours(24);
    private static final String SUFFIX = ".deliveries";
    private static final Pattern NAME = Pattern.compile("\\d{16}-\\d{8,}\\" + SUFFIX);
    private static final int MAX_EFFECTS = 50;

    private static final int SEEN = 20_000;
    private static final Duration WINDOW = Duration.ofDays(1);

    private final AtomicLong counter = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final List<Arrival> arrivals = new ArrayList<>();
    private final ThreadPoolExecutor worker = worker();
    private final long startedAt = System.currentTimeMillis();
    private SeenDeliveries seen;
    private boolean isSomebodyWriting;
    private volatile Path beingWritten;
    private volatile boolean jobsAreLoaded;
    private volatile long nextPass;

    static Deliveries get() {
        return ExtensionList.lookupSingleton(Deliveries.class);
    }

    /** When this session began, in milliseconds since 1970. */
    static long startedAt() {
        return get().startedAt;
    }

    /** What became of a delivery that was taken. */
    enum Taken {
        KEPT,
        /** It was done with already, and is accepted once more because its sender would never stop. */
        REPEATED
    }

    /**
     * Returns when the delivery is on the disk, or was before.
     *
     * @throws DeliveryException if it is a replay
     * @throws IOException if it cannot be written, or too many wait already
     */
    Taken take(String source, Payload payload, List<RegistryEvent> events, byte[] body)
            throws DeliveryException, IOException {
        if (!payload.tellsEventsApart()) {
            keep(source, events, body, false, null);
            return Taken.KEPT;
        }
        String key = SeenDeliveries.key(source, body);
        SeenDeliveries.Seen known = seen().arrives(key);
        if (known != SeenDeliveries.Seen.NEVER && !payload.isRepeatedUntilAccepted()) {
            throw new DeliveryException(Sentence.of("delivery.acceptedBefore"));
        }
        if (known == SeenDeliveries.Seen.BEFORE) {
            // The registry did not get our answer. Refused, it would repeat this for ever and never send what came
            // after.
            return Taken.REPEATED;
        }
        // One that arrives already may yet fail to be kept, so this one is no repetition. Done twice, it has no other
        // effect.
        keep(source, events, body, false, key);
        return Taken.KEPT;
    }

    /** Works one off once more; returns when it is on the disk. */
    void keepAgain(String source, List<RegistryEvent> events, byte[] body) throws IOException {
        keep(source, events, body, true, null);
    }

    private void keep(String source, List<RegistryEvent> events, byte[] body, boolean again, String keyOrNull)
            throws IOException {
        boolean kept = false;
        try {
            if (waiting.get() >= MAX_WAITING) {
                throw new IOException(MAX_WAITING + " deliveries wait already");
            }
            String id = nextId();
            DeliveryLog.get().accepted(id, source, events, body, again);
            try {
                write(new Arrival(new KeptDelivery(id, source, body), keyOrNull));
                kept = true;
            } finally {
                if (!kept) {
                    DeliveryLog.get().caused(id, source, List.of(new Effect(Effect.Kind.DROPPED, source)), true);
                }
            }
        } finally {
            if (!kept && keyOrNull != null) {
                seen().forget(keyOrNull);
            }
        }
        work();
    }

    /** @throws IOException if what was seen before the restart cannot be read: a replay could be one of them */
    private synchronized SeenDeliveries seen() throws IOException {
        if (seen == null) {
            Path file = folder().resolveSibling("deliveries-seen");
            Files.createDirectories(file.getParent());
            SeenDeliveries known = new SeenDeliveries(file, SEEN, WINDOW, Clock.systemUTC());
            known.kept(keptKeys());
            seen = known;
        }
        return seen;
    }

    /** Of those that lie here: their lines among the seen ones may have gone with the power. */
    private List<String> keptKeys() throws IOException {
        List<String> keys = new ArrayList<>();
        for (Path file : files()) {
            for (KeptDelivery delivery : KeptDelivery.read(file)) {
                WebhookSource source =
                        WebhookConfiguration.get().source(delivery.source()).orElse(null);
                if (source != null && tellsEventsApart(source)) {
                    keys.add(SeenDeliveries.key(delivery.source(), delivery.body()));
                }
            }
        }
        return keys;
    }

    private static boolean tellsEventsApart(WebhookSource source) {
        try {
            return source.payload().tellsEventsApart();
        } catch (DeliveryException e) {
            // It is not configured any more as it was when it sent them.
            return false;
        }
    }

    /** Sorted by time, also among those of the same millisecond. */
    private String nextId() {
        return digits(System.currentTimeMillis(), 16) + "-" + digits(counter.incrementAndGet(), 8);
    }

    private static String digits(long number, int atLeast) {
        String digits = Long.toString(number);
        return "0".repeat(Math.max(0, atLeast - digits.length())) + digits;
    }

    /**
     * Those that arrive while others are being written are written together, with one wait for the disk: under a flood that wait
     * is what counts. One of the waiting threads writes for all that have arrived, and when it is done it lets the first of the
     * next ones do the same; none of them waits for a lock.
     */
    private void write(Arrival mine) throws IOException {
        boolean writes;
        synchronized (arrivals) {
            arrivals.add(mine);
            writes = !isSomebodyWriting;
            isSomebodyWriting = true;
        }
        if (writes || mine.awaitTurn()) {
            writeArrivals();
        }
        if (mine.failure != null) {
            throw new IOException("it could not be written", mine.failure);
        }
    }

    private void writeArrivals() {
        List<Arrival> batch;
        synchronized (arrivals) {
            batch = List.copyOf(arrivals);
            arrivals.clear();
        }
        Exception failure = new IOException("what writes deliveries has died");
        waiting.addAndGet(batch.size());
        try {
            writeTogether(batch);
            failure = null;
        } catch (IOException | RuntimeException e) {
            failure = e;
        } finally {
            beingWritten = null;
            if (failure != null) {
                waiting.addAndGet(-batch.size());
            }
            for (Arrival arrival : batch) {
                arrival.failure = failure;
                arrival.turn.complete(false);
            }
            synchronized (arrivals) {
                isSomebodyWriting = !arrivals.isEmpty();
                if (isSomebodyWriting) {
                    arrivals.get(0).turn.complete(true);
                }
            }
        }
    }

    private void writeTogether(List<Arrival> batch) throws IOException {
        Path folder = folder();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            DurableFile.syncFolder(folder.getParent());
            DurableFile.syncFolder(folder.getParent().getParent());
        }
        beingWritten = folder.resolve(nextId() + SUFFIX);
        KeptDelivery.write(
                beingWritten, batch.stream().map(arrival -> arrival.delivery).toList());
        try {
            seen().kept(batch.stream()
                    .map(arrival -> arrival.keyOrNull)
                    .filter(Objects::nonNull)
                    .toList());
        } catch (IOException e) {
            warnOfReplays(e);
        }
    }

    private void syncSeen() {
        try {
            seen().sync();
        } catch (IOException e) {
            warnOfReplays(e);
        }
    }

    /** What is kept is accepted all the same. A replay would be asked of the registry, and build nothing twice. */
    private static void warnOfReplays(IOException e) {
        LOGGER.log(Level.WARNING, "replays of deliveries will not be known after a restart", e);
    }

    /** How many deliveries wait to be worked off. */
    int waiting() {
        return waiting.get();
    }

    @Initializer(after = InitMilestone.JOB_CONFIG_ADAPTED)
    public static void goOn() {
        Deliveries deliveries = get();
        try {
            int kept = 0;
            for (Path file : deliveries.files()) {
                kept += KeptDelivery.read(file).size();
            }
            deliveries.waiting.set(kept);
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the deliveries of webhooks cannot be read", e);
        }
        deliveries.jobsAreLoaded = true;
        deliveries.work();
    }

    @Terminator
    public static void stop() {
        get().worker.shutdownNow();
    }

    private void work() {
        if (jobsAreLoaded && !worker.isShutdown() && asked.compareAndSet(false, true)) {
            worker.execute(this::workAllOff);
        }
    }

    private void workAllOff() {
        try {
            // Under a flood many are worked off together, and the registry is asked once for all of them.
            Thread.sleep(Math.max(0, nextPass - System.currentTimeMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        asked.set(false);
        long begin = System.currentTimeMillis();
        boolean all = true;
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2);
                EventEffects effects = new EventEffects()) {
            // Before the registry is asked, so that its answers hold for all of them.
            List<Path> files = files();
            // And before the first is deleted: until then they speak for their lines among the seen ones.
            syncSeen();
            for (Path file : files) {
                List<KeptDelivery> deliveries = KeptDelivery.read(file);
                List<KeptDelivery> left = new ArrayList<>();
                for (KeptDelivery delivery : deliveries) {
                    if (Thread.currentThread().isInterrupted()) {
                        return; // What was done is recognised when it is done once more.
                    }
                    if (!workOff(delivery, effects)) {
                        left.add(delivery);
                    }
                }
                if (left.isEmpty()) {
                    Files.deleteIfExists(file);
                } else {
                    all = false;
                    KeptDelivery.replace(file, left);
                }
                waiting.addAndGet(left.size() - deliveries.size());
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the deliveries of webhooks cannot be read", e);
        }
        // A fifth of one processor at most, so that a flood is answered: the more wait, the more is done with one
        // question.
        long end = System.currentTimeMillis();
        nextPass = end + Math.min(MAX_BREATH.toMillis(), Math.max(BREATH.toMillis(), 4 * (end - begin)));
        if (!all) {
            Timer.get().schedule(this::work, RETRY.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Whether nothing is left to do. */
    private static boolean workOff(KeptDelivery delivery, EventEffects effects) {
        WebhookSource source =
                WebhookConfiguration.get().source(delivery.source()).orElse(null);
        if (source == null) {
            LOGGER.log(Level.WARNING, "dropped a delivery: there is no source {0} any more", delivery.source());
            return true;
        }
        boolean old = delivery.time() + GIVE_UP.toMillis() < System.currentTimeMillis();
        boolean done = true;
        List<Effect> caused = new ArrayList<>();
        try {
            for (RegistryEvent event : source.payload().read(source.getRegistry(), delivery.body())) {
                try {
                    List<Effect> all = effects.of(event, source);
                    caused.addAll(all);
                    done &= all.stream().noneMatch(effect -> effect.is(Effect.Kind.UNDECIDED));
                } catch (IOException e) {
                    done = false;
                    caused.add(new Effect(old ? Effect.Kind.GIVEN_UP : Effect.Kind.LATER, event.name()));
                    LOGGER.log(
                            old ? Level.WARNING : Level.INFO,
                            "{0} cannot be asked what happened to it ({1}): {2}",
                            new Object[] {
                                event.name(), old ? "given up after a day" : "asked again later", e.getMessage()
                            });
                }
            }
        } catch (DeliveryException | RuntimeException e) {
            LOGGER.log(Level.WARNING, "dropped a delivery to " + source.getId(), e);
            caused.add(new Effect(Effect.Kind.DROPPED, source.getId()));
            old = true;
        }
        DeliveryLog.get()
                .caused(
                        delivery.id(),
                        delivery.source(),
                        caused.subList(0, Math.min(caused.size(), MAX_EFFECTS)),
                        done || old);
        return done || old;
    }

    /** Whole files only: what is being written is not among them. */
    private List<Path> files() throws IOException {
        if (!Files.isDirectory(folder())) {
            return List.of();
        }
        List<Path> all;
        try (Stream<Path> files = Files.list(folder())) {
            all = files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
        // Looked at after the listing: of all that is in the list this one alone can still be unfinished.
        Path unfinished = beingWritten;
        return all.stream().filter(file -> !file.equals(unfinished)).toList();
    }

    private static Path folder() {
        return new File(Jenkins.get().getRootDir(), "countersign/deliveries").toPath();
    }

    private static ThreadPoolExecutor worker() {
        ThreadPoolExecutor worker = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new NamingThreadFactory(new DaemonThreadFactory(), "Countersign deliveries"));
        worker.allowCoreThreadTimeOut(true);
        return worker;
    }

    /** A delivery whose sender waits for the answer. */
    private static final class Arrival {
        private final KeptDelivery delivery;
        private final String keyOrNull;
        private final CompletableFuture<Boolean> turn = new CompletableFuture<>();
        private volatile Exception failure;

        Arrival(KeptDelivery delivery, String keyOrNull) {
            this.delivery = delivery;
            this.keyOrNull = keyOrNull;
        }

        /** Whether it is this thread's turn to write; otherwise another has written it. */
        boolean awaitTurn() {
            return turn.join();
        }
    }
}

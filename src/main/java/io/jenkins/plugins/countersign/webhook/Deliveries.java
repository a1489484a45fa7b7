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
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
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

    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final Duration GIVE_UP = Duration.ofHours(24);
    private static final String SUFFIX = ".deliveries";
    private static final int MAX_EFFECTS = 50;

    private final AtomicLong counter = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final List<Arrival> arrivals = new ArrayList<>();
    private final Object writing = new Object();
    private final ThreadPoolExecutor worker = worker();
    private final long startedAt = System.currentTimeMillis();
    private volatile boolean jobsAreLoaded;
    private volatile long lastPass;

    static Deliveries get() {
        return ExtensionList.lookupSingleton(Deliveries.class);
    }

    /** When this session began, in milliseconds since 1970. */
    static long startedAt() {
        return get().startedAt;
    }

    /**
     * Returns when the delivery is on the disk. Those that arrive while others are being written are written together, with one
     * wait for the disk: under a flood that wait is what counts.
     *
     * @param again whether an administrator sends it once more
     * @throws IOException if it cannot be written, or too many wait already
     */
    void keep(String source, List<RegistryEvent> events, byte[] body, boolean again) throws IOException {
        if (waiting.get() >= MAX_WAITING) {
            throw new IOException(MAX_WAITING + " deliveries wait already");
        }
        String id = nextId();
        DeliveryLog.get().accepted(id, source, events, body, again);
        Arrival mine = new Arrival(new KeptDelivery(id, source, body));
        synchronized (arrivals) {
            arrivals.add(mine);
        }
        synchronized (writing) {
            if (!mine.isWritten) {
                writeArrivals();
            }
        }
        if (mine.failure != null) {
            DeliveryLog.get().caused(id, source, List.of(new Effect(Effect.Kind.DROPPED, source)), true);
            throw mine.failure;
        }
        work();
    }

    /** Sorted by time, also among those of the same millisecond. */
    private String nextId() {
        return "%016d-%08d".formatted(System.currentTimeMillis(), counter.incrementAndGet());
    }

    /** Holding {@link #writing}. */
    private void writeArrivals() {
        List<Arrival> batch;
        synchronized (arrivals) {
            batch = List.copyOf(arrivals);
            arrivals.clear();
        }
        IOException failure = null;
        try {
            Path folder = folder();
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
            }
            KeptDelivery.write(
                    folder.resolve(nextId() + SUFFIX),
                    batch.stream().map(arrival -> arrival.delivery).toList());
            waiting.addAndGet(batch.size());
        } catch (IOException e) {
            failure = e;
        }
        for (Arrival arrival : batch) {
            arrival.failure = failure;
            arrival.isWritten = true;
        }
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
            Thread.sleep(Math.max(0, lastPass + BREATH.toMillis() - System.currentTimeMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        asked.set(false);
        boolean all = true;
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2);
                EventEffects effects = new EventEffects()) {
            // Before the registry is asked, so that its answers hold for all of them.
            for (Path file : files()) {
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
        lastPass = System.currentTimeMillis();
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
                    caused.addAll(effects.of(event, source));
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
        synchronized (writing) {
            if (!Files.isDirectory(folder())) {
                return List.of();
            }
            try (Stream<Path> files = Files.list(folder())) {
                return files.filter(file -> file.getFileName().toString().matches("\\d{16}-\\d{8}\\" + SUFFIX))
                        .sorted()
                        .toList();
            }
        }
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
        private boolean isWritten;
        private IOException failure;

        Arrival(KeptDelivery delivery) {
            this.delivery = delivery;
        }
    }
}

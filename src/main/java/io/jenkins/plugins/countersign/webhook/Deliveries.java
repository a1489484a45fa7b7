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
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final Duration GIVE_UP = Duration.ofHours(24);
    private static final String SUFFIX = ".delivery";
    private static final int MAX_EFFECTS = 50;

    private final AtomicLong counter = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final ThreadPoolExecutor worker = worker();
    private final long startedAt = System.currentTimeMillis();
    private volatile boolean jobsAreLoaded;

    static Deliveries get() {
        return ExtensionList.lookupSingleton(Deliveries.class);
    }

    /** When this session began, in milliseconds since 1970. */
    static long startedAt() {
        return get().startedAt;
    }

    /**
     * @param again whether an administrator sends it once more
     * @throws IOException if it cannot be written, or too many wait already
     */
    void keep(String source, List<RegistryEvent> events, byte[] body, boolean again) throws IOException {
        if (waiting.get() >= MAX_WAITING) {
            throw new IOException(MAX_WAITING + " deliveries wait already");
        }
        Path folder = folder();
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
        // Sorted by time, also among those of the same millisecond; neither id nor source can contain a dot.
        String id = "%016d-%08d".formatted(System.currentTimeMillis(), counter.incrementAndGet());
        String name = id + "." + source;
        Path temporary = folder.resolve(name + ".tmp");
        try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer content = ByteBuffer.wrap(body);
            while (content.hasRemaining()) {
                file.write(content);
            }
            file.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        // Listed before it can be worked off.
        DeliveryLog.get().accepted(id, source, events, body, again);
        Files.move(temporary, folder.resolve(name + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
        waiting.incrementAndGet();
        work();
    }

    /** How many deliveries wait to be worked off. */
    int waiting() {
        return waiting.get();
    }

    @Initializer(after = InitMilestone.JOB_CONFIG_ADAPTED)
    public static void goOn() {
        Deliveries deliveries = get();
        try {
            deliveries.waiting.set(files().size());
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
        asked.set(false);
        EventEffects effects = new EventEffects();
        boolean all = true;
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
            // Before the registry is asked, so that its answers hold for all of them.
            for (Path file : files()) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                if (workOff(file, effects)) {
                    Files.deleteIfExists(file);
                    waiting.decrementAndGet();
                } else {
                    all = false;
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the deliveries of webhooks cannot be read", e);
        }
        if (!all) {
            Timer.get().schedule(this::work, RETRY.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Whether nothing is left to do. */
    private static boolean workOff(Path file, EventEffects effects) throws IOException {
        String[] name = file.getFileName().toString().split("\\.");
        WebhookSource source = WebhookConfiguration.get().source(name[1]).orElse(null);
        if (source == null) {
            LOGGER.log(Level.WARNING, "dropped a delivery: there is no source {0} any more", name[1]);
            return true;
        }
        boolean old = Long.parseLong(name[0].substring(0, 16)) + GIVE_UP.toMillis() < System.currentTimeMillis();
        boolean done = true;
        List<Effect> caused = new ArrayList<>();
        try {
            for (RegistryEvent event : source.payload().read(source.getRegistry(), Files.readAllBytes(file))) {
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
            LOGGER.log(Level.WARNING, "dropped a delivery to " + name[1], e);
            caused.add(new Effect(Effect.Kind.DROPPED, name[1]));
            old = true;
        }
        DeliveryLog.get()
                .caused(name[0], name[1], caused.subList(0, Math.min(caused.size(), MAX_EFFECTS)), done || old);
        return done || old;
    }

    private static List<Path> files() throws IOException {
        if (!Files.isDirectory(folder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder())) {
            return files.filter(file -> file.getFileName()
                            .toString()
                            .matches("\\d{16}-\\d{8}\\." + WebhookSource.ID + "\\" + SUFFIX))
                    .sorted()
                    .toList();
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
}

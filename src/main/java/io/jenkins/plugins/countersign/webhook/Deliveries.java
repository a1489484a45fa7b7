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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

    private final AtomicLong counter = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final ThreadPoolExecutor worker = worker();
    private volatile boolean jobsAreLoaded;

    static Deliveries get() {
        return ExtensionList.lookupSingleton(Deliveries.class);
    }

    /** @throws IOException if it cannot be written, or too many wait already */
    void keep(String source, byte[] body) throws IOException {
        if (waiting.get() >= MAX_WAITING) {
            throw new IOException(MAX_WAITING + " deliveries wait already");
        }
        Path folder = Files.createDirectories(folder());
        // Sorted by time, also among those of the same millisecond; the source cannot contain a dot.
        String name = "%016d.%08d.%s".formatted(System.currentTimeMillis(), counter.incrementAndGet(), source);
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
        get().jobsAreLoaded = true;
        get().work();
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
        Set<String> unreachable = new HashSet<>();
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
            List<Path> files = files();
            waiting.set(files.size());
            for (Path file : files) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                if (workOff(file, unreachable)) {
                    Files.deleteIfExists(file);
                    waiting.decrementAndGet();
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the deliveries of webhooks cannot be read", e);
        }
        if (!unreachable.isEmpty()) {
            Timer.get().schedule(this::work, RETRY.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Whether nothing is left to do. */
    private static boolean workOff(Path file, Set<String> unreachable) throws IOException {
        String[] name = file.getFileName().toString().split("\\.");
        WebhookSource source = WebhookConfiguration.get().source(name[2]).orElse(null);
        if (source == null) {
            LOGGER.log(Level.WARNING, "dropped a delivery: there is no source {0} any more", name[2]);
            return true;
        }
        boolean old = Long.parseLong(name[0]) + GIVE_UP.toMillis() < System.currentTimeMillis();
        boolean done = true;
        try {
            for (RegistryEvent event : source.payload().read(source.getRegistry(), Files.readAllBytes(file))) {
                try {
                    if (unreachable.contains(event.name())) {
                        done = false;
                    } else {
                        EventEffects.of(event);
                    }
                } catch (IOException e) {
                    unreachable.add(event.name());
                    done = false;
                    LOGGER.log(
                            old ? Level.WARNING : Level.INFO,
                            "{0} cannot be asked what happened to it ({1}): {2}",
                            new Object[] {
                                event.name(), old ? "given up after a day" : "asked again later", e.getMessage()
                            });
                }
            }
        } catch (DeliveryException | RuntimeException e) {
            LOGGER.log(Level.WARNING, "dropped a delivery to " + name[2], e);
            return true;
        }
        return done || old;
    }

    private static List<Path> files() throws IOException {
        if (!Files.isDirectory(folder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder())) {
            return files.filter(file -> file.getFileName()
                            .toString()
                            .matches("\\d{16}\\.\\d{8}\\." + WebhookSource.ID + "\\" + SUFFIX))
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

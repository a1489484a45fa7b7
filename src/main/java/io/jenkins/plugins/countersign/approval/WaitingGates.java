package io.jenkins.plugins.countersign.approval;

import hudson.AbortException;
import hudson.Extension;
import hudson.ExtensionList;
import hudson.init.Terminator;
import hudson.security.ACL;
import hudson.security.ACLContext;
import hudson.util.DaemonThreadFactory;
import hudson.util.NamingThreadFactory;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.util.SystemProperties;
import jenkins.util.Timer;

/**
 * Every gate of this controller that waits, by image. One look at the registry serves all gates of an image; a look is taken
 * when somebody wakes the image, and otherwise slowly and at odd moments, so that a missed event delays and never loses.
 *
 * <p>A waiting gate costs an entry in a map and two in a queue. Threads exist only while looks are being taken, and are at
 * most {@link #THREADS} for each registry: one that hangs keeps the gates of no other from being looked at, nor any from its end.
 */
@Extension
public class WaitingGates {

    private static final Logger LOGGER = Logger.getLogger(WaitingGates.class.getName());

    /** How long at least between two looks at an image that nobody wakes; an operator's knob, in seconds. */
    static final String POLL_PROPERTY = WaitingGates.class.getName() + ".pollSeconds";

    /** How many looks at once at one registry; an operator's knob. */
    static final String THREADS_PROPERTY = WaitingGates.class.getName() + ".threads";

    private static final Duration DEFAULT_POLL = Duration.ofMinutes(5);
    static final int THREADS = 4;
    /** Over all registries. */
    private static final int MAX_THREADS = 32;

    /** For what ends a gate, and asks nobody. */
    static final int ENDING_THREADS = 2;

    /** An image that has waited for a day is looked at every two and a half hours, unless somebody wakes it. */
    private static final int AGE_SHARE = 10;

    private static final Duration LONGEST_POLL = Duration.ofHours(6);
    /** All looks together that nobody asked for: two in a second, however many images wait. */
    private static final Duration SHARE_OF_EACH = Duration.ofMillis(500);

    private static final Duration FIRST_RETRY = Duration.ofSeconds(15);
    /** Two looks at one image are at least so far apart, however many webhooks ask for them. */
    private static final Duration BREATH = Duration.ofMillis(500);
    /** After a restart all gates come back at once; their registries should not feel it. */
    private static final Duration SPREAD_OF_EACH = Duration.ofMillis(20);

    /** Looks at an image. */
    interface Eyes {
        /** The reading is good until {@code gates} returns. */
        void look(String repository, Digest digest, Consumer<ImageReading> gates);
    }

    /** The oldest first. */
    private final Map<String, Watch> watches = new LinkedHashMap<>();

    private final Alarms alarms;
    private final Executor ending;
    private final Lanes lanes;
    private final Eyes eyes;
    private final Clock clock;
    private final DoubleSupplier dice;
    private final Duration poll;

    /** For Jenkins, which makes the one instance. */
    public WaitingGates() {
        this(
                Timer.get(),
                pool(ENDING_THREADS),
                new Lanes(pool(MAX_THREADS), SystemProperties.getInteger(THREADS_PROPERTY, THREADS)),
                WaitingGates::look,
                Clock.systemUTC(),
                () -> ThreadLocalRandom.current().nextDouble(),
                Duration.ofSeconds(SystemProperties.getLong(POLL_PROPERTY, DEFAULT_POLL.toSeconds())));
    }

    WaitingGates(
            ScheduledExecutorService timer,
            Executor threads,
            Eyes eyes,
            Clock clock,
            DoubleSupplier dice,
            Duration poll) {
        this(timer, threads, new Lanes(threads, Integer.MAX_VALUE), eyes, clock, dice, poll);
    }

    private WaitingGates(
            ScheduledExecutorService timer,
            Executor ending,
            Lanes lanes,
            Eyes eyes,
            Clock clock,
            DoubleSupplier dice,
            Duration poll) {
        this.alarms = new Alarms(timer, clock);
        this.ending = ending;
        this.lanes = lanes;
        this.eyes = eyes;
        this.clock = clock;
        this.dice = dice;
        this.poll = poll;
    }

    public static WaitingGates get() {
        return ExtensionList.lookupSingleton(WaitingGates.class);
    }

    /**
     * Looks again, soon, at an image that something happened to. Unknown images are ignored; the answer tells nothing about
     * which are known, because webhooks ask from outside.
     *
     * @param repository {@code registry/repository}
     */
    public static void wake(String repository, Digest digest) {
        get().wakeImage(repository, digest);
    }

    void wakeImage(String repository, Digest digest) {
        synchronized (watches) {
            Watch watch = watches.get(key(repository, digest));
            if (watch != null) {
                lookAgain(watch, Duration.ZERO);
            }
        }
    }

    /**
     * Looks again at every image of a repository: for events that name no digest.
     *
     * @return how many images of it are waited for
     */
    public static int wakeRepository(String repository) {
        WaitingGates gates = get();
        synchronized (gates.watches) {
            List<Watch> those = gates.watches.values().stream()
                    .filter(watch -> watch.repository.equals(repository))
                    .toList();
            those.forEach(watch -> gates.lookAgain(watch, gates.spread()));
            return those.size();
        }
    }

    /** Looks again at everything, without haste: for a new trust policy. */
    public static void wakeAll() {
        WaitingGates gates = get();
        synchronized (gates.watches) {
            gates.watches.values().forEach(watch -> gates.lookAgain(watch, gates.spread()));
        }
    }

    /** How many images are waited for. */
    public int size() {
        synchronized (watches) {
            return watches.size();
        }
    }

    /** Every gate that waits, the oldest first. */
    List<WaitingGate> all() {
        List<WaitingGate> all = new ArrayList<>();
        synchronized (watches) {
            watches.values().forEach(watch -> all.addAll(watch.gates));
        }
        return all;
    }

    /** Lets a gate wait. It is looked at soon. */
    void add(WaitingGate gate, boolean afterRestart) {
        synchronized (watches) {
            Watch watch = watches.computeIfAbsent(
                    key(gate.repository(), gate.digest()),
                    key -> new Watch(gate.repository(), gate.digest(), clock.instant()));
            watch.gates.add(gate);
            if (gate.deadlineOrNull() != null) {
                watch.deadlines.put(gate, alarms.at(gate.deadlineOrNull(), () -> deadline(gate)));
            }
            lookAgain(watch, afterRestart ? spread() : Duration.ZERO);
        }
    }

    /** Lets a gate wait no longer. */
    void remove(WaitingGate gate) {
        synchronized (watches) {
            String key = key(gate.repository(), gate.digest());
            Watch watch = watches.get(key);
            if (watch == null) {
                return;
            }
            watch.gates.remove(gate);
            alarms.cancel(watch.deadlines.remove(gate));
            if (watch.gates.isEmpty()) {
                alarms.cancel(watch.alarm);
                watches.remove(key);
            }
        }
    }

    /** Does something that takes longer than the timer's threads may be kept, and asks no registry. */
    void work(Runnable work) {
        ending.execute(() -> asJenkins(work));
    }

    /**
     * Does something that asks a registry, which may take minutes.
     *
     * @param repository {@code registry/repository}
     */
    void ask(String repository, Runnable work) {
        lanes.execute(repository.substring(0, Math.max(0, repository.indexOf('/'))), () -> asJenkins(work));
    }

    /** The same, later. */
    void askAfter(Duration delay, String repository, Runnable work) {
        alarms.at(clock.instant().plus(delay), () -> ask(repository, work));
    }

    private static void asJenkins(Runnable work) {
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
            work.run();
        } catch (RuntimeException e) {
            LOGGER.log(Level.WARNING, "work of a waiting gate failed", e);
        }
    }

    private Duration spread() {
        return SPREAD_OF_EACH.multipliedBy((long) (dice.getAsDouble() * (watches.size() - 1)));
    }

    private void deadline(WaitingGate gate) {
        work(gate::onDeadline);
    }

    /** Holding the lock. */
    private void lookAgain(Watch watch, Duration delay) {
        if (watch.looking) {
            watch.again = true;
            return;
        }
        Instant now = clock.instant();
        // A clock that was put back says that the last look is still to come.
        boolean looked = watch.lastLook != null && !watch.lastLook.isAfter(now);
        Instant earliest = looked ? watch.lastLook.plus(BREATH) : Instant.MIN;
        Instant time = now.plus(delay);
        time = time.isBefore(earliest) ? earliest : time;
        if (watch.alarm != null && !time.isBefore(watch.alarmTime)) {
            return;
        }
        alarms.cancel(watch.alarm);
        if (time.isAfter(clock.instant())) {
            watch.alarmTime = time;
            watch.alarm = alarms.at(time, () -> begin(watch));
        } else {
            watch.alarm = null;
            begin(watch);
        }
    }

    private void begin(Watch watch) {
        synchronized (watches) {
            watch.alarm = null;
            if (watch.looking || watch.gates.isEmpty()) {
                return;
            }
            watch.looking = true;
        }
        ask(watch.repository, () -> lookAt(watch));
    }

    private void lookAt(Watch watch) {
        try {
            eyes.look(watch.repository, watch.digest, reading -> show(watch, reading));
        } finally {
            synchronized (watches) {
                watch.looking = false;
                watch.lastLook = clock.instant();
                if (!watch.gates.isEmpty()) {
                    boolean again = watch.again;
                    watch.again = false;
                    lookAgain(watch, again ? Duration.ZERO : pause(watch));
                }
            }
        }
    }

    private void show(Watch watch, ImageReading reading) {
        List<WaitingGate> gates;
        synchronized (watches) {
            watch.failures = reading.isUnknown() ? watch.failures + 1 : 0;
            gates = List.copyOf(watch.gates);
        }
        for (WaitingGate gate : gates) {
            try {
                gate.onLook(reading);
            } catch (RuntimeException e) {
                LOGGER.log(Level.WARNING, "a gate of " + watch + " could not decide", e);
            }
        }
    }

    /** Until the next look that nobody asked for: longer the longer the wait, and never at the same moment as the others. */
    private Duration pause(Watch watch) {
        Duration age = Duration.between(watch.since, watch.lastLook).dividedBy(AGE_SHARE);
        Duration pause = age.compareTo(poll) < 0 ? poll : age.compareTo(LONGEST_POLL) > 0 ? LONGEST_POLL : age;
        Duration crowd = SHARE_OF_EACH.multipliedBy(watches.size());
        pause = pause.compareTo(crowd) < 0 ? crowd : pause;
        if (watch.failures > 0) {
            Duration retry = FIRST_RETRY.multipliedBy(1L << Math.min(watch.failures - 1, 10));
            pause = retry.compareTo(pause) < 0 ? retry : pause;
        }
        return Duration.ofMillis((long) (pause.toMillis() * (0.8 + 0.4 * dice.getAsDouble())));
    }

    static void look(String repository, Digest digest, Consumer<ImageReading> gates) {
        ImageLocation location = new ImageLocation(repository, null, digest);
        try (Repository opened = Registries.open(location, Progress.NONE)) {
            gates.accept(ImageReading.of(opened, digest, ""));
        } catch (AbortException e) {
            gates.accept(ImageReading.unknown(e.getMessage()));
        }
    }

    private static ThreadPoolExecutor pool(int size) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size,
                size,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new NamingThreadFactory(new DaemonThreadFactory(), "Countersign gates"));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    @Terminator
    public static void stop() {
        if (get().ending instanceof ThreadPoolExecutor pool) {
            pool.shutdownNow();
        }
        get().lanes.stop();
    }

    private static String key(String repository, Digest digest) {
        return repository + "@" + digest;
    }

    /** One image that is waited for. */
    private static final class Watch {
        private final String repository;
        private final Digest digest;
        private final Instant since;
        private final Set<WaitingGate> gates = new LinkedHashSet<>(2);
        private final Map<WaitingGate, Alarms.Alarm> deadlines = new HashMap<>(2);
        private Alarms.Alarm alarm;
        private Instant alarmTime;
        private Instant lastLook;
        private boolean looking;
        private boolean again;
        private int failures;

        Watch(String repository, Digest digest, Instant since) {
            this.repository = repository;
            this.digest = digest;
            this.since = since;
        }

        @Override
        public String toString() {
            return key(repository, digest);
        }
    }
}

package io.jenkins.plugins.countersign.webhook;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.XmlFile;
import hudson.model.AsyncPeriodicWork;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.model.listeners.ItemListener;
import hudson.model.listeners.RunListener;
import hudson.security.ACL;
import hudson.security.ACLContext;
import io.jenkins.plugins.countersign.PushedImagesAction;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import jenkins.model.ParameterizedJobMixIn;
import jenkins.util.Timer;

/**
 * Builds what stands on a base when the base is updated, so many at once as the administrators allow. Those that wait for their
 * turn are in {@code $JENKINS_HOME/countersign/rebuilds.xml}; of one job the newest update alone.
 *
 * <p>Nothing goes round: a job is not built for an image that it pushed itself, nor one whose build led to that push; and
 * whoever pushes past our steps is stopped by {@link #MAX_AN_HOUR}.
 */
@Extension
public class BaseRebuilds extends RunListener<Run<?, ?>> {

    private static final Logger LOGGER = Logger.getLogger(BaseRebuilds.class.getName());

    /** A base that is updated more often is a circle, or builds nothing that anybody could wait for. */
    static final int MAX_AN_HOUR = 6;

    private static final int MAX_PUSHED = 1000;

    private Map<String, BaseUpdateCause> waiting;
    private final Map<String, Deque<Long>> lately = new HashMap<>();
    private final Map<String, List<String>> pushedLately = new LinkedHashMap<>();

    static BaseRebuilds get() {
        return ExtensionList.lookupSingleton(BaseRebuilds.class);
    }

    static boolean isAnyoneInterested(RegistryEvent event) {
        return event.kind() == EventKind.PUSHED
                && WebhookConfiguration.get().getRebuildsAtOnce() > 0
                && !StandsOn.get().on(event).isEmpty();
    }

    /** Lets the jobs wait that stand on the image as it was before. */
    List<Effect> fire(ConfirmedEvent event) throws IOException {
        List<Effect> effects = new ArrayList<>();
        if (!isAnyoneInterested(event.event())) {
            return effects;
        }
        String digest = event.event().digestOrNull().toString();
        List<String> chain = pushedBy(event.event());
        for (Map.Entry<String, String> entry : StandsOn.get().on(event.event()).entrySet()) {
            Job<?, ?> job = job(entry.getKey());
            if (job == null || entry.getValue().equals(digest)) {
                continue;
            }
            String name = job.getFullName();
            if (!job.isBuildable()) {
                effects.add(new Effect(Effect.Kind.NOT_BUILDABLE, name));
            } else if (chain.contains(name)) {
                effects.add(new Effect(Effect.Kind.LOOP, name));
            } else if (ImageEventTrigger.wants(job, event.event())) {
                continue; // Its own trigger has decided.
            } else if (!StartedFor.of(job).isNew(event)) {
                effects.add(new Effect(Effect.Kind.ALREADY_BUILT, name));
            } else if (isTooOften(name)) {
                LOGGER.log(
                        Level.WARNING,
                        "{0} is not built for {1}: its bases were updated {2} times within an hour",
                        new Object[] {name, event.event().name(), MAX_AN_HOUR});
                effects.add(new Effect(Effect.Kind.LOOP, name));
            } else {
                enqueue(job, new BaseUpdateCause(event, chain));
                StartedFor.of(job).record(event);
                effects.add(new Effect(Effect.Kind.REBUILDS, name));
            }
        }
        pump();
        return effects;
    }

    /** Full names of the jobs whose builds led to the image, in their order; empty when nobody here pushed it. */
    private List<String> pushedBy(RegistryEvent event) {
        String image = event.name() + "@" + event.digestOrNull();
        return Builds.running()
                .filter(run -> pushed(run).contains(image))
                .findFirst()
                .map(BaseRebuilds::chain)
                .orElseGet(() -> {
                    synchronized (this) {
                        return pushedLately.getOrDefault(image, List.of());
                    }
                });
    }

    /** {@code registry/repository@digest} of each. */
    private static List<String> pushed(Run<?, ?> run) {
        return run.getActions(PushedImagesAction.class).stream()
                .flatMap(action -> action.getImages().stream())
                .map(ImageReference::parse)
                .map(image -> image.name() + "@" + image.digestOrNull())
                .toList();
    }

    private static List<String> chain(Run<?, ?> run) {
        List<String> chain = new ArrayList<>();
        BaseUpdateCause cause = run.getCause(BaseUpdateCause.class);
        if (cause != null) {
            chain.addAll(cause.chain());
        }
        chain.add(run.getParent().getFullName());
        return chain;
    }

    /** The registry may tell of the push when the build is over. */
    @Override
    public void onCompleted(Run<?, ?> run, TaskListener listener) {
        List<String> chain = chain(run);
        synchronized (this) {
            pushed(run).forEach(image -> pushedLately.put(image, chain));
            Iterator<String> oldest = pushedLately.keySet().iterator();
            while (pushedLately.size() > MAX_PUSHED) {
                oldest.next();
                oldest.remove();
            }
        }
    }

    private synchronized boolean isTooOften(String job) {
        long now = System.currentTimeMillis();
        Deque<Long> times = lately.computeIfAbsent(job, name -> new ArrayDeque<>());
        while (!times.isEmpty() && times.peekFirst() < now - TimeUnit.HOURS.toMillis(1)) {
            times.removeFirst();
        }
        if (times.size() >= MAX_AN_HOUR) {
            return true;
        }
        times.addLast(now);
        return false;
    }

    private synchronized void enqueue(Job<?, ?> job, BaseUpdateCause cause) throws IOException {
        Map<String, BaseUpdateCause> all = waiting();
        all.put(job.getFullName(), cause);
        file().write(new LinkedHashMap<>(all));
    }

    /** Full names of the jobs that wait for their turn. */
    synchronized List<String> waitingJobs() {
        return List.copyOf(waiting().keySet());
    }

    /** Starts as many as there is room for. */
    synchronized void pump() {
        Map<String, BaseUpdateCause> all = waiting();
        if (all.isEmpty()) {
            return;
        }
        try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
            long room = WebhookConfiguration.get().getRebuildsAtOnce() - Builds.underWay(BaseUpdateCause.class);
            boolean changed = false;
            Iterator<Map.Entry<String, BaseUpdateCause>> next = all.entrySet().iterator();
            while (next.hasNext() && room > 0) {
                Map.Entry<String, BaseUpdateCause> entry = next.next();
                Job<?, ?> job = job(entry.getKey());
                if (job != null && job.isBuildable() && isScheduled(job, entry.getValue())) {
                    room--;
                }
                next.remove();
                changed = true;
            }
            if (changed) {
                file().write(new LinkedHashMap<>(all));
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "what waits to be rebuilt cannot be written", e);
        }
    }

    private static boolean isScheduled(Job<?, ?> job, BaseUpdateCause cause) {
        try {
            return Builds.schedule(job, cause);
        } catch (RuntimeException e) {
            // Of another plugin that decides what gets into the queue. Those behind it have their turn.
            LOGGER.log(Level.WARNING, job.getFullName() + " is not rebuilt", e);
            return false;
        }
    }

    @Override
    public void onFinalized(Run<?, ?> run) {
        if (run.getCause(BaseUpdateCause.class) != null) {
            // The run still holds its executor.
            Timer.get().schedule(this::pump, 1, TimeUnit.SECONDS);
        }
    }

    private Map<String, BaseUpdateCause> waiting() {
        if (waiting == null) {
            waiting = new LinkedHashMap<>();
            if (file().exists()) {
                try {
                    ((Map<?, ?>) file().read())
                            .forEach((job, cause) -> waiting.put((String) job, (BaseUpdateCause) cause));
                } catch (IOException | ClassCastException e) {
                    LOGGER.log(Level.WARNING, "what waits to be rebuilt cannot be read", e);
                }
            }
        }
        return waiting;
    }

    private static Job<?, ?> job(String name) {
        Job<?, ?> job = Jenkins.get().getItemByFullName(name, Job.class);
        return job instanceof ParameterizedJobMixIn.ParameterizedJob ? job : null;
    }

    private static XmlFile file() {
        return new XmlFile(Jenkins.XSTREAM2, new File(Jenkins.get().getRootDir(), "countersign/rebuilds.xml"));
    }

    /** What waits under the old name waits under the new one. */
    private synchronized void renamed(String before, String after) {
        Map<String, BaseUpdateCause> all = waiting();
        if (!all.containsKey(before)) {
            return;
        }
        Map<String, BaseUpdateCause> inTheirOrder = new LinkedHashMap<>();
        all.forEach((job, cause) -> inTheirOrder.put(job.equals(before) ? after : job, cause));
        waiting = inTheirOrder;
        try {
            file().write(new LinkedHashMap<>(inTheirOrder));
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "what waits to be rebuilt cannot be written", e);
        }
    }

    /** Of jobs, which may be renamed and moved while they wait. */
    @Extension
    public static class Moves extends ItemListener {

        @Override
        public void onLocationChanged(Item item, String before, String after) {
            get().renamed(before, after);
        }
    }

    /** For builds that were cancelled in the queue, and after a restart. */
    @Extension
    public static class Regularly extends AsyncPeriodicWork {

        /** For Jenkins. */
        public Regularly() {
            super("Countersign rebuilds");
        }

        @Override
        public long getRecurrencePeriod() {
            return MIN;
        }

        @Override
        protected Level getNormalLoggingLevel() {
            return Level.FINE;
        }

        @Override
        protected void execute(TaskListener listener) {
            get().pump();
        }
    }
}

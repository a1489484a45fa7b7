package io.jenkins.plugins.countersign.webhook;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Job;
import hudson.triggers.Trigger;
import hudson.triggers.TriggerDescriptor;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.approval.StageGate;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.engine.delivery.EventKind;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import jenkins.model.ParameterizedJobMixIn;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** Builds a job when something happens to an image in a registry. */
public class ImageEventTrigger extends Trigger<Item> {

    private static final Logger LOGGER = Logger.getLogger(ImageEventTrigger.class.getName());

    /**
     * Those that are started, so that an event need not look at every job. Weak: Jenkins stops the triggers neither of a deleted
     * job nor those that another config.xml replaced.
     */
    private static final Set<ImageEventTrigger> STARTED =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private final String repository;
    private String tag = "*";
    private boolean onPush = true;
    private boolean onDelete;
    private boolean onScan;
    private boolean onSign;
    private boolean onApprove;
    private String stage;

    /** @param repository {@code registry/repository}, where {@code *} stands for anything but a slash, {@code **} for anything */
    @DataBoundConstructor
    public ImageEventTrigger(String repository) {
        this.repository = Util.fixNull(repository).trim();
    }

    public String getRepository() {
        return repository;
    }

    /** The tags, where {@code *} stands for anything. */
    public String getTag() {
        return tag;
    }

    @DataBoundSetter
    public void setTag(String tag) {
        this.tag = Util.fixEmptyAndTrim(tag) == null ? "*" : tag.trim();
    }

    public boolean isOnPush() {
        return onPush;
    }

    @DataBoundSetter
    public void setOnPush(boolean onPush) {
        this.onPush = onPush;
    }

    public boolean isOnDelete() {
        return onDelete;
    }

    @DataBoundSetter
    public void setOnDelete(boolean onDelete) {
        this.onDelete = onDelete;
    }

    public boolean isOnScan() {
        return onScan;
    }

    @DataBoundSetter
    public void setOnScan(boolean onScan) {
        this.onScan = onScan;
    }

    public boolean isOnSign() {
        return onSign;
    }

    @DataBoundSetter
    public void setOnSign(boolean onSign) {
        this.onSign = onSign;
    }

    public boolean isOnApprove() {
        return onApprove;
    }

    @DataBoundSetter
    public void setOnApprove(boolean onApprove) {
        this.onApprove = onApprove;
    }

    /** Only for images that have passed this stage of the trust policy; null for all. */
    public String getStage() {
        return stage;
    }

    @DataBoundSetter
    public void setStage(String stage) {
        this.stage = Util.fixEmptyAndTrim(stage);
    }

    @Override
    public void start(Item project, boolean newInstance) {
        super.start(project, newInstance);
        STARTED.add(this);
    }

    @Override
    public void stop() {
        STARTED.remove(this);
        super.stop();
    }

    /** Whether a job wants to hear of such an event of the image. */
    static boolean isAnyoneInterested(EventKind kind, RegistryEvent event) {
        return started().stream().anyMatch(trigger -> trigger.wants(kind, event.name(), event.tagOrNull()));
    }

    /** Whether the job's own triggers are about the event. */
    static boolean wants(Job<?, ?> job, RegistryEvent event) {
        return started().stream()
                .anyMatch(trigger -> trigger.job == job
                        && trigger.wants(event.kind(), event.name(), event.tagOrNull())
                        && trigger.isCurrent());
    }

    /**
     * Schedules the builds that follow from an event that the registry bears out. A job whose gate gives no clear answer, or whose
     * own record, is {@link Effect.Kind#UNDECIDED}: it keeps no other job from its build.
     */
    static List<Effect> fire(ConfirmedEvent event) {
        RegistryEvent about = event.event();
        List<Effect> effects = new ArrayList<>();
        for (ImageEventTrigger trigger : started()) {
            if (trigger.wants(about.kind(), about.name(), about.tagOrNull())
                    && trigger.isCurrent()
                    && trigger.job instanceof Job<?, ?> job) {
                effects.add(new Effect(trigger.fire(job, event), job.getFullName()));
            }
        }
        return effects;
    }

    private Effect.Kind fire(Job<?, ?> job, ConfirmedEvent event) {
        try {
            StartedFor startedFor = StartedFor.of(job);
            if (!job.isBuildable()) {
                return Effect.Kind.NOT_BUILDABLE;
            }
            if (!startedFor.isNew(event)) {
                startedFor.record(event);
                return Effect.Kind.ALREADY_BUILT;
            }
            if (!isPassed(event.event())) {
                // Not remembered: after one more approval it may pass.
                return Effect.Kind.HELD;
            }
            ImageEventCause cause = new ImageEventCause(event);
            if (!Builds.schedule(job, cause)) {
                // Not remembered: another plugin may let it in another time.
                return Effect.Kind.KEPT_OUT;
            }
            startedFor.record(event);
            LOGGER.log(Level.FINE, "{0}: {1}", new Object[] {job.getFullName(), cause.getShortDescription()});
            return Effect.Kind.STARTED;
        } catch (IOException e) {
            LOGGER.log(Level.INFO, "{0} is not started, asked again later: {1}", new Object[] {
                job.getFullName(), e.getMessage()
            });
            return Effect.Kind.UNDECIDED;
        } catch (RuntimeException e) {
            // Other plugins are asked whether a job may be built; one that breaks keeps no other job from its build.
            LOGGER.log(Level.WARNING, job.getFullName() + " is not started, asked again later", e);
            return Effect.Kind.UNDECIDED;
        }
    }

    boolean wants(EventKind kind, String name, String tagOrNull) {
        return switch (kind) {
                    case PUSHED -> onPush && tagOrNull != null;
                    case SIGNED -> onSign;
                    case APPROVED -> onApprove;
                    case DELETED -> onDelete;
                    case SCANNED -> onScan;
                    case ATTACHED -> false;
                }
                && Glob.matches(repository, name)
                // What is attached hangs on a digest, whatever its tags.
                && (kind == EventKind.SIGNED
                        || kind == EventKind.APPROVED
                        || Glob.matches(tag, tagOrNull == null ? "" : tagOrNull));
    }

    /** What is gone has no approvals. */
    private boolean isPassed(RegistryEvent event) throws IOException {
        return stage == null
                || event.kind() != EventKind.DELETED
                        && event.digestOrNull() != null
                        && StageGate.isOpen(
                                event.name(),
                                event.digestOrNull(),
                                event.tagOrNull() == null ? "" : event.tagOrNull(),
                                stage);
    }

    private static List<ImageEventTrigger> started() {
        synchronized (STARTED) {
            return new ArrayList<>(STARTED);
        }
    }

    /** Whether the job is still there, and this is the trigger that it has. */
    private boolean isCurrent() {
        return job instanceof ParameterizedJobMixIn.ParameterizedJob<?, ?> owner
                && Jenkins.get().getItemByFullName(job.getFullName()) == job
                && owner.getTriggers().get(getDescriptor()) == this;
    }

    @Extension
    @Symbol("imageEvent")
    public static class DescriptorImpl extends TriggerDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.ImageEventTrigger_DisplayName();
        }

        @Override
        public boolean isApplicable(Item item) {
            return item instanceof Job && item instanceof ParameterizedJobMixIn.ParameterizedJob;
        }

        @POST
        public FormValidation doCheckRepository(@AncestorInPath Item item, @QueryParameter String value) {
            if (!FieldChecks.mayConfigure(item)) {
                return FormValidation.ok();
            }
            String why = NamePattern.objection(Util.fixNull(value).trim());
            return why.isEmpty() ? FormValidation.ok() : FormValidation.error(why);
        }

        @POST
        public FormValidation doCheckTag(@AncestorInPath Item item, @QueryParameter String value) {
            String pattern = Util.fixEmptyAndTrim(value);
            return !FieldChecks.mayConfigure(item) || pattern == null || NamePattern.isTag(pattern)
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.ImageEventTrigger_Tag());
        }

        @POST
        public FormValidation doCheckStage(@AncestorInPath Item item, @QueryParameter String value) {
            return StageGate.checkOptional(item, value);
        }
    }
}

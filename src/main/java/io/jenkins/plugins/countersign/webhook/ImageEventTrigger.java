package io.jenkins.plugins.countersign.webhook;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.CauseAction;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.ParameterDefinition;
import hudson.model.ParameterValue;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.StringParameterDefinition;
import hudson.triggers.Trigger;
import hudson.triggers.TriggerDescriptor;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import jenkins.model.ParameterizedJobMixIn;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** Builds a job when something happens to an image in a registry. */
public class ImageEventTrigger extends Trigger<Item> {

    private static final Logger LOGGER = Logger.getLogger(ImageEventTrigger.class.getName());

    /** Those that are started, so that an event need not look at every job. */
    private static final Set<ImageEventTrigger> STARTED = ConcurrentHashMap.newKeySet();

    private final String repository;
    private String tag = "*";
    private boolean onPush = true;
    private boolean onDelete;
    private boolean onScan;

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

    static boolean isAnyoneInterested(RegistryEvent event) {
        return STARTED.stream().anyMatch(trigger -> trigger.wants(event));
    }

    /** Schedules the builds that follow from an event that the registry bears out. */
    static void fire(RegistryEvent event) throws IOException {
        for (ImageEventTrigger trigger : STARTED) {
            if (!trigger.wants(event)) {
                continue;
            }
            if (!(trigger.job instanceof Job<?, ?> job) || Jenkins.get().getItemByFullName(job.getFullName()) != job) {
                // Deleted jobs do not stop their triggers.
                STARTED.remove(trigger);
                continue;
            }
            if (job.isBuildable() && StartedFor.isNew(job, event)) {
                schedule(job, event);
            }
        }
    }

    boolean wants(RegistryEvent event) {
        boolean kind =
                switch (event.kind()) {
                    case PUSHED -> onPush && event.tagOrNull() != null;
                    case DELETED -> onDelete;
                    case SCANNED -> onScan;
                    case ATTACHED -> false;
                };
        return kind
                && Glob.matches(repository, event.name())
                && Glob.matches(tag, event.tagOrNull() == null ? "" : event.tagOrNull());
    }

    private static void schedule(Job<?, ?> job, RegistryEvent event) {
        ImageEventCause cause = new ImageEventCause(event);
        List<hudson.model.Action> actions = new ArrayList<>();
        actions.add(new CauseAction(cause));
        actions.add(new DistinctEvent(cause));
        ParametersDefinitionProperty parameters = job.getProperty(ParametersDefinitionProperty.class);
        if (parameters != null) {
            actions.add(new ParametersAction(values(parameters, cause.variables())));
        }
        ParameterizedJobMixIn.scheduleBuild2(job, -1, actions.toArray(new hudson.model.Action[0]));
        LOGGER.log(Level.FINE, "{0}: {1}", new Object[] {job.getFullName(), cause.getShortDescription()});
    }

    /** The job's own parameters; those that are called like the variables of the event get their values. */
    private static List<ParameterValue> values(ParametersDefinitionProperty parameters, Map<String, String> variables) {
        List<ParameterValue> values = new ArrayList<>();
        for (ParameterDefinition parameter : parameters.getParameterDefinitions()) {
            String value = variables.get(parameter.getName());
            ParameterValue set = value != null && parameter instanceof StringParameterDefinition text
                    ? text.createValue(value)
                    : parameter.getDefaultParameterValue();
            if (set != null) {
                values.add(set);
            }
        }
        return values;
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
    }
}

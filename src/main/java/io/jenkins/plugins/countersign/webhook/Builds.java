package io.jenkins.plugins.countersign.webhook;

import hudson.model.Action;
import hudson.model.Cause;
import hudson.model.CauseAction;
import hudson.model.Computer;
import hudson.model.Executor;
import hudson.model.Job;
import hudson.model.ParameterDefinition;
import hudson.model.ParameterValue;
import hudson.model.ParametersAction;
import hudson.model.ParametersDefinitionProperty;
import hudson.model.Queue;
import hudson.model.Run;
import hudson.model.StringParameterDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import jenkins.model.ParameterizedJobMixIn;

/** Builds that events start. */
final class Builds {

    /** So many builds back an event is looked for that a crash might have kept from being remembered. */
    private static final int LOOK_BACK = 5;

    private Builds() {}

    /**
     * Puts a build into the queue, on the disk too: a crash right afterwards does not lose it.
     *
     * @return whether it is there; other plugins may keep it out
     */
    static boolean schedule(Job<?, ?> job, ImageEventCause cause) {
        if (wasStartedFor(job, cause)) {
            return true;
        }
        List<Action> actions = new ArrayList<>();
        actions.add(new CauseAction(cause));
        actions.add(new DistinctEvent(cause));
        ParametersDefinitionProperty parameters = job.getProperty(ParametersDefinitionProperty.class);
        if (parameters != null) {
            actions.add(new ParametersAction(values(parameters, cause.variables())));
        }
        boolean queued = ParameterizedJobMixIn.scheduleBuild2(job, -1, actions.toArray(new Action[0])) != null;
        Jenkins.get().getQueue().save();
        return queued;
    }

    /** How many builds of such a cause wait or run. */
    static long underWay(Class<? extends Cause> kind) {
        return Stream.concat(
                        Stream.of(Jenkins.get().getQueue().getItems()).flatMap(item -> item.getCauses().stream()),
                        running().flatMap(run -> run.getCauses().stream()))
                .filter(kind::isInstance)
                .count();
    }

    static Stream<Run<?, ?>> running() {
        List<Run<?, ?>> runs = new ArrayList<>();
        for (Computer computer : Jenkins.get().getComputers()) {
            for (Executor executor : computer.getAllExecutors()) {
                Queue.Executable executable = executor.getCurrentExecutable();
                if (executable instanceof Run<?, ?> run) {
                    runs.add(run);
                }
            }
        }
        return runs.stream();
    }

    /** Only after a crash between queue and memory: the same event's build is waiting, running or just over. */
    private static boolean wasStartedFor(Job<?, ?> job, ImageEventCause cause) {
        Run<?, ?> run = job.getLastBuild();
        if (run == null || run.getTimeInMillis() > Deliveries.startedAt()) {
            // Of this session: what was started for is remembered.
            return false;
        }
        for (int i = 0; run != null && i < LOOK_BACK; i++, run = run.getPreviousBuild()) {
            if (cause.equals(run.getCause(ImageEventCause.class))) {
                return i == 0;
            }
        }
        return false;
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
}

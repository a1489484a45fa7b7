package io.jenkins.plugins.countersign.webhook;

import hudson.model.Action;
import hudson.model.InvisibleAction;
import hudson.model.Queue;
import java.util.List;

/** Keeps the queue from folding the builds for two images into one. */
class DistinctEvent extends InvisibleAction implements Queue.QueueAction {

    private final ImageEventCause cause;

    DistinctEvent(ImageEventCause cause) {
        this.cause = cause;
    }

    @Override
    public boolean shouldSchedule(List<Action> others) {
        return others.stream().noneMatch(other -> other instanceof DistinctEvent event && event.cause.equals(cause));
    }
}

package io.jenkins.plugins.countersign.goldenbase;

import hudson.model.InvisibleAction;
import hudson.model.Job;
import hudson.model.Run;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which images one {@code checkBaseImages} of a build saw as its bases, with the digests that they had then. Kept with the
 * build, small enough to be read for every job: it answers who stands on what.
 */
public final class CheckedBasesAction extends InvisibleAction {

    private final List<String> bases;

    /**
     * @param bases {@code registry/repository[:tag][@digest]}, completed as Docker does it, in the order of the file, none
     *     twice. The digest is missing where the registry was not asked, because the catalogue does not allow the image, or did
     *     not answer
     */
    CheckedBasesAction(List<String> bases) {
        this.bases = new ArrayList<>(bases);
    }

    /** What all checks of a build saw; empty when it had none. */
    public static List<String> of(Run<?, ?> run) {
        Set<String> all = new LinkedHashSet<>();
        run.getActions(CheckedBasesAction.class).forEach(action -> all.addAll(action.bases));
        return List.copyOf(all);
    }

    /** What the newest build that had a check saw, running or not; empty when there is none. */
    public static List<String> of(Job<?, ?> job) {
        for (Run<?, ?> run = job.getLastBuild(); run != null; run = run.getPreviousBuild()) {
            if (run.getAction(CheckedBasesAction.class) != null) {
                return of(run);
            }
        }
        return List.of();
    }
}

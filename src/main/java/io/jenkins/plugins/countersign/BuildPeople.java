package io.jenkins.plugins.countersign;

import hudson.model.Cause;
import hudson.model.Run;
import hudson.model.User;
import hudson.scm.ChangeLogSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import jenkins.scm.RunWithSCM;

/** Who stands behind one build, as Jenkins knows them: ids and full names. */
public final class BuildPeople {

    private BuildPeople() {}

    /** Ids of the users who started it, directly or by starting a build before it; empty for nobody, for instance a timer. */
    public static Set<String> starters(Run<?, ?> run) {
        Set<String> starters = new LinkedHashSet<>();
        addStarters(run.getCauses(), starters);
        return starters;
    }

    /** The same for causes, for instance those of an item in the queue. */
    public static void addStarters(List<Cause> causes, Set<String> starters) {
        for (Cause cause : causes) {
            if (cause instanceof Cause.UserIdCause user && user.getUserId() != null) {
                starters.add(user.getUserId());
            } else if (cause instanceof Cause.UpstreamCause upstream) {
                addStarters(upstream.getUpstreamCauses(), starters);
            }
        }
    }

    /** Whether those are all: of a long chain of builds Jenkins cuts the beginning off. */
    public static boolean isEveryStarterKnown(List<Cause> causes) {
        for (Cause cause : causes) {
            if (cause instanceof Cause.UpstreamCause.DeeplyNestedUpstreamCause
                    || cause instanceof Cause.UpstreamCause upstream
                            && !isEveryStarterKnown(upstream.getUpstreamCauses())) {
                return false;
            }
        }
        return true;
    }

    /** Authors of the changes that this build recorded; empty when it recorded none, which is not the same as nobody's. */
    public static Set<String> authors(Run<?, ?> run) {
        Set<String> authors = new LinkedHashSet<>();
        if (run instanceof RunWithSCM<?, ?> withScm) {
            for (ChangeLogSet<? extends ChangeLogSet.Entry> changes : withScm.getChangeSets()) {
                changes.forEach(change -> add(change.getAuthor(), authors));
            }
        }
        return authors;
    }

    private static void add(User author, Set<String> authors) {
        if (author != null && author != User.getUnknown()) {
            authors.add(author.getId());
            authors.add(author.getFullName());
        }
    }
}

package io.jenkins.plugins.countersign.approval;

import hudson.model.Cause;
import hudson.model.Run;
import io.jenkins.plugins.countersign.BuildPeople;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Who stands behind a build: for the rules that keep people from approving their own work. */
public final class BuildOrigins {

    /** How far back the commits of an image are followed. */
    private static final int MAX_BUILDS = 100;

    private BuildOrigins() {}

    /**
     * Who started the build and wrote what is in it. Nobody and unknown are different: a timer's build has no starter, and that
     * is known; a build without recorded changes has authors that are not known.
     */
    public static BuildFacts facts(Run<?, ?> run, String stage) {
        Set<String> authors = authors(run, stage);
        return new BuildFacts(
                BuildPeople.isEveryStarterKnown(run.getCauses()) ? starters(run) : null,
                authors.isEmpty() ? null : authors,
                Map.of(),
                ContextRules.isFourEyesAlways(run.getParent()));
    }

    /** What approvers are shown, and what they sign. */
    static Origin origin(Run<?, ?> run, String stage) {
        String root = jenkins.model.Jenkins.get().getRootUrl();
        return new Origin(
                (root == null ? "" : root) + run.getUrl(),
                "",
                authors(run, stage).stream().limit(50).toList());
    }

    /** Ids of the users who started it, directly or by starting a build before it. */
    static Set<String> starters(Run<?, ?> run) {
        return BuildPeople.starters(run);
    }

    static void addStarters(List<Cause> causes, Set<String> starters) {
        BuildPeople.addStarters(causes, starters);
    }

    /**
     * Authors of all that came in since the stage was passed last, at least of the latest commits that are known: to build the
     * same commit once more makes nobody a stranger to it.
     */
    private static Set<String> authors(Run<?, ?> run, String stage) {
        Set<String> authors = new LinkedHashSet<>();
        Run<?, ?> build = run;
        for (int i = 0; build != null && i < MAX_BUILDS; i++) {
            if (build != run && !authors.isEmpty() && ImageApprovalsAction.passed(build, stage)) {
                break;
            }
            authors.addAll(BuildPeople.authors(build));
            build = build.getPreviousBuild();
        }
        return authors;
    }
}

package io.jenkins.plugins.countersign.approval;

import hudson.model.Job;
import hudson.model.Queue;
import hudson.model.Run;
import io.jenkins.plugins.countersign.BuildPeople;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.Origin;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where a gate stands: in a build, or before one that waits in the queue. */
interface GateHome {

    /** Whose permissions count. */
    Job<?, ?> job();

    /** Empty before a build. */
    Optional<Run<?, ?>> build();

    /** For people. */
    String name();

    /** Of the build or the job, from the root of Jenkins, without a slash before it. */
    String url();

    /** Of the gate's own page, likewise. */
    String pageOf(GateEntry entry);

    /** Ids of the users who started it, as far as they are known. */
    Set<String> starters();

    boolean isEveryStarterKnown();

    BuildFacts facts(String stage);

    /** What approvers are shown, and what they sign. */
    Origin origin(String stage);

    /** Keeps what the gate saw; nothing before a build, where it is seen again after a restart. */
    void save() throws IOException;

    static GateHome of(Run<?, ?> run) {
        return new InBuild(run);
    }

    static GateHome of(Job<?, ?> job, Queue.Item item) {
        return new InQueue(job, item);
    }

    /** In a build. */
    record InBuild(Run<?, ?> run) implements GateHome {
        @Override
        public Job<?, ?> job() {
            return run.getParent();
        }

        @Override
        public Optional<Run<?, ?>> build() {
            return Optional.of(run);
        }

        @Override
        public String name() {
            return run.getFullDisplayName();
        }

        @Override
        public String url() {
            return run.getUrl();
        }

        @Override
        public String pageOf(GateEntry entry) {
            return run.getUrl() + ImageApprovalsAction.URL + "/gate/" + entry.number() + "/";
        }

        @Override
        public Set<String> starters() {
            return BuildOrigins.starters(run);
        }

        @Override
        public boolean isEveryStarterKnown() {
            return BuildPeople.isEveryStarterKnown(run.getCauses());
        }

        @Override
        public BuildFacts facts(String stage) {
            return BuildOrigins.facts(run, stage);
        }

        @Override
        public Origin origin(String stage) {
            return BuildOrigins.origin(run, stage);
        }

        @Override
        public void save() throws IOException {
            // Jenkins would make the folder of a build that was deleted meanwhile once more, and list it again.
            if (run.getRootDir().isDirectory()) {
                run.save();
            }
        }
    }

    /**
     * Before a build. Whoever scheduled it does not approve it in Jenkins; who made the image is not known here, so a stage
     * that excludes them holds until provenance at the image says who it was.
     */
    record InQueue(Job<?, ?> job, Queue.Item item) implements GateHome {
        @Override
        public Optional<Run<?, ?>> build() {
            return Optional.empty();
        }

        @Override
        public String name() {
            return Messages.GateHome_Queued(job.getFullDisplayName());
        }

        @Override
        public String url() {
            return job.getUrl();
        }

        @Override
        public String pageOf(GateEntry entry) {
            return WaitingForMe.URL + "/queue/" + item.getId() + "/";
        }

        @Override
        public Set<String> starters() {
            Set<String> starters = new LinkedHashSet<>();
            BuildOrigins.addStarters(item.getCauses(), starters);
            return starters;
        }

        @Override
        public boolean isEveryStarterKnown() {
            return BuildPeople.isEveryStarterKnown(item.getCauses());
        }

        @Override
        public BuildFacts facts(String stage) {
            return BuildFacts.UNKNOWN;
        }

        @Override
        public Origin origin(String stage) {
            String root = jenkins.model.Jenkins.get().getRootUrl();
            return new Origin((root == null ? "" : root) + job.getUrl(), "", List.of());
        }

        @Override
        public void save() {}
    }
}

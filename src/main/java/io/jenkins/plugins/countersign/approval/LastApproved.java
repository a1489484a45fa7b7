package io.jenkins.plugins.countersign.approval;

import hudson.model.Run;
import hudson.scm.ChangeLogSet;
import io.jenkins.plugins.countersign.engine.approval.ImageDifference;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.NotFoundException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jenkins.scm.RunWithSCM;

/** What was approved for the same stage before, in an earlier build of the job, and what is different now. */
final class LastApproved {

    /** How far back to look for it. */
    private static final int MAX_BUILDS = 100;

    private static final int MAX_COMMITS = 20;

    private LastApproved() {}

    /** Compares once; what the registry does not answer is asked again with the next look. */
    static void compare(GateHome home, GateEntry entry, ImageContent content) {
        if (entry.isCompared() || home.build().isEmpty()) {
            return;
        }
        Run<?, ?> run = home.build().get();
        Optional<Found> found = find(run, entry);
        if (found.isEmpty()) {
            entry.compared("", "", List.of(), List.of());
            return;
        }
        Digest before = Digest.parse(found.get().entry().digest());
        List<Sentence> changes;
        try {
            changes = ImageDifference.between(content, before, Digest.parse(entry.digest()));
        } catch (NotFoundException e) {
            changes = List.of(Sentence.of("approval.imageGone", before));
        } catch (RegistryException e) {
            return;
        }
        entry.compared(
                before.toString(),
                found.get().run().getDisplayName(),
                changes,
                commits(run, found.get().run()));
    }

    private record Found(Run<?, ?> run, GateEntry entry) {}

    private static Optional<Found> find(Run<?, ?> run, GateEntry entry) {
        Run<?, ?> build = run.getPreviousBuild();
        for (int i = 0; build != null && i < MAX_BUILDS; i++) {
            ImageApprovalsAction action = build.getAction(ImageApprovalsAction.class);
            if (action != null) {
                for (GateEntry other : action.entries()) {
                    if (other.state().equals(GateEntry.OPEN)
                            && other.stage().equals(entry.stage())
                            && other.repository().equals(entry.repository())) {
                        return Optional.of(new Found(build, other));
                    }
                }
            }
            build = build.getPreviousBuild();
        }
        return Optional.empty();
    }

    /** The commits of every build since, the newest first, one line each. */
    private static List<String> commits(Run<?, ?> run, Run<?, ?> since) {
        List<String> commits = new ArrayList<>();
        int more = 0;
        for (Run<?, ?> build = run; build != null && build != since; build = build.getPreviousBuild()) {
            if (!(build instanceof RunWithSCM<?, ?> withScm)) {
                continue;
            }
            for (ChangeLogSet<? extends ChangeLogSet.Entry> changes : withScm.getChangeSets()) {
                for (ChangeLogSet.Entry change : changes) {
                    if (commits.size() < MAX_COMMITS) {
                        commits.add(line(change));
                    } else {
                        more++;
                    }
                }
            }
        }
        if (more > 0) {
            commits.add(Messages.LastApproved_More(more));
        }
        return commits;
    }

    private static String line(ChangeLogSet.Entry change) {
        String id = change.getCommitId() == null ? "" : change.getCommitId();
        return GateLog.line((id.length() > 12 ? id.substring(0, 12) : id) + " "
                        + change.getMsg().split("\n", 2)[0] + " ("
                        + change.getAuthor().getDisplayName() + ")")
                .trim();
    }
}

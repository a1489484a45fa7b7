package io.jenkins.plugins.countersign.approval;

import hudson.EnvVars;
import hudson.model.EnvironmentContributingAction;
import hudson.model.InvisibleAction;
import hudson.model.Run;
import java.util.List;

/**
 * Tells a build that {@link OnlyApprovedImages} held in the queue for which image it was let go: a tag that the job names may
 * have moved since.
 */
public class ApprovedInQueueAction extends InvisibleAction implements EnvironmentContributingAction {

    private final String image;
    private final String digest;
    private final String stage;
    private final String approvers;

    private ApprovedInQueueAction(String image, String digest, String stage, String approvers) {
        this.image = image;
        this.digest = digest;
        this.stage = stage;
        this.approvers = approvers;
    }

    static ApprovedInQueueAction of(GatePage gate) {
        return new ApprovedInQueueAction(
                gate.getImage(), gate.getDigest(), gate.getStage(), String.join(",", gate.getApprovers()));
    }

    private List<String> all() {
        return List.of(image, digest, stage, approvers);
    }

    boolean saysTheSameAs(ApprovedInQueueAction other) {
        return other != null && all().equals(other.all());
    }

    @Override
    public void buildEnvironment(Run<?, ?> run, EnvVars environment) {
        environment.put("COUNTERSIGN_IMAGE", image);
        environment.put("COUNTERSIGN_DIGEST", digest);
        environment.put("COUNTERSIGN_STAGE", stage);
        environment.put("COUNTERSIGN_APPROVERS", approvers);
    }
}

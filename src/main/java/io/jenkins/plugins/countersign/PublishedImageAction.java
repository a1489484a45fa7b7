package io.jenkins.plugins.countersign;

import hudson.EnvVars;
import hudson.model.EnvironmentContributingAction;
import hudson.model.InvisibleAction;
import hudson.model.Run;

/**
 * Gives the image of the last step to those after it in a freestyle job, where a step has no answer:
 * {@code COUNTERSIGN_IMAGE} is {@code repository:tag@digest}.
 */
public class PublishedImageAction extends InvisibleAction implements EnvironmentContributingAction {

    public static final String VARIABLE = "COUNTERSIGN_IMAGE";

    private final String image;

    public PublishedImageAction(String image) {
        this.image = image;
    }

    public String getImage() {
        return image;
    }

    @Override
    public void buildEnvironment(Run<?, ?> run, EnvVars environment) {
        environment.put(VARIABLE, image);
    }
}

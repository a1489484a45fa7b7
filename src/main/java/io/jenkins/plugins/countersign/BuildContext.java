package io.jenkins.plugins.countersign;

import hudson.EnvVars;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.Run;
import hudson.model.TaskListener;

/**
 * Where a step works.
 *
 * @param run the build
 * @param workspace its folder on the agent; null outside a node
 * @param launcher starts processes on the agent; null outside a node
 * @param environment the build's variables
 * @param listener its log
 * @param expands whether the fields of a step may name variables: in a freestyle job, where nobody else expands them; never
 *     in a Pipeline, where Groovy did and a second time would be an injection
 */
public record BuildContext(
        Run<?, ?> run,
        FilePath workspace,
        Launcher launcher,
        EnvVars environment,
        TaskListener listener,
        boolean expands) {

    /** The field's text with its variables' values, in a freestyle job; as it stands, in a Pipeline. */
    public String expand(String text) {
        return expands && text != null ? environment.expand(text) : text;
    }

    /** Names the step's image to the steps after it in a freestyle job; in a Pipeline its answer does. */
    public void publishImage(String image) {
        PushedImagesAction.add(run, image);
        if (expands) {
            run.addOrReplaceAction(new PublishedImageAction(image));
        }
    }

    /** @throws hudson.AbortException if the step runs outside a node */
    public FilePath requireWorkspace(String step) throws hudson.AbortException {
        if (workspace == null) {
            throw new hudson.AbortException(Messages.BuildContext_NeedsNode(step));
        }
        return workspace;
    }
}

package io.jenkins.plugins.countersign;

import hudson.AbortException;
import hudson.EnvVars;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.BuildListener;
import hudson.model.Item;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import java.io.IOException;
import java.io.Serializable;
import java.util.Set;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.jenkinsci.plugins.workflow.steps.SynchronousNonBlockingStepExecution;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * A step on an image's way that works and answers. The same object serves a Pipeline and, through {@link
 * ImageStepBuilder}, a freestyle job, so that both have the same fields, help and behaviour.
 *
 * <p>A restart of Jenkins in the middle fails the step: each of them may be repeated, because everything is done by digest
 * and the tag comes last.
 */
public abstract class ImageStep extends Step implements Serializable {

    private static final long serialVersionUID = 1L;

    /**
     * Does the work.
     *
     * @return the step's answer in a Pipeline; may be null
     * @throws AbortException if the work was refused, with what was tried, what was found and what to do
     */
    protected abstract Object perform(BuildContext context) throws Exception;

    @Override
    public final StepExecution start(StepContext context) {
        return new Execution(this, context);
    }

    /**
     * Does the work in a freestyle build, where an answer of {@code false} fails it.
     *
     * @return whether the build may go on
     */
    final boolean performIn(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
            throws InterruptedException, IOException {
        EnvVars environment = build.getEnvironment(listener);
        try {
            Object answer = Refusals.asAborts(() ->
                    perform(new BuildContext(build, build.getWorkspace(), launcher, environment, listener, true)));
            return !Boolean.FALSE.equals(answer);
        } catch (InterruptedException | IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static final class Execution extends SynchronousNonBlockingStepExecution<Object> {

        private static final long serialVersionUID = 1L;

        private final transient ImageStep step;

        Execution(ImageStep step, StepContext context) {
            super(context);
            this.step = step;
        }

        @Override
        protected Object run() throws Exception {
            StepContext context = getContext();
            return Refusals.asAborts(() -> step.perform(new BuildContext(
                    context.get(Run.class),
                    context.get(FilePath.class),
                    context.get(Launcher.class),
                    context.get(EnvVars.class),
                    context.get(TaskListener.class),
                    false)));
        }
    }

    /** A descriptor of an image step: it may stand outside a node unless it needs the workspace. */
    public abstract static class ImageStepDescriptor extends StepDescriptor {

        @Override
        public Set<? extends Class<?>> getRequiredContext() {
            return Set.of(Run.class, TaskListener.class);
        }
    }

    /** Of a step with the field {@code image}, whose registry may want another login than it is configured with. */
    public abstract static class OneRegistryDescriptor extends ImageStepDescriptor {

        @POST
        public FormValidation doCheckRegistryCredentialsId(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.login(item, value);
        }

        @POST
        public ListBoxModel doFillRegistryCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String image, @QueryParameter String registryCredentialsId) {
            return FieldChecks.logins(item, image, registryCredentialsId);
        }
    }
}

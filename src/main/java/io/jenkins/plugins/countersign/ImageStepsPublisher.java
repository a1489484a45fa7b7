package io.jenkins.plugins.countersign;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Launcher;
import hudson.Util;
import hudson.model.AbstractBuild;
import hudson.model.AbstractProject;
import hudson.model.BuildListener;
import hudson.model.Result;
import hudson.tasks.BuildStepDescriptor;
import hudson.tasks.BuildStepMonitor;
import hudson.tasks.Notifier;
import hudson.tasks.Publisher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/**
 * {@code imageSteps}: {@link ImageStep}s as a post-build action of a freestyle job, one after the other. They come after the
 * actions that judge the build, and only a build that succeeded gets so far: what failed its tests is neither pushed nor signed.
 */
public class ImageStepsPublisher extends Notifier {

    private final List<ImageStep> steps;

    @DataBoundConstructor
    public ImageStepsPublisher(List<ImageStep> steps) {
        this.steps = new ArrayList<>(Util.fixNull(steps));
    }

    public List<ImageStep> getSteps() {
        return steps;
    }

    @Override
    public BuildStepMonitor getRequiredMonitorService() {
        return BuildStepMonitor.NONE;
    }

    @Override
    public boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
            throws InterruptedException, IOException {
        for (ImageStep step : steps) {
            Result result = build.getResult();
            if (result != null && result.isWorseThan(Result.SUCCESS)) {
                listener.getLogger().println(Messages.ImageStepsPublisher_Skipped(result));
                return true;
            }
            if (!step.performIn(build, launcher, listener)) {
                return false;
            }
        }
        return true;
    }

    @Extension
    @Symbol("imageSteps")
    public static class DescriptorImpl extends BuildStepDescriptor<Publisher> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.ImageStepsPublisher_DisplayName();
        }

        @Override
        public boolean isApplicable(Class<? extends AbstractProject> jobType) {
            return true;
        }

        /** For the form. */
        public List<ImageStep.ImageStepDescriptor> getStepDescriptors() {
            return Jenkins.get().getExtensionList(ImageStep.ImageStepDescriptor.class);
        }
    }
}

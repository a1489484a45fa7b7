package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link ApproveImageStep} in a freestyle job. */
public class ApproveImageBuilder extends ImageStepBuilder<ApproveImageStep> {

    @DataBoundConstructor
    public ApproveImageBuilder(ApproveImageStep step) {
        super(step);
    }

    @Extension
    @Symbol("approveImage")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.ApproveImageStep_DisplayName();
        }
    }
}

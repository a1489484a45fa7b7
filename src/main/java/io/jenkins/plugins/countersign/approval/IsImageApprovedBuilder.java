package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link IsImageApprovedStep} in a freestyle job: the build fails when the image is not approved. */
public class IsImageApprovedBuilder extends ImageStepBuilder<IsImageApprovedStep> {

    @DataBoundConstructor
    public IsImageApprovedBuilder(IsImageApprovedStep step) {
        super(step);
    }

    @Extension
    @Symbol("isImageApproved")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.IsImageApproved_DisplayName();
        }
    }
}

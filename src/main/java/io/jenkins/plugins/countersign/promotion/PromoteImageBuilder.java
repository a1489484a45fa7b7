package io.jenkins.plugins.countersign.promotion;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link PromoteImageStep} in a freestyle job. */
public class PromoteImageBuilder extends ImageStepBuilder<PromoteImageStep> {

    @DataBoundConstructor
    public PromoteImageBuilder(PromoteImageStep step) {
        super(step);
    }

    @Extension
    @Symbol("promoteImage")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.PromoteImageStep_DisplayName();
        }
    }
}

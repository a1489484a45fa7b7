package io.jenkins.plugins.countersign.goldenbase;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link CheckBaseImagesStep} in a freestyle job. */
public class CheckBaseImagesBuilder extends ImageStepBuilder<CheckBaseImagesStep> {

    @DataBoundConstructor
    public CheckBaseImagesBuilder(CheckBaseImagesStep step) {
        super(step);
    }

    @Extension
    @Symbol("checkBaseImages")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.CheckBaseImagesStep_DisplayName();
        }
    }
}

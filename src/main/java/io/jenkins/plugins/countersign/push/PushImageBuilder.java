package io.jenkins.plugins.countersign.push;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link PushImageStep} in a freestyle job. */
public class PushImageBuilder extends ImageStepBuilder<PushImageStep> {

    @DataBoundConstructor
    public PushImageBuilder(PushImageStep step) {
        super(step);
    }

    @Extension
    @Symbol("pushImage")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.PushImageStep_DisplayName();
        }
    }
}

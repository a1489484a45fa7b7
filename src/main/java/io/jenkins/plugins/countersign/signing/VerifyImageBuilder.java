package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link VerifyImageStep} in a freestyle job. */
public class VerifyImageBuilder extends ImageStepBuilder<VerifyImageStep> {

    @DataBoundConstructor
    public VerifyImageBuilder(VerifyImageStep step) {
        super(step);
    }

    @Extension
    @Symbol("verifyImage")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.VerifyImageStep_DisplayName();
        }
    }
}

package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/** {@link SignImageStep} in a freestyle job. */
public class SignImageBuilder extends ImageStepBuilder<SignImageStep> {

    @DataBoundConstructor
    public SignImageBuilder(SignImageStep step) {
        super(step);
    }

    @Extension
    @Symbol("signImage")
    public static class DescriptorImpl extends ImageStepBuilderDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.SignImageStep_DisplayName();
        }
    }
}

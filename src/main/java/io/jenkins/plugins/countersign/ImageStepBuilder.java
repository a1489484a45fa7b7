package io.jenkins.plugins.countersign;

import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.AbstractProject;
import hudson.model.BuildListener;
import hudson.model.Describable;
import hudson.model.Descriptor;
import hudson.tasks.BuildStepDescriptor;
import hudson.tasks.Builder;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import jenkins.model.Jenkins;

/** An {@link ImageStep} as a build step of a freestyle job. */
public abstract class ImageStepBuilder<S extends ImageStep> extends Builder {

    private final S step;

    protected ImageStepBuilder(S step) {
        this.step = step;
    }

    public final S getStep() {
        return step;
    }

    @Override
    public final boolean perform(AbstractBuild<?, ?> build, Launcher launcher, BuildListener listener)
            throws InterruptedException, IOException {
        return step.performIn(build, launcher, listener);
    }

    /** A descriptor of a freestyle build step. */
    public abstract static class ImageStepBuilderDescriptor extends BuildStepDescriptor<Builder> {

        @Override
        public boolean isApplicable(Class<? extends AbstractProject> jobType) {
            return true;
        }

        /**
         * For the form: the descriptor of the step, which a generic getter's type does not tell.
         *
         * @throws AssertionError if the step has none
         */
        public Descriptor<?> getStepDescriptor() {
            ParameterizedType builder = (ParameterizedType) clazz.getGenericSuperclass();
            return Jenkins.get()
                    .getDescriptorOrDie(((Class<?>) builder.getActualTypeArguments()[0]).asSubclass(Describable.class));
        }
    }
}

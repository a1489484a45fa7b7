package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Job;
import hudson.model.ParameterValue;
import hudson.model.ParametersAction;
import hudson.model.Queue;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import jenkins.model.OptionalJobProperty;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * "Only for images approved for stage …": a build waits in the queue, without an executor, until the gate of its image is open.
 * The image stands in the field, which may name parameters of the build ({@code ${IMAGE}}).
 */
public class OnlyApprovedImages extends OptionalJobProperty<Job<?, ?>> {

    private final String image;
    private final String stage;

    @DataBoundConstructor
    public OnlyApprovedImages(String image, String stage) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    /** The image of one queued build: its parameters' values for their names. */
    String imageOf(Queue.Item item) {
        java.util.Map<String, String> values = new java.util.HashMap<>();
        for (ParametersAction parameters : item.getActions(ParametersAction.class)) {
            for (ParameterValue value : parameters) {
                if (value.getValue() != null && !value.isSensitive()) {
                    values.put(value.getName(), value.getValue().toString());
                }
            }
        }
        return Util.replaceMacro(image, values);
    }

    @Extension
    @Symbol("onlyApprovedImages")
    public static class DescriptorImpl extends OptionalJobPropertyDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.OnlyApprovedImages_DisplayName();
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::pinnedImage);
        }

        @POST
        public FormValidation doCheckStage(@AncestorInPath Item item, @QueryParameter String value) {
            return FormChecks.stage(item, value);
        }
    }
}

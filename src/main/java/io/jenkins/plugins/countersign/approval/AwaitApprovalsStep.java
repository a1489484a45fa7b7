package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import java.io.Serializable;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.workflow.graph.FlowNode;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepContext;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.jenkinsci.plugins.workflow.steps.StepExecution;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code awaitApprovals}: the Pipeline goes on when the gate of a stage opens for an image. Holds no executor and no thread. */
public class AwaitApprovalsStep extends Step implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String stage;
    private int timeout;
    private String unit = TimeUnit.HOURS.name();
    private String message;

    /**
     * @param image best {@code repository:tag@sha256:…} as {@code pushImage} returns it
     * @param stage a stage of the trust policy
     */
    @DataBoundConstructor
    public AwaitApprovalsStep(String image, String stage) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    /** How long the gate may stay closed, in {@link #getUnit}; 0 for as long as it takes. */
    public int getTimeout() {
        return timeout;
    }

    @DataBoundSetter
    public void setTimeout(int timeout) {
        if (timeout < 0) {
            throw new IllegalArgumentException(Messages.AwaitApprovalsStep_Timeout());
        }
        this.timeout = timeout;
    }

    /** {@code MINUTES}, {@code HOURS} or {@code DAYS}, or another unit of {@link TimeUnit}. */
    public String getUnit() {
        return unit;
    }

    @DataBoundSetter
    public void setUnit(String unit) {
        this.unit =
                TimeUnit.valueOf(unit.trim().toUpperCase(java.util.Locale.ROOT)).name();
    }

    /** What approvers should know; null for nothing. */
    public String getMessage() {
        return message;
    }

    @DataBoundSetter
    public void setMessage(String message) {
        this.message = Util.fixEmptyAndTrim(message);
    }

    @Override
    public StepExecution start(StepContext context) {
        long millis = timeout == 0 ? 0 : TimeUnit.valueOf(unit).toMillis(timeout);
        return new AwaitApprovalsExecution(context, image, stage, Util.fixNull(message), millis);
    }

    @Extension
    @Symbol("awaitApprovals")
    public static class DescriptorImpl extends StepDescriptor {

        @Override
        public String getFunctionName() {
            return "awaitApprovals";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.AwaitApprovalsStep_DisplayName();
        }

        @Override
        public Set<? extends Class<?>> getRequiredContext() {
            return Set.of(Run.class, TaskListener.class, FlowNode.class);
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::pinnedImage);
        }

        @POST
        public FormValidation doCheckStage(@AncestorInPath Item item, @QueryParameter String value) {
            return FormChecks.stage(item, value);
        }

        @POST
        public FormValidation doCheckTimeout(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FormValidation::validateNonNegativeInteger);
        }

        @POST
        public ListBoxModel doFillUnitItems() {
            Jenkins.get().checkPermission(Jenkins.READ);
            ListBoxModel items = new ListBoxModel();
            items.add(Messages.AwaitApprovalsStep_Minutes(), TimeUnit.MINUTES.name());
            items.add(Messages.AwaitApprovalsStep_Hours(), TimeUnit.HOURS.name());
            items.add(Messages.AwaitApprovalsStep_Days(), TimeUnit.DAYS.name());
            return items;
        }
    }
}

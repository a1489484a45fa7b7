package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code isImageApproved}: asks the gate of a stage once, and waits for nothing. An answer that is not clear is a failure. */
public class IsImageApprovedStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String stage;

    @DataBoundConstructor
    public IsImageApprovedStep(String image, String stage) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        ImageLocation location;
        try {
            location = ImageLocation.parse(context.expand(image));
        } catch (IllegalArgumentException e) {
            throw new AbortException(Messages.AwaitApprovals_NotAnImage(e.getMessage()));
        }
        String wanted = context.expand(stage);
        try (Repository repository = Registries.open(location, Progress.NONE)) {
            Digest digest = location.resolve(repository);
            ImageReading reading =
                    ImageReading.of(repository, digest, location.tag().orElse(""));
            if (reading.isUnknown()) {
                throw new AbortException(Messages.IsImageApproved_Unknown(reading.unknown()));
            }
            Decision decision =
                    Gate.decide(reading.input(GatePolicy.current(), wanted, BuildOrigins.facts(context.run(), wanted)));
            context.listener().getLogger().print(decision.toText());
            return decision.isOpen();
        }
    }

    @Extension
    @Symbol("isImageApproved")
    public static class DescriptorImpl extends ImageStepDescriptor {

        @Override
        public String getFunctionName() {
            return "isImageApproved";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.IsImageApproved_DisplayName();
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

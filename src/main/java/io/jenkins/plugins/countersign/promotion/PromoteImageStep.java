package io.jenkins.plugins.countersign.promotion;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.approval.BuildOrigins;
import io.jenkins.plugins.countersign.approval.ImageApprovalsAction;
import io.jenkins.plugins.countersign.approval.StageGate;
import io.jenkins.plugins.countersign.audit.ControllerLedger;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.configuration.TrustPolicies;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Promotion;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.goldenbase.GoldenLineages;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * {@code promoteImage}: seals what the gate of a stage lets through, copies it with its signatures, and tags it last. A held
 * gate fails the step and changes nothing; {@code awaitApprovals} before it waits.
 */
public class PromoteImageStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String stage;
    private final String to;
    private String registryCredentialsId;

    /**
     * @param image as {@code pushImage} answered it: repository, tag and digest
     * @param stage whose gate must be open
     * @param to repository and tag
     */
    @DataBoundConstructor
    public PromoteImageStep(String image, String stage, String to) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
        this.to = Util.fixNull(to).trim();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    public String getTo() {
        return to;
    }

    /** The login for the registries; null for the configured ones. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        ImageLocation from = location("image", context.expand(image));
        ImageLocation destination = location("to", context.expand(to));
        if (destination.tag().isEmpty() || destination.digest().isPresent()) {
            throw new AbortException(Messages.PromoteImageStep_To(destination));
        }
        ContextRules.requireWritable(destination, context.run());
        Progress progress = new BuildLogProgress(context.listener());
        try (Signer gate = GateKey.open(from);
                Repository source = Registries.settings(from, registryCredentialsId, context.run())
                        .open(from, progress);
                Repository target = Registries.settings(destination, registryCredentialsId, context.run())
                        .open(destination, progress)) {
            Digest digest = from.resolve(source);
            Promotion.Outcome outcome = new Promotion(
                            TrustPolicies.trusted(),
                            gate,
                            ControllerLedger.get(),
                            GateKey.verifier(),
                            Clock.systemUTC(),
                            progress)
                    .withLineages(GoldenLineages.ofGates())
                    .promote(new Promotion.Order(
                            source,
                            digest,
                            from.tag().orElse(""),
                            context.expand(stage),
                            target,
                            List.of(destination.tag().orElseThrow()),
                            Set.of(),
                            BuildOrigins.facts(context.run(), context.expand(stage))));
            if (!outcome.promoted()) {
                throw new AbortException(Messages.PromoteImageStep_Held(from.withDigest(digest)) + "\n"
                        + outcome.decision().toText());
            }
            String promoted = destination.withDigest(digest).toString();
            context.listener().getLogger().println(Messages.PromoteImageStep_Promoted(promoted));
            context.publishImage(promoted);
            ImageApprovalsAction.promoted(context.run(), from.withDigest(digest), context.expand(stage), promoted);
            return promoted;
        }
    }

    private static ImageLocation location(String field, String text) throws AbortException {
        try {
            return ImageLocation.parse(text);
        } catch (IllegalArgumentException e) {
            throw new AbortException("promoteImage, " + field + ": " + e.getMessage());
        }
    }

    @Extension
    @Symbol("promoteImage")
    public static class DescriptorImpl extends ImageStepDescriptor {

        @Override
        public String getFunctionName() {
            return "promoteImage";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.PromoteImageStep_DisplayName();
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::pinnedImage);
        }

        @POST
        public FormValidation doCheckStage(@AncestorInPath Item item, @QueryParameter String value) {
            return StageGate.check(item, value);
        }

        @POST
        public FormValidation doCheckRegistryCredentialsId(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.login(item, value);
        }

        @POST
        public ListBoxModel doFillRegistryCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String registryCredentialsId) {
            return FieldChecks.logins(item, null, registryCredentialsId);
        }

        @POST
        public FormValidation doCheckTo(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::taggedImage);
        }
    }
}

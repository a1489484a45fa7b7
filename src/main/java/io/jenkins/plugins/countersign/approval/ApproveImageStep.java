package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.signing.SigningCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * {@code approveImage}: writes an approval next to the image, or a rejection, withdrawal or block, signed on the controller with
 * a key from credentials. The person is the key's owner in the trust policy.
 */
public class ApproveImageStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    static final String DEFAULT_DECISION = Saying.Word.APPROVE.word();

    private final String image;
    private final String stage;
    private final String credentialsId;
    private String role;
    private String decision = DEFAULT_DECISION;
    private String comment;
    private String registryCredentialsId;

    /**
     * @param image best {@code repository:tag@sha256:…} as {@code pushImage} returns it
     * @param stage a stage of the trust policy
     * @param credentialsId of a signing key
     */
    @DataBoundConstructor
    public ApproveImageStep(String image, String stage, String credentialsId) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    public String getCredentialsId() {
        return credentialsId;
    }

    /** In which role; null for the only one that the stage needs and the person has. */
    public String getRole() {
        return role;
    }

    @DataBoundSetter
    public void setRole(String role) {
        this.role = Util.fixEmptyAndTrim(role);
    }

    /** {@code approve}, {@code reject}, {@code withdraw}, {@code block} or {@code override}. */
    public String getDecision() {
        return decision;
    }

    @DataBoundSetter
    public void setDecision(String decision) {
        this.decision = decision.trim().toLowerCase(Locale.ROOT);
    }

    /** Signed with the statement; a reason is needed for everything but an approval. Null for none. */
    public String getComment() {
        return comment;
    }

    @DataBoundSetter
    public void setComment(String comment) {
        this.comment = Util.fixEmptyAndTrim(comment);
    }

    /** The registry's login, if it is not the configured one. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        Saying.Word word = Saying.Word.of(decision)
                .orElseThrow(() -> new AbortException(
                        Messages.ApproveImageStep_Decision(decision, String.join(", ", Saying.Word.all()))));
        ImageLocation location;
        try {
            location = ImageLocation.parse(context.expand(image));
        } catch (IllegalArgumentException e) {
            throw new AbortException(Messages.AwaitApprovals_NotAnImage(e.getMessage()));
        }
        ContextRules.requireWritable(location, context.run());
        String wanted = context.expand(stage);
        SigningCredentials credentials =
                SigningKeys.find(context.expand(credentialsId), SigningCredentials.class, context.run(), location);
        Saying saying = new Saying(
                word,
                wanted,
                Util.fixNull(context.expand(role)),
                Util.fixNull(context.expand(comment)),
                List.of(),
                null,
                BuildOrigins.origin(context.run(), wanted));
        try (Repository repository = Registries.settings(location, context.expand(registryCredentialsId), context.run())
                .open(location, Progress.NONE)) {
            Digest digest = location.resolve(repository);
            Saying.Said said = saying.write(
                    repository,
                    digest,
                    location.tag().orElse(""),
                    GatePolicy.current().policy(),
                    SigningKeys.signer(credentials, context),
                    null);
            ImageApprovalsAction.of(context.run())
                    .note(repository.name(), location.tag().orElse(""), digest.toString(), wanted);
            context.listener()
                    .getLogger()
                    .println(GateLog.line(Messages.ApproveImageStep_Said(
                            word.kind(), said.person(), said.role(), repository.name() + "@" + digest, wanted)));
            WaitingGates.wake(repository.name(), digest);
            return answer(said, digest);
        } catch (StatementException e) {
            throw new AbortException(e.getMessage());
        }
    }

    private static Map<String, Object> answer(Saying.Said said, Digest digest) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("person", said.person());
        answer.put("role", said.role());
        answer.put("digest", digest.toString());
        answer.put("statement", said.manifest().toString());
        return answer;
    }

    @Extension
    @Symbol("approveImage")
    public static class DescriptorImpl extends OneRegistryDescriptor {

        @Override
        public String getFunctionName() {
            return "approveImage";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.ApproveImageStep_DisplayName();
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
        public FormValidation doCheckRole(@AncestorInPath Item item, @QueryParameter String value) {
            return FormChecks.role(item, value);
        }

        @POST
        public FormValidation doCheckComment(
                @AncestorInPath Item item, @QueryParameter String decision, @QueryParameter String value) {
            return FieldChecks.mayConfigure(item)
                            && Util.fixEmptyAndTrim(value) == null
                            && !DEFAULT_DECISION.equals(decision)
                    ? FormValidation.error(Messages.ApproveImageStep_NeedsReason())
                    : FormValidation.ok();
        }

        @POST
        public ListBoxModel doFillDecisionItems() {
            ListBoxModel items = new ListBoxModel();
            items.add(Messages.Word_Approve(), Saying.Word.APPROVE.word());
            items.add(Messages.Word_Reject(), Saying.Word.REJECT.word());
            items.add(Messages.Word_Withdraw(), Saying.Word.WITHDRAW.word());
            items.add(Messages.Word_Block(), Saying.Word.BLOCK.word());
            items.add(Messages.Word_Override(), Saying.Word.OVERRIDE.word());
            return items;
        }

        @POST
        public ListBoxModel doFillCredentialsIdItems(@AncestorInPath Item item, @QueryParameter String credentialsId) {
            return SigningKeys.items(item, credentialsId, SigningCredentials.class);
        }

        @POST
        public FormValidation doCheckCredentialsId(@AncestorInPath Item item, @QueryParameter String value) {
            return SigningKeys.check(item, value, SigningCredentials.class);
        }
    }
}

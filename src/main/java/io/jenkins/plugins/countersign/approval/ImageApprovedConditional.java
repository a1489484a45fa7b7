package io.jenkins.plugins.countersign.approval;

import edu.umd.cs.findbugs.annotations.CheckForNull;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import org.codehaus.groovy.ast.expr.Expression;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.pipeline.modeldefinition.ast.ModelASTWhenContent;
import org.jenkinsci.plugins.pipeline.modeldefinition.parser.ASTParserUtils;
import org.jenkinsci.plugins.pipeline.modeldefinition.when.DeclarativeStageConditional;
import org.jenkinsci.plugins.pipeline.modeldefinition.when.DeclarativeStageConditionalDescriptor;
import org.jenkinsci.plugins.variant.OptionalExtension;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code when { imageApproved image: …, stage: … }}: as {@link IsImageApprovedStep} says. */
public class ImageApprovedConditional extends DeclarativeStageConditional<ImageApprovedConditional> {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String stage;

    @DataBoundConstructor
    public ImageApprovedConditional(String image, String stage) {
        this.image = Util.fixNull(image).trim();
        this.stage = Util.fixNull(stage).trim();
    }

    public String getImage() {
        return image;
    }

    public String getStage() {
        return stage;
    }

    @OptionalExtension(requirePlugins = "pipeline-model-definition")
    @Symbol("imageApproved")
    public static class DescriptorImpl extends DeclarativeStageConditionalDescriptor<ImageApprovedConditional> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.ImageApprovedConditional_DisplayName();
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::pinnedImage);
        }

        @POST
        public FormValidation doCheckStage(@AncestorInPath Item item, @QueryParameter String value) {
            return FormChecks.stage(item, value);
        }

        @Override
        public Expression transformToRuntimeAST(@CheckForNull ModelASTWhenContent original) {
            return ASTParserUtils.transformWhenContentToRuntimeAST(original);
        }
    }
}

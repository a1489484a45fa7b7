package io.jenkins.plugins.countersign.push;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.FilePath;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.WorkspaceImage;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.configuration.RegistrySettings;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenImages;
import io.jenkins.plugins.countersign.engine.goldenbase.ImageLayers;
import io.jenkins.plugins.countersign.engine.goldenbase.Lineage;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.evidence.BuildProvenance;
import io.jenkins.plugins.countersign.goldenbase.GoldenLineages;
import io.jenkins.plugins.countersign.goldenbase.LayersOnAgent;
import io.jenkins.plugins.countersign.signing.SigningCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import java.io.IOException;
import java.util.Optional;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * {@code pushImage}: uploads an image from the workspace, or copies one between registries, and answers
 * {@code repository:tag@digest}. It works on the agent; a restart or an abort leaves nothing tagged.
 */
public class PushImageStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    private final String source;
    private final String image;
    private String registryCredentialsId;
    private String provenanceCredentialsId;

    /**
     * @param source {@code docker-archive:file[:name]}, {@code oci-archive:file[:tag]}, {@code oci:folder[:tag]} in the
     *     workspace, {@code docker-daemon:name}, or {@code docker://registry/repository[:tag][@digest]}
     * @param image repository and tag to push to
     */
    @DataBoundConstructor
    public PushImageStep(String source, String image) {
        this.source = Util.fixNull(source).trim();
        this.image = Util.fixNull(image).trim();
    }

    public String getSource() {
        return source;
    }

    public String getImage() {
        return image;
    }

    /** The login for the registry; null for the configured one. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    /** The key that signs SLSA provenance of this build, which is attached then; null for none. */
    public String getProvenanceCredentialsId() {
        return provenanceCredentialsId;
    }

    @DataBoundSetter
    public void setProvenanceCredentialsId(String provenanceCredentialsId) {
        this.provenanceCredentialsId = Util.fixEmptyAndTrim(provenanceCredentialsId);
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        String from = context.expand(source);
        ImageLocation destination = destination(context.expand(this.image));
        ContextRules.requireWritable(destination, context.run());
        RegistrySettings settings = Registries.settings(destination, registryCredentialsId, context.run());
        RegistrySettings sourceSettings = null;
        if (from.startsWith(WorkspaceImage.REGISTRY)) {
            ImageLocation other = ImageLocation.parse(from.substring(WorkspaceImage.REGISTRY.length()));
            sourceSettings = Registries.settings(other, null, context.run());
        }
        // Asked before anything is uploaded: a push whose provenance cannot be signed would be half done.
        String keyId = Util.fixEmptyAndTrim(context.expand(provenanceCredentialsId));
        SigningCredentials key =
                keyId == null ? null : SigningKeys.find(keyId, SigningCredentials.class, context.run(), destination);
        BuildLogProgress progress = new BuildLogProgress(context.listener());
        if (key != null) {
            requireAnswer(destination, settings, progress);
        }
        FilePath workspace = context.requireWorkspace("pushImage");
        WorkspaceImage image = new WorkspaceImage(from, sourceSettings, progress, context.environment());
        PushFromAgent push = new PushFromAgent(image, destination, settings, progress, null, GoldenImages.NONE);
        Optional<LineageCheck> required = GoldenLineages.required(context.run(), destination.repository(), progress);
        if (required.isPresent()) {
            push = judged(push, workspace.act(new LayersOnAgent(image, null)), required.get(), context);
        }
        String pushed = believed(workspace.act(push), push);
        context.listener().getLogger().println(Messages.PushImageStep_Pushed(pushed));
        if (key != null) {
            attachProvenance(ImageLocation.parse(pushed), key, settings, context);
        }
        context.publishImage(pushed);
        return pushed;
    }

    /** An agent is not believed: what it says it pushed must be what it was sent to push, to where it was sent. */
    private static String believed(String answer, PushFromAgent push) throws AbortException {
        try {
            Optional<Digest> digest = ImageLocation.parse(Util.fixNull(answer)).digest();
            if (digest.isPresent()
                    && answer.equals(push.destination().withDigest(digest.get()).toString())
                    && (push.judgedOrNull() == null || push.judgedOrNull().equals(digest.get()))) {
                return answer;
            }
        } catch (IllegalArgumentException e) {
            // It is no image at all; the message says what was expected.
        }
        throw new AbortException(Messages.PushImageStep_OtherAnswer(push.destination()));
    }

    /** Asks before anything is uploaded. Whether the layers are what the image says is found out where they are. */
    private PushFromAgent judged(PushFromAgent push, ImageLayers layers, LineageCheck check, BuildContext context)
            throws RegistryException, AbortException {
        Lineage lineage = check.claimed(layers);
        if (!lineage.isGolden()) {
            throw new AbortException(Messages.PushImageStep_Lineage(push.image().source(), lineage.toText()));
        }
        context.listener().getLogger().println(lineage.toText());
        return new PushFromAgent(
                push.image(),
                push.destination(),
                push.settings(),
                push.progress(),
                layers.image(),
                check.known().basesOf(layers));
    }

    private static void requireAnswer(ImageLocation destination, RegistrySettings settings, BuildLogProgress progress)
            throws AbortException {
        try (Repository repository = settings.open(destination, progress)) {
            repository.resolve(destination.tag().orElseThrow());
        } catch (IOException e) {
            throw new AbortException(Messages.PushImageStep_ProvenanceLogin(destination.repository(), e.getMessage()));
        }
    }

    private static void attachProvenance(
            ImageLocation pushed, SigningCredentials key, RegistrySettings settings, BuildContext context)
            throws Exception {
        try (Repository repository = settings.open(pushed, new BuildLogProgress(context.listener()));
                Signer signer = SigningKeys.signer(key, context)) {
            BuildProvenance.attach(repository, pushed.digestOrNull(), signer, context);
        }
    }

    private static ImageLocation destination(String text) throws AbortException {
        try {
            ImageLocation destination = ImageLocation.parse(text);
            if (destination.tag().isEmpty() || destination.digest().isPresent()) {
                throw new AbortException(Messages.PushImageStep_Image(text));
            }
            return destination;
        } catch (IllegalArgumentException e) {
            throw new AbortException("pushImage: " + e.getMessage());
        }
    }

    @Extension
    @Symbol("pushImage")
    public static class DescriptorImpl extends OneRegistryDescriptor {

        @Override
        public String getFunctionName() {
            return "pushImage";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.PushImageStep_DisplayName();
        }

        @POST
        public FormValidation doCheckSource(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::source);
        }

        @POST
        public ListBoxModel doFillProvenanceCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String provenanceCredentialsId) {
            return SigningKeys.items(item, provenanceCredentialsId, SigningCredentials.class);
        }

        @POST
        public FormValidation doCheckProvenanceCredentialsId(@AncestorInPath Item item, @QueryParameter String value) {
            return SigningKeys.check(item, value, SigningCredentials.class);
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.needed(item, value, FieldChecks::taggedImage);
        }
    }
}

package io.jenkins.plugins.countersign.signing;

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
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.ImageSignature;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.evidence.BuildProvenance;
import java.io.PrintStream;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code signImage}: a plain signature of an image, as {@code cosign sign} makes it. Answers the image with its digest. */
public class SignImageStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    private final String image;
    private final String credentialsId;
    private String registryCredentialsId;
    private String annotations;
    private boolean simpleSignatures;
    private boolean notation;
    private boolean provenance;

    /**
     * @param image {@code registry/repository[:tag][@digest]}, best as {@code pushImage} answered it
     * @param credentialsId a signing key, or a key on a hardware token
     */
    @DataBoundConstructor
    public SignImageStep(String image, String credentialsId) {
        this.image = Util.fixEmptyAndTrim(image);
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    public String getImage() {
        return image;
    }

    public String getCredentialsId() {
        return credentialsId;
    }

    /** The login for the registry; null for the configured one. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    /** One {@code NAME=VALUE} on each line, signed with the image. */
    public String getAnnotations() {
        return annotations;
    }

    @DataBoundSetter
    public void setAnnotations(String annotations) {
        this.annotations = Util.fixEmptyAndTrim(annotations);
    }

    /** Whether {@code .sig} signatures are written, too. */
    public boolean isSimpleSignatures() {
        return simpleSignatures;
    }

    @DataBoundSetter
    public void setSimpleSignatures(boolean simpleSignatures) {
        this.simpleSignatures = simpleSignatures;
    }

    /** Whether signatures of the Notary Project are written, too. */
    public boolean isNotation() {
        return notation;
    }

    @DataBoundSetter
    public void setNotation(boolean notation) {
        this.notation = notation;
    }

    private Set<ImageSignature.More> more() {
        Set<ImageSignature.More> more = EnumSet.noneOf(ImageSignature.More.class);
        if (simpleSignatures) {
            more.add(ImageSignature.More.SIMPLE_SIGNING);
        }
        if (notation) {
            more.add(ImageSignature.More.NOTATION);
        }
        return more;
    }

    /** Whether SLSA provenance of this build is signed with the same key and attached, too. */
    public boolean isProvenance() {
        return provenance;
    }

    @DataBoundSetter
    public void setProvenance(boolean provenance) {
        this.provenance = provenance;
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        PrintStream log = context.listener().getLogger();
        ImageLocation location = StepImages.parse("signImage", context.expand(image));
        ContextRules.requireWritable(location, context.run());
        Map<String, String> signedWith = annotations(context.expand(annotations));
        SigningCredentials credentials =
                SigningKeys.find(context.expand(credentialsId), SigningCredentials.class, context.run(), location);
        try (Repository repository = Registries.settings(
                        location, Util.fixEmptyAndTrim(context.expand(registryCredentialsId)), context.run())
                .open(location, new BuildLogProgress(context.listener()))) {
            Digest digest = StepImages.resolve(location, repository, context.listener());
            try (Signer signer = SigningKeys.signer(credentials, context)) {
                List<Digest> signed = ImageSignature.sign(
                        repository, digest, location.tag().orElse(""), signer, signedWith, more(), Instant.now());
                String name = location.withDigest(digest).toString();
                log.println(Messages.SignImageStep_Signed(
                        name,
                        PublicKeys.describe(signer.publicKey()),
                        PublicKeys.fingerprint(signer.publicKey()),
                        signed.size() - 1));
                if (provenance) {
                    BuildProvenance.attach(repository, digest, signer, context);
                }
                return name;
            }
        }
    }

    private static Map<String, String> annotations(String lines) throws AbortException {
        Map<String, String> annotations = new LinkedHashMap<>();
        for (String line : Util.fixNull(lines).split("\\R")) {
            if (line.isBlank()) {
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 1 || annotations.put(line.substring(0, equals).trim(), line.substring(equals + 1)) != null) {
                throw new AbortException(Messages.SignImageStep_Annotations(line));
            }
        }
        return annotations;
    }

    @Extension
    @Symbol("signImage")
    public static class DescriptorImpl extends OneRegistryDescriptor {

        @Override
        public String getFunctionName() {
            return "signImage";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.SignImageStep_DisplayName();
        }

        @POST
        public ListBoxModel doFillCredentialsIdItems(
                @AncestorInPath Item context, @QueryParameter String credentialsId) {
            return SigningKeys.items(context, credentialsId, SigningCredentials.class);
        }

        @POST
        public FormValidation doCheckCredentialsId(@AncestorInPath Item context, @QueryParameter String value) {
            return SigningKeys.check(context, value, SigningCredentials.class);
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item context, @QueryParameter String value) {
            return FieldChecks.needed(context, value, FieldChecks::image);
        }

        @POST
        public FormValidation doCheckAnnotations(@AncestorInPath Item context, @QueryParameter String value) {
            if (!FieldChecks.mayConfigure(context)) {
                return FormValidation.ok();
            }
            try {
                annotations(value);
                return FormValidation.ok();
            } catch (AbortException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }
}

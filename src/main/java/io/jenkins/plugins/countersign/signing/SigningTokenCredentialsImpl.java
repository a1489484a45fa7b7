package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.ContextInPath;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.impl.BaseStandardCredentials;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.ModelObject;
import hudson.remoting.Channel;
import hudson.util.FormValidation;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.engine.signing.keys.CertifiedSigner;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.token.TokenRequest;
import java.io.NotSerializableException;
import java.io.Serial;
import java.security.PublicKey;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code signingToken}: where a token's key is and what opens it. */
public class SigningTokenCredentialsImpl extends BaseStandardCredentials implements SigningTokenCredentials {

    @Serial
    private static final long serialVersionUID = 1L;

    private final String uri;
    private final String publicKey;
    private String certificates = "";
    private Secret pin = Secret.fromString("");

    /**
     * @param uri {@code pkcs11:}; a PIN in it, as cosign has it, is not kept: it would lie in the file in the clear
     * @param publicKey PEM
     */
    @DataBoundConstructor
    public SigningTokenCredentialsImpl(
            CredentialsScope scope, String id, String description, String uri, String publicKey) {
        super(scope, id, description);
        this.uri = withoutPin(Util.fixNull(uri).trim());
        this.publicKey = Util.fixNull(publicKey).trim();
    }

    private static String withoutPin(String uri) {
        return uri.replaceAll("(?i)(?<=[:;?&])pin-[a-z]+=[^;?&]*[;&]?", "").replaceAll("[;?&]+$", "");
    }

    @NonNull
    @Override
    public String getUri() {
        return uri;
    }

    @NonNull
    @Override
    public String getPublicKey() {
        return publicKey;
    }

    @NonNull
    @Override
    public Secret getPin() {
        return pin;
    }

    @DataBoundSetter
    public void setPin(Secret pin) {
        this.pin = pin == null ? Secret.fromString("") : pin;
    }

    @NonNull
    @Override
    public String getCertificates() {
        return Util.fixNull(certificates);
    }

    @DataBoundSetter
    public void setCertificates(String certificates) {
        this.certificates = Util.fixNull(certificates).trim();
    }

    /** The PIN alone travels, and only to the agent that holds the token; the credentials never. */
    @Serial
    private Object writeReplace() throws NotSerializableException {
        if (Channel.current() != null) {
            throw new NotSerializableException(Messages.SigningKeyCredentialsImpl_NeverTravels(getId()));
        }
        return this;
    }

    @Extension
    @Symbol("signingToken")
    public static class DescriptorImpl extends BaseStandardCredentialsDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.SigningTokenCredentialsImpl_DisplayName();
        }

        @NonNull
        @Override
        public String getDescription() {
            return Messages.SigningTokenCredentialsImpl_Description();
        }

        @Override
        public String getIconClassName() {
            return "symbol-key";
        }

        @POST
        public FormValidation doCheckUri(@ContextInPath ModelObject context, @QueryParameter String value) {
            if (!CredentialForms.mayEdit(context)) {
                return FormValidation.ok();
            }
            if (Util.fixEmptyAndTrim(value) == null) {
                return FieldChecks.missing();
            }
            try {
                TokenRequest.parse(value.trim());
                return FormValidation.ok();
            } catch (KeyException | IllegalArgumentException e) {
                return FormValidation.error(e.getMessage());
            }
        }

        /** Whether they are certificates, and of this key. */
        @POST
        public FormValidation doCheckCertificates(
                @ContextInPath ModelObject context, @QueryParameter String value, @QueryParameter String publicKey) {
            if (!CredentialForms.mayEdit(context) || Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.ok();
            }
            PublicKey key;
            try {
                key = PublicKeys.read(Util.fixNull(publicKey));
            } catch (KeyException e) {
                // Said below the field of the key, and no fault of the certificates.
                return FormValidation.ok();
            }
            try {
                return FormValidation.ok(CertifiedSigner.read(value, key)
                        .get(0)
                        .getSubjectX500Principal()
                        .getName());
            } catch (KeyException e) {
                return FormValidation.error(e.getMessage());
            }
        }

        @POST
        public FormValidation doCheckPublicKey(@ContextInPath ModelObject context, @QueryParameter String value) {
            if (!CredentialForms.mayEdit(context)) {
                return FormValidation.ok();
            }
            if (Util.fixEmptyAndTrim(value) == null) {
                return FieldChecks.missing();
            }
            try {
                return FormValidation.ok(CredentialForms.describe(PublicKeys.read(value)));
            } catch (KeyException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }
}

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
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.io.NotSerializableException;
import java.io.Serial;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code signingKey}: a signing key as people enter it, and as it lies encrypted in the credentials' file. */
public class SigningKeyCredentialsImpl extends BaseStandardCredentials implements SigningKeyCredentials {

    @Serial
    private static final long serialVersionUID = 1L;

    private final Secret key;
    private Secret password = Secret.fromString("");

    @DataBoundConstructor
    public SigningKeyCredentialsImpl(CredentialsScope scope, String id, String description, @NonNull Secret key) {
        super(scope, id, description);
        this.key = key;
    }

    @NonNull
    @Override
    public Secret getKey() {
        return key;
    }

    @NonNull
    @Override
    public Secret getPassword() {
        return password;
    }

    @DataBoundSetter
    public void setPassword(Secret password) {
        this.password = password == null ? Secret.fromString("") : password;
    }

    /** The key signs where it is kept. XStream calls this too, outside any channel. */
    @Serial
    private Object writeReplace() throws NotSerializableException {
        if (Channel.current() != null) {
            throw new NotSerializableException(Messages.SigningKeyCredentialsImpl_NeverTravels(getId()));
        }
        return this;
    }

    @Extension
    @Symbol("signingKey")
    public static class DescriptorImpl extends BaseStandardCredentialsDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.SigningKeyCredentialsImpl_DisplayName();
        }

        @NonNull
        @Override
        public String getDescription() {
            return Messages.SigningKeyCredentialsImpl_Description();
        }

        @Override
        public String getIconClassName() {
            return "symbol-key";
        }

        /** Opening a key costs time by design, so only somebody who may keep one here has it checked. */
        @POST
        public FormValidation doCheckKey(
                @ContextInPath ModelObject context, @QueryParameter String value, @QueryParameter String password) {
            if (!CredentialForms.mayEdit(context)) {
                return FormValidation.ok();
            }
            if (Util.fixEmptyAndTrim(value) == null) {
                return FieldChecks.missing();
            }
            try (SigningKey opened = SigningKeys.open(Secret.fromString(value), Secret.fromString(password))) {
                return FormValidation.ok(CredentialForms.describe(opened.publicKey()));
            } catch (KeyException e) {
                return switch (e.reason()) {
                    case PASSWORD_MISSING -> FormValidation.warning(Messages.CredentialForms_PasswordMissing());
                    case PASSWORD_WRONG -> FormValidation.error(Messages.CredentialForms_PasswordWrong());
                    default -> FormValidation.error(e.getMessage());
                };
            }
        }
    }
}

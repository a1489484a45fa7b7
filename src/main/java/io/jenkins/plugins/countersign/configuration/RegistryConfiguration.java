package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import com.cloudbees.plugins.credentials.domains.URIRequirementBuilder;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import hudson.model.Descriptor;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import java.util.List;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** How one registry is reached from this controller and its agents. What stands here is an administrator's decision. */
public class RegistryConfiguration extends AbstractDescribableImpl<RegistryConfiguration> {

    private final String host;
    private String credentialsId;
    private String certificateAuthority;
    private boolean insecurePlainHttp;
    private boolean insecureUnverifiedTls;

    /** @param host host and optional port as in image names */
    @DataBoundConstructor
    public RegistryConfiguration(String host) {
        this.host = Util.fixNull(host).trim();
    }

    public String getHost() {
        return host;
    }

    /** The login; only credentials whose domain covers the host are offered and used. Null for none. */
    public String getCredentialsId() {
        return credentialsId;
    }

    @DataBoundSetter
    public void setCredentialsId(String credentialsId) {
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    /** PEM of the organisation's authority, trusted beside the platform's. Null for none. */
    public String getCertificateAuthority() {
        return certificateAuthority;
    }

    @DataBoundSetter
    public void setCertificateAuthority(String certificateAuthority) {
        this.certificateAuthority = Util.fixEmptyAndTrim(certificateAuthority);
    }

    public boolean isInsecurePlainHttp() {
        return insecurePlainHttp;
    }

    @DataBoundSetter
    public void setInsecurePlainHttp(boolean insecurePlainHttp) {
        this.insecurePlainHttp = insecurePlainHttp;
    }

    public boolean isInsecureUnverifiedTls() {
        return insecureUnverifiedTls;
    }

    @DataBoundSetter
    public void setInsecureUnverifiedTls(boolean insecureUnverifiedTls) {
        this.insecureUnverifiedTls = insecureUnverifiedTls;
    }

    /** The requirement that a credential must fulfil to be sent to the host. */
    public static List<DomainRequirement> requirements(String host) {
        return URIRequirementBuilder.fromUri("https://" + host).build();
    }

    @Extension
    @Symbol("registry")
    public static class DescriptorImpl extends Descriptor<RegistryConfiguration> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.RegistryConfiguration_DisplayName();
        }

        @POST
        public ListBoxModel doFillCredentialsIdItems(
                @QueryParameter String host, @QueryParameter String credentialsId) {
            if (!Jenkins.get().hasPermission(Jenkins.MANAGE)) {
                return new StandardListBoxModel().includeCurrentValue(credentialsId);
            }
            return new StandardListBoxModel()
                    .includeEmptyValue()
                    .includeMatchingAs(
                            ACL.SYSTEM2,
                            Jenkins.get(),
                            StandardUsernamePasswordCredentials.class,
                            requirements(host),
                            CredentialsMatchers.always())
                    .includeCurrentValue(credentialsId);
        }

        @POST
        public FormValidation doCheckCredentialsId(@QueryParameter String host, @QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.MANAGE) || Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.ok();
            }
            boolean found = CredentialsProvider.listCredentialsInItemGroup(
                            StandardUsernamePasswordCredentials.class,
                            Jenkins.get(),
                            ACL.SYSTEM2,
                            requirements(host),
                            CredentialsMatchers.withId(value))
                    .stream()
                    .findAny()
                    .isPresent();
            return found
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.RegistryConfiguration_NoCredentials(host));
        }
    }
}

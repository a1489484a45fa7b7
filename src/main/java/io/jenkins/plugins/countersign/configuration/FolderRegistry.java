package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import hudson.model.Descriptor;
import hudson.model.Item;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** The login that builds in a folder use at one registry. How the registry is reached stays the system's to say. */
public class FolderRegistry extends AbstractDescribableImpl<FolderRegistry> {

    private final String host;
    private final String credentialsId;

    /**
     * @param host host and optional port as in image names
     * @param credentialsId user name and password, of the folder or around it, whose domain covers the host
     */
    @DataBoundConstructor
    public FolderRegistry(String host, String credentialsId) {
        this.host = Util.fixNull(host).trim();
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    public String getHost() {
        return host;
    }

    public String getCredentialsId() {
        return credentialsId;
    }

    @Extension
    @Symbol("folderRegistry")
    public static class DescriptorImpl extends Descriptor<FolderRegistry> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.FolderRegistry_DisplayName();
        }

        @POST
        public FormValidation doCheckHost(@AncestorInPath Item item, @QueryParameter String value) {
            return mayConfigure(item) ? FieldChecks.host(Util.fixNull(value).trim()) : FormValidation.ok();
        }

        @POST
        public FormValidation doCheckCredentialsId(
                @AncestorInPath Item item, @QueryParameter String host, @QueryParameter String value) {
            if (!mayConfigure(item)) {
                return FormValidation.ok();
            }
            if (Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.error(Messages.FieldChecks_Needed());
            }
            return doFillCredentialsIdItems(item, host, null).stream().anyMatch(option -> option.value.equals(value))
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.RegistryConfiguration_NoCredentials(host));
        }

        @POST
        public ListBoxModel doFillCredentialsIdItems(
                @AncestorInPath Item item, @QueryParameter String host, @QueryParameter String credentialsId) {
            StandardListBoxModel items = new StandardListBoxModel();
            if (!mayConfigure(item)) {
                return items.includeCurrentValue(credentialsId);
            }
            return items.includeEmptyValue()
                    .includeMatchingAs(
                            ACL.SYSTEM2,
                            item,
                            StandardUsernamePasswordCredentials.class,
                            RegistryConfiguration.requirements(host),
                            CredentialsMatchers.always())
                    .includeCurrentValue(credentialsId);
        }

        private static boolean mayConfigure(Item item) {
            return item != null
                    && (item.hasPermission(Item.EXTENDED_READ) || item.hasPermission(CredentialsProvider.USE_ITEM));
        }
    }
}

package io.jenkins.plugins.countersign.configuration;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import hudson.model.Descriptor;
import hudson.model.Label;
import hudson.model.Node;
import hudson.model.labels.LabelExpression;
import hudson.util.FormValidation;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** A PKCS#11 library that agents may load. It is native code: only an administrator names one. */
public class TokenLibrary extends AbstractDescribableImpl<TokenLibrary> {

    private final String path;
    private String label;

    /** @param path absolute, on the agent */
    @DataBoundConstructor
    public TokenLibrary(String path) {
        this.path = Util.fixNull(path).trim();
    }

    public String getPath() {
        return path;
    }

    /** On which agents; null for all. */
    public String getLabel() {
        return label;
    }

    @DataBoundSetter
    public void setLabel(String label) {
        this.label = Util.fixEmptyAndTrim(label);
    }

    /** Whether the library may be loaded on the node. */
    public boolean allowedOn(Node node) {
        Label wanted = Label.get(label);
        return wanted == null || wanted.matches(node);
    }

    @Extension
    @Symbol("tokenLibrary")
    public static class DescriptorImpl extends Descriptor<TokenLibrary> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.TokenLibrary_DisplayName();
        }

        @POST
        public FormValidation doCheckPath(@QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
                return FormValidation.ok();
            }
            String path = Util.fixNull(value).trim();
            return path.startsWith("/") || path.matches("[A-Za-z]:[\\\\/].*")
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.TokenLibrary_Absolute());
        }

        @POST
        public FormValidation doCheckLabel(@QueryParameter String value) {
            return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                    ? LabelExpression.validate(value)
                    : FormValidation.ok();
        }
    }
}

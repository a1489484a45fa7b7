package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.ExtensionList;
import hudson.Util;
import hudson.security.ACL;
import hudson.security.Permission;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentials;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jenkins.model.GlobalConfiguration;
import jenkins.model.Jenkins;
import jenkins.security.stapler.StaplerFragments;
import net.sf.json.JSONObject;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.verb.POST;

/**
 * The organisation's settings: registries, trust policy, the gate's key, the PKCS#11 libraries of the agents.
 *
 * <p>Registries may be kept by whoever manages Jenkins; what decides over trust and what loads native code is an
 * administrator's alone.
 */
@Extension
@Symbol("countersign")
// A part of the system's form, and no page: asked for by itself, Jenkins' own tags would run into each other.
@StaplerFragments("config")
public class CountersignConfiguration extends GlobalConfiguration {

    private List<RegistryConfiguration> registries = new ArrayList<>();
    private String trustPolicy;
    private String trustPolicyRepository;
    private String catalogue;
    private String policyRootKeys;
    private int policyRootThreshold = 1;
    private String gateCredentialsId;
    private String identityCredentialsId;
    private boolean startersMayApprove;
    private List<TokenLibrary> tokenLibraries = new ArrayList<>();

    public CountersignConfiguration() {
        load();
    }

    public static CountersignConfiguration get() {
        return ExtensionList.lookupSingleton(CountersignConfiguration.class);
    }

    @NonNull
    @Override
    public String getDisplayName() {
        return Messages.CountersignConfiguration_DisplayName();
    }

    @NonNull
    @Override
    public Permission getRequiredGlobalConfigPagePermission() {
        return Jenkins.MANAGE;
    }

    @Override
    public boolean configure(StaplerRequest2 request, JSONObject json) throws FormException {
        if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
            // What the form shows read-only must stay what it is, whatever is sent.
            json.remove("trustPolicy");
            json.remove("trustPolicyRepository");
            json.remove("catalogue");
            json.remove("policyRootKeys");
            json.remove("policyRootThreshold");
            json.remove("gateCredentialsId");
            json.remove("identityCredentialsId");
            json.remove("startersMayApprove");
            json.remove("tokenLibraries");
            requireNoMoreThanNow(request, json);
        } else {
            tokenLibraries = new ArrayList<>();
        }
        registries = new ArrayList<>();
        request.bindJSON(this, json);
        save();
        return true;
    }

    /**
     * A login that is sent to another host is lost, and so is one that goes there unprotected: who is no administrator keeps
     * such registries as they are.
     */
    private void requireNoMoreThanNow(StaplerRequest2 request, JSONObject json) throws FormException {
        Object sent = json.get("registries");
        if (sent == null) {
            return;
        }
        for (RegistryConfiguration registry : request.bindJSONToList(RegistryConfiguration.class, sent)) {
            if (registry.isForAdministrators() && registries.stream().noneMatch(registry::isSameAs)) {
                throw new FormException(
                        Messages.RegistryConfiguration_Administrators(registry.getHost()), "registries");
            }
        }
    }

    public List<RegistryConfiguration> getRegistries() {
        return registries;
    }

    @DataBoundSetter
    public void setRegistries(List<RegistryConfiguration> registries) {
        this.registries = new ArrayList<>(Util.fixNull(registries));
        save();
    }

    /** The settings of a registry; empty when it has none, and is reached with verified TLS and no login. */
    public Optional<RegistryConfiguration> registry(String host) {
        return registries.stream()
                .filter(registry -> registry.getHost().equals(host))
                .findFirst();
    }

    /** The trust policy: YAML, or the signed document as {@code countersign policy sign} writes it. Null when there is none. */
    public String getTrustPolicy() {
        return trustPolicy;
    }

    @DataBoundSetter
    public void setTrustPolicy(String trustPolicy) {
        // Approvals name the document by its digest: to the last line feed, and with those that browsers make of them
        // undone.
        this.trustPolicy = Util.fixEmptyAndTrim(trustPolicy) == null ? null : trustPolicy.replace("\r\n", "\n");
        save();
    }

    /** {@code registry/repository} that the signed trust policy is read from, in place of {@link #getTrustPolicy}; or null. */
    public String getTrustPolicyRepository() {
        return trustPolicyRepository;
    }

    @DataBoundSetter
    public void setTrustPolicyRepository(String trustPolicyRepository) {
        this.trustPolicyRepository = Util.fixEmptyAndTrim(trustPolicyRepository);
        save();
    }

    /** The catalogue of golden images, YAML, for when the trust policy has none; or null. */
    public String getCatalogue() {
        return catalogue;
    }

    @DataBoundSetter
    public void setCatalogue(String catalogue) {
        this.catalogue = Util.fixEmptyAndTrim(catalogue) == null ? null : catalogue.replace("\r\n", "\n");
        save();
    }

    /** Whether it can be read; what is wrong is said with its place. */
    @POST
    public FormValidation doCheckCatalogue(@QueryParameter String value) {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        if (Util.fixEmptyAndTrim(value) == null) {
            return FormValidation.ok();
        }
        try {
            CatalogueInForce.read(value);
            return FormValidation.ok();
        } catch (PolicyException | CatalogueException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    /** How many of the root keys must have signed. */
    public int getPolicyRootThreshold() {
        return policyRootThreshold;
    }

    @DataBoundSetter
    public void setPolicyRootThreshold(int policyRootThreshold) {
        this.policyRootThreshold = policyRootThreshold;
        save();
    }

    /** The pinned root of the policy; null when the policy need not be signed. */
    Root policyRoot() throws PolicyException {
        return policyRootKeys == null ? null : Root.ofPem(policyRootThreshold, policyRootKeys);
    }

    /** The root keys (PEM) that the first signed trust policy is believed by; null when the policy need not be signed. */
    public String getPolicyRootKeys() {
        return policyRootKeys;
    }

    @DataBoundSetter
    public void setPolicyRootKeys(String policyRootKeys) {
        this.policyRootKeys = Util.fixEmptyAndTrim(policyRootKeys);
        save();
    }

    /** The signing key that seals what the gate lets through; null when there is none. */
    public String getGateCredentialsId() {
        return gateCredentialsId;
    }

    @DataBoundSetter
    public void setGateCredentialsId(String gateCredentialsId) {
        this.gateCredentialsId = Util.fixEmptyAndTrim(gateCredentialsId);
        save();
    }

    /**
     * The signing key with which this Jenkins says who approved, for people without a key of their own, where the trust policy
     * lets that be enough; null when there is none.
     */
    public String getIdentityCredentialsId() {
        return identityCredentialsId;
    }

    @DataBoundSetter
    public void setIdentityCredentialsId(String identityCredentialsId) {
        this.identityCredentialsId = Util.fixEmptyAndTrim(identityCredentialsId);
        save();
    }

    /**
     * Whether whoever started a build may approve what it made, in Jenkins. The trust policy's {@code exclude} holds in any
     * case.
     */
    public boolean isStartersMayApprove() {
        return startersMayApprove;
    }

    @DataBoundSetter
    public void setStartersMayApprove(boolean startersMayApprove) {
        this.startersMayApprove = startersMayApprove;
        save();
    }

    /** The PKCS#11 libraries that may be loaded, and where. */
    public List<TokenLibrary> getTokenLibraries() {
        return tokenLibraries;
    }

    @DataBoundSetter
    public void setTokenLibraries(List<TokenLibrary> tokenLibraries) {
        this.tokenLibraries = new ArrayList<>(Util.fixNull(tokenLibraries));
        save();
    }

    /** Signing keys of the system store, for administrators; to everybody else only the present choice. */
    @POST
    public ListBoxModel doFillGateCredentialsIdItems(@QueryParameter String gateCredentialsId) {
        return systemKeys(gateCredentialsId);
    }

    /** The same. */
    @POST
    public ListBoxModel doFillIdentityCredentialsIdItems(@QueryParameter String identityCredentialsId) {
        return systemKeys(identityCredentialsId);
    }

    private static ListBoxModel systemKeys(String gateCredentialsId) {
        if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
            return new StandardListBoxModel().includeCurrentValue(gateCredentialsId);
        }
        return new StandardListBoxModel()
                .includeEmptyValue()
                .includeMatchingAs(
                        ACL.SYSTEM2,
                        Jenkins.get(),
                        SigningKeyCredentials.class,
                        List.of(),
                        CredentialsMatchers.always())
                .includeCurrentValue(gateCredentialsId);
    }

    @POST
    public FormValidation doCheckTrustPolicy(
            @QueryParameter String value,
            @QueryParameter String trustPolicyRepository,
            @QueryParameter String policyRootKeys,
            @QueryParameter int policyRootThreshold) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                ? PolicyChecks.document(value, trustPolicyRepository, policyRootKeys, policyRootThreshold)
                : FormValidation.ok();
    }

    @POST
    public FormValidation doCheckTrustPolicyRepository(
            @QueryParameter String value, @QueryParameter String policyRootKeys) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                ? PolicyChecks.repository(value, policyRootKeys)
                : FormValidation.ok();
    }

    @POST
    public FormValidation doCheckPolicyRootKeys(@QueryParameter String value) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER) ? PolicyChecks.rootKeys(value) : FormValidation.ok();
    }

    @POST
    public FormValidation doCheckPolicyRootThreshold(@QueryParameter int value, @QueryParameter String policyRootKeys) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                ? PolicyChecks.threshold(value, policyRootKeys)
                : FormValidation.ok();
    }

    @POST
    public FormValidation doCheckGateCredentialsId(
            @QueryParameter String value,
            @QueryParameter String trustPolicy,
            @QueryParameter String policyRootKeys,
            @QueryParameter int policyRootThreshold) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                ? PolicyChecks.gateKey(value, trustPolicy, policyRootKeys, policyRootThreshold)
                : FormValidation.ok();
    }

    @POST
    public FormValidation doCheckIdentityCredentialsId(
            @QueryParameter String value,
            @QueryParameter String trustPolicy,
            @QueryParameter String policyRootKeys,
            @QueryParameter int policyRootThreshold) {
        return Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                ? PolicyChecks.identityKey(value, trustPolicy, policyRootKeys, policyRootThreshold)
                : FormValidation.ok();
    }
}

package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardCertificateCredentials;
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
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
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
    private String clientCertificateId;
    private String tokenHosts;
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

    /** The certificate by which Jenkins shows itself to the registry in TLS, from its credentials. Null for none. */
    public String getClientCertificateId() {
        return clientCertificateId;
    }

    @DataBoundSetter
    public void setClientCertificateId(String clientCertificateId) {
        this.clientCertificateId = Util.fixEmptyAndTrim(clientCertificateId);
    }

    /** Hosts of token services that may get the login, separated by spaces, beside the registry's own. Null for none. */
    public String getTokenHosts() {
        return tokenHosts;
    }

    @DataBoundSetter
    public void setTokenHosts(String tokenHosts) {
        this.tokenHosts = Util.fixEmptyAndTrim(tokenHosts);
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

    /** Whether it holds what is an administrator's alone to choose: a login, or protection that is turned off. */
    boolean isForAdministrators() {
        return credentialsId != null
                || clientCertificateId != null
                || tokenHosts != null
                || insecurePlainHttp
                || insecureUnverifiedTls;
    }

    boolean isSameAs(RegistryConfiguration other) {
        return host.equals(other.host)
                && Objects.equals(credentialsId, other.credentialsId)
                && Objects.equals(unbroken(certificateAuthority), unbroken(other.certificateAuthority))
                && Objects.equals(clientCertificateId, other.clientCertificateId)
                && Objects.equals(tokenHosts, other.tokenHosts)
                && insecurePlainHttp == other.insecurePlainHttp
                && insecureUnverifiedTls == other.insecureUnverifiedTls;
    }

    /** Browsers send line feeds their own way. */
    private static String unbroken(String pem) {
        return pem == null ? null : pem.replace("\r\n", "\n");
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
            if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
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
        public ListBoxModel doFillClientCertificateIdItems(
                @QueryParameter String host, @QueryParameter String clientCertificateId) {
            if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
                return new StandardListBoxModel().includeCurrentValue(clientCertificateId);
            }
            return new StandardListBoxModel()
                    .includeEmptyValue()
                    .includeMatchingAs(
                            ACL.SYSTEM2,
                            Jenkins.get(),
                            StandardCertificateCredentials.class,
                            requirements(host),
                            CredentialsMatchers.always())
                    .includeCurrentValue(clientCertificateId);
        }

        @POST
        public FormValidation doCheckCredentialsId(@QueryParameter String host, @QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER) || Util.fixEmptyAndTrim(value) == null) {
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

        @POST
        public FormValidation doCheckClientCertificateId(@QueryParameter String host, @QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.ADMINISTER) || Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.ok();
            }
            return doFillClientCertificateIdItems(host, null).stream().anyMatch(option -> option.value.equals(value))
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.RegistryConfiguration_NoCredentials(host));
        }

        @POST
        public FormValidation doCheckTokenHosts(@QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.MANAGE) || Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.ok();
            }
            for (String host : RegistrySettings.tokenHosts(value)) {
                if (!host.matches("[a-z0-9.-]+")) {
                    return FormValidation.error(Messages.RegistryConfiguration_TokenHost(host));
                }
            }
            return FormValidation.ok();
        }

        @POST
        public FormValidation doCheckHost(@QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.MANAGE)) {
                return FormValidation.ok();
            }
            try {
                new ImageReference(Util.fixNull(value).trim(), "a", null, null);
            } catch (IllegalArgumentException e) {
                return FormValidation.error(Messages.RegistryConfiguration_NoHost());
            }
            long same = CountersignConfiguration.get().getRegistries().stream()
                    .filter(registry -> registry.getHost().equals(value.trim()))
                    .count();
            return same > 1 ? FormValidation.warning(Messages.RegistryConfiguration_Twice()) : FormValidation.ok();
        }

        @POST
        public FormValidation doCheckCertificateAuthority(@QueryParameter String host, @QueryParameter String value) {
            if (!Jenkins.get().hasPermission(Jenkins.MANAGE) || Util.fixEmptyAndTrim(value) == null) {
                return FormValidation.ok();
            }
            try {
                List<X509Certificate> certificates = new ArrayList<>();
                for (Certificate certificate : CertificateFactory.getInstance("X.509")
                        .generateCertificates(
                                new ByteArrayInputStream(value.trim().getBytes(StandardCharsets.US_ASCII)))) {
                    ((X509Certificate) certificate).checkValidity();
                    certificates.add((X509Certificate) certificate);
                }
                return certificates.isEmpty()
                        ? FormValidation.error(Messages.RegistryConfiguration_NoCertificate())
                        : FormValidation.ok(certificates.stream()
                                .map(certificate ->
                                        certificate.getSubjectX500Principal().getName())
                                .collect(Collectors.joining("\n")));
            } catch (CertificateExpiredException | CertificateNotYetValidException e) {
                return FormValidation.warning(Messages.RegistryConfiguration_CertificateEnded(e.getMessage()));
            } catch (CertificateException e) {
                return FormValidation.error(Messages.RegistryConfiguration_NoCertificate());
            }
        }

        @POST
        public FormValidation doCheckInsecurePlainHttp(@QueryParameter boolean value) {
            return warnIf(value);
        }

        @POST
        public FormValidation doCheckInsecureUnverifiedTls(@QueryParameter boolean value) {
            return warnIf(value);
        }

        private static FormValidation warnIf(boolean insecure) {
            return insecure && Jenkins.get().hasPermission(Jenkins.MANAGE)
                    ? FormValidation.warning(Messages.RegistryConfiguration_Insecure())
                    : FormValidation.ok();
        }

        /**
         * Asks the registry, with the login if one is chosen, as a build would. It reaches hosts from inside and sends a
         * password: administrators alone, and a login only where its domain allows.
         */
        @POST
        public FormValidation doTestConnection(
                @QueryParameter String host,
                @QueryParameter String credentialsId,
                @QueryParameter String certificateAuthority,
                @QueryParameter String clientCertificateId,
                @QueryParameter String tokenHosts,
                @QueryParameter boolean insecurePlainHttp,
                @QueryParameter boolean insecureUnverifiedTls) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            RegistryConfiguration entered = new RegistryConfiguration(host);
            entered.setCredentialsId(credentialsId);
            entered.setCertificateAuthority(certificateAuthority);
            entered.setClientCertificateId(clientCertificateId);
            entered.setTokenHosts(tokenHosts);
            entered.setInsecurePlainHttp(insecurePlainHttp);
            entered.setInsecureUnverifiedTls(insecureUnverifiedTls);
            try {
                new ImageReference(entered.getHost(), "a", null, null);
                return ConnectionTest.said(Registries.test(entered), entered);
            } catch (IllegalArgumentException e) {
                return FormValidation.error(Messages.RegistryConfiguration_NoHost());
            } catch (IOException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }
}

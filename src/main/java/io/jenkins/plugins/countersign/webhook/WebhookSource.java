package io.jenkins.plugins.countersign.webhook;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.Util;
import hudson.model.AbstractDescribableImpl;
import hudson.model.Descriptor;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.engine.delivery.ArtifactoryPayload;
import io.jenkins.plugins.countersign.engine.delivery.AzurePayload;
import io.jenkins.plugins.countersign.engine.delivery.DeliveryException;
import io.jenkins.plugins.countersign.engine.delivery.DistributionPayload;
import io.jenkins.plugins.countersign.engine.delivery.DockerHubPayload;
import io.jenkins.plugins.countersign.engine.delivery.GitHubPayload;
import io.jenkins.plugins.countersign.engine.delivery.GooglePayload;
import io.jenkins.plugins.countersign.engine.delivery.GoogleToken;
import io.jenkins.plugins.countersign.engine.delivery.HarborPayload;
import io.jenkins.plugins.countersign.engine.delivery.MirantisPayload;
import io.jenkins.plugins.countersign.engine.delivery.NexusPayload;
import io.jenkins.plugins.countersign.engine.delivery.Payload;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.PointedPayload;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import io.jenkins.plugins.countersign.engine.delivery.QuayPayload;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.plaincredentials.StringCredentials;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** A registry that sends deliveries: how they are written, and how it proves that they are its own. */
public class WebhookSource extends AbstractDescribableImpl<WebhookSource> {

    static final String ID = "[a-z0-9][a-z0-9-]{0,63}";

    /** A registry that pushes more is asked to come again. */
    public static final int DEFAULT_PER_SECOND = 1000;

    private static final Pattern ID_PATTERN = Pattern.compile(ID);

    /** RFC 9110, section 5.1: a field name is a token. */
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private final String id;
    private final PayloadKind kind;
    private final String registry;
    private final String credentialsId;
    private Proof proof = Proof.HMAC;
    private String header;
    private String repositoryPointer;
    private String tagPointer;
    private String digestPointer;
    private String pageUrl;
    private String tokenAudience;
    private String tokenEmail;
    private int perSecond = DEFAULT_PER_SECOND;

    /**
     * @param id the last part of the URL, {@code countersign-webhook/<id>}
     * @param registry host and optional port of the registry that is asked again, whatever host a delivery names
     * @param credentialsId of the secret text that receiver and sender share; null where there is none, as with Google's tokens
     * @throws IllegalArgumentException if the id is none that could stand in a URL; the message is for people
     */
    @DataBoundConstructor
    public WebhookSource(String id, PayloadKind kind, String registry, String credentialsId) {
        this.id = Util.fixNull(id).trim();
        requireId(this.id);
        this.kind = kind == null ? PayloadKind.DISTRIBUTION : kind;
        this.registry = Util.fixNull(registry).trim();
        this.credentialsId = Util.fixEmptyAndTrim(credentialsId);
    }

    public String getId() {
        return id;
    }

    public PayloadKind getKind() {
        return kind;
    }

    public String getRegistry() {
        return registry;
    }

    public String getCredentialsId() {
        return credentialsId;
    }

    public Proof getProof() {
        return proof;
    }

    @DataBoundSetter
    public void setProof(Proof proof) {
        this.proof = proof == null ? Proof.HMAC : proof;
    }

    /** The header with the proof; null for the one that the sender uses: {@link PayloadKind#defaultHeader}. */
    public String getHeader() {
        return header;
    }

    @DataBoundSetter
    public void setHeader(String header) {
        this.header = Util.fixEmptyAndTrim(header);
    }

    public String getRepositoryPointer() {
        return repositoryPointer;
    }

    @DataBoundSetter
    public void setRepositoryPointer(String repositoryPointer) {
        this.repositoryPointer = Util.fixEmptyAndTrim(repositoryPointer);
    }

    public String getTagPointer() {
        return tagPointer;
    }

    @DataBoundSetter
    public void setTagPointer(String tagPointer) {
        this.tagPointer = Util.fixEmptyAndTrim(tagPointer);
    }

    public String getDigestPointer() {
        return digestPointer;
    }

    @DataBoundSetter
    public void setDigestPointer(String digestPointer) {
        this.digestPointer = Util.fixEmptyAndTrim(digestPointer);
    }

    /** The registry's page about an image, with {@code {repository}}, {@code {tag}} and {@code {digest}}; null for the usual one. */
    public String getPageUrl() {
        return pageUrl;
    }

    @DataBoundSetter
    public void setPageUrl(String pageUrl) {
        this.pageUrl = Util.fixEmptyAndTrim(pageUrl);
    }

    /** Whom a token of Google's has to be for; null for the address that deliveries go to, as Pub/Sub takes it. */
    public String getTokenAudience() {
        return tokenAudience;
    }

    @DataBoundSetter
    public void setTokenAudience(String tokenAudience) {
        this.tokenAudience = Util.fixEmptyAndTrim(tokenAudience);
    }

    /** The service account in whose name a token of Google's has to be. */
    public String getTokenEmail() {
        return tokenEmail;
    }

    @DataBoundSetter
    public void setTokenEmail(String tokenEmail) {
        this.tokenEmail = Util.fixEmptyAndTrim(tokenEmail);
    }

    /** How many genuine deliveries a second are taken, in the long run; ten times as many at once. */
    public int getPerSecond() {
        return perSecond;
    }

    @DataBoundSetter
    public void setPerSecond(int perSecond) {
        this.perSecond = perSecond < 1 ? DEFAULT_PER_SECOND : perSecond;
    }

    static void requireId(String id) {
        if (!ID_PATTERN.matcher(Util.fixNull(id)).matches()) {
            throw new IllegalArgumentException(Messages.WebhookSource_NoId(shown(id)));
        }
    }

    /** @throws IllegalArgumentException if the secret would stand in the URL, and the sender could do better */
    void requireFittingProof() {
        if (proof == Proof.PATH && !SenderSettings.mayNeedPath(kind)) {
            throw new IllegalArgumentException(
                    Messages.WebhookSource_PathNotNeeded(shown(id), kind, SenderSettings.usual(kind)));
        }
    }

    private static String shown(String id) {
        return Util.fixNull(id).length() > 100 ? id.substring(0, 100) + "…" : Util.fixNull(id);
    }

    /** What was written past the form is no source: Jenkins leaves it out and lists it under "Manage Old Data". */
    protected Object readResolve() {
        requireId(id);
        // Sources were saved without it before.
        if (perSecond < 1) {
            perSecond = DEFAULT_PER_SECOND;
        }
        return this;
    }

    String proofHeader() {
        return header != null ? header : kind.defaultHeader(proof);
    }

    /** @throws DeliveryException if the JSON pointers are missing or are none */
    Payload payload() throws DeliveryException {
        return switch (kind) {
            case DISTRIBUTION -> new DistributionPayload();
            case DOCKER_HUB -> new DockerHubPayload();
            case HARBOR -> new HarborPayload();
            case QUAY -> new QuayPayload();
            case GITHUB -> new GitHubPayload();
            case MIRANTIS -> new MirantisPayload();
            case AZURE -> new AzurePayload();
            case GOOGLE -> new GooglePayload();
            case NEXUS -> new NexusPayload(false);
            case NEXUS_PATH -> new NexusPayload(true);
            case ARTIFACTORY -> new ArtifactoryPayload(true);
            case ARTIFACTORY_SUBDOMAIN -> new ArtifactoryPayload(false);
            case POINTED -> {
                if (repositoryPointer == null || tagPointer == null) {
                    throw new DeliveryException(Sentence.of("delivery.noPointers", id));
                }
                try {
                    yield new PointedPayload(repositoryPointer, tagPointer, digestPointer);
                } catch (IllegalArgumentException e) {
                    throw new DeliveryException(Sentence.of("delivery.noPointer", id, e.getMessage()), e);
                }
            }
        };
    }

    /** @throws DeliveryException if it is not configured in whose name: anybody may have tokens of Google's */
    GoogleToken token() throws DeliveryException {
        if (tokenEmail == null) {
            throw new DeliveryException(Sentence.of("delivery.noAccount", id));
        }
        if (tokenAudience == null && Jenkins.get().getRootUrl() == null) {
            throw new DeliveryException(Sentence.of("delivery.noAudience", id));
        }
        return new GoogleToken(tokenAudience == null ? url() : tokenAudience, tokenEmail);
    }

    /** Where deliveries go. */
    String url() {
        return Jenkins.get().getRootUrl() + WebhookEndpoint.URL + "/" + id;
    }

    /** @throws DeliveryException if there is no such secret: without one nothing is genuine */
    String secret() throws DeliveryException {
        return secretText(credentialsId)
                .orElseThrow(() -> new DeliveryException(Sentence.of("delivery.noSecret", id)))
                .getSecret()
                .getPlainText();
    }

    private static Optional<StringCredentials> secretText(String id) {
        return CredentialsProvider.lookupCredentialsInItemGroup(
                        StringCredentials.class, Jenkins.get(), ACL.SYSTEM2, List.of())
                .stream()
                .filter(CredentialsMatchers.withId(Util.fixNull(id).trim())::matches)
                .findFirst();
    }

    @Extension
    @Symbol("webhookSource")
    public static class DescriptorImpl extends Descriptor<WebhookSource> {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.WebhookSource_DisplayName();
        }

        public int getDefaultPerSecond() {
            return DEFAULT_PER_SECOND;
        }

        @POST
        public FormValidation doCheckId(@QueryParameter String value) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            return ID_PATTERN.matcher(Util.fixNull(value)).matches()
                    ? FormValidation.ok(
                            Messages.WebhookSource_Url(Jenkins.get().getRootUrl() + WebhookEndpoint.URL + "/" + value))
                    : FormValidation.error(Messages.WebhookSource_BadId());
        }

        @POST
        public FormValidation doCheckRegistry(@QueryParameter String value) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            try {
                new ImageReference(Util.fixNull(value), "a", null, null);
                return FormValidation.ok();
            } catch (IllegalArgumentException e) {
                return FormValidation.error(Messages.WebhookSource_BadRegistry());
            }
        }

        /** Whether the secret is there, and long enough; nothing else of it is told. */
        @POST
        public FormValidation doCheckCredentialsId(@QueryParameter String value) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            Optional<StringCredentials> found = secretText(value);
            if (found.isEmpty()) {
                return FormValidation.error(Messages.WebhookSource_NoSecret());
            }
            return found.get().getSecret().getPlainText().length() < Proof.MIN_SECRET_LENGTH
                    ? FormValidation.error(Messages.WebhookSource_ShortSecret(Proof.MIN_SECRET_LENGTH))
                    : FormValidation.ok();
        }

        @POST
        public FormValidation doCheckHeader(@QueryParameter String value, @QueryParameter String proof) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            String name = Util.fixEmptyAndTrim(value);
            if (name == null) {
                return FormValidation.ok();
            }
            if (Proof.PATH.name().equals(proof)) {
                return FormValidation.warning(Messages.WebhookSource_HeaderUnused());
            }
            return HEADER.matcher(name).matches()
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.WebhookSource_BadHeader());
        }

        @POST
        public FormValidation doCheckRepositoryPointer(@QueryParameter String value, @QueryParameter String kind) {
            return pointer(value, kind, true);
        }

        @POST
        public FormValidation doCheckTagPointer(@QueryParameter String value, @QueryParameter String kind) {
            return pointer(value, kind, true);
        }

        @POST
        public FormValidation doCheckDigestPointer(@QueryParameter String value, @QueryParameter String kind) {
            return pointer(value, kind, false);
        }

        private static FormValidation pointer(String value, String kind, boolean needed) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            String pointer = Util.fixEmptyAndTrim(value);
            boolean isPointed = PayloadKind.POINTED.name().equals(kind);
            if (pointer == null) {
                return needed && isPointed
                        ? FormValidation.error(Messages.WebhookSource_NeedsPointer())
                        : FormValidation.ok();
            }
            if (!isPointed) {
                return FormValidation.warning(Messages.WebhookSource_PointerUnused());
            }
            return PointedPayload.isPointer(pointer)
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.WebhookSource_BadPointer());
        }

        @POST
        public FormValidation doCheckPageUrl(@QueryParameter String value) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            String page = Util.fixNull(value).trim().replaceAll("\\{(repository|tag|digest)\\}", "x");
            return page.isEmpty() || RegistryPage.isPage(page)
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.WebhookSource_BadPage());
        }

        @POST
        public FormValidation doCheckPerSecond(@QueryParameter String value) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            return FormValidation.validatePositiveInteger(value);
        }

        @POST
        public FormValidation doCheckProof(@QueryParameter String value, @QueryParameter String kind) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            if (!Proof.PATH.name().equals(value)) {
                return FormValidation.ok();
            }
            for (PayloadKind some : PayloadKind.values()) {
                if (some.name().equals(kind) && !SenderSettings.mayNeedPath(some)) {
                    return FormValidation.error(
                            Messages.WebhookSource_PathNotNeeded("", some, SenderSettings.usual(some)));
                }
            }
            return FormValidation.warning(Messages.WebhookSource_PathIsWeak());
        }

        @POST
        public FormValidation doCheckTokenAudience(@QueryParameter String value, @QueryParameter String proof) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            boolean isEmpty = Util.fixEmptyAndTrim(value) == null;
            if (!Proof.GOOGLE_TOKEN.name().equals(proof)) {
                return isEmpty ? FormValidation.ok() : FormValidation.warning(Messages.WebhookSource_TokenNotAsked());
            }
            return isEmpty && Jenkins.get().getRootUrl() == null
                    ? FormValidation.error(Messages.WebhookSource_NoAudience())
                    : FormValidation.ok();
        }

        @POST
        public FormValidation doCheckTokenEmail(@QueryParameter String value, @QueryParameter String proof) {
            Jenkins.get().checkPermission(Jenkins.ADMINISTER);
            if (!Proof.GOOGLE_TOKEN.name().equals(proof)) {
                return Util.fixEmptyAndTrim(value) == null
                        ? FormValidation.ok()
                        : FormValidation.warning(Messages.WebhookSource_TokenNotAsked());
            }
            return Util.fixNull(value).trim().matches("[^\\s@]+@[^\\s@]+")
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.WebhookSource_BadEmail());
        }

        @POST
        public ListBoxModel doFillCredentialsIdItems(@QueryParameter String credentialsId) {
            StandardListBoxModel items = new StandardListBoxModel();
            if (Jenkins.get().hasPermission(Jenkins.ADMINISTER)) {
                items.includeEmptyValue()
                        .includeMatchingAs(
                                ACL.SYSTEM2,
                                Jenkins.get(),
                                StringCredentials.class,
                                List.of(),
                                CredentialsMatchers.always());
            }
            return items.includeCurrentValue(credentialsId);
        }
    }
}

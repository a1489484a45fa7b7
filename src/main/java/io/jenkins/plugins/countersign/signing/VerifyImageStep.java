package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.Util;
import hudson.model.Item;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.approval.StageGate;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.configuration.TrustPolicies;
import io.jenkins.plugins.countersign.engine.approval.Counted;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.promotion.Verification;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.CertificateTrust;
import io.jenkins.plugins.countersign.engine.signing.Evidence;
import io.jenkins.plugins.countersign.engine.signing.ImageSignatures;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.Verifier;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import java.io.PrintStream;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
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

/**
 * {@code verifyImage}: the answer for a stage of the trust policy, given again from the registry alone; or a plain signature by
 * given keys. Fails when the answer is no.
 */
public class VerifyImageStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    private static final String KEY_END = "-----END PUBLIC KEY-----";
    private static final int MAX_KEYS = 64;

    private final String image;
    private String stage;
    private String publicKeys;
    private String certificateAuthority;
    private String identity;
    private String issuer;
    private String timestampAuthority;
    private String registryCredentialsId;

    /** @param image {@code registry/repository[:tag][@digest]} */
    @DataBoundConstructor
    public VerifyImageStep(String image) {
        this.image = Util.fixEmptyAndTrim(image);
    }

    public String getImage() {
        return image;
    }

    /** The stage of the trust policy that the image must have passed; null when keys are given. */
    public String getStage() {
        return stage;
    }

    @DataBoundSetter
    public void setStage(String stage) {
        this.stage = Util.fixEmptyAndTrim(stage);
    }

    /** PEM of the keys of which one must have signed; null when a stage is given. */
    public String getPublicKeys() {
        return publicKeys;
    }

    @DataBoundSetter
    public void setPublicKeys(String publicKeys) {
        this.publicKeys = Util.fixEmptyAndTrim(publicKeys);
    }

    /** PEM of the authority that a signer's certificate must lead to; null for none. */
    public String getCertificateAuthority() {
        return certificateAuthority;
    }

    @DataBoundSetter
    public void setCertificateAuthority(String certificateAuthority) {
        this.certificateAuthority = Util.fixEmptyAndTrim(certificateAuthority);
    }

    /** Who must have signed, as the certificate names them; null without an authority. */
    public String getIdentity() {
        return identity;
    }

    @DataBoundSetter
    public void setIdentity(String identity) {
        this.identity = Util.fixEmptyAndTrim(identity);
    }

    /** Who vouched for the identity to Fulcio; null for other authorities. */
    public String getIssuer() {
        return issuer;
    }

    @DataBoundSetter
    public void setIssuer(String issuer) {
        this.issuer = Util.fixEmptyAndTrim(issuer);
    }

    /** PEM of the roots of timestamp authorities that are believed; null for none. */
    public String getTimestampAuthority() {
        return timestampAuthority;
    }

    @DataBoundSetter
    public void setTimestampAuthority(String timestampAuthority) {
        this.timestampAuthority = Util.fixEmptyAndTrim(timestampAuthority);
    }

    /** The login for the registry; null for the configured one. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        String wantedStage = Util.fixEmptyAndTrim(context.expand(stage));
        String keys = Util.fixEmptyAndTrim(context.expand(publicKeys));
        String authority = Util.fixEmptyAndTrim(context.expand(certificateAuthority));
        String name = Util.fixEmptyAndTrim(context.expand(identity));
        boolean plain = keys != null || authority != null;
        if ((wantedStage == null) != plain) {
            throw new AbortException(Messages.VerifyImageStep_OneOf());
        }
        if ((authority == null) != (name == null)
                || authority == null && (issuer != null || timestampAuthority != null)) {
            throw new AbortException(Messages.VerifyImageStep_AuthorityAndIdentity());
        }
        ImageLocation location = StepImages.parse("verifyImage", context.expand(image));
        Verifier verifier = Verifier.withKeys(keys == null ? List.of() : read(keys));
        if (authority != null) {
            verifier = verifier.andCertificates(
                    List.of(CertificateTrust.parse(authority, name, Util.fixEmptyAndTrim(context.expand(issuer)))));
            if (timestampAuthority != null) {
                verifier = verifier.andTimestamps(context.expand(timestampAuthority));
            }
        }
        try (Repository repository = Registries.settings(
                        location, Util.fixEmptyAndTrim(context.expand(registryCredentialsId)), context.run())
                .open(location, new BuildLogProgress(context.listener()))) {
            Digest digest = StepImages.resolve(location, repository, context.listener());
            String pinned = location.withDigest(digest).toString();
            PrintStream log = context.listener().getLogger();
            return plain
                    ? bySignature(pinned, repository, digest, verifier, log)
                    : byStage(pinned, repository, digest, wantedStage, log);
        }
    }

    private static Map<String, Object> byStage(
            String name, Repository repository, Digest digest, String stage, PrintStream log) throws Exception {
        Verification verification =
                Verification.of(repository, digest, TrustPolicies.trusted(), stage, Set.of(), Instant.now());
        if (!verification.isGood()) {
            throw new AbortException(Messages.VerifyImageStep_NotPassed(name, stage) + "\n  "
                    + String.join("\n  ", verification.faults()));
        }
        log.println(Messages.VerifyImageStep_Passed(
                name, stage, verification.seal().orElseThrow().verifiedAt()));
        Map<String, Object> answer = answer(name, digest);
        answer.put("stage", stage);
        answer.put("sealedAt", verification.seal().orElseThrow().verifiedAt().toString());
        List<Map<String, Object>> counted = new ArrayList<>();
        for (Counted one : verification.atSeal().counted()) {
            log.println("  " + Messages.VerifyImageStep_Counted(one.person(), one.role()));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("person", one.person());
            entry.put("role", one.role());
            entry.put("key", one.key().toString());
            entry.put("statement", one.statement().toString());
            counted.add(entry);
        }
        answer.put("counted", counted);
        return answer;
    }

    private static Map<String, Object> bySignature(
            String name, Repository repository, Digest digest, Verifier verifier, PrintStream log) throws Exception {
        ImageSignatures signatures =
                ImageSignatures.by(repository, digest, verifier).requireOne();
        Map<String, Object> answer = answer(name, digest);
        List<Map<String, Object>> believed = new ArrayList<>();
        for (Evidence evidence : signatures.believed()) {
            log.println(Messages.VerifyImageStep_Signed(name, evidence.keyFingerprint(), evidence.format()));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("key", evidence.keyFingerprint().toString());
            entry.put("format", evidence.format().toString());
            if (evidence.certificate() != null) {
                entry.put(
                        "certificate",
                        evidence.certificate().getSubjectX500Principal().getName());
            }
            entry.put("annotations", new LinkedHashMap<>(evidence.annotations()));
            believed.add(entry);
        }
        answer.put("signatures", believed);
        return answer;
    }

    /** What a Pipeline sees: maps, lists and strings, which survive a restart. */
    private static Map<String, Object> answer(String name, Digest digest) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("image", name);
        answer.put("digest", digest.toString());
        return answer;
    }

    private static List<PublicKey> read(String pem) throws KeyException {
        List<PublicKey> keys = new ArrayList<>();
        int at = 0;
        for (int end = pem.indexOf(KEY_END); end >= 0; end = pem.indexOf(KEY_END, at)) {
            if (keys.size() == MAX_KEYS) {
                throw new KeyException(KeyException.Reason.AMBIGUOUS, Messages.VerifyImageStep_TooManyKeys(MAX_KEYS));
            }
            keys.add(PublicKeys.read(pem.substring(at, end + KEY_END.length())));
            at = end + KEY_END.length();
        }
        if (keys.isEmpty() || !pem.substring(at).isBlank()) {
            // What is left over is no key: refused with the reader's own reason.
            keys.add(PublicKeys.read(pem.substring(at)));
        }
        return keys;
    }

    /** For forms: whom the certificates of an authority name. */
    private static FormValidation rootOf(String pem) {
        try {
            return FormValidation.ok(CertificateTrust.parse(pem, "anybody", null)
                    .roots()
                    .get(0)
                    .getSubjectX500Principal()
                    .getName());
        } catch (VerificationException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    @Extension
    @Symbol("verifyImage")
    public static class DescriptorImpl extends OneRegistryDescriptor {

        @Override
        public String getFunctionName() {
            return "verifyImage";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.VerifyImageStep_DisplayName();
        }

        @POST
        public FormValidation doCheckImage(@AncestorInPath Item context, @QueryParameter String value) {
            return FieldChecks.needed(context, value, FieldChecks::image);
        }

        /** A stage of the trust policy, or else a key or an authority. */
        @POST
        public FormValidation doCheckStage(
                @AncestorInPath Item context,
                @QueryParameter String value,
                @QueryParameter String publicKeys,
                @QueryParameter String certificateAuthority) {
            boolean plain =
                    Util.fixEmptyAndTrim(publicKeys) != null || Util.fixEmptyAndTrim(certificateAuthority) != null;
            return FieldChecks.mayConfigure(context) && (Util.fixEmptyAndTrim(value) == null) != plain
                    ? FormValidation.error(Messages.VerifyImageStep_OneOf())
                    : StageGate.checkOptional(context, value);
        }

        @POST
        public FormValidation doCheckIdentity(
                @AncestorInPath Item context,
                @QueryParameter String value,
                @QueryParameter String certificateAuthority) {
            return belongs(context, value, certificateAuthority, identity -> FormValidation.ok());
        }

        @POST
        public FormValidation doCheckIssuer(
                @AncestorInPath Item context,
                @QueryParameter String value,
                @QueryParameter String certificateAuthority) {
            return belongs(context, value, certificateAuthority, issuer -> FormValidation.ok());
        }

        @POST
        public FormValidation doCheckTimestampAuthority(
                @AncestorInPath Item context,
                @QueryParameter String value,
                @QueryParameter String certificateAuthority) {
            return belongs(context, value, certificateAuthority, VerifyImageStep::rootOf);
        }

        private static FormValidation belongs(
                Item context, String value, String certificateAuthority, FieldChecks.Check check) {
            return FieldChecks.optional(
                    context,
                    value,
                    entry -> Util.fixEmptyAndTrim(certificateAuthority) == null
                            ? FormValidation.error(Messages.VerifyImageStep_AuthorityAndIdentity())
                            : check.of(entry));
        }

        /** What the authority is, and that an identity belongs to it. */
        @POST
        public FormValidation doCheckCertificateAuthority(
                @AncestorInPath Item context, @QueryParameter String value, @QueryParameter String identity) {
            return FieldChecks.optional(
                    context,
                    value,
                    entry -> Util.fixEmptyAndTrim(identity) == null
                            ? FormValidation.error(Messages.VerifyImageStep_AuthorityAndIdentity())
                            : rootOf(entry));
        }

        @POST
        public FormValidation doCheckPublicKeys(@AncestorInPath Item context, @QueryParameter String value) {
            String keys = Util.fixEmptyAndTrim(value);
            if (!FieldChecks.mayConfigure(context) || keys == null || keys.contains("$")) {
                return FormValidation.ok();
            }
            try {
                StringBuilder found = new StringBuilder();
                for (PublicKey key : read(keys)) {
                    found.append(found.isEmpty() ? "" : "\n").append(CredentialForms.describe(key));
                }
                return FormValidation.ok(found.toString());
            } catch (KeyException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }
}

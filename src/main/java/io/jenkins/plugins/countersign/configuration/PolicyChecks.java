package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import hudson.Util;
import hudson.security.ACL;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyChain;
import io.jenkins.plugins.countersign.engine.trust.PolicyCheck;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyProblem;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.engine.trust.SeenVersions;
import io.jenkins.plugins.countersign.engine.trust.SignedPolicy;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import jenkins.model.Jenkins;

/** What the form of the trust policy says of what was entered. Nothing of it is remembered. */
final class PolicyChecks {

    private PolicyChecks() {}

    static FormValidation document(String document, String repository, String rootKeys, int threshold) {
        if (Util.fixEmptyAndTrim(document) == null) {
            return Util.fixEmptyAndTrim(repository) == null
                    ? FormValidation.warning(Messages.TrustPolicies_None())
                    : FormValidation.ok();
        }
        if (Util.fixEmptyAndTrim(repository) != null) {
            return FormValidation.warning(Messages.PolicyChecks_RepositoryCounts());
        }
        try {
            TrustPolicy policy = read(document, rootKeys, threshold);
            List<PolicyProblem> notes = PolicyCheck.of(policy, Instant.now());
            String summary = Messages.PolicyChecks_Policy(
                    policy.name(),
                    policy.version(),
                    policy.people().size(),
                    String.join(", ", policy.stages().keySet()),
                    policy.expires());
            return notes.isEmpty()
                    ? FormValidation.ok(summary)
                    : FormValidation.warning(summary
                            + notes.stream()
                                    .map(note -> "\n" + note.path() + ": " + note.text())
                                    .collect(Collectors.joining()));
        } catch (PolicyException | IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    private static TrustPolicy read(String document, String rootKeys, int threshold) throws PolicyException {
        byte[] content = document.replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
        if (Util.fixEmptyAndTrim(rootKeys) == null) {
            return PolicyReader.read(content);
        }
        return PolicyChain.accept(
                        SignedPolicy.readAll(content),
                        Root.ofPem(threshold, rootKeys),
                        "",
                        Messages.TrustPolicies_Source(),
                        SeenVersions.unchanged(TrustPolicies.seen()),
                        Instant.now())
                .policy();
    }

    static FormValidation repository(String repository, String rootKeys) {
        if (Util.fixEmptyAndTrim(repository) == null) {
            return FormValidation.ok();
        }
        try {
            ImageLocation location = ImageLocation.parse(repository.trim());
            if (location.isLayout()) {
                return FormValidation.error(Messages.Registries_NotAFolder(location));
            }
            if (location.tag().isPresent() || location.digest().isPresent()) {
                return FormValidation.error(Messages.PolicyChecks_NoTag());
            }
            return Util.fixEmptyAndTrim(rootKeys) == null
                    ? FormValidation.error(Messages.TrustPolicies_NoRoot())
                    : FormValidation.ok();
        } catch (IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    static FormValidation rootKeys(String rootKeys) {
        if (Util.fixEmptyAndTrim(rootKeys) == null) {
            return FormValidation.warning(Messages.PolicyChecks_Unsigned());
        }
        try {
            return FormValidation.ok(Root.ofPem(1, rootKeys).keys().stream()
                    .map(key -> PublicKeys.describe(key.key()) + " " + key.fingerprint())
                    .collect(Collectors.joining("\n")));
        } catch (PolicyException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    static FormValidation threshold(int threshold, String rootKeys) {
        if (Util.fixEmptyAndTrim(rootKeys) == null) {
            return FormValidation.ok();
        }
        try {
            Root.ofPem(threshold, rootKeys);
            return FormValidation.ok();
        } catch (PolicyException | IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    /** The gate's key must be there, open, and be the one that the policy names. */
    static FormValidation gateKey(String id, String document, String rootKeys, int threshold) {
        return Util.fixEmptyAndTrim(id) == null
                ? FormValidation.warning(Messages.PolicyChecks_NoGateKey())
                : key(id, document, rootKeys, threshold, TrustPolicy::gateKeys, Messages::PolicyChecks_NotTheGate);
    }

    /** The same of the key that says who approved. */
    static FormValidation identityKey(String id, String document, String rootKeys, int threshold) {
        return Util.fixEmptyAndTrim(id) == null
                ? FormValidation.ok()
                : key(
                        id,
                        document,
                        rootKeys,
                        threshold,
                        TrustPolicy::identityKeys,
                        Messages::PolicyChecks_NotTheIdentity);
    }

    private static FormValidation key(
            String id,
            String document,
            String rootKeys,
            int threshold,
            Function<TrustPolicy, List<PolicyKey>> named,
            Function<Object, String> otherwise) {
        Optional<SigningKeyCredentials> found = CredentialsProvider.lookupCredentialsInItemGroup(
                        SigningKeyCredentials.class, Jenkins.get(), ACL.SYSTEM2, List.of())
                .stream()
                .filter(CredentialsMatchers.withId(id.trim())::matches)
                .findFirst();
        if (found.isEmpty()) {
            return FormValidation.error(Messages.PolicyChecks_NoSuchKey(id));
        }
        try (SigningKey key = SigningKeys.signer(found.get())) {
            String shown = PublicKeys.describe(key.publicKey()) + " " + PublicKeys.fingerprint(key.publicKey());
            if (Util.fixEmptyAndTrim(document) != null) {
                List<PolicyKey> keys = named.apply(read(document, rootKeys, threshold));
                if (keys.stream().noneMatch(one -> one.key().equals(key.publicKey()))) {
                    return FormValidation.error(otherwise.apply(shown));
                }
            }
            return FormValidation.ok(shown);
        } catch (KeyException e) {
            return FormValidation.error(e.getMessage());
        } catch (PolicyException | IllegalArgumentException e) {
            // The policy's own field says what is wrong with it.
            return FormValidation.ok();
        }
    }
}

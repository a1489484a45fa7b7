package io.jenkins.plugins.countersign.approval;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import com.cloudbees.plugins.credentials.domains.URIRequirementBuilder;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Queue;
import hudson.model.queue.Tasks;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.util.List;
import jenkins.model.Jenkins;
import org.springframework.security.core.Authentication;

/** What the forms of the approval steps check. Whoever may not configure the job is told nothing. */
final class FormChecks {

    private FormChecks() {}

    static boolean mayConfigure(Item itemOrNull) {
        return itemOrNull == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : itemOrNull.hasPermission(Item.EXTENDED_READ) || itemOrNull.hasPermission(Item.CONFIGURE);
    }

    static FormValidation image(Item itemOrNull, String value) {
        if (!mayConfigure(itemOrNull) || Util.fixEmptyAndTrim(value) == null || value.contains("$")) {
            return FormValidation.ok();
        }
        try {
            ImageLocation location = ImageLocation.parse(value.trim());
            if (location.isLayout()) {
                return FormValidation.error(Messages.FormChecks_NoFolder());
            }
            return location.digest().isPresent()
                    ? FormValidation.ok()
                    : FormValidation.warning(Messages.FormChecks_NoDigest());
        } catch (IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    static FormValidation stage(Item itemOrNull, String value) {
        if (!mayConfigure(itemOrNull) || Util.fixEmptyAndTrim(value) == null || value.contains("$")) {
            return FormValidation.ok();
        }
        try {
            TrustPolicy policy = GatePolicy.current().policy();
            return policy.stage(value.trim()).isPresent()
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.FormChecks_NoStage(
                            value, String.join(", ", policy.stages().keySet())));
        } catch (IOException | PolicyException e) {
            return FormValidation.warning(e.getMessage());
        }
    }

    static FormValidation role(Item itemOrNull, String stage, String value) {
        if (!mayConfigure(itemOrNull) || Util.fixEmptyAndTrim(value) == null || value.contains("$")) {
            return FormValidation.ok();
        }
        try {
            TrustPolicy policy = GatePolicy.current().policy();
            return policy.roles().containsKey(value.trim())
                    ? FormValidation.ok()
                    : FormValidation.error(Messages.FormChecks_NoRole(
                            value, String.join(", ", policy.roles().keySet())));
        } catch (IOException | PolicyException e) {
            return FormValidation.warning(e.getMessage());
        }
    }

    /** Logins whose domain covers the image's registry; the present choice alone for whoever may not see credentials. */
    static ListBoxModel registryLogins(Item itemOrNull, String image, String current) {
        StandardListBoxModel items = new StandardListBoxModel();
        boolean allowed = itemOrNull == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : itemOrNull.hasPermission(Item.EXTENDED_READ)
                        || itemOrNull.hasPermission(CredentialsProvider.USE_ITEM);
        if (!allowed) {
            return items.includeCurrentValue(current);
        }
        List<DomainRequirement> requirements = List.of();
        try {
            requirements = URIRequirementBuilder.fromUri("https://"
                            + ImageReference.parse(Util.fixNull(image).trim()).registry())
                    .build();
        } catch (IllegalArgumentException notYetAnImage) {
            // The field is empty, or names a variable: all logins are offered then, and only a fitting one is used.
        }
        items.includeEmptyValue();
        Authentication who = itemOrNull instanceof Queue.Task task ? Tasks.getAuthenticationOf2(task) : ACL.SYSTEM2;
        if (itemOrNull == null) {
            items.includeMatchingAs(
                    who,
                    Jenkins.get(),
                    StandardUsernamePasswordCredentials.class,
                    requirements,
                    CredentialsMatchers.always());
        } else {
            items.includeMatchingAs(
                    who,
                    itemOrNull,
                    StandardUsernamePasswordCredentials.class,
                    requirements,
                    CredentialsMatchers.always());
        }
        return items.includeCurrentValue(current);
    }
}

package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import hudson.AbortException;
import hudson.Util;
import hudson.model.Item;
import hudson.model.TaskListener;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.util.List;
import java.util.Optional;
import jenkins.model.Jenkins;

/** The image that a step is about. */
final class StepImages {

    private StepImages() {}

    static ImageLocation parse(String step, String image) throws AbortException {
        if (Util.fixEmptyAndTrim(image) == null) {
            throw new AbortException(Messages.StepImages_None(step));
        }
        try {
            return ImageLocation.parse(image.trim());
        } catch (IllegalArgumentException e) {
            throw new AbortException(step + ": " + e.getMessage());
        }
    }

    /**
     * The digest, once and for all.
     *
     * @throws AbortException if the name has a tag and a digest and the tag points at something else meanwhile: somebody
     *     pushed in between, and what is signed would not be what people get
     */
    static Digest resolve(ImageLocation location, Repository repository, TaskListener listener)
            throws AbortException, RegistryException {
        if (location.digestOrNull() == null) {
            Digest found = location.resolve(repository);
            listener.getLogger().println(Messages.StepImages_Resolved(location, found));
            return found;
        }
        if (location.tagOrNull() != null) {
            Optional<Descriptor> now = repository.resolve(location.tagOrNull());
            if (now.isEmpty() || !now.get().digest().equals(location.digestOrNull())) {
                throw new AbortException(Messages.StepImages_Moved(
                        location.repository() + ":" + location.tagOrNull(),
                        now.isEmpty()
                                ? Messages.StepImages_Nothing()
                                : now.get().digest(),
                        location.digestOrNull()));
            }
        }
        return location.digestOrNull();
    }

    static FormValidation check(Item contextOrNull, String image) {
        // A variable is only known when the job runs.
        if (!Registries.mayConfigure(contextOrNull) || Util.fixEmptyAndTrim(image) == null || image.contains("$")) {
            return FormValidation.ok();
        }
        try {
            ImageLocation.parse(image.trim());
            return FormValidation.ok();
        } catch (IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    static ListBoxModel logins(Item contextOrNull, String image, String currentId) {
        StandardListBoxModel items = new StandardListBoxModel();
        if (!SigningKeys.mayChoose(contextOrNull)) {
            return items.includeCurrentValue(currentId);
        }
        items.includeEmptyValue();
        List<DomainRequirement> requirements = requirements(image);
        if (contextOrNull == null) {
            items.includeMatchingAs(
                    ACL.SYSTEM2,
                    Jenkins.get(),
                    StandardUsernamePasswordCredentials.class,
                    requirements,
                    CredentialsMatchers.always());
        } else {
            items.includeMatchingAs(
                    SigningKeys.authentication(contextOrNull),
                    contextOrNull,
                    StandardUsernamePasswordCredentials.class,
                    requirements,
                    CredentialsMatchers.always());
        }
        return items.includeCurrentValue(currentId);
    }

    private static List<DomainRequirement> requirements(String image) {
        try {
            return SigningKeys.requirements(
                    ImageLocation.parse(Util.fixNull(image).trim()));
        } catch (IllegalArgumentException notYetKnown) {
            return List.of();
        }
    }
}

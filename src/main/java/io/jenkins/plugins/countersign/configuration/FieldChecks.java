package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Queue;
import hudson.model.queue.Tasks;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.WorkspaceImage;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import jenkins.model.Jenkins;

/**
 * What the forms of jobs say of an entry while it is typed. Whoever may not configure the job is told nothing, and an entry with
 * a variable is not judged: what stands there is only known when the job runs.
 */
public final class FieldChecks {

    private FieldChecks() {}

    /** What is to be said of an entry that is there, without spaces around it. */
    @FunctionalInterface
    public interface Check {
        /** @throws IllegalArgumentException with what is wrong */
        FormValidation of(String entry);
    }

    /** Whether who asks is told what a form of the context thinks of an entry. */
    public static boolean mayConfigure(Item contextOrNull) {
        return contextOrNull == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : contextOrNull.hasPermission(Item.EXTENDED_READ) || contextOrNull.hasPermission(Item.CONFIGURE);
    }

    /** An entry that may be left out. */
    public static FormValidation optional(Item contextOrNull, String value, Check check) {
        String entry = Util.fixEmptyAndTrim(value);
        if (!mayConfigure(contextOrNull) || entry == null || entry.contains("$")) {
            return FormValidation.ok();
        }
        try {
            return check.of(entry);
        } catch (IllegalArgumentException e) {
            return FormValidation.error(e.getMessage());
        }
    }

    /** An entry without which the step does not work. */
    public static FormValidation needed(Item contextOrNull, String value, Check check) {
        return mayConfigure(contextOrNull) && Util.fixEmptyAndTrim(value) == null
                ? missing()
                : optional(contextOrNull, value, check);
    }

    /** For forms that know by themselves who may be told. */
    public static FormValidation missing() {
        return FormValidation.error(Messages.FieldChecks_Needed());
    }

    /** An image in a registry. */
    public static FormValidation image(String entry) {
        inRegistry(entry);
        return FormValidation.ok();
    }

    /** An image in a registry, best by its digest. */
    public static FormValidation pinnedImage(String entry) {
        return inRegistry(entry).digest().isPresent()
                ? FormValidation.ok()
                : FormValidation.warning(Messages.FieldChecks_NoDigest());
    }

    /** Where an image is to go: a tag, and no digest. */
    public static FormValidation taggedImage(String entry) {
        ImageLocation image = inRegistry(entry);
        if (image.tag().isEmpty()) {
            return FormValidation.error(Messages.Registries_NoTag());
        }
        return image.digest().isPresent()
                ? FormValidation.error(Messages.FieldChecks_DigestTooMuch())
                : FormValidation.ok();
    }

    /** A repository alone. */
    public static FormValidation repository(String entry) {
        ImageLocation image = inRegistry(entry);
        return image.tag().isPresent() || image.digest().isPresent()
                ? FormValidation.error(Messages.FieldChecks_RepositoryAlone())
                : FormValidation.ok();
    }

    /** A registry's host and optional port. */
    public static FormValidation host(String entry) {
        try {
            new ImageReference(entry, "a", null, null);
            return FormValidation.ok();
        } catch (IllegalArgumentException e) {
            return FormValidation.error(Messages.RegistryConfiguration_NoHost());
        }
    }

    /** What {@link WorkspaceImage} opens. */
    public static FormValidation source(String entry) {
        if (entry.startsWith(WorkspaceImage.REGISTRY)) {
            return image(entry.substring(WorkspaceImage.REGISTRY.length()));
        }
        String[] parts = entry.split(":", 2);
        return switch (parts[0]) {
            case "docker-archive", "oci-archive", "oci" ->
                // The name or tag behind the file is the archive's to know.
                parts.length == 1 || parts[1].isBlank()
                        ? FormValidation.error(Messages.FieldChecks_SourceKinds())
                        : file(parts[1].replaceAll(":.*", ""));
            case "docker-daemon" ->
                parts.length == 1 || parts[1].isBlank()
                        ? FormValidation.error(Messages.FieldChecks_SourceKinds())
                        : FormValidation.ok();
            default -> FormValidation.error(Messages.FieldChecks_SourceKinds());
        };
    }

    /** A file or folder of the workspace. */
    public static FormValidation file(String entry) {
        boolean outside;
        try {
            outside = Path.of(entry.replace('\\', '/')).normalize().startsWith("..");
        } catch (InvalidPathException e) {
            outside = true;
        }
        if (outside) {
            return FormValidation.error(Messages.FieldChecks_Outside());
        }
        return entry.startsWith("/") || entry.matches("[A-Za-z]:[\\\\/].*")
                ? FormValidation.warning(Messages.FieldChecks_Absolute())
                : FormValidation.ok();
    }

    /** Whether the login is among those that {@link #logins} offers, to whoever is offered any. */
    public static FormValidation login(Item contextOrNull, String id) {
        if (!maySeeCredentials(contextOrNull) || Util.fixEmptyAndTrim(id) == null || id.contains("$")) {
            return FormValidation.ok();
        }
        return logins(contextOrNull, null, null).stream().anyMatch(option -> option.value.equals(id.trim()))
                ? FormValidation.ok()
                : FormValidation.warning(Messages.FieldChecks_NoLogin(id));
    }

    /**
     * The logins that a step's form offers, to whoever may configure the job; the present one alone to everybody else.
     *
     * @param image for whose registry they must be meant; all are offered while it names none
     */
    public static ListBoxModel logins(Item contextOrNull, String image, String currentId) {
        StandardListBoxModel items = new StandardListBoxModel();
        if (!maySeeCredentials(contextOrNull)) {
            return items.includeCurrentValue(currentId);
        }
        return items.includeEmptyValue()
                .includeMatchingAs(
                        contextOrNull instanceof Queue.Task task ? Tasks.getAuthenticationOf2(task) : ACL.SYSTEM2,
                        contextOrNull,
                        StandardUsernamePasswordCredentials.class,
                        requirements(image),
                        CredentialsMatchers.always())
                .includeCurrentValue(currentId);
    }

    private static List<DomainRequirement> requirements(String image) {
        try {
            return RegistryConfiguration.requirements(
                    ImageReference.parse(Util.fixNull(image).trim()).registry());
        } catch (IllegalArgumentException notYetAnImage) {
            return List.of();
        }
    }

    private static boolean maySeeCredentials(Item contextOrNull) {
        return contextOrNull == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : contextOrNull.hasPermission(Item.EXTENDED_READ)
                        || contextOrNull.hasPermission(CredentialsProvider.USE_ITEM);
    }

    private static ImageLocation inRegistry(String entry) {
        ImageLocation image = ImageLocation.parse(entry);
        if (image.isLayout()) {
            throw new IllegalArgumentException(Messages.Registries_NotAFolder(entry));
        }
        return image;
    }
}

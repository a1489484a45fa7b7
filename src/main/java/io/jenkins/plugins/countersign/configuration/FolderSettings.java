package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.hudson.plugins.folder.AbstractFolder;
import com.cloudbees.hudson.plugins.folder.AbstractFolderProperty;
import com.cloudbees.hudson.plugins.folder.AbstractFolderPropertyDescriptor;
import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Util;
import hudson.model.Item;
import hudson.model.ItemGroup;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.goldenbase.ImagePattern;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jenkinsci.Symbol;
import org.jenkinsci.plugins.variant.OptionalExtension;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/**
 * A folder's settings: logins of its own, and bounds for the builds in it. What a folder around it asks for holds too, so that
 * whoever may configure a team's folder gets no further than the folder that the team is in.
 */
public class FolderSettings extends AbstractFolderProperty<AbstractFolder<?>> {

    private List<FolderRegistry> registries = new ArrayList<>();
    private String repositories;
    private boolean violationAlwaysFailure;
    private boolean fourEyesAlways;

    @DataBoundConstructor
    public FolderSettings() {
        // All fields have defaults.
    }

    public List<FolderRegistry> getRegistries() {
        return registries;
    }

    @DataBoundSetter
    public void setRegistries(List<FolderRegistry> registries) {
        this.registries = new ArrayList<>(Util.fixNull(registries));
    }

    /** Patterns of {@link ImagePattern}, one on each line, that builds here may write to; null for all. */
    public String getRepositories() {
        return repositories;
    }

    @DataBoundSetter
    public void setRepositories(String repositories) {
        String given = Util.fixEmptyAndTrim(repositories);
        this.repositories = given == null ? null : given.replace("\r\n", "\n");
    }

    public boolean isViolationAlwaysFailure() {
        return violationAlwaysFailure;
    }

    @DataBoundSetter
    public void setViolationAlwaysFailure(boolean violationAlwaysFailure) {
        this.violationAlwaysFailure = violationAlwaysFailure;
    }

    public boolean isFourEyesAlways() {
        return fourEyesAlways;
    }

    @DataBoundSetter
    public void setFourEyesAlways(boolean fourEyesAlways) {
        this.fourEyesAlways = fourEyesAlways;
    }

    boolean allows(ImageLocation destination) {
        if (repositories == null) {
            return true;
        }
        ImageReference image = ImageReference.parse(destination.repository());
        try {
            for (ImagePattern pattern : patterns(repositories)) {
                if (pattern.matches(image)) {
                    return true;
                }
            }
            return false;
        } catch (CatalogueException e) {
            // Written past the form: what cannot be read allows nothing.
            return false;
        }
    }

    private static List<ImagePattern> patterns(String lines) throws CatalogueException {
        List<ImagePattern> patterns = new ArrayList<>();
        for (String line : lines.split("\\R")) {
            if (!line.isBlank()) {
                patterns.add(ImagePattern.parse(line.trim()));
            }
        }
        return patterns;
    }

    @OptionalExtension(requirePlugins = "cloudbees-folder")
    @Symbol("countersignFolder")
    public static class DescriptorImpl extends AbstractFolderPropertyDescriptor {

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.FolderSettings_DisplayName();
        }

        @POST
        public FormValidation doCheckRepositories(@AncestorInPath Item item, @QueryParameter String value) {
            if (item == null || !item.hasPermission(Item.CONFIGURE)) {
                return FormValidation.ok();
            }
            try {
                patterns(Util.fixNull(value));
                return FormValidation.ok();
            } catch (CatalogueException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }

    /** Asks all folders around a job, the nearest first. */
    @OptionalExtension(requirePlugins = "cloudbees-folder")
    public static class Rules extends ContextRules {

        @Override
        protected Optional<String> registryCredentialsId(ItemGroup<?> group, String host) {
            return around(group).stream()
                    .flatMap(settings -> settings.registries.stream())
                    .filter(registry -> registry.getHost().equals(host) && registry.getCredentialsId() != null)
                    .map(FolderRegistry::getCredentialsId)
                    .findFirst();
        }

        @Override
        protected Optional<String> objection(ItemGroup<?> group, ImageLocation destination) {
            return around(group).stream()
                    .filter(settings -> !settings.allows(destination))
                    .map(settings -> Messages.FolderSettings_NotHere(
                            destination.repository(),
                            settings.owner.getFullName(),
                            settings.repositories.replace("\n", ", ")))
                    .findFirst();
        }

        @Override
        protected boolean isViolationAlwaysFailure(ItemGroup<?> group) {
            return around(group).stream().anyMatch(settings -> settings.violationAlwaysFailure);
        }

        @Override
        protected boolean isFourEyesAlways(ItemGroup<?> group) {
            return around(group).stream().anyMatch(settings -> settings.fourEyesAlways);
        }

        private static List<FolderSettings> around(ItemGroup<?> group) {
            List<FolderSettings> settings = new ArrayList<>();
            for (ItemGroup<?> at = group; at instanceof Item; at = ((Item) at).getParent()) {
                if (at instanceof AbstractFolder<?> folder) {
                    FolderSettings own = folder.getProperties().get(FolderSettings.class);
                    if (own != null) {
                        settings.add(own);
                    }
                }
            }
            return settings;
        }
    }

    private Object readResolve() {
        if (registries == null) {
            registries = new ArrayList<>();
        }
        return this;
    }
}

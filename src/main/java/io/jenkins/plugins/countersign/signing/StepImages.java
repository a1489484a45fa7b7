package io.jenkins.plugins.countersign.signing;

import hudson.AbortException;
import hudson.Util;
import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.util.Optional;

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
}

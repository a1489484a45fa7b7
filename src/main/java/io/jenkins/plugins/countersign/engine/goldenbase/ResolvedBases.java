package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which bytes a build's bases were when it was checked.
 *
 * @param references in the order of the file, none twice; with a digest where it is known
 * @param problems why it is not, one sentence for each reference that has none
 */
public record ResolvedBases(List<ImageReference> references, List<String> problems) {

    public ResolvedBases {
        references = List.copyOf(references);
        problems = List.copyOf(problems);
    }

    /**
     * The images that the target needs, frontends aside. A registry is asked for those that the catalogue allows alone: the
     * Dockerfile's author does not choose whom the check contacts.
     */
    public static ResolvedBases of(BaseReport report, Catalogue catalogue, CheckContext context, Pinning.Tags tags) {
        Set<ImageReference> references = new LinkedHashSet<>();
        List<String> problems = new ArrayList<>();
        for (BuildInput input : report.inputs()) {
            if (!input.reachable() || input.kind() == BuildInput.Kind.FRONTEND) {
                continue;
            }
            ImageReference image;
            try {
                image = input.image();
            } catch (IllegalArgumentException e) {
                continue; // the check refused it
            }
            if (image.digest().isEmpty() && BaseCheck.allows(input, catalogue, context)) {
                try {
                    Optional<Digest> digest = tags.digest(image);
                    if (digest.isEmpty()) {
                        problems.add("there is no " + image);
                    }
                    image = image.withDigest(digest.orElse(null));
                } catch (IOException e) {
                    problems.add("the digest of " + image + " is not known: " + e.getMessage());
                }
            }
            references.add(image);
        }
        return new ResolvedBases(List.copyOf(references), problems);
    }
}

package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The lineage of built images, with golden images that are looked for in the registries of the catalogue and remembered.
 *
 * <p>First the golden image that an image seems to descend from is looked at again: its tag may have moved. Only when none is
 * known, everything that the catalogue names is listed and looked at. If a part of that cannot be read, an image without a
 * base is unknown, and not foreign.
 */
public final class LineageCheck {

    /** More tags than this are not looked through for one image. */
    static final int MAX_TAGS = 5000;

    private final RegistryBases bases;
    private final GoldenImagesFile memory;
    private final Catalogue catalogue;
    private final CheckContext context;

    public LineageCheck(RegistryBases bases, GoldenImagesFile memory, Catalogue catalogue, CheckContext context) {
        this.bases = bases;
        this.memory = memory;
        this.catalogue = catalogue;
        this.context = context;
    }

    /** @throws RegistryException if it cannot be known, with the reason */
    public Lineage of(ImageContent content, Digest digest) throws RegistryException {
        ImageLayers image = ImageLayers.read(content, digest);
        Lineage claimed = claimed(image);
        image.verify(content, known());
        return claimed;
    }

    /** As {@link #of} before the layers themselves were read: verify them with {@link #known()} where they are. */
    public Lineage claimed(ImageLayers image) throws RegistryException {
        GoldenImages all = memory.read();
        for (GoldenImage base : Lineage.bases(image, ours(all))) {
            if (isGoldenName(base.tagged())) {
                all = look(all, base.name(), base.tag(), null);
            }
        }
        Lineage lineage = Lineage.claimed(image, ours(all), catalogue, context);
        if (!lineage.isWithoutBase()) {
            return lineage;
        }
        List<String> problems = new ArrayList<>();
        all = lookAtEverything(all, problems);
        lineage = Lineage.claimed(image, ours(all), catalogue, context);
        if (lineage.isWithoutBase() && !problems.isEmpty()) {
            throw new RegistryException("what " + image.image()
                    + " stands on is not known: it descends from no golden image that could be read, and "
                    + String.join("; ", problems.stream().limit(5).toList()));
        }
        return lineage;
    }

    /**
     * The golden images of this catalogue that are known now. The memory is shared with other catalogues: an image that only
     * they name, with the layers of one of ours or more on top of them, must not stand before it.
     */
    public GoldenImages known() throws RegistryException {
        return ours(memory.read());
    }

    private GoldenImages ours(GoldenImages all) {
        return all.where(image -> isGoldenName(image.tagged()) || isDeniedName(image.tagged()));
    }

    /**
     * Remembers the bases of a check, with the digest that the file pins: their tag may have moved on, and what is built on
     * them descends from a golden image all the same.
     */
    public void remember(List<ImageReference> references) throws RegistryException {
        List<ImageReference> pinned = references.stream()
                .filter(image -> image.tag().isPresent()
                        && image.digest().isPresent()
                        && BaseCheck.allows(image.toString(), catalogue, context))
                .toList();
        if (pinned.isEmpty()) {
            return;
        }
        GoldenImages all = memory.read();
        for (ImageReference image : pinned) {
            all = look(all, image.name(), image.tag().get(), image.digest().get());
        }
    }

    /** @return all that is remembered then */
    private GoldenImages look(GoldenImages all, String name, String tag, Digest digestOrNull) throws RegistryException {
        try (Repository repository = bases.repository(ImageReference.parse(name))) {
            return memory.remember(all.look(
                    repository, name, tag, digestOrNull, context.clock().instant()));
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException(
                    "tried to read the golden image " + name + ":" + tag + ", but failed: " + e.getMessage(), e);
        }
    }

    /**
     * @param problems gets what could not be read
     * @return all that is remembered then
     */
    private GoldenImages lookAtEverything(GoldenImages before, List<String> problems) {
        GoldenImages all = before;
        int looked = 0;
        for (String name : repositories(problems)) {
            ImageReference reference;
            try {
                reference = ImageReference.parse(name);
            } catch (IllegalArgumentException e) {
                problems.add("the registry lists what is no repository: " + e.getMessage());
                continue;
            }
            List<String> tags;
            try (Repository repository = bases.repository(reference)) {
                tags = repository.tags();
            } catch (IOException e) {
                problems.add("the tags of " + name + " could not be listed: " + e.getMessage());
                continue;
            }
            for (String tag : tags) {
                if (!ImageReference.isTag(tag) || tag.startsWith("sha256-") || !isGoldenName(reference.withTag(tag))) {
                    continue;
                }
                if (looked++ == MAX_TAGS) {
                    problems.add("the catalogue names more than " + MAX_TAGS + " golden images; name their tags");
                    return all;
                }
                try {
                    all = look(all, name, tag, null);
                } catch (RegistryException e) {
                    problems.add(e.getMessage());
                }
            }
        }
        return all;
    }

    /** Whether a tag is worth looking at; whether what it points to counts is judged with its digest. */
    private boolean isGoldenName(ImageReference image) {
        return catalogue.organisations().stream()
                        .anyMatch(organisation -> image.name().startsWith(organisation + "/"))
                || catalogue.allow().stream()
                        .filter(this::isForBases)
                        .anyMatch(entry -> namesWithAnyDigest(entry, image));
    }

    /** An image that was golden and is denied now: what stands on it is told so. */
    private boolean isDeniedName(ImageReference image) {
        return catalogue.deny().stream().anyMatch(entry -> namesWithAnyDigest(entry, image));
    }

    private static boolean namesWithAnyDigest(Entry entry, ImageReference image) {
        ImagePattern pattern = entry.image();
        return new ImagePattern(pattern.registry(), pattern.repository(), pattern.tag(), null, pattern.written())
                .matches(image);
    }

    private boolean isForBases(Entry entry) {
        return entry.scope().inputs().isEmpty() || entry.scope().inputs().contains(BuildInput.Kind.BASE);
    }

    private Set<String> repositories(List<String> problems) {
        Set<String> names = new LinkedHashSet<>();
        for (Entry entry : catalogue.allow()) {
            if (!isForBases(entry)) {
                continue;
            }
            ImagePattern pattern = entry.image();
            if (pattern.registry().indexOf('*') >= 0) {
                problems.add("the registries that " + pattern + " means cannot be listed; name them");
            } else if (pattern.repository().indexOf('*') < 0) {
                names.add(pattern.registry() + "/" + pattern.repository());
            } else {
                list(pattern.registry(), beforeWildcard(pattern.repository()), pattern.toString(), names, problems);
            }
        }
        for (String organisation : catalogue.organisations()) {
            int slash = organisation.indexOf('/');
            list(organisation.substring(0, slash), organisation.substring(slash + 1), organisation, names, problems);
        }
        return names;
    }

    /** The components before the first with a wildcard; empty when that is the first. */
    private static String beforeWildcard(String repository) {
        int slash = repository.lastIndexOf('/', repository.indexOf('*'));
        return slash < 0 ? "" : repository.substring(0, slash);
    }

    private void list(String registry, String namespace, String written, Set<String> names, List<String> problems) {
        try {
            for (String repository : context.organisations().repositories(registry, namespace)) {
                names.add(registry + "/" + repository);
            }
        } catch (IOException e) {
            problems.add("the repositories that " + written + " means could not be listed: " + e.getMessage());
        }
    }
}

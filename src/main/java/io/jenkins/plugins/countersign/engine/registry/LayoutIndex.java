package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the image that is meant in an {@code index.json}. Sources: OCI image layout specification, image-layout.md; {@code
 * docker save} since version 25 writes the full name beside the tag, under containerd's annotation.
 */
final class LayoutIndex {

    static final String REF_NAME = "org.opencontainers.image.ref.name";
    private static final String CONTAINERD_NAME = "io.containerd.image.name";

    private final String where;
    private final List<Descriptor> entries;

    private LayoutIndex(String where, List<Descriptor> entries) {
        this.where = where;
        this.entries = entries;
    }

    static LayoutIndex read(byte[] json, String where) throws MalformedManifestException {
        String what = "index.json of " + where;
        return new LayoutIndex(where, ManifestContent.descriptors(RegistryJson.read(json, what), "manifests", what));
    }

    /**
     * @param nameOrNull a tag or a full name; with none there must be one image
     * @throws ArchiveException if there is none or more than one; the message lists what there is
     */
    Descriptor image(String nameOrNull) throws ArchiveException {
        List<Descriptor> found = new ArrayList<>();
        for (Descriptor entry : entries) {
            boolean meant = nameOrNull == null
                    ? MediaTypes.MANIFESTS.contains(entry.mediaType())
                            && entry.artifactType().isEmpty()
                    : isNamed(entry, nameOrNull);
            if (meant && found.stream().noneMatch(other -> other.digest().equals(entry.digest()))) {
                found.add(entry);
            }
        }
        if (found.size() == 1) {
            return found.get(0);
        }
        List<String> names =
                entries.stream().map(LayoutIndex::shown).distinct().limit(20).toList();
        if (found.isEmpty()) {
            throw new ArchiveException("there is no image "
                    + (nameOrNull == null ? "" : "\"" + RegistryErrors.clean(nameOrNull) + "\" ") + "in " + where
                    + "; there is: " + names);
        }
        throw new ArchiveException("there are " + found.size() + " images "
                + (nameOrNull == null ? "" : "of the name \"" + RegistryErrors.clean(nameOrNull) + "\" ") + "in "
                + where
                + ", say which: " + names);
    }

    Optional<Descriptor> image(Digest digest) {
        return entries.stream().filter(entry -> entry.digest().equals(digest)).findFirst();
    }

    private static boolean isNamed(Descriptor entry, String name) {
        return name.equals(entry.annotations().get(REF_NAME))
                || sameImage(name, entry.annotations().get(CONTAINERD_NAME))
                || sameImage(name, entry.annotations().get(REF_NAME));
    }

    /** Whether two full names with tags mean the same: {@code app:1} and {@code docker.io/library/app:1}. */
    static boolean sameImage(String one, String otherOrNull) {
        if (otherOrNull == null) {
            return false;
        }
        try {
            return withTag(ImageReference.parse(one)).equals(withTag(ImageReference.parse(otherOrNull)));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static ImageReference withTag(ImageReference reference) {
        return reference.tagOrNull() == null && reference.digestOrNull() == null
                ? reference.withTag("latest")
                : reference;
    }

    private static String shown(Descriptor entry) {
        String name = entry.annotations()
                .getOrDefault(CONTAINERD_NAME, entry.annotations().get(REF_NAME));
        return name == null ? entry.digest().toString() : RegistryErrors.clean(name);
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.Serializable;
import java.util.Optional;

/**
 * Where an image is: {@code registry/repository[:tag][@digest]} or {@code oci:folder[:tag][@digest]}.
 *
 * @param repository what {@link Repositories#open} opens
 * @param tagOrNull null when none was named
 * @param digestOrNull null when none was named; with both, the digest decides
 */
public record ImageLocation(String repository, String tagOrNull, Digest digestOrNull) implements Serializable {

    static final String LAYOUT = "oci:";

    /** @throws IllegalArgumentException if {@code text} names neither; the message says what is wrong */
    public static ImageLocation parse(String text) {
        if (!text.startsWith(LAYOUT)) {
            ImageReference reference = ImageReference.parse(text);
            return new ImageLocation(reference.name(), reference.tagOrNull(), reference.digestOrNull());
        }
        String rest = text.substring(LAYOUT.length());
        Digest digest = null;
        int at = rest.lastIndexOf('@');
        if (at >= 0 && rest.indexOf('/', at) < 0 && rest.indexOf(':', at) > 0) {
            digest = Digest.parse(rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        String tag = null;
        int colon = rest.lastIndexOf(':');
        // "oci:C:\folder": a single letter before a backslash or slash is a drive of Windows, not a folder with a tag.
        boolean drive = colon == 1 && rest.length() > 2 && (rest.charAt(2) == '\\' || rest.charAt(2) == '/');
        if (colon > Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('\\')) && !drive) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
            if (!ImageReference.isTag(tag)) {
                throw new IllegalArgumentException("not a tag: \"" + tag + "\" in " + text);
            }
        }
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("no folder in " + text + " (expected oci:folder[:tag][@digest])");
        }
        return new ImageLocation(LAYOUT + rest, tag, digest);
    }

    public Optional<String> tag() {
        return Optional.ofNullable(tagOrNull);
    }

    public Optional<Digest> digest() {
        return Optional.ofNullable(digestOrNull);
    }

    public boolean isLayout() {
        return repository.startsWith(LAYOUT);
    }

    public ImageLocation withTag(String tag) {
        return new ImageLocation(repository, tag, digestOrNull);
    }

    public ImageLocation withDigest(Digest digest) {
        return new ImageLocation(repository, tagOrNull, digest);
    }

    /** The digest if it was named, else what the tag ({@code latest} if none was named) points at now. */
    public Digest resolve(Repository opened) throws RegistryException {
        if (digestOrNull != null) {
            return digestOrNull;
        }
        String tag = tagOrNull == null ? "latest" : tagOrNull;
        return opened.resolve(tag)
                .orElseThrow(() -> new NotFoundException("there is no tag \"" + tag + "\" in " + opened.name()))
                .digest();
    }

    /**
     * The same for whoever is about to sign: a tag that was named together with a digest must still point at it, for people
     * read the tag.
     *
     * @throws TagMovedException if it does not
     */
    public Digest resolveUnmoved(Repository opened) throws RegistryException {
        if (digestOrNull != null && tagOrNull != null) {
            Digest now = opened.resolve(tagOrNull).map(Descriptor::digest).orElse(null);
            if (!digestOrNull.equals(now)) {
                throw new TagMovedException("the tag " + tagOrNull + " of " + opened.name() + " meant " + digestOrNull
                        + (now == null ? " and is gone" : " and means " + now + " by now")
                        + ": somebody pushed in between; nothing was written");
            }
        }
        return resolve(opened);
    }

    @Override
    public String toString() {
        return repository
                + (tagOrNull == null ? "" : ":" + tagOrNull)
                + (digestOrNull == null ? "" : "@" + digestOrNull);
    }
}

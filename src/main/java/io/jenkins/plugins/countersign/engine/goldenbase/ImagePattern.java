package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.io.Serializable;

/** A pattern over image names, {@code registry/path[:tag]}. Lands with its matcher next. */
public record ImagePattern(String registry, String repository, String tag, String written) implements Serializable {

    /** @throws CatalogueException if it is not a pattern; the message says why */
    public static ImagePattern parse(String text) throws CatalogueException {
        throw new UnsupportedOperationException("lands next");
    }

    public boolean matches(ImageReference image) {
        throw new UnsupportedOperationException("lands next");
    }

    @Override
    public String toString() {
        return written;
    }
}

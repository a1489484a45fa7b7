package io.jenkins.plugins.countersign.engine.goldenbase;

import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageContent;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.Serializable;
import java.util.List;

/**
 * What a built image says of its layers, for each of its platforms. It can be read where the image is and judged where the
 * golden images are known.
 *
 * @param image the digest of its index or manifest
 * @param platforms what the configurations say; believed only after {@link #verify}
 */
public record ImageLayers(Digest image, List<BuiltImage> platforms) implements Serializable {

    public ImageLayers {
        platforms = List.copyOf(platforms);
    }

    /** @throws RegistryException if the image is not there, or its manifest and configuration disagree */
    public static ImageLayers read(ImageContent content, Digest digest) throws RegistryException {
        return new ImageLayers(digest, BuiltImage.read(content, digest));
    }

    /**
     * Reads, unpacks and hashes the layers that the image says it shares with golden images, unless they are byte for byte
     * those.
     *
     * @throws RegistryException if a layer is not what its diff id says
     */
    public void verify(ImageContent content, GoldenImages golden) throws RegistryException {
        for (BuiltImage platform : platforms) {
            List<GoldenImage> bases = Lineage.longest(platform, golden);
            if (!bases.isEmpty()) {
                platform.verify(content, bases.get(0).diffIds().size(), bases);
            }
        }
    }
}

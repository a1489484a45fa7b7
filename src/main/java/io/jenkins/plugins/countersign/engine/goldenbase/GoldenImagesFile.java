package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.trust.MemoryFile;
import java.io.IOException;
import java.nio.file.Path;

/** {@link GoldenImages} in one file. One that cannot be read is an error: an old golden base would seem to be a stranger. */
public final class GoldenImagesFile {

    /** Every tag of every golden image that was ever seen, with all its layers. */
    private static final int MAX_LENGTH = 256 << 20;

    private static final String IMAGES = "images";

    private final MemoryFile file;

    public GoldenImagesFile(Path file) {
        this.file = new MemoryFile(file, MAX_LENGTH, IMAGES);
    }

    /** @throws RegistryException if the file is there and cannot be read */
    public GoldenImages read() throws RegistryException {
        try {
            return images(file.read());
        } catch (MemoryFile.UnreadableException e) {
            throw unreadable(e);
        }
    }

    /** Adds what was observed to what the file says at that moment, and gives it all. */
    GoldenImages remember(GoldenImages.Observation observation) throws RegistryException {
        GoldenImages[] known = new GoldenImages[1];
        try {
            file.change(all -> {
                GoldenImages before = images(all);
                known[0] = before.with(observation);
                all.set(IMAGES, known[0].toJson());
                return !known[0].equals(before);
            });
            return known[0];
        } catch (RegistryException e) {
            throw e;
        } catch (MemoryFile.UnreadableException e) {
            throw unreadable(e);
        } catch (IOException e) {
            throw new RegistryException(
                    "cannot remember the golden image " + observation.name() + ":" + observation.tag() + " in "
                            + file.name() + ": " + e.getMessage(),
                    e);
        }
    }

    private GoldenImages images(ObjectNode all) throws RegistryException {
        try {
            return all.isEmpty() ? GoldenImages.NONE : GoldenImages.read(all.path(IMAGES));
        } catch (CatalogueException e) {
            throw unreadable(e);
        }
    }

    private RegistryException unreadable(Exception cause) {
        return new RegistryException(
                "cannot read which golden images were seen before, in " + file.name() + ": " + cause.getMessage()
                        + "; restore the file from a backup",
                cause);
    }
}

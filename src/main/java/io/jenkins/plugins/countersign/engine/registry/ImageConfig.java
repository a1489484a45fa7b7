package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What the configuration of an image says.
 *
 * <p>Source: OCI image specification, config.md.
 */
public record ImageConfig(JsonNode json) {

    private static final int MAX_LENGTH = 8 << 20;

    /** @throws RegistryException if it is not there, too long, or not strict JSON */
    public static ImageConfig read(ImageContent content, Descriptor config) throws RegistryException {
        String what = "the configuration " + config.digest() + " in " + content.name();
        if (config.size() > MAX_LENGTH) {
            throw new RegistryException(what + " has " + config.size() + " bytes, at most " + MAX_LENGTH + " are read");
        }
        try (InputStream in = content.openBlob(config)) {
            return new ImageConfig(StrictJson.readObject(in.readAllBytes(), MAX_LENGTH));
        } catch (RegistryException e) {
            throw e;
        } catch (IOException e) {
            throw new RegistryException("tried to read " + what + ", but failed: " + e.getMessage(), e);
        }
    }

    /** What the image says that it is for; Linux, where it says nothing. */
    public Platform platform() {
        return new Platform(
                json.path("os").asText("linux"),
                json.path("architecture").asText("unknown"),
                json.path("variant").asText(""));
    }

    /** The digests of the unpacked layers, as they are written. */
    public List<String> diffIds() {
        List<String> diffIds = new ArrayList<>();
        json.path("rootfs").path("diff_ids").forEach(id -> diffIds.add(id.asText()));
        return diffIds;
    }
}

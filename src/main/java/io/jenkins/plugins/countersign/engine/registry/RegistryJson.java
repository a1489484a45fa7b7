package io.jenkins.plugins.countersign.engine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.IOException;

/** What a registry, a layout or an archive says, as strict JSON; its length was bounded where it was read. */
final class RegistryJson {

    private RegistryJson() {}

    /** @throws MalformedManifestException if the content is anything but one JSON object */
    static ObjectNode read(byte[] content, String what) throws MalformedManifestException {
        try {
            return StrictJson.readObject(content, content.length);
        } catch (IOException e) {
            throw new MalformedManifestException(what + " cannot be read: " + e.getMessage(), e);
        }
    }
}

package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import java.nio.charset.StandardCharsets;

/** The config of artifacts that have none. Source: OCI image specification 1.1, manifest.md, "Guidance for an Empty Descriptor". */
public final class EmptyConfig {

    public static final Descriptor DESCRIPTOR = Descriptor.of(MediaTypes.OCI_EMPTY, content());

    private EmptyConfig() {}

    public static byte[] content() {
        return "{}".getBytes(StandardCharsets.UTF_8);
    }
}

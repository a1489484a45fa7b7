package io.jenkins.plugins.countersign.engine.dockerfile;

import java.io.IOException;
import java.util.List;

/** Reads the {@code ONBUILD} triggers in the configuration of a base image: they run in the build that stands on it. */
@FunctionalInterface
public interface BaseTriggers {

    /**
     * @param reference normalised, with tag or digest
     * @param platform {@code os/architecture[/variant]} of the build
     * @throws IOException if it cannot be known; this becomes an {@link Unknown}, never an empty list
     */
    List<String> onbuild(String reference, String platform) throws IOException;
}

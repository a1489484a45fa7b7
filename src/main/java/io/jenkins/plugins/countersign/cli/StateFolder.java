package io.jenkins.plugins.countersign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the command line remembers: {@code $XDG_STATE_HOME/countersign}, or {@code ~/.local/state/countersign}; tests say
 * {@code -Dcountersign.state=folder}.
 */
final class StateFolder {

    private StateFolder() {}

    /** A file in the folder, which is there afterwards. */
    static Path file(String name) throws IOException {
        Path folder = folder();
        Files.createDirectories(folder);
        return folder.resolve(name);
    }

    private static Path folder() {
        String own = System.getProperty("countersign.state", "");
        if (!own.isEmpty()) {
            return Path.of(own);
        }
        String state = System.getenv("XDG_STATE_HOME");
        return (state == null || state.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".local", "state")
                        : Path.of(state))
                .resolve("countersign");
    }
}

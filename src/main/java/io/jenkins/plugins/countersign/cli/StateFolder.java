package io.jenkins.plugins.countersign.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the command line remembers: {@code $XDG_STATE_HOME/countersign}, or {@code ~/.local/state/countersign}. */
final class StateFolder {

    private StateFolder() {}

    /** A file in the folder, which is there afterwards. */
    static Path file(String name) throws IOException {
        String state = System.getenv("XDG_STATE_HOME");
        Path folder = (state == null || state.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".local", "state")
                        : Path.of(state))
                .resolve("countersign");
        Files.createDirectories(folder);
        return folder.resolve(name);
    }
}

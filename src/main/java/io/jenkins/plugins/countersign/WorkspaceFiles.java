package io.jenkins.plugins.countersign;

import hudson.AbortException;
import java.io.File;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds files of a workspace, on the agent. */
public final class WorkspaceFiles {

    private WorkspaceFiles() {}

    /**
     * The real path of a file or folder of the workspace.
     *
     * @param path relative to the workspace
     * @throws AbortException if it is not there, or if it or a link leads out of the workspace
     */
    public static Path inside(File workspace, String path) throws IOException {
        Path root = workspace.toPath().toRealPath();
        Path file;
        try {
            file = root.resolve(path).toRealPath();
        } catch (NoSuchFileException e) {
            throw new AbortException("there is no file or folder " + path + " in the workspace");
        }
        if (!file.startsWith(root)) {
            throw new AbortException(path + " leads out of the workspace, and only the build's own files are read");
        }
        return file;
    }
}

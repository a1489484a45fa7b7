package io.jenkins.plugins.countersign;

import hudson.AbortException;
import hudson.remoting.VirtualChannel;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jenkins.agents.ControllerToAgentFileCallable;

/**
 * Reads one file of a workspace, on the agent. A link that leads out of the workspace is refused: what a build may read is
 * its own.
 *
 * @param path relative to the workspace
 * @param limit in bytes
 */
public record ReadWorkspaceFile(String path, int limit) implements ControllerToAgentFileCallable<byte[]> {

    @Override
    public byte[] invoke(File workspace, VirtualChannel channel) throws IOException {
        Path file = WorkspaceFiles.inside(workspace, path);
        if (Files.size(file) > limit) {
            throw new AbortException(path + " has " + Files.size(file) + " bytes, at most " + limit + " are read");
        }
        return Files.readAllBytes(file);
    }
}

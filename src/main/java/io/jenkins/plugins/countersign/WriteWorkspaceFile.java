package io.jenkins.plugins.countersign;

import hudson.AbortException;
import hudson.remoting.VirtualChannel;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import jenkins.agents.ControllerToAgentFileCallable;

/**
 * Writes one file of a workspace, on the agent, into a folder that is there. A path or link that leads out of the workspace is
 * refused.
 *
 * @param path relative to the workspace
 * @param content all of it
 */
public record WriteWorkspaceFile(String path, byte[] content) implements ControllerToAgentFileCallable<Void> {

    @Override
    public Void invoke(File workspace, VirtualChannel channel) throws IOException {
        Path name = Path.of(path).getFileName();
        Path parent = Path.of(path).getParent();
        if (name == null || name.toString().equals("..") || name.toString().equals(".")) {
            throw new AbortException(path + " is no file of the workspace");
        }
        Path folder = WorkspaceFiles.inside(workspace, parent == null ? "." : parent.toString());
        Path file = folder.resolve(name.toString());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new AbortException(path + " is there and is no plain file; it is not written");
        }
        try (SeekableByteChannel out = Files.newByteChannel(
                file,
                Set.of(
                        LinkOption.NOFOLLOW_LINKS,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE))) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
        }
        return null;
    }
}

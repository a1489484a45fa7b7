package io.jenkins.plugins.countersign.goldenbase;

import hudson.AbortException;
import hudson.remoting.VirtualChannel;
import io.jenkins.plugins.countersign.WorkspaceImage;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenImages;
import io.jenkins.plugins.countersign.engine.goldenbase.ImageLayers;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import java.io.File;
import java.io.IOException;
import jenkins.agents.ControllerToAgentFileCallable;

/**
 * What a built image says of its layers, read where it lies.
 *
 * @param image on the agent
 * @param golden when the layers themselves are to be read too: the golden images to compare them with; null otherwise
 */
public record LayersOnAgent(WorkspaceImage image, GoldenImages golden)
        implements ControllerToAgentFileCallable<ImageLayers> {

    @Override
    public ImageLayers invoke(File workspace, VirtualChannel channel) throws IOException {
        try (ImageSource source = image.open(workspace)) {
            ImageLayers layers = ImageLayers.read(source.content(), source.digest());
            if (golden != null) {
                layers.verify(source.content(), golden);
            }
            return layers;
        } catch (IllegalArgumentException e) {
            throw new AbortException(e.getMessage());
        }
    }
}

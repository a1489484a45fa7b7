package io.jenkins.plugins.countersign.push;

import hudson.AbortException;
import hudson.remoting.VirtualChannel;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.WorkspaceImage;
import io.jenkins.plugins.countersign.configuration.RegistrySettings;
import io.jenkins.plugins.countersign.engine.goldenbase.GoldenImages;
import io.jenkins.plugins.countersign.engine.goldenbase.ImageLayers;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.Push;
import io.jenkins.plugins.countersign.engine.registry.PushResult;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.File;
import java.io.IOException;
import jenkins.agents.ControllerToAgentFileCallable;

/**
 * Pushes one image from where it lies, on the agent.
 *
 * @param image what is pushed
 * @param destination repository and tag
 * @param settings of the destination's registry
 * @param progress into the build's log
 * @param judgedOrNull the digest whose lineage was judged before; null when none is asked for
 * @param golden what it was found to stand on: its layers are compared with theirs before anything is uploaded
 */
record PushFromAgent(
        WorkspaceImage image,
        ImageLocation destination,
        RegistrySettings settings,
        BuildLogProgress progress,
        Digest judgedOrNull,
        GoldenImages golden)
        implements ControllerToAgentFileCallable<String> {

    @Override
    public String invoke(File workspace, VirtualChannel channel) throws IOException {
        try (ImageSource source = image.open(workspace);
                Repository repository =
                        Repositories.open(destination.repository(), image.access(settings, workspace))) {
            if (judgedOrNull != null) {
                requireJudged(source);
            }
            PushResult pushed = Push.of(source, repository)
                    .tagged(destination.tag().orElseThrow())
                    .reporting(progress)
                    .run();
            return destination.withDigest(pushed.digest()).toString();
        } catch (IllegalArgumentException e) {
            throw new AbortException("pushImage: " + e.getMessage());
        }
    }

    private void requireJudged(ImageSource source) throws IOException {
        if (!source.digest().equals(judgedOrNull)) {
            throw new AbortException(image.source() + " was " + judgedOrNull + " when its lineage was judged, and is "
                    + source.digest() + " now; nothing was pushed");
        }
        ImageLayers.read(source.content(), source.digest()).verify(source.content(), golden);
    }
}

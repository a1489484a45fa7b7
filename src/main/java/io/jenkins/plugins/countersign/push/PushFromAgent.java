package io.jenkins.plugins.countersign.push;

import hudson.AbortException;
import hudson.remoting.VirtualChannel;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.WorkspaceFiles;
import io.jenkins.plugins.countersign.configuration.RegistrySettings;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.Push;
import io.jenkins.plugins.countersign.engine.registry.PushResult;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import jenkins.agents.ControllerToAgentFileCallable;

/**
 * Pushes one image from where it lies, on the agent.
 *
 * @param source as in the step; files are of the workspace
 * @param destination repository and tag
 * @param settings of the destination's registry
 * @param sourceSettings of the source's registry; null when the source is none
 * @param progress into the build's log
 */
record PushFromAgent(
        String source,
        ImageLocation destination,
        RegistrySettings settings,
        RegistrySettings sourceSettings,
        BuildLogProgress progress)
        implements ControllerToAgentFileCallable<String> {

    static final String REGISTRY = "docker://";

    private static final Set<String> FILES = Set.of("docker-archive", "oci-archive", "oci");

    @Override
    public String invoke(File workspace, VirtualChannel channel) throws IOException {
        String location;
        RegistryAccess[] accesses =
                sourceSettings == null ? new RegistryAccess[0] : new RegistryAccess[] {sourceSettings.access(progress)};
        try {
            location = inside(workspace);
            try (ImageSource image = ImageSource.open(location, accesses);
                    Repository repository = settings.open(destination, progress)) {
                PushResult pushed = Push.of(image, repository)
                        .tagged(destination.tag().orElseThrow())
                        .reporting(progress)
                        .run();
                return destination.withDigest(pushed.digest()).toString();
            }
        } catch (IllegalArgumentException e) {
            throw new AbortException("pushImage: " + e.getMessage());
        }
    }

    /** The source with its file's absolute path; a path or link that leads out of the workspace is refused. */
    private String inside(File workspace) throws IOException {
        int colon = source.indexOf(':');
        String kind = colon < 0 ? "" : source.substring(0, colon);
        if (!FILES.contains(kind)) {
            if (kind.equals("docker-daemon") || source.startsWith(REGISTRY)) {
                return source;
            }
            throw new IllegalArgumentException("the source is \"" + source
                    + "\", expected docker-archive:, oci-archive:, oci:, docker-daemon: or docker://");
        }
        String rest = source.substring(colon + 1);
        int end = rest.indexOf(':');
        String path = end < 0 ? rest : rest.substring(0, end);
        Path file = WorkspaceFiles.inside(workspace, path);
        return kind + ":" + file + (end < 0 ? "" : rest.substring(end));
    }
}

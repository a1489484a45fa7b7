package io.jenkins.plugins.countersign;

import hudson.EnvVars;
import io.jenkins.plugins.countersign.configuration.RegistrySettings;
import io.jenkins.plugins.countersign.engine.registry.ImageSource;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Set;

/**
 * An image that a step names, to be opened on the agent.
 *
 * @param source {@code docker-archive:}, {@code oci-archive:} and {@code oci:} mean files of the workspace; {@code
 *     docker-daemon:name}; {@code docker://registry/repository[:tag][@digest]}
 * @param settings of the registry; null when the image is in none
 * @param progress into the build's log
 * @param environment of the build, whose {@code DOCKER_CONFIG} may name logins, and {@code DOCKER_HOST} a daemon
 */
public record WorkspaceImage(String source, RegistrySettings settings, BuildLogProgress progress, EnvVars environment)
        implements Serializable {

    /** What an image in a registry begins with. */
    public static final String REGISTRY = "docker://";

    private static final Set<String> FILES = Set.of("docker-archive", "oci-archive", "oci");

    /**
     * A path or link that leads out of the workspace is refused.
     *
     * @throws IllegalArgumentException if it is none of these kinds
     */
    public ImageSource open(File workspace) throws IOException {
        RegistryAccess[] accesses =
                settings == null ? new RegistryAccess[0] : new RegistryAccess[] {access(settings, workspace)};
        return ImageSource.open(inside(workspace), environmentHere(), accesses);
    }

    /**
     * How a registry is reached from here, the agent: with the logins and certificates that the build's own {@code docker}
     * would use.
     */
    public RegistryAccess access(RegistrySettings registry, File workspace) throws IOException {
        return registry.accessFromAgent(progress, environmentHere(), workspace.toPath());
    }

    private EnvVars environmentHere() {
        EnvVars all = new EnvVars(System.getenv());
        all.overrideAll(environment);
        return all;
    }

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

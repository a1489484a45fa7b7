package io.jenkins.plugins.countersign.engine.registry;

import io.jenkins.plugins.countersign.engine.image.ImageReference;
import java.net.URI;

/** Where the registry of an image name is asked. */
final class RegistryAddress {

    private static final String DOCKER_HUB_HOST = "registry-1.docker.io";

    private RegistryAddress() {}

    static boolean isDockerHub(String registry) {
        return registry.equals(ImageReference.DOCKER_HUB);
    }

    static URI of(RegistryAccess access) {
        String host = isDockerHub(access.host()) ? DOCKER_HUB_HOST : access.host();
        return URI.create((access.plainHttp() ? "http" : "https") + "://" + host + "/");
    }

    /** Scheme, host and port: to whom a login may go. */
    static boolean sameOrigin(URI one, URI other) {
        return one.getScheme().equalsIgnoreCase(other.getScheme())
                && one.getHost().equalsIgnoreCase(other.getHost())
                && port(one) == port(other);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}

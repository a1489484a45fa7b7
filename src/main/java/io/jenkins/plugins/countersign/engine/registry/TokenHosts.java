package io.jenkins.plugins.countersign.engine.registry;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Which token services may get a registry's login. The registry names its token service itself, and a registry that was
 * taken over could name anybody: so only the registry's own host, a parent domain of it (registry.gitlab.com and
 * gitlab.com), Docker Hub's, and what an administrator listed.
 */
final class TokenHosts {

    private TokenHosts() {}

    /** The realm as an address that may be asked at all. */
    static URI checked(String realm, RegistryAccess access, URI asked) throws RegistryException {
        URI uri;
        try {
            uri = new URI(realm);
        } catch (URISyntaxException e) {
            throw new UnexpectedAnswerException(
                    access.host() + " names a token service that is no address: " + RegistryErrors.clean(realm));
        }
        boolean samePlainHost = "http".equalsIgnoreCase(uri.getScheme())
                && access.plainHttp()
                && asked.getHost().equalsIgnoreCase(uri.getHost());
        if (uri.getHost() == null
                || uri.getUserInfo() != null
                || !("https".equalsIgnoreCase(uri.getScheme()) || samePlainHost)) {
            throw new RedirectRefusedException(access.host() + " names a token service that is not reached by https: "
                    + RegistryErrors.clean(realm));
        }
        return uri;
    }

    static boolean mayHaveLogin(URI realm, RegistryAccess access) {
        String host = realm.getHost().toLowerCase(Locale.ROOT);
        String registry = RegistryAddress.of(access).getHost().toLowerCase(Locale.ROOT);
        if (host.equals(registry) || access.tokenHosts().contains(host)) {
            return true;
        }
        if (RegistryAddress.isDockerHub(access.host()) && host.equals("auth.docker.io")) {
            return true;
        }
        return host.indexOf('.') > 0 && registry.endsWith("." + host);
    }
}

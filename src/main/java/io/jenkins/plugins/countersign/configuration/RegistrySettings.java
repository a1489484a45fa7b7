package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.Serializable;

/**
 * How one registry is reached, in a form that may cross to an agent: it holds the registry's login, as {@code docker login}
 * there would, and never a signing key.
 *
 * @param host host and optional port
 * @param user empty for no login
 * @param password the login's password
 * @param certificateAuthority PEM; empty for none
 * @param insecurePlainHttp as an administrator allowed it for this registry
 * @param insecureUnverifiedTls as an administrator allowed it for this registry
 */
public record RegistrySettings(
        String host,
        String user,
        String password,
        String certificateAuthority,
        boolean insecurePlainHttp,
        boolean insecureUnverifiedTls)
        implements Serializable {

    static RegistrySettings of(
            String host, RegistryConfiguration configuredOrNull, StandardUsernamePasswordCredentials loginOrNull) {
        return new RegistrySettings(
                host,
                loginOrNull == null ? "" : loginOrNull.getUsername(),
                loginOrNull == null ? "" : loginOrNull.getPassword().getPlainText(),
                configuredOrNull == null || configuredOrNull.getCertificateAuthority() == null
                        ? ""
                        : configuredOrNull.getCertificateAuthority(),
                configuredOrNull != null && configuredOrNull.isInsecurePlainHttp(),
                configuredOrNull != null && configuredOrNull.isInsecureUnverifiedTls());
    }

    /** Opens the repository of a location in this registry, from wherever this is called. */
    public Repository open(ImageLocation location, Progress progress) {
        return Repositories.open(location.repository(), access(progress));
    }

    /** How the registry is reached. */
    public RegistryAccess access(Progress progress) {
        RegistryAccess access = RegistryAccess.of(host).withProgress(progress);
        if (!user.isEmpty()) {
            access = access.withLogin(user, password);
        }
        if (!certificateAuthority.isEmpty()) {
            access = access.withAuthorities(certificateAuthority);
        }
        if (insecurePlainHttp) {
            access = access.insecurePlainHttp();
        }
        if (insecureUnverifiedTls) {
            access = access.insecureUnverifiedTls();
        }
        return access;
    }

    @Override
    public String toString() {
        return "settings of the registry " + host;
    }
}

package io.jenkins.plugins.countersign.configuration;

import com.cloudbees.plugins.credentials.common.StandardUsernamePasswordCredentials;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.registry.ClientCertificate;
import io.jenkins.plugins.countersign.engine.registry.DockerCertificates;
import io.jenkins.plugins.countersign.engine.registry.DockerConfig;
import io.jenkins.plugins.countersign.engine.registry.EnvironmentProxy;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryAccess;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How one registry is reached, in a form that may cross to an agent: it holds the registry's login, as {@code docker login}
 * there would, and never a signing key.
 *
 * @param host host and optional port
 * @param user empty for no login
 * @param password the login's password
 * @param certificateAuthority PEM; empty for none
 * @param clientCertificate PEM; empty for none
 * @param clientKey PEM of its private key; empty for none. Like a login it proves who pushes, and signs nothing that anybody
 *     approves
 * @param tokenHosts hosts of token services that may get the login
 * @param insecurePlainHttp as an administrator allowed it for this registry
 * @param insecureUnverifiedTls as an administrator allowed it for this registry
 * @param proxyOrNull null where Jenkins has none
 */
public record RegistrySettings(
        String host,
        String user,
        String password,
        String certificateAuthority,
        String clientCertificate,
        String clientKey,
        List<String> tokenHosts,
        boolean insecurePlainHttp,
        boolean insecureUnverifiedTls,
        JenkinsProxy proxyOrNull)
        implements Serializable {

    static RegistrySettings of(
            String host,
            RegistryConfiguration configuredOrNull,
            StandardUsernamePasswordCredentials loginOrNull,
            ClientCertificate certificateOrNull) {
        return new RegistrySettings(
                host,
                loginOrNull == null ? "" : loginOrNull.getUsername(),
                loginOrNull == null ? "" : loginOrNull.getPassword().getPlainText(),
                configuredOrNull == null || configuredOrNull.getCertificateAuthority() == null
                        ? ""
                        : configuredOrNull.getCertificateAuthority(),
                certificateOrNull == null ? "" : certificateOrNull.certificates(),
                certificateOrNull == null ? "" : certificateOrNull.privateKey(),
                configuredOrNull == null || configuredOrNull.getTokenHosts() == null
                        ? List.of()
                        : tokenHosts(configuredOrNull.getTokenHosts()),
                configuredOrNull != null && configuredOrNull.isInsecurePlainHttp(),
                configuredOrNull != null && configuredOrNull.isInsecureUnverifiedTls(),
                JenkinsProxy.ofJenkins());
    }

    /** Host names, separated by spaces or commas. */
    static List<String> tokenHosts(String entered) {
        return List.of(entered.trim().toLowerCase(Locale.ROOT).split("[\\s,]+"));
    }

    /**
     * How the registry is reached from an agent, called there: where Jenkins has no login, with the one that Docker would
     * find in a build's environment: in {@code config.json}, or by one of its credential helpers. Where Jenkins has neither
     * an authority nor a client certificate for it, with those of {@code certs.d} there. Through the proxy of the build's
     * environment where it names one, but never with a registry whose proxy could read a login: that goes through Jenkins'.
     *
     * @param environment of the build there
     * @param folder where Docker would be called: a relative {@code DOCKER_CONFIG} begins there
     * @throws RegistryException if certificates there cannot be used
     */
    public RegistryAccess accessFromAgent(Progress progress, Map<String, String> environment, Path folder)
            throws RegistryException {
        RegistryAccess access = access(progress);
        if (certificateAuthority.isEmpty() && clientCertificate.isEmpty()) {
            access = DockerCertificates.ofEnvironment(environment).addedTo(access, progress);
        }
        if (!insecurePlainHttp && !insecureUnverifiedTls && EnvironmentProxy.isNamedIn(environment)) {
            access = access.withProxies(EnvironmentProxy.of(environment));
        }
        return user.isEmpty() ? access.withLogin(DockerConfig.ofEnvironment(environment, folder)) : access;
    }

    /** Opens the repository of a location in this registry, from wherever this is called. */
    public Repository open(ImageLocation location, Progress progress) {
        return Repositories.open(location.repository(), access(progress));
    }

    /** How the registry is reached. */
    public RegistryAccess access(Progress progress) {
        RegistryAccess access = RegistryAccess.of(host).withProgress(progress);
        if (proxyOrNull != null) {
            access = access.withProxies(proxyOrNull);
        }
        if (!user.isEmpty()) {
            access = access.withLogin(user, password);
        }
        if (!certificateAuthority.isEmpty()) {
            access = access.withAuthorities(certificateAuthority);
        }
        if (!clientCertificate.isEmpty()) {
            access = access.withClientCertificate(new ClientCertificate(clientCertificate, clientKey));
        }
        if (!tokenHosts.isEmpty()) {
            access = access.withTokenHosts(tokenHosts.toArray(String[]::new));
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

package io.jenkins.plugins.countersign.configuration;

import hudson.ProxyConfiguration;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.engine.registry.HttpProxy;
import io.jenkins.plugins.countersign.engine.registry.ProxySource;
import java.io.Serializable;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import jenkins.model.Jenkins;

/**
 * The proxy of <i>Manage Jenkins, System, HTTP Proxy Configuration</i>, in a form that may cross to an agent. Source of the
 * exceptions' meaning: {@link ProxyConfiguration#createProxy(String)}.
 *
 * @param user empty for no login
 * @param exceptions hosts that are reached directly
 */
record JenkinsProxy(String host, int port, String user, String password, List<Pattern> exceptions)
        implements ProxySource, Serializable {

    /** Null where Jenkins has none. */
    static JenkinsProxy ofJenkins() {
        ProxyConfiguration configured = Jenkins.get().getProxy();
        if (configured == null
                || configured.getName() == null
                || configured.getName().isBlank()) {
            return null;
        }
        String user = configured.getUserName();
        return new JenkinsProxy(
                configured.getName(),
                configured.getPort(),
                user == null ? "" : user,
                user == null ? "" : Secret.toString(configured.getSecretPassword()),
                List.copyOf(configured.getNoProxyHostPatterns()));
    }

    @Override
    public Optional<HttpProxy> proxyFor(URI uri) {
        return exceptions.stream().anyMatch(some -> some.matcher(uri.getHost()).matches())
                ? Optional.empty()
                : Optional.of(new HttpProxy(host, port, user, password));
    }

    @Override
    public String toString() {
        return "Jenkins' proxy " + host + ":" + port;
    }
}

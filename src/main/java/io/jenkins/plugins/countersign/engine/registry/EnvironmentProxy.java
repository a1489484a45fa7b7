package io.jenkins.plugins.countersign.engine.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxy that {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} name, as command lines have it; lower case too.
 * The loopback is never reached through one. Source: golang.org/x/net/http/httpproxy, which the other clients go by.
 */
public final class EnvironmentProxy extends ProxySelector {

    private final Map<String, String> environment;

    private EnvironmentProxy(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    public static ProxySelector of(Map<String, String> environment) {
        return new EnvironmentProxy(environment);
    }

    @Override
    public List<Proxy> select(URI uri) {
        String named = value(uri.getScheme().equalsIgnoreCase("https") ? "HTTPS_PROXY" : "HTTP_PROXY");
        if (named.isEmpty() || isExcepted(uri.getHost().toLowerCase(Locale.ROOT))) {
            return List.of(Proxy.NO_PROXY);
        }
        URI proxy = URI.create(named.contains("://") ? named : "http://" + named);
        int port = proxy.getPort() >= 0 ? proxy.getPort() : 80;
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
    }

    private String value(String name) {
        return environment.getOrDefault(name, environment.getOrDefault(name.toLowerCase(Locale.ROOT), ""));
    }

    private boolean isExcepted(String host) {
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
            return true;
        }
        for (String entry : value("NO_PROXY").toLowerCase(Locale.ROOT).split(",")) {
            String exception = entry.trim().replaceAll(":[0-9]+$", "").replaceAll("^\\*?\\.", "");
            if (exception.equals("*")
                    || !exception.isEmpty() && (host.equals(exception) || host.endsWith("." + exception))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // the request itself fails and says so
    }
}

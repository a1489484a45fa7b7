package io.jenkins.plugins.countersign.engine.registry;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The proxy that {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} name, as command lines have it; lower case too.
 * The loopback is never reached through one. Source: golang.org/x/net/http/httpproxy, which the other clients go by.
 */
public final class EnvironmentProxy implements ProxySource {

    private final Map<String, String> environment;

    private EnvironmentProxy(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    public static ProxySource of(Map<String, String> environment) {
        return new EnvironmentProxy(environment);
    }

    /** Whether the environment says anything of a proxy, be it that there is none for some host. */
    public static boolean isNamedIn(Map<String, String> environment) {
        return environment.keySet().stream()
                .map(name -> name.toUpperCase(Locale.ROOT))
                .anyMatch(name -> name.equals("HTTPS_PROXY") || name.equals("HTTP_PROXY"));
    }

    @Override
    public Optional<HttpProxy> proxyFor(URI uri) throws RegistryException {
        boolean secure = uri.getScheme().equalsIgnoreCase("https");
        String variable = secure ? "HTTPS_PROXY" : "HTTP_PROXY";
        String named = value(variable);
        if (named.isEmpty() || isExcepted(uri.getHost().toLowerCase(Locale.ROOT), port(uri, secure))) {
            return Optional.empty();
        }
        return Optional.of(proxy(variable, named));
    }

    private static int port(URI uri, boolean secure) {
        return uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
    }

    private static HttpProxy proxy(String variable, String named) throws RegistryException {
        URI uri;
        try {
            uri = URI.create(named.contains("://") ? named : "http://" + named);
        } catch (IllegalArgumentException e) {
            throw unusable(variable, "it is no address"); // not the exception's words: they may repeat a password
        }
        if (!"http".equalsIgnoreCase(uri.getScheme())) {
            throw unusable(
                    variable, "its kind is " + RegistryErrors.clean(uri.getScheme()) + ", and only http:// is known");
        }
        if (uri.getHost() == null) {
            throw unusable(variable, "it names no host");
        }
        String[] login =
                uri.getRawUserInfo() == null ? new String[] {"", ""} : (uri.getRawUserInfo() + ":").split(":", -1);
        return new HttpProxy(
                uri.getHost().replaceAll("^\\[|]$", ""), port(uri, false), decoded(login[0]), decoded(login[1]));
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static RegistryException unusable(String variable, String why) {
        return new RegistryException("the proxy that " + variable + " of the environment names cannot be used: " + why
                + "; expected http://[user:password@]host:port");
    }

    private String value(String name) {
        return environment.getOrDefault(name, environment.getOrDefault(name.toLowerCase(Locale.ROOT), ""));
    }

    private boolean isExcepted(String host, int port) {
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
            return true;
        }
        for (String entry : value("NO_PROXY").toLowerCase(Locale.ROOT).split(",")) {
            if (covers(entry.trim(), host, port)) {
                return true;
            }
        }
        return false;
    }

    /** {@code *}, a domain with all below it, an address, a range of addresses; each but the range with a port or without. */
    private static boolean covers(String entry, String host, int port) {
        int slash = entry.indexOf('/');
        if (slash > 0) {
            return isIn(entry.substring(0, slash), entry.substring(slash + 1), host);
        }
        int colon = entry.lastIndexOf(':');
        boolean withPort = colon > 0
                && entry.substring(colon).matches(":[0-9]{1,5}")
                && (entry.indexOf(':') == colon || entry.startsWith("["));
        if (withPort && Integer.parseInt(entry.substring(colon + 1)) != port) {
            return false;
        }
        String exception = (withPort ? entry.substring(0, colon) : entry).replaceAll("^\\*?\\.", "");
        return exception.equals("*")
                || !exception.isEmpty() && (host.equals(exception) || host.endsWith("." + exception));
    }

    private static boolean isIn(String network, String length, String host) {
        if (!network.matches("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*")
                || !host.matches("[0-9.]+|\\[[0-9a-f:.]+]")
                || !length.matches("[0-9]{1,3}")) {
            return false;
        }
        try {
            byte[] of = InetAddress.getByName(network).getAddress(); // literals: nobody is asked for a name
            byte[] one = InetAddress.getByName(host).getAddress();
            int other = of.length * 8 - Integer.parseInt(length);
            return of.length == one.length
                    && other >= 0
                    && new BigInteger(1, of).shiftRight(other).equals(new BigInteger(1, one).shiftRight(other));
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
